"""Query strategies whose batch is spread over the images."""

import warnings

import numpy as np
from scipy.cluster.vq import kmeans2
from scipy.spatial.distance import cdist

from helpers.strategies.by_probability import margin


def dbal(proba, images, batch_size, candidates=20):
    """Diverse mini-batch active learning (Zhdanov 2019, without weights): small margins that differ from each other.

    Of the first `candidates` * batch_size images by margin it takes the one nearest to each of batch_size k-means
    centroids, then the rest by margin. images: (n, ...), one for each row of proba.
    """
    order = margin(proba)
    near = order[: candidates * batch_size]
    batch = near[representatives(images[near], min(batch_size, len(near)))]
    return np.concatenate([batch, order[~np.isin(order, batch)]])


def dbal_of_200(proba, images, batch_size):
    """The same among the 200 smallest margins, whatever the batch: to compare batch sizes with."""
    return dbal(proba, images, batch_size, candidates=-(-200 // batch_size))


def random_of_small_margins(proba, batch_size, rng, candidates=20):
    """The same without the diversity: any of the first `candidates` * batch_size images by margin. To compare with."""
    order = margin(proba)
    near = candidates * batch_size
    return np.concatenate([rng.permutation(order[:near]), order[near:]])


def representatives(images, batch_size, passes=20):
    """Positions of `batch_size` images (n, ...), each the nearest still free to one of as many k-means centroids.

    k-means starts from the first images.
    """
    # In gray levels, whole numbers: their sums are exact, so that equal distances are equal on every processor.
    x = 255 * np.asarray(images, float).reshape(len(images), -1)
    with warnings.catch_warnings(action="ignore"):  # where images repeat, a cluster may stay empty; its centroid stays
        centroids, before = x[:batch_size], None
        while passes and not np.array_equal(centroids, before):  # kmeans2 alone would go on when nothing moves
            before, passes = centroids, passes - 1
            centroids, _ = kmeans2(x, centroids, iter=1, minit="matrix", check_finite=False)
    distances = cdist(centroids, x)
    taken = []
    for row in distances:
        row[taken] = np.inf
        taken.append(row.argmin())
    return np.array(taken)
