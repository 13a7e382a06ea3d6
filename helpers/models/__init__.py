"""Models: the article's softmax regression, and models for the studies.

A model has `reset()`, `fit(x, y)` and `predict_proba(x)` -> (n, n_classes); with `on(pool, n_labels)` it may have a
faster learner. The studies make one for each pool by a function of the data set and the pool's seed.
"""

from functools import cache

import numpy as np

from helpers.models.convex import ConvexSoftmax

L2 = 1.0  # the best of `tuning_trial`: notebook 8


def convex_softmax(data, seed, l2=L2):
    """Softmax regression with one solution, for this data set. It draws nothing."""
    return ConvexSoftmax(data.n_classes, l2, lit_pixels(data))


@cache
def lit_pixels(data):
    """Positions of the pixels that are not 0 in all images to learn from: the weights of others would stay 0."""
    return np.flatnonzero(data.x[data.train].any(axis=0))


def augmented_network(data, seed):
    """A small convolutional network that is shown its images transformed anew in each step."""
    from helpers.models.network import Network  # TensorFlow takes seconds to import

    return Network(data.shape, data.n_classes, seed)


def plain_network(data, seed):
    """The same network, shown its images as they are."""
    from helpers.models.network import Network

    return Network(data.shape, data.n_classes, seed, augmented=0)


MODELS = {"softmax": convex_softmax, "network": augmented_network, "plain network": plain_network}


def find_model(model):
    """The function of a name in MODELS; a function stays as it is. Raises ValueError for anything else."""
    if isinstance(model, str) and model in MODELS:
        return MODELS[model]
    if callable(model):
        return model
    known = ", ".join(MODELS)
    raise ValueError(f"A model is one of {known}, or a function that makes one of a data set and seed, not {model!r}.")
