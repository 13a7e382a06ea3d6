"""Query strategies: a matrix of class probabilities in, an order of its images out.

proba: (n, n_classes), one row per image, as `predict_proba` gives it.
Returns: (n,) positions of the rows, the image to take first at the front. Equal scores keep their order.
"""

import warnings

import numpy as np
from scipy.cluster.vq import kmeans2
from scipy.spatial.distance import cdist


def confidence(proba):
    """The probability of the class that the model would name, (n,)."""
    return proba.max(axis=1)


def least_confident(proba):
    """Least confident first (Lewis and Gale 1994)."""
    return np.argsort(confidence(proba), kind="stable")


def most_confident(proba):
    """Most confident first: the images that self-training labels by itself."""
    return np.argsort(-confidence(proba), kind="stable")


def in_order(proba):
    """As they come, whatever the model thinks: random labeling, if the pool is shuffled."""
    return np.arange(len(proba))


def margin(proba):
    """The smallest lead of the best class over the second best first (Scheffer, Decomain and Wrobel 2001)."""
    second, best = np.partition(proba, -2, axis=1)[:, -2:].T
    return np.argsort(best - second, kind="stable")


def entropy(proba):
    """The largest entropy first (Shannon 1948; in active learning: Settles 2009, section 3.1)."""
    return np.argsort((proba * np.log(np.where(proba > 0, proba, 1))).sum(axis=1), kind="stable")


BY_PROBABILITY = {"random": in_order, "least confident": least_confident, "margin": margin, "entropy": entropy}


def diverse(proba, images, batch_size, candidates=20):
    """A batch of small margins that differ from each other: of the first `candidates` * batch_size images by margin,
    the one nearest to each of batch_size k-means centroids (Zhdanov 2019, without weights). Then the rest by margin.

    images: (n, ...), one for each row of proba.
    """
    order = margin(proba)
    near = order[: candidates * batch_size]
    batch = near[representatives(images[near], min(batch_size, len(near)))]
    return np.concatenate([batch, order[~np.isin(order, batch)]])


def committee(probas):
    """The most disputed first: the largest entropy of the models' votes (Dagan and Engelson 1995).

    probas: (models, n, n_classes), or scores: the largest is a model's vote.
    """
    votes = np.eye(probas.shape[2])[probas.argmax(axis=2)].mean(axis=0)
    return entropy(np.sort(votes, axis=1))  # sorted: 3 to 2 votes is the same entropy to the last bit, whoever won


def representatives(images, k, passes=20):
    """Positions of k different images (n, ...), each the nearest still free to one of k k-means centroids.

    k-means starts from the first k images.
    """
    x = np.asarray(images, float).reshape(len(images), -1)
    with warnings.catch_warnings(action="ignore"):  # where images repeat, a cluster may stay empty; its centroid stays
        centroids, before = x[:k], None
        while passes and not np.array_equal(centroids, before):  # kmeans2 alone would go on when nothing moves
            before, passes = centroids, passes - 1
            centroids, _ = kmeans2(x, centroids, iter=1, minit="matrix", check_finite=False)
    distances = cdist(centroids, x)
    taken = []
    for row in distances:
        row[taken] = np.inf
        taken.append(row.argmin())
    return np.array(taken)
