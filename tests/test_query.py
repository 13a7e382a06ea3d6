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


@pytest.mark.parametrize("strategy", [least_confident, most_confident])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_only_ties_keep_the_order_as_it_is(strategy, dtype):
    # 1,000 rows: NumPy's default sort is stable for a few rows by chance.
    assert strategy(np.full((1000, 10), 0.1, dtype)).tolist() == list(range(1000))


@pytest.mark.parametrize("strategy", [least_confident, most_confident])
def test_strategies_change_nothing_and_take_an_empty_matrix(strategy):
    before = PROBA.copy()
    strategy(PROBA)
    assert np.array_equal(PROBA, before)
    assert len(strategy(PROBA[:0])) == 0
