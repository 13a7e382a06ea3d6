"""Self-checks of notebook 3."""

import numpy as np

from helpers.exercises import UNANSWERED, self_check
from helpers.kmeans import kmeans

CHOICES = (10, 20, 40, 80)


@self_check
def enough_clusters(enough, data, start_seed, passes):
    """enough: the smallest of CHOICES with which three images in four are named right by their majority class."""
    if enough == 10:
        return UNANSWERED
    if enough not in CHOICES:
        return f"choose one of {', '.join(map(str, CHOICES))}."
    if named_right(enough, data, start_seed, passes) < 0.75:
        return "with so few clusters fewer than three images in four are named right."
    if named_right(enough // 2, data, start_seed, passes) >= 0.75:
        return "that is enough, but half as many are enough too."
    return None


def named_right(k, data, start_seed, passes):
    """The share of the pool that is named right."""
    groups = kmeans(data.x_pool, k, start_seed, passes).assignment
    return sum(np.bincount(data.y_pool[groups == g], minlength=1).max() for g in range(k)) / len(groups)


@self_check
def five_starts(inertias, data, k, passes):
    """inertias: of k-means with the seeds 0 to 4."""
    if len(inertias) == 1:
        return UNANSWERED
    if len(inertias) != 5:
        return f"five starts give five inertias; the list holds {len(inertias)}."
    if len(set(inertias)) == 1:
        return "all starts end alike, as if all had the same seed."
    if not np.isclose(inertias[4], kmeans(data.x_pool, k, 4, passes).inertia):
        return "the last one should be that of seed 4."
    return None


@self_check
def names_by_one_label(function):
    """function(nearest, distance, labels, k): on five images in three clusters, one of them empty."""
    nearest, distance = np.array([0, 0, 0, 2, 2]), np.array([3.0, 1.0, 2.0, 5.0, 4.0])
    names = function(nearest, distance, np.array([7, 4, 7, 1, 9]), 3)
    if names is None:
        return "the function returns nothing; end it with `return`."
    names = np.asarray(names)
    if names.shape != (3,):
        return f"three clusters have three names, one each; the shape is {names.shape}."
    if not names.any():
        return UNANSWERED
    if names[0] == 7 and names[2] == 9:
        return "a cluster of three images took the name of two of them, not that of the nearest one."
    if names[0] == 7 or names[2] == 1:
        return "a cluster took the name of an image that is farther from its centroid than another one."
    if (names[0], names[2]) != (4, 9):
        return "each name should be the label of an image of that cluster."
    return None
