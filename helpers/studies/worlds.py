"""Pools that are less tidy than MNIST's: rare classes, near-duplicates, unreadable images, other data.

A world is a function of a seed, of how many images a pool holds and of the reader's data file; it returns a `World`.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from helpers.checks import whole_number
from helpers.data import DataSet, open_data
from helpers.models import L2, convex_softmax
from helpers.sources.carried import open_carried
from helpers.studies.judge import scaled

RARE = 0.1  # of the rare classes' images so many are left
COPIES, NOISE = 5, 25  # of each image; standard deviation in gray levels, of 255
UNREADABLE = 0.1  # share of the pool
# Penalties, within 0.01 points of the best of `penalty_trial` from 0.001 to 1 (notebook 11); the others have MNIST's.
L2_OF = {"digits 8 x 8": 0.01, "spam": 0.001}


@dataclass(frozen=True)
class World:
    """A pool, and what only an experiment knows about it.

    data: whose `judge` judges. x: (n, ...) images; y: (n,) true labels. original: (n,) which image each is a copy of.
    readable: (n,) whether a human can tell what it is.
    """

    data: DataSet
    x: np.ndarray
    y: np.ndarray
    original: np.ndarray
    readable: np.ndarray


def as_it_is(seed, n_pool, data_file):
    """A pool as in notebook 8."""
    data = open_data(data_file)
    return _world(data, *data.pool(seed, n_pool))


def rare_classes(seed, n_pool, data_file):
    """Of the second half of the classes, digits 5 to 9, a tenth of the images are left."""
    data = open_data(data_file)
    x, y = data.pool(seed, min(data.max_pool, 3 * n_pool))
    kept = (y < first_rare(data.n_classes)) | (np.random.default_rng([seed, 1]).random(len(y)) < RARE)
    return _world(data, x[kept][:n_pool], y[kept][:n_pool])


def near_duplicates(seed, n_pool, data_file):
    """A fifth as many images, each five times, with noise of its own each time."""
    data, rng = open_data(data_file), np.random.default_rng([seed, 1])
    if len(data.shape) == 1:
        raise ValueError("Near-duplicates are made of images, by noise in gray levels; this data holds features.")
    x, y = data.pool(seed, n_pool // COPIES)
    original = rng.permutation(np.repeat(np.arange(len(x)), COPIES))
    noisy = np.rint(255 * scaled(x[original]) + NOISE * rng.standard_normal((len(original), *x.shape[1:])))
    return _world(data, np.clip(noisy, 0, 255).astype(np.uint8), y[original], original)


def unreadable(seed, n_pool, data_file):
    """A tenth of the images lie over another one, ink on ink, so that nobody can tell what they are."""
    world, rng = as_it_is(seed, n_pool, data_file), np.random.default_rng([seed, 1])
    spoiled = rng.permutation(n_pool)[: round(UNREADABLE * n_pool)]
    x, readable = world.x.copy(), np.ones(n_pool, bool)
    x[spoiled] = np.maximum(world.x[spoiled], world.x[rng.permutation(spoiled)])
    readable[spoiled] = False
    return World(world.data, x, world.y, world.original, readable)


def digits(seed, n_pool, data_file):
    """scikit-learn's digits of 8 x 8 pixels."""
    return _carried("digits", seed, n_pool)


def spam(seed, n_pool, data_file):
    """Spam or not, by the words of a mail."""
    return _carried("spam", seed, n_pool)


WORLDS = {
    "MNIST": as_it_is,
    "rare classes": rare_classes,
    "near-duplicates": near_duplicates,
    "unreadable images": unreadable,
    "digits 8 x 8": digits,
    "spam": spam,
}


def check_worlds(pools, few_pools, n_pool, n_labels, data):
    """Raise ValueError for numbers that the studies of notebook 11 can't be run with on this data set."""
    data.need_labels()
    whole_number("pools", pools, 3)
    whole_number("few_pools", few_pools, 3, pools)
    whole_number("n_pool", n_pool, 200, data.max_pool)
    whole_number("n_labels", n_labels, 100, n_pool // 2, step=10)


def find_world(world):
    """The function of a name in WORLDS. Raises ValueError for anything else."""
    if world in WORLDS:
        return WORLDS[world]
    raise ValueError(f"A world is one of {', '.join(WORLDS)}, not {world!r}.")


def first_rare(n_classes):
    """The first of the classes that are rare in `rare_classes`."""
    return -(-n_classes // 2)


def look_alikes(world):
    """For each image of the pool the wrong class that it looks most like, (n,): the most probable wrong one to a model
    that learned from images that no pool and no judge holds.
    """
    proba = _reader_of(world.data).predict_proba(scaled(world.x))
    proba[np.arange(len(proba)), world.y] = -1
    return proba.argmax(axis=1)


@cache
def _reader_of(data, n=1000):
    x, y = data.tuning(0)
    return convex_softmax(data, 0, L2).fit(scaled(x[:n]), y[:n])


def _carried(name, seed, n_pool):
    data = open_carried(name)
    return _world(data, *data.pool(seed, min(n_pool, data.max_pool * 5 // 6)))  # all would be the same pool each time


def _world(data, x, y, original=None):
    every = np.arange(len(y))
    return World(data, x, y, every if original is None else original, np.ones(len(y), bool))
