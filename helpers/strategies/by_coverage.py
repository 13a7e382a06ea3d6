"""Query strategies by coverage: labeled images that stand for many others, or lie far from each other.

images: (n, ...), the unlabeled ones; known: (m, ...), the labeled ones. Any number of labels will do, none included.
"""

import itertools
import math

import numpy as np
from scipy import sparse

from helpers.strategies.by_probability import lead

SMALLEST_CLUSTER = 5  # TypiClust asks no smaller one: it is likely to be an outlier


def k_center(images, known, batch_size):
    """One after the other, the image that is farthest from its nearest labeled one (Sener and Savarese 2018, greedy).

    It covers the pool with the smallest balls, and so is drawn to outliers.
    """
    x, centers = _gray(images), _gray(known)
    squares = np.vecdot(x, x)
    nearest = _squared_distances(x, centers).min(axis=1, initial=np.inf)
    picks = []
    for _ in range(min(batch_size, len(x))):
        nearest[picks] = -1  # an image that repeats can still be picked, after all others
        picks.append(int(nearest.argmax()))
        nearest = np.minimum(nearest, squares - 2 * (x @ x[picks[-1]]) + squares[picks[-1]])
    return np.array(picks, int)


def max_herding(images, known, batch_size, rng, radius=1.0, sample=600):
    """One after the other, the image that adds most to how close all images are to a labeled one (Bae, Noh and
    Sutherland 2024).

    Closeness is exp(-(distance / radius)²) of images scaled to length 1. To be fast, it looks at `sample` images drawn
    anew in each round, as the authors do for large pools.
    """
    some = rng.permutation(len(images))[: max(sample, 2 * batch_size)]
    x, labeled = _of_length_1(images[some]), _of_length_1(known)
    return some[_herd(x, labeled, np.ones(len(x)), batch_size, radius)]


def u_herding(proba, images, known, batch_size, rng, sample=600):
    """MaxHerding where an image counts the more, the smaller its margin is (Bae, Oliveira and Sutherland 2025).

    The radius is the smallest distance between two labeled images: it shrinks as labels come, and what begins as
    coverage ends as uncertainty. The authors also scale the probabilities by a temperature; here they stay as they are.
    """
    some = rng.permutation(len(images))[: max(sample, 2 * batch_size)]
    x, labeled = _of_length_1(images[some]), _of_length_1(known)
    distances = _squared_distances(labeled, labeled)[np.triu_indices(len(labeled), 1)]
    radius = np.sqrt(distances[distances > 1e-6].min(initial=1))  # 1: without two different labeled images
    return some[_herd(x, labeled, 1 - lead(proba[some]), batch_size, radius)]


def typiclust(images, known, batch_size, rng, neighbors=20, passes=4, dimensions=32):
    """Of each of the largest clusters without a label the most typical image, that is, the nearest to its `neighbors`
    in the cluster (Hacohen, Dekel and Weinshall 2022).

    All images, labeled or not, form as many clusters as there will be labels. To be fast, k-means sees a random
    projection to `dimensions` numbers, which keeps distances roughly (Johnson and Lindenstrauss 1984), `passes` times.
    """
    n, batch_size = len(images), min(batch_size, len(images))
    x = np.concatenate([_gray(images), _gray(known)])
    x = x @ rng.standard_normal((x.shape[1], min(dimensions, x.shape[1])), np.float32)
    cluster = _clusters(x, len(known) + batch_size, rng, passes)
    k = len(known) + batch_size
    size, labels = np.bincount(cluster, minlength=k), np.bincount(cluster[n:], minlength=k)
    order = np.lexsort((-size, labels))  # the last key counts first
    wanted = order[size[order] >= min(SMALLEST_CLUSTER, size.max())]
    free, picks = np.isin(cluster[:n], wanted), []
    for one in itertools.cycle(wanted):  # in a second turn, clusters give a second image
        if len(picks) == batch_size or not free.any():
            break
        members = np.flatnonzero((cluster[:n] == one) & free)
        if len(members):
            distances = _squared_distances(x[members], x[cluster == one])
            near = np.sort(distances, axis=1)[:, 1 : neighbors + 1]  # the first is the image itself
            picks.append(int(members[np.sqrt(np.maximum(near, 0)).mean(axis=1).argmin()]) if near.size else members[0])
            free[picks[-1]] = False
    return np.concatenate([picks, np.setdiff1d(np.arange(n), picks)]).astype(int)


def _herd(x, labeled, weights, batch_size, radius):
    """Positions in x, greedily: each adds most to the weighted sum of the closeness to the nearest labeled image."""
    closeness = np.exp(_squared_distances(x, x) / -(radius**2))
    covered = np.exp(_squared_distances(x, labeled) / -(radius**2)).max(axis=1, initial=0)
    picks = []
    for _ in range(min(batch_size, len(x))):
        gain = weights.astype(np.float32) @ np.maximum(closeness - covered[:, None], 0)
        gain[picks] = -1
        picks.append(int(gain.argmax()))
        covered = np.maximum(covered, closeness[:, picks[-1]])
    return np.array(picks, int)


def _clusters(x, k, rng, passes):
    """The nearest of k centers that start as random images and move to the mean of their images."""
    centers, n = x[rng.permutation(len(x))[:k]], len(x)
    for left in reversed(range(passes)):
        nearest = (np.vecdot(centers, centers) - 2 * (x @ centers.T)).argmin(axis=1)
        if left:
            members = sparse.csc_array((np.ones(n, np.float32), nearest, np.arange(n + 1)), (k, n))
            sizes = np.bincount(nearest, minlength=k)[:, None]
            centers = np.where(sizes, members @ x / np.maximum(sizes, 1), centers).astype(np.float32)
    return nearest


def _squared_distances(a, b):
    """(len(a), len(b)), between rows."""
    return np.vecdot(a, a)[:, None] - 2 * (a @ b.T) + np.vecdot(b, b)


def _gray(images):
    """Rows of gray levels less 128. Of up to 1,024 such whole numbers, float32 has the exact sums of products: equal
    distances are equal on every processor.
    """
    x = _flat(images)
    gray = np.multiply(x, 255.0, out=np.empty(x.shape, np.float32), casting="same_kind")  # without a large float64 copy
    gray -= 128
    return gray


def _of_length_1(images):
    """Rows scaled to length 1; a black image stays black."""
    x = np.float32(_flat(images))
    return x / np.maximum(np.sqrt(np.vecdot(x, x)), 1e-12)[:, None]


def _flat(images):
    images = np.asarray(images)
    return images.reshape(len(images), math.prod(images.shape[1:]))
