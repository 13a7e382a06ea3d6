"""What many runs say together: intervals, paired tests, areas under curves, labels that an accuracy costs."""

from typing import NamedTuple

import numpy as np
from scipy import stats


class Paired(NamedTuple):
    """A mean difference of pairs with its 95 % interval and p-value (paired t-test, two-sided)."""

    difference: float
    low: float
    high: float
    p: float
    wins: float  # share of pairs in which the first is larger; a tie counts half


def paired(a, b):
    """Compare a with b, (n,) each: a[i] and b[i] come from the same pool. Where all pairs are equal, p is 1."""
    a, b = np.asarray(a), np.asarray(b)  # tables would be paired by their row numbers
    if np.array_equal(a, b):
        return Paired(0.0, 0.0, 0.0, 1.0, 0.5)
    test = stats.ttest_rel(a, b)
    interval = test.confidence_interval(0.95)
    difference = a - b
    wins = np.mean((difference > 0) + (difference == 0) / 2)
    return Paired(*map(float, (difference.mean(), interval.low, interval.high, test.pvalue, wins)))


def mean_interval(a):
    """Mean of a (n,) and its 95 % interval by Student's t: (mean, low, high)."""
    low, high = stats.t.interval(0.95, len(a) - 1, np.mean(a), stats.sem(a))
    return float(np.mean(a)), float(low), float(high)


def holm(p_values):
    """p-values adjusted for testing all of them (Holm 1979), in the given order."""
    order = np.argsort(p_values)
    factors = np.arange(len(order), 0, -1)
    adjusted = np.minimum(np.maximum.accumulate(np.asarray(p_values)[order] * factors), 1)
    return adjusted[np.argsort(order)]


def area(labels, accuracies):
    """Area under learning curves (..., n) over labels (n,), divided by the width: the mean accuracy along the way."""
    return np.trapezoid(accuracies, labels, axis=-1) / (labels[-1] - labels[0])


def labels_to_reach(labels, accuracies, target):
    """Labels (n,) at which a learning curve (n,) first reaches the target accuracy, between two points on the straight
    line; inf if it does not.
    """
    reached = np.flatnonzero(np.asarray(accuracies) >= target)
    if not len(reached):
        return np.inf
    i = reached[0]
    if i == 0:
        return float(labels[0])
    part = (target - accuracies[i - 1]) / (accuracies[i] - accuracies[i - 1])
    return float(labels[i - 1] + part * (labels[i] - labels[i - 1]))


def bootstrap(statistic, n, resamples=2000, seed=0):
    """95 % interval of statistic(picks) over resamples of n runs, picks being n positions drawn with replacement
    (Efron 1979). Its ends are values that occurred: inf where too many are inf.
    """
    rng = np.random.default_rng(seed)
    values = [statistic(rng.integers(n, size=n)) for _ in range(resamples)]
    low, high = np.quantile(values, (0.025, 0.975), method="inverted_cdf")
    return float(low), float(high)


def kappa_at_least(kappa, agreed, n):
    """The lower end of a one-sided 95 % interval of Cohen's kappa of n images (Cohen 1960). agreed: the share on which
    both agree.
    """
    if agreed == 1:
        return kappa
    chance = (agreed - kappa) / (1 - kappa)
    return kappa - 1.645 * np.sqrt(agreed * (1 - agreed) / n) / (1 - chance)


def crossed(differences, resamples=2000, seed=0):
    """95 % interval of the mean of differences (pools, images), both drawn anew with replacement (the pigeonhole
    bootstrap, Owen 2007): what other pools *and* other images would say.
    """
    rng, (pools, images) = np.random.default_rng(seed), differences.shape
    by_pool = rng.multinomial(pools, np.full(pools, 1 / pools), resamples) / pools
    by_image = rng.multinomial(images, np.full(images, 1 / images), resamples) / images
    means = np.vecdot(by_pool @ differences, by_image)
    return tuple(map(float, np.quantile(means, (0.025, 0.975))))


def cohen_kappa(a, b):
    """Agreement of two labelings (n,) beyond chance, 1 if they are equal (Cohen 1960)."""
    classes = np.union1d(a, b)
    agreed = np.mean(a == b)
    chance = sum(np.mean(a == k) * np.mean(b == k) for k in classes)
    return 1.0 if chance == 1 else float((agreed - chance) / (1 - chance))
