"""Which rows are for the pools, which for tuning, and which judge: decided by the labels alone, the same every time."""

import numpy as np

JUDGES = 0.2  # the share kept for judging where there is no test set


def split(y, n_test):
    """(training rows, test rows): two arrays of positions that hold each row once.

    y: (n,) labels, -1 where unknown; its last `n_test` rows are the test set. Without one (0), the last fifth of each
    class by `places` is kept, of classes with three labeled rows or more. Rows that lie sorted by class are mixed, so
    that any first part of them holds all classes in about their proportions; others stay as they lie.
    """
    if n_test:
        n_train = len(y) - n_test
        return in_mixed_order(y[:n_train]), n_train + in_mixed_order(y[n_train:])
    place = places(y)
    order = np.argsort(place, kind="stable")
    judges = (place >= 1 - JUDGES) & (y >= 0)
    return order[~judges[order]], order[judges[order]]


def in_mixed_order(y):
    """Positions as they are if neighbors differ in class half as often as in a shuffled file, otherwise by `places`."""
    shares = np.bincount(y + 1) / len(y)
    by_chance = 1 - (shares**2).sum()
    mixed = by_chance > 0 and np.mean(y[1:] != y[:-1]) > by_chance / 2
    return np.arange(len(y)) if mixed else np.argsort(places(y), kind="stable")


def places(y):
    """Where each row stands in its class, shuffled by a fixed seed: (n,) numbers, evenly spread between 0 and 1."""
    rng, place = np.random.default_rng(0), np.empty(len(y))
    for label in np.unique(y):
        rows = rng.permutation(np.flatnonzero(y == label))
        place[rows] = (np.arange(len(rows)) + 0.5) / len(rows)
    return place
