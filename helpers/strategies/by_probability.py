"""Query strategies by probability: a matrix of class probabilities in, an order of its images out.

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
    """The largest entropy first (Shannon 1948; in active learning: Settles 2009, section 3.1)."""
    return np.argsort((proba * np.log(np.where(proba > 0, proba, 1))).sum(axis=1), kind="stable")


BY_PROBABILITY = {"random": in_order, "least confident": least_confident, "margin": margin, "entropy": entropy}


def lead(proba):
    """How far the best class is ahead of the second best, (n,): the score that `margin` sorts by."""
    second, best = np.partition(proba, -2, axis=1)[:, -2:].T
    return best - second


def information(proba):
    """What a label would tell, in nats: the entropy of probabilities (..., n_classes). 0 log 0 is 0."""
    return -(proba * np.log(np.where(proba > 0, proba, 1))).sum(axis=-1)
