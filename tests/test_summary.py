"""The table of the whole project, and the tests of many differences as one family."""

import io

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_rel

from helpers.studies import compare, plots
from helpers.studies.results import shipped
from helpers.studies.summary import COLUMNS, SUMMARY, WHAT, as_csv, overview, summary


@pytest.fixture(scope="module")
def table():
    return summary()


def test_the_committed_table_is_that_of_the_shipped_rows(table):
    assert SUMMARY.read_text(encoding="utf-8") == as_csv(table), "python -m helpers.studies.summary"


def test_a_row_is_what_the_race_says(table):
    race = pd.concat(shipped("race").values(), keys=range(180))
    row = table[(table.study == "race") & (table.labels == 400) & (table.strategy == "DBAL")].iloc[0]
    assert len(race) == 7200
    assert (row.data, row.model, row.start, row.pools) == ("MNIST", "softmax, convex", "10 random", 30)
    assert f"{row.accuracy:.2f} {row.difference:+.2f} [{row.low:+.2f}, {row.high:+.2f}]" == "87.11 +2.65 [+2.30, +3.00]"


def test_a_row_of_a_network_is_what_its_trials_say(table):
    trials = pd.concat(shipped("better_models").values())
    mine = trials[(trials.learner == "network") & (trials.unlabeled == "own labels") & (trials.labels == 100)]
    rows = table[(table.study == "better_models") & (table.labels == 100)]
    rows = rows[rows.model == "network, transformed images, own labels"].set_index("strategy")
    assert list(rows.index) == ["BADGE", "UHerding", "margin", "random"]
    assert (rows.pools == 30).all()
    assert rows.accuracy.mean() == pytest.approx(100 * mine.accuracy.mean())


def test_newer_strategies_meet_the_random_labels_of_the_race(table):
    newer = table[(table.study == "newer_strategies") & (table.labels == 400)].set_index("strategy")
    assert len(newer) == 7
    assert f"{newer.difference['k-center']:.2f}" == "-11.54"


def test_every_setting_has_its_random_labels_and_nothing_twice(table):
    assert list(table) == COLUMNS
    assert not table.duplicated([*WHAT, "strategy"]).any()
    random = table[table.strategy == "random"]
    assert len(random) == len(table[WHAT].drop_duplicates())
    assert random.difference.isna().all()
    assert not table[table.strategy != "random"].difference.isna().any()


def test_the_file_can_be_read_back(table):
    read = pd.read_csv(io.StringIO(as_csv(table)))
    assert np.allclose(read.accuracy, table.accuracy, atol=0.005)


def test_overview_has_a_row_a_setting_and_the_differences_in_words():
    """As the race says (see above), and a blank where a strategy did not run."""
    shown = overview(400, ["DBAL", "UHerding"])
    assert shown.loc["MNIST: softmax, convex; 10 random; 10"].tolist() == ["+2.6 [+2.3, +3.0]", "+1.8 [+1.4, +2.2]"]
    assert shown.index.is_unique
    assert not shown.index.str.contains("wrong").any()  # what labelers who err do stands elsewhere
    assert shown.DBAL.isna().any()


def test_differences_of_several_rivals_are_adjusted_together():
    rng = np.random.default_rng(0)
    a, b, c = rng.random((3, 8))
    together = compare.together({"one": (a, b), ("two", "parts"): (c, b)})
    p = sorted([ttest_rel(a, b).pvalue, ttest_rel(c, b).pvalue])
    assert sorted(together.p) == pytest.approx([min(2 * p[0], 1), min(max(2 * p[0], p[1]), 1)])
    assert together.difference.tolist() == pytest.approx([100 * (a - b).mean(), 100 * (c - b).mean()])


def test_dots_show_each_strategy_in_each_panel():
    rows = pd.DataFrame({"difference": [1.0, -2.0], "low": [0.5, -3], "high": [1.5, -1]}, index=["margin", "DBAL"])
    figure = plots.dots({"one": rows, "another": 3 * rows, "third": rows, "fourth": rows}, "points")
    assert [axes.get_title() for axes in figure.axes] == ["one", "another", "third", "fourth"]
    first = figure.axes[0]
    assert all(axes.get_xlim() == first.get_xlim() for axes in figure.axes)  # or panels can't be compared
    assert [line.get_xdata()[0] for line in first.lines[:2]] == [1, -2]
    assert [label.get_text() for label in first.get_yticklabels()] == ["margin", "DBAL"]
