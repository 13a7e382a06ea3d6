"""What a sweep is asked for, before anything runs; and what its table makes of the records, after."""

import csv
import io
import json
import tracemalloc
from pathlib import Path

import pyarrow.parquet
import pytest
from tiny import write_notebook

from helpers.batch.command import main
from helpers.batch.parameters import Notebook
from helpers.batch.plan import plain, sweep
from helpers.batch.report import results_csv, results_parquet
from helpers.batch.rows import Row

PARAMETERS = """
seed = None  # type: Optional[int] None keeps the order
batch_size: int = 10  # labels a round
learning_rate: float = 0.1
strategy: str = "margin"
shuffle: bool = False
limit = 3
million = 10**6
anything = None
figures: str = ""
"""


@pytest.fixture
def notebook(tmp_path):
    return Notebook(write_notebook(tmp_path / "05_learn.ipynb", "print(seed)", parameters=PARAMETERS))


def asked(runs):
    return [run.parameters for run in runs]


def test_every_combination_in_the_order_given(notebook):
    runs = sweep([notebook], ["seed=0:3", "strategy=margin,random"])
    expected = [{"seed": seed, "strategy": strategy} for seed in (0, 1, 2) for strategy in ("margin", "random")]
    assert asked(runs) == expected
    assert next(iter(runs)).name == "notebooks/05_learn-seed=0-strategy=margin"
    assert len({run.name for run in runs}) == len({run.figures for run in runs}) == 6


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("seed=None,7", [None, 7]),
        ("seed=4:-1:-2", [4, 2, 0]),
        ("learning_rate=1,1e-3", [1.0, 0.001]),
        ("strategy=0:3,007", ["0:3", "007"]),  # a text stays a text
        ("shuffle=true,False", [True, False]),
        ("limit=5", [5]),  # the type of the default
        ("anything=1,x", [1, "x"]),
        ("million=5", [5]),  # its default is an expression, which says nothing about its type
    ],
)
def test_values_take_the_type_of_the_parameters_cell(notebook, text, values):
    given = [run[text.split("=")[0]] for run in asked(sweep([notebook], [text]))]
    assert given == values
    assert [type(value) for value in given] == [type(value) for value in values]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sed=1", r"no parameter sed\. Did you mean seed\?"),
        ("bath_size=1", r"Did you mean batch_size\?"),
        ("zzz=1", r"no parameter zzz\. It has seed, batch_size"),
        ("seed=1.5", "seed of 05_learn.ipynb must be int or None, not '1.5'"),
        ("batch_size=None", "must be int, not 'None'"),
        ("batch_size=true", "must be int"),
        ("learning_rate=fast", "must be float"),
        ("learning_rate=nan", "must be float"),
        ("shuffle=1", "must be bool"),
        ("limit=x", "must be int"),
        ("seed=3:3", "empty range"),
        ("seed=0:3:0", "empty range"),
        ("seed", "Write -p name=value"),
        ("seed=", "Write -p name=value"),
        ("figures=x", "set by --out"),
        ("seed=1,1", "would run 2 times"),
        ("seed=0:1000000000", r"These are 1,000,000,000 runs; a sweep takes at most 1,000,000\."),
        ("seed=0:999999999999999999", "at most 1,000,000"),
        ("sed=0:1000000000", "no parameter sed"),
        ("seed=0:1" + "0" * 5000, "seed of 05_learn.ipynb must be int or None, not '0:1000"),
        ("batch_size=1" + "0" * 5000, "batch_size of 05_learn.ipynb must be int, not '1000"),
        ("anything=0x" + "f" * 5000, "anything of 05_learn.ipynb must be a plain value, not '0xfff"),
        ("anything=1e999", "must be a plain value"),
        ("strategy=\udcff", r"must be str, not '\\udcff'"),  # what Python makes of a byte that is no UTF-8
    ],
)
def test_a_wrong_parameter_is_refused(notebook, text, message):
    with pytest.raises(ValueError, match=message):
        sweep([notebook], [text])


def test_a_count_is_refused_before_it_is_built(notebook):
    combinations = [f"{name}=0:1000" for name in ("batch_size", "limit", "learning_rate")]
    with pytest.raises(ValueError, match=r"These are 1,000,000,000 runs; a sweep takes at most 1,000,000\."):
        sweep([notebook], combinations)


def test_hundreds_of_thousands_of_runs_need_little_memory(notebook):
    tracemalloc.start()
    runs = sweep([notebook], ["seed=0:100000"])
    assert sum(1 for run in runs if run.parameters["seed"] == 99_999) == 1
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(runs) == 100_000
    assert most < 40_000_000  # the runs themselves would take 120 MB for 100,000


def test_a_message_shows_the_beginning_of_a_long_value(notebook):
    with pytest.raises(ValueError, match="must be int") as error:
        sweep([notebook], ["batch_size=" + "x" * 100_000])
    assert len(str(error.value)) < 200


def test_a_parameter_must_fit_every_notebook(notebook, tmp_path):
    other = Notebook(write_notebook(tmp_path / "06_other.ipynb", parameters="rounds: int = 4"))
    with pytest.raises(ValueError, match=r"06_other.ipynb has no parameter seed\. It has rounds"):
        sweep([notebook, other], ["seed=1"])
    with pytest.raises(ValueError, match="once"):
        sweep([notebook], ["seed=1", "seed=2"])


def test_two_notebooks_of_one_name_are_refused(notebook):
    with pytest.raises(ValueError, match="05_learn would run 2 times"):
        plain([notebook, notebook])


@pytest.mark.parametrize(
    "text",
    {
        "no object": "[]",
        "no cells": "{}",
        "no JSON": "{",
        "empty": "",
        "cells are no list": '{"cells": 5, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
        "cells are no cells": '{"cells": [1], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
        "a cell without a source": '{"cells": [{"cell_type": "code"}], "metadata": {}, "nbformat": 4}',
        "too deep": "[" * 100_000,
        "a version to come": '{"cells": [], "metadata": {}, "nbformat": 9, "nbformat_minor": 0}',
        "no kernel": '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
    }.items(),
    ids=lambda item: item[0],
)
def test_a_file_that_is_no_notebook_is_refused(tmp_path, text):
    path = tmp_path / "a.ipynb"
    path.write_text(text[1])
    with pytest.raises(ValueError, match=r"a\.ipynb is no notebook that can be run: \S") as error:
        Notebook(path)
    assert "\n" not in str(error.value)


def test_a_notebook_in_another_encoding_is_refused(tmp_path):
    path = tmp_path / "a.ipynb"
    path.write_text('{"cells": []}', encoding="utf-16")
    with pytest.raises(ValueError, match=r"perhaps UTF-16\. Save it as UTF-8"):
        Notebook(path)


def test_names_stay_short_safe_and_different(notebook):
    runs = sweep([notebook], ["strategy=" + "x" * 300 + "," + "x" * 301, "anything=a/b,a:b,../../c"])
    names = [run.name.removeprefix("notebooks/") for run in runs]
    assert len(set(names)) == 6
    assert all(len(name) < 200 and "/" not in name and ":" not in name for name in names)
    (run,) = sweep([notebook], ["strategy=" + "語" * 150])
    assert len(f"{run.name.split('/')[1]}.ipynb".encode()) < 200  # file systems count bytes, up to 255


def test_values_of_a_file_are_checked_too(notebook):
    for row in ({"batch_size": "x"}, {"batch_size": True}, {"batch_size": 1.5}, {"strategy": 3}, {"nothing": 1}):
        with pytest.raises(ValueError, match=r"must be|no parameter"):
            sweep([notebook], [], [Row(tuple(row), tuple(row.values()))])


def test_dry_run_prints_the_plan_and_leaves_nothing(notebook, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["sweep", str(notebook.path), "-p", "seed=0:2", "--out", str(out), "--dry-run"]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == ["05_learn.ipynb seed=0", "05_learn.ipynb seed=1"]
    assert not out.exists()
    assert main(["sweep", str(notebook.path), "-p", "sed=0:2", "--out", str(out)]) == 2
    assert not out.exists()


def record_of(seed, results, error=None):
    about = {"name": f"notebooks/a-seed={seed}", "notebook": "a.ipynb", "sha256": "0", "seconds": 1.5}
    return about | {
        "parameters": {"seed": seed, "seconds": 9}, "results": results, "error": error,
        "versions": {"python": "3", "tensorflow": "2", "helpers": "1"},
    }  # fmt: skip


def test_the_table_of_all_runs():
    failed = {"cell_id": "x", "where": "cell [3]", "what": "ZeroDivisionError: division by zero"}
    records = [
        record_of(0, {"accuracy": 0.5, "curve": [0.25, 0.5], "note": 1, "seed": 0}),
        record_of(None, {"accuracy": 1, "curve": [0.5, 1.0], "note": "one", "seed": 1}),
        record_of(2, {}, failed),
    ]
    rows = list(csv.DictReader(io.StringIO(results_csv(records))))
    table = pyarrow.parquet.read_table(pyarrow.BufferReader(results_parquet(records))).to_pydict()
    assert list(rows[0]) == list(table)
    # A name that is parameter and result, or parameter and ours, says which it is.
    assert table["parameter_seed"] == [0, None, 2]
    assert table["result_seed"] == [0, 1, None]
    assert table["parameter_seconds"] == [9, 9, 9]
    assert table["run_seconds"] == [1.5, 1.5, 1.5]
    assert table["accuracy"] == [0.5, 1.0, None]
    assert table["curve"] == [[0.25, 0.5], [0.5, 1.0], None]
    assert table["note"] == ["1", '"one"', "null"]  # mixed types: JSON
    assert table["status"] == ["ok", "ok", "failed"]
    assert table["error"][2] == "cell [3]: ZeroDivisionError: division by zero"
    assert [row["accuracy"] for row in rows] == ["0.5", "1", ""]
    assert json.loads(rows[0]["curve"]) == [0.25, 0.5]


def test_the_commands_of_the_documentation_are_understood(capsys):
    project = Path(__file__).parents[1]
    lines = "\n".join((project / page).read_text() for page in ("README.md", "docs/batch.md")).splitlines()
    commands = [line.split()[4:] for line in lines if line.startswith(".venv/bin/python -m helpers.batch sweep")]
    assert len(commands) >= 4
    for notebook, *arguments in commands:
        assert main(["sweep", str(project / notebook), *arguments, "--dry-run"]) == 0
        assert "seed=0" in capsys.readouterr().out
