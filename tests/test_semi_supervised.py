import numpy as np
import pytest

from helpers.models.graph import neighbor_graph, spread_labels
from helpers.models.semi_supervised import graph_training, self_training, teach
from helpers.studies.better_models import better_trial


class Nearest:
    """The label of the nearest labeled point; the surer, the nearer it is."""

    def fit(self, x, y):
        self.x, self.y = x.reshape(len(x), -1), y
        return self

    def predict_proba(self, x):
        distances = np.linalg.norm(x.reshape(len(x), -1)[:, None] - self.x, axis=2)
        best, sure = distances.argmin(axis=1), np.exp(-distances.min(axis=1))
        return np.where(np.arange(2) == self.y[best][:, None], 0.5 + sure[:, None] / 2, 0.5 - sure[:, None] / 2)


@pytest.fixture(scope="module")
def moons():
    """Two half circles with a gap, 150 points each, shuffled, and which they belong to; the first two are ends."""
    rng = np.random.default_rng(0)
    angle = np.concatenate([[0], rng.uniform(0, np.pi, 149)])
    upper = np.column_stack([np.cos(angle), np.sin(angle)])
    lower = np.column_stack([1 - np.cos(angle), 0.4 - np.sin(angle)])
    points = np.float32(np.concatenate([upper, lower]) + rng.normal(0, 0.03, (300, 2)))
    order = np.concatenate([[0, 150], rng.permutation(np.setdiff1d(np.arange(300), [0, 150]))])
    return points[order], (np.repeat([0, 1], 150))[order]


def test_the_graph_joins_each_image_to_its_nearest(moons):
    x, _ = moons
    graph = neighbor_graph(x, 3).toarray()
    distances = np.linalg.norm(x[:, None] - x, axis=2)
    nearest = np.argsort(distances, axis=1)[:, 1:4]
    expected = np.zeros((300, 300), bool)
    np.put_along_axis(expected, nearest, True, axis=1)
    assert np.array_equal(graph > 0, expected | expected.T)
    assert np.array_equal(graph, graph.T)
    assert all(np.diff(graph[graph > 0][np.argsort(distances[graph > 0])]) <= 1e-4)  # the farther, the less


def test_labels_spread_to_what_the_formula_gives(moons):
    # Zhou et al. 2004, equation 3: (1 - a) (1 - aS)^-1 Y in one go instead of in steps
    x, y = moons
    graph = neighbor_graph(x, 5)
    scale = np.diag(1 / np.sqrt(graph.sum(axis=1)))
    own = np.zeros((300, 2))
    own[np.arange(60), y[:60]] = 1
    exact = np.linalg.solve(np.eye(300) - 0.9 * scale @ graph.toarray() @ scale, own)
    found = spread_labels(graph, np.arange(60), y[:60], 2, steps=400)
    np.testing.assert_allclose(found, exact / exact.sum(axis=1, keepdims=True), atol=1e-9)


def test_two_labels_are_enough_for_two_moons_with_a_graph(moons):
    x, y = moons
    nearest = Nearest().fit(x[:2], y[:2])
    alone = np.mean(nearest.predict_proba(x).argmax(axis=1) == y)
    spread = spread_labels(neighbor_graph(x), np.arange(2), y[:2], 2, alpha=0.99, steps=1000)
    assert alone < 0.95
    assert np.mean(spread.argmax(axis=1) == y) > 0.99


def test_an_image_that_no_label_reaches_is_any_class():
    graph = neighbor_graph(np.float32([[0], [0.1], [5], [5.1]]), 1)
    spread = spread_labels(graph, [0], [1], 2)
    np.testing.assert_allclose(spread, [[0, 1], [0, 1], [0.5, 0.5], [0.5, 0.5]])


def test_self_training_labels_the_surest_and_is_fitted_to_both(moons):
    x, y = moons
    model = Nearest().fit(x[:20], y[:20])
    proba = model.predict_proba(x[20:])
    own, labels = self_training(model, x[:20], y[:20], x[20:], proba, shares=(0.5,))
    surest = np.argsort(-proba.max(axis=1))[:140]
    assert set(own) == set(surest)
    assert np.array_equal(labels, proba[own].argmax(axis=1))
    assert np.array_equal(model.x, np.concatenate([x[:20], x[20:][own]]))
    assert np.array_equal(model.y, np.concatenate([y[:20], labels]))


def test_in_a_second_round_of_self_training_the_model_of_the_first_decides(moons):
    x, y = moons
    model = Nearest().fit(x[:6], y[:6])
    proba = model.predict_proba(x[6:])
    _, labels = self_training(model, x[:6], y[:6], x[6:], proba, shares=(0.2, 1.0))
    assert not np.array_equal(labels, proba.argmax(axis=1)[:294])
    assert len(labels) == 294


def test_graph_training_fits_to_labels_of_the_graph():
    # the graph sees the points as they are, at one angle each
    rng = np.random.default_rng(1)
    y = rng.integers(2, size=200)
    x = np.float32(np.column_stack([np.cos(y + rng.normal(0, 0.1, 200)), np.sin(y + rng.normal(0, 0.1, 200))]))
    y[:2], x[0], x[1] = (0, 1), (1, 0), (np.cos(1), np.sin(1))
    model = Nearest()
    own, labels = graph_training(model, x[:2], y[:2], x[2:], x, 2, part=0.9)
    assert len(own) == 178
    assert np.mean(labels == y[2:][own]) > 0.98
    assert len(model.y) == 180


def test_a_model_that_knows_own_labels_gets_them_apart():
    class Knows:
        def fit_mixed(self, *parts):
            return parts

    assert teach(Knows(), "x", "y", "own x", "own y") == ("x", "y", "own x", "own y")


def test_the_trial_is_fitted_to_what_it_says():
    # With softmax and 30 labels: the picks are positions of the pool, none twice; ways don't change the choice.
    settings = {"strategy": "margin", "seed": 3, "model": "softmax", "sizes": (10, 20, 30), "n_pool": 200}
    alone = better_trial(**settings)
    both = better_trial(**settings, unlabeled=("own labels", "graph"))
    shown = [(row["labels"], row["picks"], row["accuracy"]) for row in both if row["unlabeled"] == "none"]
    assert shown == [(row["labels"], row["picks"], row["accuracy"]) for row in alone]
    picks = [int(one) for row in alone for one in row["picks"].split()]
    assert picks[:10] == list(range(10))
    assert len(set(picks)) == 30
    own = [row["own"] for row in both if row["unlabeled"] == "graph"]
    assert own == [int(0.95 * 190), int(0.95 * 180), int(0.95 * 170)]
    assert all(0.3 < row["right"] <= 1 for row in both if row["unlabeled"] != "none")


def test_an_unknown_way_gets_a_sentence():
    with pytest.raises(ValueError, match="unlabeled can be own labels, graph, not 'magic'"):
        better_trial("random", 0, "softmax", unlabeled=("magic",))
