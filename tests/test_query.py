import numpy as np
import pytest

from helpers.query import confidence, least_confident, most_confident

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


@pytest.mark.parametrize(("strategy", "sign"), [(least_confident, 1), (most_confident, -1)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_ties_keep_their_order_among_many_rows(strategy, sign, dtype):
    # NumPy's default sort keeps it for a few rows, by chance. Python's is stable.
    proba = np.random.default_rng(0).integers(1, 4, (1000, 1)).astype(dtype) / 4
    expected = sorted(range(1000), key=lambda row: sign * proba[row, 0])
    assert strategy(np.hstack([proba, np.zeros_like(proba)])).tolist() == expected


@pytest.mark.parametrize("strategy", [least_confident, most_confident])
def test_strategies_change_nothing_and_take_an_empty_matrix(strategy):
    before = PROBA.copy()
    strategy(PROBA)
    assert np.array_equal(PROBA, before)
    assert len(strategy(PROBA[:0])) == 0
