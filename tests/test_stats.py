import numpy as np
import pandas as pd
import pytest
from scipy import stats as scipy_stats

from helpers.studies import stats
from helpers.studies.stats import area, bootstrap, cohen_kappa, holm, labels_to_reach, mean_interval, paired


def test_paired_difference_by_hand():
    # Differences 1, 2, 3: mean 2, standard error 1 / sqrt(3), t(0.975, 2) = 4.30265; p of t = 3.4641 with 2 degrees.
    result = paired([2, 4, 6], [1, 2, 3])
    assert result.difference == 2
    assert (result.low, result.high) == pytest.approx((2 - 4.30265 / 3**0.5, 2 + 4.30265 / 3**0.5), abs=1e-4)
    assert result.p == pytest.approx(0.07418, abs=1e-5)
    assert result.wins == 1


def test_tables_are_paired_in_their_order_whatever_their_row_numbers():
    assert paired(pd.Series([2, 4, 6]), pd.Series([1, 2, 3], index=[7, 8, 9])) == paired([2, 4, 6], [1, 2, 3])


def test_a_tie_is_half_a_win():
    assert paired([1, 2, 3, 4], [0, 2, 4, 3]).wins == (2 + 0.5) / 4


def test_pairs_matter():
    # The pools differ much more than the two strategies do.
    pools = np.array([10.0, 20.0, 30.0, 40.0])
    gain = np.array([1.0, 1.1, 0.9, 1.0])
    assert paired(pools + gain, pools).p < 0.001 < scipy_stats.ttest_ind(pools + gain, pools).pvalue


def test_mean_interval_by_hand():
    assert mean_interval([1, 2, 3]) == pytest.approx((2, 2 - 4.30265 / 3**0.5, 2 + 4.30265 / 3**0.5), abs=1e-4)


def test_holm_by_hand():
    # Sorted 0.01, 0.02, 0.03, 0.5 times 4, 3, 2, 1: 0.04, 0.06, 0.06, 0.5; the third may not be less than the second.
    assert holm([0.03, 0.5, 0.01, 0.02]) == pytest.approx([0.06, 0.5, 0.04, 0.06])
    assert holm([0.9, 0.8]) == pytest.approx([1, 1])


def test_area_is_the_mean_height():
    assert area([10, 20, 40], [0.5, 0.7, 0.9]) == pytest.approx((10 * 0.6 + 20 * 0.8) / 30)
    assert area([10, 20], [[0.5, 0.5], [0.0, 1.0]]).tolist() == [0.5, 0.5]


def test_labels_to_reach_lie_between_two_points():
    labels, accuracies = [100, 200, 400], [0.5, 0.7, 0.8]
    assert labels_to_reach(labels, accuracies, 0.6) == pytest.approx(150)
    assert labels_to_reach(labels, accuracies, 0.75) == pytest.approx(300)
    assert labels_to_reach(labels, accuracies, 0.8) == 400
    assert labels_to_reach(labels, accuracies, 0.4) == 100
    assert labels_to_reach(labels, accuracies, 0.81) == np.inf


def test_labels_to_reach_are_the_first_of_a_curve_that_falls_again():
    assert labels_to_reach([1, 2, 3, 4], [0.1, 0.5, 0.3, 0.9], 0.5) == 2


def test_bootstrap_is_scipy_s():
    values = np.random.default_rng(1).exponential(size=40)
    low, high = bootstrap(lambda picks: values[picks].mean(), len(values), resamples=5000)
    theirs = scipy_stats.bootstrap((values,), np.mean, n_resamples=5000, method="percentile", rng=2)
    assert (low, high) == pytest.approx(tuple(theirs.confidence_interval), rel=0.02)


def test_bootstrap_says_inf_only_if_more_than_a_fortieth_is():
    reached = np.array([1.0] * 19 + [np.inf])
    assert bootstrap(lambda picks: reached[picks].max(), 20) == (1.0, np.inf)
    assert bootstrap(lambda picks: np.median(reached[picks]), 20) == (1.0, 1.0)


def test_cohen_kappa_by_hand():
    # Agreed 3 of 4; by chance 1/2 * 3/4 + 1/2 * 1/4 = 1/2.
    assert cohen_kappa(np.array([0, 0, 1, 1]), np.array([0, 0, 0, 1])) == pytest.approx((0.75 - 0.5) / 0.5)
    assert cohen_kappa(np.array([2, 2]), np.array([2, 2])) == 1


def test_equal_pairs_are_no_difference():
    assert stats.paired([0.5, 0.7], [0.5, 0.7]) == (0, 0, 0, 1, 0.5)


def test_the_lower_end_of_kappa_covers_as_often_as_it_says():
    """Two raters who agree beyond chance, many samples: the true kappa is above the lower end in 95 % of them."""
    rng, n, inside = np.random.default_rng(0), 300, 0
    for _ in range(1000):
        a = rng.integers(0, 4, n)
        b = np.where(rng.random(n) < 0.8, a, rng.integers(0, 4, n))  # chance agreement is a quarter: kappa is 0.8
        kappa = stats.cohen_kappa(a, b)
        inside += stats.kappa_at_least(kappa, np.mean(a == b), n) <= 0.8
    assert 0.93 <= inside / 1000 <= 0.97
    assert stats.kappa_at_least(1.0, 1.0, 10) == 1


def test_a_crossed_interval_covers_both_sources_of_chance():
    """Differences that are pool + image + noise: the variance of the mean is that of both, and not of one alone."""
    rng = np.random.default_rng(0)
    differences = rng.normal(0, 3, (40, 1)) + rng.normal(0, 5, (1, 200)) + rng.normal(0, 1, (40, 200))
    low, high = stats.crossed(differences)
    expected = (
        2 * 1.96 * np.sqrt(differences.mean(axis=1).var(ddof=1) / 40 + differences.mean(axis=0).var(ddof=1) / 200)
    )
    assert abs((high - low) / expected - 1) < 0.15
    assert low < differences.mean() < high
