import warnings

import numpy as np
import pytest
from scipy.special import softmax

from helpers.data import load_mnist
from helpers.loop import halves, learner
from helpers.models.convex import ConvexSoftmax
from helpers.models.solver import in_both_precisions, minimize, one_hot
from helpers.pool import Pool
from helpers.strategies.by_probability import margin

N_CLASSES, L2, BATCH_SIZE, ROUNDS = 10, 1.0, 10, 40


@pytest.fixture(scope="module")
def pool():
    data = load_mnist(seed=3)
    return data.x_pool.reshape(len(data.x_pool), -1).astype(np.float64), data.y_pool


@pytest.fixture(scope="module")
def warm(pool):
    return by_margin(*pool, warm=True)


def by_margin(x, y, warm):
    """Picks and, after each round, the probabilities of the whole pool."""
    model, picks, probas = ConvexSoftmax(N_CLASSES, L2), list(range(BATCH_SIZE)), []
    for _ in range(ROUNDS):
        if not warm:
            model.reset()
        probas.append(model.fit(x[picks], y[picks]).predict_proba(x))
        rest = np.setdiff1d(np.arange(len(x)), picks)
        picks += rest[margin(probas[-1][rest])[:BATCH_SIZE]].tolist()
    return picks[:-BATCH_SIZE], np.array(probas)


def test_probabilities_and_all_400_picks_are_those_of_scikit_learn(pool, warm, reference):
    x, y = pool
    picks, probas = warm
    theirs = reference("reference_convex.py", x=x, y=y, l2=L2, batch_size=BATCH_SIZE, rounds=ROUNDS)
    assert len(set(y[:BATCH_SIZE])) < N_CLASSES  # so there is a class without a label at first
    assert picks == theirs["picks"].tolist()
    assert probas == pytest.approx(theirs["proba"], abs=1e-6)


def test_a_warm_start_changes_nothing_but_the_time(pool, warm):
    picks, probas = by_margin(*pool, warm=False)
    assert picks == warm[0]
    assert probas == pytest.approx(warm[1], abs=1e-7)


@pytest.mark.parametrize("n", [30, 850])  # fewer images than pixels, and more
@pytest.mark.parametrize("l2", [0.1, 1.0, 100.0])
def test_the_gradient_is_zero_at_the_solution(pool, n, l2):
    x, y = pool[0][:n], pool[1][:n]
    model = ConvexSoftmax(N_CLASSES, l2).fit(x, y)
    slope = softmax(x @ model.weights + model.bias, axis=1) - np.eye(N_CLASSES)[y]
    assert x.T @ slope + l2 * model.weights == pytest.approx(0, abs=1e-5)
    assert slope.sum(axis=0) + l2 * model.bias == pytest.approx(0, abs=1e-5)


def test_one_black_image_by_hand():
    # Two classes, one image of zeros: only the biases b and -b count; at the minimum -1 / (1 + exp(2 b)) + l2 b = 0.
    model = ConvexSoftmax(2, l2=0.5).fit(np.zeros((1, 2, 2)), np.array([0]))
    b = model.bias[0]
    assert model.bias[1] == pytest.approx(-b)
    assert 1 / (1 + np.exp(2 * b)) == pytest.approx(0.5 * b, abs=1e-8)
    assert not model.weights.any()


def test_the_order_of_the_images_does_not_matter(pool):
    x, y = pool[0][:100], pool[1][:100]
    turned = ConvexSoftmax(N_CLASSES, L2).fit(x[::-1], y[::-1])
    assert turned.weights == pytest.approx(ConvexSoftmax(N_CLASSES, L2).fit(x, y).weights, abs=1e-7)


def test_an_earlier_solution_of_other_images_is_no_harm(pool):
    x, y = pool
    model = ConvexSoftmax(N_CLASSES, L2).fit(x[200:300], y[200:300])
    fresh = ConvexSoftmax(N_CLASSES, L2).fit(x[:50], y[:50])
    assert model.fit(x[:50], y[:50]).weights == pytest.approx(fresh.weights, abs=1e-7)


def test_the_products_of_the_images_are_enough(pool):
    x, y = pool[0][:60], pool[1][:60]
    given = ConvexSoftmax(N_CLASSES, L2).fit(x, y, products=x @ x.T + 1)
    assert given.weights == pytest.approx(ConvexSoftmax(N_CLASSES, L2).fit(x, y).weights, abs=1e-9)
    assert softmax((x @ x.T + 1) @ given.coefficients.T, axis=1) == pytest.approx(given.predict_proba(x), abs=1e-12)


def test_problems_side_by_side_have_the_solutions_of_each():
    # One of them starts at its solution, so it is solved long before the others; one has another kind of labels.
    rng = np.random.default_rng(0)
    x, y = rng.random((3, 40, 50)), rng.integers(0, 4, (3, 40))
    y[1] = 0
    alone = [ConvexSoftmax(4, L2).fit(*problem).coefficients for problem in zip(x, y, strict=True)]
    start = np.array([np.zeros_like(alone[0]), np.zeros_like(alone[0]), alone[2]])
    together = minimize(*in_both_precisions(x @ x.swapaxes(1, 2) + 1), one_hot(y, 4), L2, start)
    assert together == pytest.approx(np.array(alone), abs=1e-8)


def test_images_of_any_shape_and_accuracy():
    images = np.array([[[0.0, 1.0]], [[1.0, 0.0]]])
    model = ConvexSoftmax(2, 0.1).fit(images, np.array([0, 1]))
    assert model.accuracy(images, np.array([0, 1])) == 1.0
    assert model.accuracy(images, np.array([0, 0])) == 0.5
    assert model.predict_proba(images).sum(axis=1) == pytest.approx(1)


def test_an_l2_out_of_reach_is_an_error_not_a_wrong_answer(pool):
    with pytest.raises(RuntimeError, match="l2 = 1e-13 is too small for 20 images"):
        ConvexSoftmax(N_CLASSES, 1e-13).fit(pool[0][:20], pool[1][:20])


@pytest.mark.parametrize("l2", [0, -1, float("nan"), "1"])
def test_l2_must_be_positive(l2):
    with pytest.raises(ValueError, match="l2 must be a number above 0"):
        ConvexSoftmax(N_CLASSES, l2)


@pytest.mark.parametrize("features", [1, 2, 3, 26])
@pytest.mark.parametrize("n", [3, 20, 400])
def test_few_features_have_their_minimum_too(features, n):
    """More labels than features: the products of the rows are far from full rank. Any warning fails."""
    rng = np.random.default_rng(features)
    x = rng.normal(size=(n, features)).astype(np.float32)
    y = (x.sum(axis=1) > 0).astype(int) + (x[:, 0] > 1)
    with warnings.catch_warnings(action="error"):
        model = ConvexSoftmax(3, 1.0).fit(x, y)
    with_bias = np.column_stack([x.astype(float), np.ones(n)])
    gradient = with_bias.T @ (model.predict_proba(x) - np.eye(3)[y]) + model.parameters
    assert abs(gradient).max() < 1e-8 * n


def test_a_committee_on_few_features():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 2)).astype(np.float32)
    pool = Pool(x, (x[:, 0] > 0).astype(int))
    mine = learner(ConvexSoftmax(2, 1.0), pool, 40)
    pool.label_manually(np.arange(40))
    mine.fit()
    with warnings.catch_warnings(action="error"):
        probas = mine.probas(np.random.default_rng(1))
    for half, proba in zip(halves(40, np.random.default_rng(1)), probas, strict=True):
        alone = ConvexSoftmax(2, 1.0).fit(x[half], pool.y_labeled[half])
        assert np.allclose(proba, alone.predict_proba(x), atol=1e-7)
