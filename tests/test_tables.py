import re

import numpy as np
import pandas as pd
import pytest

from helpers.lessons import tables


@pytest.fixture
def show(monkeypatch):
    """The text and the HTML that `table` displays."""
    shown = []
    monkeypatch.setattr(tables, "display", lambda data, raw: shown.append((data["text/plain"], data["text/html"])))

    def show(*table, **options):
        tables.table(*table, **options)
        return shown[-1]

    return show


def test_text_and_html_hold_the_same_numbers_as_they_are_to_be_written(show):
    text, html = show({"accuracy": [0.9125, np.nan], "n": [3, 4000]}, ["a", "b"], {"accuracy": "{:.1%}", "n": "{:,}"})
    assert [line.split() for line in text.splitlines()] == [["accuracy", "n"], ["a", "91.2%", "3"], ["b", "4,000"]]
    assert re.findall(r"<td[^>]*>([^<]*)</td>", html) == ["91.2%", "3", "", "4,000"]
    assert re.findall(r"<th[^>]*row_heading[^>]*>([^<]*)</th>", html) == ["a", "b"]


def test_same_table_gives_the_same_html_and_another_one_a_style_of_its_own(show):
    frame = pd.DataFrame({"a": [1.0]})
    first, again, other = show(frame)[1], show(frame)[1], show(frame + 1)[1]
    assert first == again
    assert re.search("#T_[0-9a-f]+", first)[0] != re.search("#T_[0-9a-f]+", other)[0]


def test_one_format_for_all_and_names_are_no_markup(show):
    text, html = show({"a": [0.5], "b": [0.25]}, ["x < y"], "{:.3f}")
    assert text.split()[-2:] == ["0.500", "0.250"]
    assert "x &lt; y" in html
