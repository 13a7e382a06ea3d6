"""Query strategies that ask several models."""

import numpy as np

from helpers.strategies.by_probability import entropy, information, lead


def committee(probas):
    """The most disputed first: the largest entropy of the models' votes (Dagan and Engelson 1995).

    probas: (models, n, n_classes), or scores: the largest is a model's vote.
    """
    votes = np.eye(probas.shape[2])[probas.argmax(axis=2)].mean(axis=0)
    return entropy(np.sort(votes, axis=1))  # sorted: 3 to 2 votes is the same entropy to the last bit, whoever won


def vote_margin(probas):
    """The smallest lead in votes of the first class over the second first. Among few models most leads are equal; then
    the margin of their mean probability decides.
    """
    votes = np.eye(probas.shape[2])[probas.argmax(axis=2)].sum(axis=0)
    return np.lexsort((lead(probas.mean(axis=0)), lead(votes)))


def power_bald(probas, rng, power=1.0):
    """Images drawn one after the other, with chances that grow with what a label would tell about the models: the
    entropy of their mean less their mean entropy, to this power (BALD, Houlsby et al. 2011; PowerBALD, Kirsch et al.
    2021). The best images alone would be much alike; drawn ones differ.
    """
    bald = information(probas.mean(axis=0)) - information(probas).mean(axis=0)
    scores = power * np.log(np.maximum(bald, 1e-12))  # where all models agree, it is 0, or just below by rounding
    return np.argsort(-(scores + rng.gumbel(size=len(scores))), kind="stable")  # the Gumbel trick: sorted is drawn
