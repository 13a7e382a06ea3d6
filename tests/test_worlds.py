"""Other worlds: what their pools hold, what a labeler answers, and what a trial says about it."""

import numpy as np
import pytest

from helpers.data import open_data, save_data
from helpers.sources.carried import open_carried
from helpers.studies import world_trials
from helpers.studies.trials import strategy_trial
from helpers.studies.world_trials import Answers, majority, penalty_trial, world_trial
from helpers.studies.worlds import WORLDS, find_world, look_alikes

SMALL = {"n_pool": 300, "n_labels": 60}


def world(name, seed=0, n_pool=2000):
    return find_world(name)(seed, n_pool, "")


def test_of_rare_classes_a_tenth_is_left():
    share = np.mean(world("rare classes").y >= 5)
    usual = np.mean(world("MNIST").y >= 5)
    expected = 0.1 * usual / (0.1 * usual + 1 - usual)
    assert share == pytest.approx(expected, abs=0.02)
    assert len(world("rare classes").y) == 2000


def test_near_duplicates_are_five_noisy_copies():
    here = world("near-duplicates")
    assert (np.bincount(here.original) == 5).all()
    a, b = np.flatnonzero(here.original == 7)[:2]
    assert here.y[a] == here.y[b]
    apart = np.float64(here.x[a]) - here.x[b]
    other = np.float64(here.x[a]) - here.x[np.flatnonzero(here.original == 8)[0]]
    assert 0 < np.abs(apart).mean() < np.abs(other).mean()


def test_unreadable_images_lie_over_another():
    here, plain = world("unreadable images"), world("MNIST")
    assert (~here.readable).sum() == 200
    changed = (here.x != plain.x).any(axis=(1, 2))
    assert not changed[here.readable].any()
    assert changed.sum() > 190  # a few lie over themselves
    assert (here.x >= plain.x).all()


@pytest.mark.parametrize("name", WORLDS)
def test_a_seed_is_a_pool_and_no_pool_holds_an_image_that_judges(name):
    one, same, other = (world(name, seed) for seed in (3, 3, 4))
    assert (one.x == same.x).all()
    assert not np.array_equal(one.y, other.y)
    if name != "spam":  # of whose mails some differ in numbers only, which are no features
        assert not {row.tobytes() for row in one.data.judge()[0]} & {row.tobytes() for row in one.x}


def test_near_duplicates_of_features_are_refused(tmp_path):
    rng = np.random.default_rng(0)
    save_data(tmp_path / "own.npz", rng.standard_normal((60, 4)), np.arange(60) % 3)
    with pytest.raises(ValueError, match="this data holds features"):
        world_trial("random", 0, "near-duplicates", n_pool=30, n_labels=10, data_file=str(tmp_path / "own.npz"))


def test_an_unknown_world_is_refused():
    with pytest.raises(ValueError, match="A world is one of MNIST, rare classes"):
        world_trial("random", 0, "Mars")


@pytest.mark.parametrize("strategy", ["random", "DBAL", "UHerding", "BADGE", "TypiClust"])
def test_in_the_tidy_world_a_trial_is_that_of_notebook_8(strategy):
    mine = world_trial(strategy, 1, **SMALL)
    known = strategy_trial(strategy, 1, **SMALL)
    assert [row["labels"] for row in mine] == [row["labels"] for row in known]
    assert [row["accuracy"] for row in mine] == [row["accuracy"] for row in known]


def test_balanced_accuracy_is_the_mean_of_the_classes(monkeypatch):
    fitted = []
    monkeypatch.setattr(
        world_trials,
        "convex_softmax",
        lambda *args, made=world_trials.convex_softmax: fitted.append(made(*args)) or fitted[0],
    )
    last = world_trial("margin", 0, "rare classes", **SMALL)[-1]
    x, y = open_data("").judge()
    guess = fitted[0].predict_proba(x / 255).argmax(axis=1)
    assert last["accuracy"] == np.mean(guess == y)
    assert last["balanced"] == pytest.approx(np.mean([np.mean(guess[y == k] == k) for k in range(10)]), abs=1e-12)


@pytest.mark.parametrize(("mistakes", "votes"), [("random", 1), ("look-alike", 1), ("random", 3)])
def test_so_many_labels_are_wrong(mistakes, votes):
    here = world("MNIST", n_pool=4000)
    wrong = Answers(here, 0, 0.2, mistakes, votes).labels != here.y
    if votes == 1:
        assert wrong.mean() == pytest.approx(0.2, abs=0.02)
    else:  # two of three agree on the same of nine wrong labels; or all differ, and the first is wrong
        both, differ = 3 * 0.2**2 * 0.8 / 9 + 0.2**3 * (1 - 8 * 7 / 81), 3 * 0.2**2 * 0.8 * 8 / 9
        assert wrong.mean() == pytest.approx(both + differ * 2 / 3 + 0.2**3 * 56 / 81, abs=0.012)


def test_the_same_image_gets_the_same_answer_and_without_errors_the_right_one():
    here = world("MNIST")
    assert (Answers(here, 5, 0.3, "random", 1).labels == Answers(here, 5, 0.3, "random", 1).labels).all()
    assert (Answers(here, 5, 0.0, "look-alike", 3).labels == here.y).all()


def test_look_alikes_are_wrong_and_alike():
    here = world("MNIST")
    wrong = look_alikes(here)
    assert (wrong != here.y).all()
    for digit, alike in ((4, 9), (9, 4)):
        assert np.bincount(wrong[here.y == digit], minlength=10).argmax() == alike


def test_the_majority_counts_and_the_first_where_there_is_none():
    answers = np.array([[1, 2, 0, 1], [1, 1, 1, 1], [0, 1, 2, 1]])
    assert majority(answers, 3).tolist() == [1, 1, 0, 1]
    assert majority(answers[:1], 3).tolist() == [1, 2, 0, 1]


def test_three_labels_an_image_are_paid_for():
    rows = world_trial("margin", 0, votes=3, error=0.2, **SMALL)
    assert [row["labels"] for row in rows] == [30, 60]
    assert [row["images"] for row in rows] == [10, 20]
    assert world_trial("margin", 0, votes=3, n_pool=300, n_labels=50)[-1]["labels"] == 48


def test_what_is_refused_is_paid_for_once():
    rows = world_trial("margin", 0, "unreadable images", n_pool=300, n_labels=150)
    assert rows[-1]["refused"] > 0
    assert all(row["labels"] == row["images"] + row["refused"] for row in rows)
    assert np.all(np.diff([row["refused"] for row in rows]) >= 0)
    assert rows[-1]["refused"] <= 30


@pytest.mark.parametrize(("setting", "says"), [({"mistakes": "malice"}, "mistakes must be"), ({"error": 1.5}, "error")])
def test_other_errors_are_refused(setting, says):
    with pytest.raises(ValueError, match=says):
        world_trial("random", 0, **setting, **SMALL)


def test_penalties_are_tried_on_rows_that_no_pool_holds():
    data = open_carried("digits")
    rows = penalty_trial(0.1, 0, "digits")
    assert [row["labels"] for row in rows] == list(range(10, 121, 10))
    x, _ = data.tuning(0)
    assert not {row.tobytes() for row in x} & {row.tobytes() for row in data.pool(0, data.max_pool)[0]}
