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
