import numpy as np
import pytest

from helpers.strategies.by_committee import committee
from helpers.strategies.by_coverage import k_center, max_herding
from helpers.strategies.by_diversity import dbal, representatives
from helpers.strategies.by_probability import (
    confidence,
    entropy,
    in_order,
    least_confident,
    margin,
    most_confident,
)

SIMPLE = [in_order, least_confident, margin, entropy, most_confident]

PROBA = np.array(
    [
        [0.20, 0.30, 0.50],
        [0.90, 0.05, 0.05],
        [0.34, 0.33, 0.33],
        [0.50, 0.50, 0.00],  # as confident as row 0
        [0.00, 0.00, 1.00],
        [0.10, 0.90, 0.00],  # as confident as row 1
    ]
)


def test_confidence_is_the_probability_of_the_guess():
    assert confidence(PROBA).tolist() == [0.5, 0.9, 0.34, 0.5, 1.0, 0.9]


def test_least_confident_first_and_equals_in_their_order():
    assert least_confident(PROBA).tolist() == [2, 0, 3, 1, 5, 4]


def test_most_confident_first_and_equals_in_their_order():
    assert most_confident(PROBA).tolist() == [4, 1, 5, 0, 3, 2]  # not the reverse of the other order


def test_in_order_takes_them_as_they_come():
    assert in_order(PROBA).tolist() == [0, 1, 2, 3, 4, 5]


def test_smallest_margin_first():
    assert margin(PROBA).tolist() == [3, 2, 0, 5, 1, 4]  # 0.00, 0.01, 0.20, 0.80, 0.85, 1.00


def test_largest_entropy_first():
    assert entropy(PROBA).tolist() == [2, 0, 3, 1, 5, 4]  # 1.10, 1.03, 0.69, 0.39, 0.33, 0.00


def one_hot(votes, n_classes=4):
    return np.eye(n_classes)[np.array(votes)]


def test_most_disputed_first():
    # Four models (rows) vote on four images: 4 for one class, 2 to 2, 3 to 1, and 2 to 1 to 1.
    votes = one_hot([[0, 1, 2, 3], [0, 1, 2, 3], [0, 2, 2, 0], [0, 2, 1, 1]])
    assert committee(votes).tolist() == [3, 1, 2, 0]


def test_votes_of_the_same_split_are_a_tie_whoever_wins():
    votes = np.sort(np.random.default_rng(0).integers(0, 10, (5, 1000)), axis=0)
    counts = np.sort([np.bincount(column, minlength=10) for column in votes.T], axis=1)
    order = committee(one_hot(votes, 10)).tolist()
    for split in np.unique(counts, axis=0):
        same = set(np.flatnonzero((counts == split).all(axis=1)))
        assert [i for i in order if i in same] == sorted(same)


def test_diverse_takes_one_of_each_group_among_the_small_margins():
    # Margins grow with the row. Rows 0, 1, 3 and 4 look alike, and so do 2 and 5; row 6 is beyond the first six.
    proba = np.array([[0.5 + i / 20, 0.5 - i / 20] for i in range(7)])
    images = np.array([[0.0], [0.2], [9.0], [0.1], [0.4], [9.2], [50.0]]).reshape(7, 1, 1)
    order = dbal(proba, images, batch_size=2, candidates=3)
    # Means 0.175 and 9.1; nearest are row 1 (0.2) and, at equal distance, the earlier of rows 2 and 5.
    assert order.tolist() == [1, 2, 0, 3, 4, 5, 6]


def test_diverse_takes_fewer_images_than_a_batch():
    assert sorted(dbal(PROBA[:3], np.eye(3), batch_size=5)) == [0, 1, 2]


def test_representatives_are_different_images_even_where_images_repeat():
    assert sorted(representatives(np.zeros((5, 2, 2)), 3)) == [0, 1, 2]


def test_batches_are_those_of_modal_and_scikit_activeml(reference):
    rng = np.random.default_rng(0)
    proba = rng.dirichlet(np.full(10, 0.3), 1000)
    gray = np.rint(255 * rng.random((1000, 64)))
    # A committee whose 20 most disputed are clear: 8 models that agree but on these, where each split is another.
    probas = np.tile(one_hot([3] * 1000, 10), (8, 1, 1))
    for image in rng.permutation(1000)[:20]:
        probas[: 1 + image % 4, image] = rng.permutation(np.eye(10))[: 1 + image % 4]
    given = {"proba": proba, "probas": probas, "images": gray, "batch_size": 20}
    ours = {
        "least_confident": least_confident(proba),
        "margin": margin(proba),
        "entropy": entropy(proba),
        "committee": committee(probas),
        "dbal": dbal(proba, gray / 255, 20),
        "k_center": 5 + k_center(gray[5:] / 255, gray[:5] / 255, 20),
        "max_herding": 5 + max_herding(gray[5:] / 255, gray[:5] / 255, 20, rng, radius=0.7, sample=995),
    }
    for environment, strategies in (("modal", 4), ("reference", 7)):
        theirs = reference("reference_query.py", environment, **given)
        assert len(theirs) == strategies
        for name, batch in theirs.items():
            assert set(batch) == set(ours[name][:20]), (environment, name)


@pytest.mark.parametrize(("strategy", "sign"), [(least_confident, 1), (most_confident, -1)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_ties_keep_their_order_among_many_rows(strategy, sign, dtype):
    # NumPy's default sort keeps it for a few rows, by chance. Python's is stable.
    proba = np.random.default_rng(0).integers(1, 4, (1000, 1)).astype(dtype) / 4
    expected = sorted(range(1000), key=lambda row: sign * proba[row, 0])
    assert strategy(np.hstack([proba, np.zeros_like(proba)])).tolist() == expected


@pytest.mark.parametrize("strategy", SIMPLE)
def test_strategies_change_nothing_and_take_an_empty_matrix(strategy):
    before = PROBA.copy()
    strategy(PROBA)
    assert np.array_equal(PROBA, before)
    assert len(strategy(PROBA[:0])) == 0
