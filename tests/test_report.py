"""The tables and pages of a batch, from records alone."""

import csv
import io

import pandas as pd
import pytest

from helpers.batch.report import results_csv, results_parquet

FORMULAS = ["=1+1", "+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1"]


def record(**changes):
    return {
        "name": "learn", "notebook": "learn.ipynb", "sha256": "0", "parameters": {}, "results": {}, "error": None,
        "seconds": 1.0, "versions": {}, "files": {},
    } | changes  # fmt: skip


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_of_results_csv_is_a_formula(text):
    """A spreadsheet computes what begins like one. Numbers stay numbers, lists are JSON; Parquet has it as it is."""
    records = [record(parameters={"how": text}, results={"said": text, "x": -0.5, "list": [text]}) for _ in range(2)]
    header, *rows = csv.reader(io.StringIO(results_csv(records), newline=""))
    row = dict(zip(header, rows[0], strict=True))
    assert row["how"] == row["said"] == f"'{text}"
    assert row["x"] == "-0.5"
    assert row["list"].startswith("[")
    assert pd.read_parquet(io.BytesIO(results_parquet(records)))["said"][0] == text


def test_no_column_of_results_csv_is_a_formula():
    """A result may have any name, if a notebook shows its record by hand."""
    assert "'=1+1" in next(csv.reader(io.StringIO(results_csv([record(results={"=1+1": 1})]))))
