"""Self-checks of notebook 7."""

import numpy as np

from helpers.exercises import UNANSWERED, self_check
from helpers.studies import stats


@self_check
def check_better(answer, margin, least_confident):
    """Exercise 1: does the interval of the difference, (pools,) each, hold zero?"""
    if answer is None:
        return UNANSWERED
    if answer not in ("margin", "least confident", "can't tell"):
        return 'the answer is "margin", "least confident" or "can\'t tell".'
    pair = stats.paired(margin, least_confident)
    if (pair.low <= 0 <= pair.high) != (answer == "can't tell"):
        return "look at both ends of the interval, and at where zero lies."
    if answer != "can't tell" and (pair.difference > 0) != (answer == "margin"):
        return "look at the sign of the difference, and at which of the two comes first."
    return None


@self_check
def check_unpaired(width, a, b):
    """Exercise 2: half the width of the interval, in points, without pairing. a, b: (pools,) shares."""
    if width is None:
        return UNANSWERED
    variance = np.var(a, ddof=1) + np.var(b, ddof=1)
    right = 100 * 1.96 * np.sqrt(variance / len(a))
    if width < 0:
        return "a width is not negative."
    if 0.85 * right <= width <= 1.15 * right:
        return None
    if abs(width - right / 100) < 0.15 * right / 100:
        return "it should be in points, not in shares."
    if abs(width - 2 * right) < 0.2 * right:
        return "half of the width is asked for."
    if abs(width - 100 * 1.96 * np.sqrt(variance)) < 0.1 * width:
        return "that is where one pool's difference lies; the *mean* of many pools is known better."
    return (
        "of two independent means, the variance of the difference is the sum of the two variances, each over the pools."
    )


@self_check
def check_best_of(best_of):
    """Exercise 3: on gains of which half are 0 and half 1, the best of two is 1 in three of four tries."""
    gains = np.repeat([0.0, 1.0], 50)
    one, two, many = (best_of(gains, tries, np.random.default_rng(0)) for tries in (1, 2, 30))
    if one == two == many == gains.mean():
        return UNANSWERED
    if not np.isscalar(two) and np.ndim(two):
        return "it should return one number: a mean over many draws."
    if abs(one - 0.5) > 0.05:
        return "with one try, the best is the only one; its mean over many draws is the mean gain."
    if two >= 0.99:
        return "draw only as many gains as there are tries; then repeat the draw many times."
    if abs(two - 0.75) > 0.05:
        return "of the gains 0 and 1, equally frequent, the best of two is 0 only if both are 0."
    return None
