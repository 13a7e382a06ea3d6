"""Query strategies that ask several models."""

import numpy as np

from helpers.strategies.by_probability import entropy


def committee(probas):
    """The most disputed first: the largest entropy of the models' votes (Dagan and Engelson 1995).

    probas: (models, n, n_classes), or scores: the largest is a model's vote.
    """
    votes = np.eye(probas.shape[2])[probas.argmax(axis=2)].mean(axis=0)
    return entropy(np.sort(votes, axis=1))  # sorted: 3 to 2 votes is the same entropy to the last bit, whoever won
