"""Query strategies: a matrix of class probabilities in, an order of its images out.

proba: (n, n_classes), one row per image, as `predict_proba` gives it.
Returns: (n,) positions of the rows, the image to take first at the front. Equal scores keep their order.
"""

import numpy as np


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
    """The largest entropy first (Shannon 1948; for active learning: Settles 2009, section 3.1)."""
    return np.argsort((proba * np.log(np.where(proba > 0, proba, 1))).sum(axis=1), kind="stable")


def diverse(proba, images, candidates=100):
    """Among the first `candidates` by margin, always the one farthest from those already taken: a batch of images that
    differ (the greedy k-center of Sener and Savarese 2018, on pixels). Then the others by margin.

    images: (n, ...), one per row of proba.
    """
    order = margin(proba)
    x = images[order[:candidates]].reshape(min(candidates, len(order)), -1)
    squares = (x**2).sum(axis=1)
    distances = squares[:, None] + squares - 2 * x @ x.T
    taken, nearest = [], np.full(len(x), np.inf)
    for _ in range(len(x)):
        taken.append(nearest.argmax())
        nearest = np.minimum(nearest, distances[taken[-1]])
        nearest[taken] = -1
    return np.concatenate([order[taken], order[candidates:]])


def committee(probas):
    """The most disputed first: the mean Kullback-Leibler divergence of the models' probabilities from their average
    (McCallum and Nigam 1998). probas: (models, n, n_classes).
    """
    consensus = probas.mean(axis=0)
    logs = np.log(np.where(probas > 0, probas, 1)) - np.log(np.where(consensus > 0, consensus, 1))
    return np.argsort(-(probas * logs).sum(axis=2).mean(axis=0), kind="stable")
