import numpy as np
import pytest

from helpers import models
from helpers.data import MNIST, DataSet, open_data
from helpers.models import L2
from helpers.models.convex import ConvexSoftmax
from helpers.strategies import STRATEGIES
from helpers.studies import trials
from helpers.studies.judge import Judge
from helpers.studies.trials import (
    auto_trial,
    calibration_trial,
    constants_trial,
    images_trial,
    random_trial,
    stopping_trial,
    strategy_trial,
    tuning_trial,
)

SMALL = {"n_pool": 300, "n_labels": 40}


@pytest.fixture(scope="module")
def margin_rows():
    return strategy_trial("margin", seed=1, **SMALL)


@pytest.fixture
def mnist(monkeypatch):
    """A copy of MNIST that trials use in its stead, to be changed; its lit pixels are those of the original."""
    data, lit = open_data(""), models.lit_pixels(open_data(""))
    data = DataSet(data.x.copy(), data.y.copy(), data.classes, data.ids, data.train, data.test)
    monkeypatch.setattr(trials, "open_data", lambda where: data)
    monkeypatch.setattr(models, "lit_pixels", lambda data: lit)
    return data


def picks(rows):
    return [int(pick) for row in rows for pick in row["picks"].split()]


def test_every_strategy_starts_from_the_same_pool_and_first_batch(margin_rows):
    for strategy in STRATEGIES:
        first, second = strategy_trial(strategy, seed=1, n_pool=300, n_labels=20)
        for name in ("labels", "accuracy", "confidence", "picks"):
            assert first[name] == margin_rows[0][name]
        if strategy not in ("random", "margin"):
            assert second["picks"] != margin_rows[1]["picks"]


def test_a_seed_is_a_pool(margin_rows):
    assert strategy_trial("margin", seed=2, **SMALL)[0]["accuracy"] != margin_rows[0]["accuracy"]


def test_pools_of_different_sizes_start_alike():
    small, large = (strategy_trial("random", 5, n_pool=n, n_labels=20) for n in (100, 1000))
    assert [row["accuracy"] for row in small] == [row["accuracy"] for row in large]


def test_random_picks_are_the_pool_in_its_order():
    rows = strategy_trial("random", seed=1, **SMALL)
    assert picks(rows) == list(range(40))
    curve = random_trial(seed=1, sizes=(10, 40), n_pool=300)
    assert [row["labels"] for row in curve] == [10, 40]
    assert [row["accuracy"] for row in curve] == [rows[0]["accuracy"], rows[3]["accuracy"]]


def test_accuracies_are_those_of_the_model_on_all_test_images(margin_rows):
    arrays = np.load(MNIST)
    order = np.random.default_rng(1).permutation(50_000)[:300]
    x, y = arrays["x_train"][order] / 255, arrays["y_train"][order]
    chosen = picks(margin_rows)
    for labels, row in zip((10, 40), (margin_rows[0], margin_rows[3]), strict=True):
        model = ConvexSoftmax(10, L2).fit(x[chosen[:labels]], y[chosen[:labels]])
        assert row["accuracy"] == pytest.approx(model.accuracy(arrays["x_test"] / 255, arrays["y_test"]), abs=2e-4)


def test_where_single_precision_sees_a_tie_double_precision_decides():
    judge, model, labels = Judge(open_data("")), ConvexSoftmax(10, 1, np.arange(784)), np.load(MNIST)["y_test"]
    model.weights, model.bias = np.zeros((784, 10)), np.ones(10)
    judge.note(model)
    model.bias = model.bias + 1e-9 * (np.arange(10) == 3)
    judge.note(model)
    even, three = judge.judged([{}, {}])
    assert (even["accuracy"], three["accuracy"]) == (np.mean(labels == 0), np.mean(labels == 3))


def test_no_test_image_and_no_tuning_image_has_a_say_in_picking(mnist, margin_rows):
    mnist.x[60_000:] = 255 - mnist.x[60_000:]
    mnist.y[60_000:] = 3
    mnist.x[50_000:60_000] = 0
    rows = strategy_trial("margin", seed=1, **SMALL)
    assert [row | {"accuracy": 0} for row in rows[1:]] == [row | {"accuracy": 0} for row in margin_rows[1:]]
    assert rows[3]["accuracy"] != margin_rows[3]["accuracy"]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_label_of_an_image_is_unknown_until_it_is_asked_for(mnist, strategy):
    rows = strategy_trial(strategy, seed=1, **SMALL)
    pool = np.random.default_rng(1).permutation(50_000)[:300]
    unasked = np.setdiff1d(np.arange(300), picks(rows))
    mnist.y[pool[unasked]] = 7
    assert strategy_trial(strategy, seed=1, **SMALL)[1:] == rows[1:]


@pytest.mark.parametrize(("batch_size", "n_first"), [(1, 10), (10, 10), (25, 20), (40, 30)])
def test_any_batch_size_ends_at_the_budget(batch_size, n_first):
    rows = strategy_trial("margin", 1, batch_size=batch_size, n_first=n_first, **SMALL)
    assert rows[-1]["labels"] == len(set(picks(rows))) == 40
    assert all(row["labels"] % 10 == 0 for row in rows)


def test_the_first_batch_can_be_the_images_nearest_to_k_means_centroids():
    by_kmeans, by_chance = (strategy_trial("random", 1, first=first, **SMALL) for first in ("k-means", "random"))
    assert len(set(picks(by_kmeans)[:10])) == 10
    assert set(picks(by_kmeans)[:10]) != set(picks(by_chance)[:10])


def test_right_is_what_the_model_knew_of_the_batch(margin_rows):
    arrays = np.load(MNIST)
    pool = np.random.default_rng(1).permutation(50_000)[:300]
    x, y = arrays["x_train"][pool] / 255, arrays["y_train"][pool]
    chosen = picks(margin_rows)
    model = ConvexSoftmax(10, L2).fit(x[chosen[:20]], y[chosen[:20]])
    assert np.isnan(margin_rows[0]["right"])
    assert margin_rows[2]["right"] == model.accuracy(x[chosen[20:30]], y[chosen[20:30]])


def test_auto_labels_all_at_once_are_the_models_guesses(margin_rows):
    before, after = auto_trial("margin", seed=1, threshold=0.0, rounds=1, **SMALL)
    assert (before["machine"], before["wrong"], before["accuracy"]) == (0, 0, margin_rows[-1]["accuracy"])
    arrays = np.load(MNIST)
    pool = np.random.default_rng(1).permutation(50_000)[:300]
    x, y = arrays["x_train"][pool] / 255, arrays["y_train"][pool]
    chosen = picks(margin_rows)
    guess = ConvexSoftmax(10, L2).fit(x[chosen], y[chosen]).predict_proba(x).argmax(axis=1)
    assert (after["labels"], after["machine"], after["wrong"]) == (40, 260, (guess != y).sum())


def test_auto_labels_come_in_rounds_and_only_above_the_threshold():
    rows = auto_trial("margin", seed=1, threshold=0.0, rounds=4, **SMALL)
    assert [row["machine"] for row in rows] == [0, 65, 130, 195, 260]
    some = auto_trial("margin", seed=1, threshold=0.6, rounds=4, **SMALL)
    assert 0 < some[-1]["machine"] < 260
    assert len(auto_trial("margin", seed=1, threshold=1.01, rounds=4, **SMALL)) == 1


def test_calibration_counts_the_images_that_nobody_labeled():
    rows = calibration_trial("random", seed=1, n_pool=500, n_labels=100, n_extra=50)
    for scaling in ("none", "labeled", "extra"):
        some = [row for row in rows if row["scaling"] == scaling]
        assert sum(row["images"] for row in some) == 350
        assert all(row["low"] <= row["confidence"] <= row["high"] for row in some)
    assert {row["temperature"] for row in rows if row["scaling"] == "none"} == {1.0}
    assert len({row["temperature"] for row in rows}) == 3


def test_tuning_looks_at_no_image_of_the_study(mnist):
    before = tuning_trial(l2=1.0, seed=0)
    mnist.x[:50_000] = 0
    mnist.x[60_000:] = 0
    assert tuning_trial(l2=1.0, seed=0) == before
    assert [row["labels"] for row in before] == list(range(10, 401, 10))


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"strategy": "Margin"}, "A strategy is a function or one of random"),
        ({"first": "kmeans"}, "A strategy is a function or one of random"),
        ({"model": "tree"}, "A model is one of softmax, network, plain network, or a function"),
        ({"seed": -1}, "seed must be a whole number"),
        ({"n_pool": 50_001}, "n_pool must be a whole number, from 1 to 50000"),
        ({"n_labels": 301}, "n_labels must be a whole number, from 1 to 300"),
        ({"n_first": 0}, "n_first must be a whole number"),
        ({"batch_size": 0}, "batch_size must be a whole number"),
    ],
)
def test_impossible_settings_are_refused(wrong, named):
    with pytest.raises(ValueError, match=named):
        strategy_trial(**({"strategy": "margin", "seed": 0} | SMALL | wrong))


def test_a_constants_own_value_changes_nothing_and_another_does():
    here, same, other = (constants_trial("DBAL", "candidates", value, 1000, n_labels=60) for value in (20, 20, 2))
    assert here == same != other
    assert [row["labels"] for row in here] == [10, 20, 30, 40, 50, 60]


def test_stopping_rules_look_at_what_they_say():
    rows = stopping_trial("margin", 3, n_pool=400, n_labels=60, n_fixed=50, n_test=100)
    seen = strategy_trial("margin", 3, n_pool=400, n_labels=60)
    assert [row["accuracy"] for row in rows] == [row["accuracy"] for row in seen]
    assert [row["right"] for row in rows][1:] == [row["right"] for row in seen][1:]
    assert all(row["kappa_low"] <= row["kappa"] <= 1 for row in rows[1:])
    assert {round(100 * row["measured"], 6) % 1 for row in rows} == {0}  # of 100 images


def test_the_images_that_are_right_are_as_many_as_the_accuracy_says():
    (row,) = images_trial("margin", 3, n_pool=400, n_labels=60)
    right = np.unpackbits(np.frombuffer(bytes.fromhex(row["right"]), np.uint8), count=10_000)
    assert right.mean() == strategy_trial("margin", 3, n_pool=400, n_labels=60)[-1]["accuracy"]
