"""Self-checks of notebook 8."""

from types import SimpleNamespace

import numpy as np

from helpers.exercises import UNANSWERED, no_order, self_check
from helpers.strategies.by_probability import margin


@self_check
def check_enough(enough, labels, mine, rival):
    """Exercise 1: the labels from which on `mine` wins on 90 % of the pools. mine, rival: (pools, len(labels))."""
    if enough is None:
        return UNANSWERED
    wins = (mine > rival).mean(axis=0) >= 0.9
    if enough != np.inf and enough not in labels:
        return "the runs have a value only every ten labels; choose one of those."
    after = wins[np.asarray(labels) >= enough]
    if not after.all():
        return "from there on a later number of labels still wins on fewer than nine of ten pools."
    before = wins[np.asarray(labels) < enough]
    if len(before) and before[-1]:
        return "it holds from there on, but it starts earlier."
    return None


@self_check
def check_nearest_mean(model_class):
    """Exercise 2: on four points in a plane, two classes of three with labels."""
    model = model_class(SimpleNamespace(n_classes=3), seed=0)
    model.reset()
    model.fit(np.array([[0.0, 0.0], [0.2, 0.0], [1.0, 1.0]]), np.array([0, 0, 2]))
    proba = np.asarray(model.predict_proba(np.array([[0.1, 0.1], [0.9, 0.8], [0.55, 0.5]])))
    if proba.shape != (3, 3):
        return f"it should return a row an image and a column a class: (3, 3) here, not {proba.shape}."
    if np.allclose(proba, 1 / 3):
        return UNANSWERED
    if np.isnan(proba).any() or (proba < 0).any() or not np.allclose(proba.sum(axis=1), 1):
        return "each row should hold probabilities: not below 0, with the sum 1."
    if proba[0].argmax() == 2 or proba[1].argmax() == 0:
        return "an image should be most probable where the *nearest* mean is."
    if (proba.argmax(axis=1) == 1).any():
        return "the class without any label should not be the most probable one."
    if abs(proba[2, 0] - proba[2, 2]) > abs(proba[0, 0] - proba[0, 2]):
        return "an image halfway between two means should be less certain than one beside a mean."
    return None


@self_check
def check_half_and_half(strategy):
    """Exercise 3: an order whose first half is neither margin's nor chance's alone."""
    proba = np.random.default_rng(0).dirichlet(np.ones(4), 40)
    orders = [strategy(proba, np.random.default_rng(seed)) for seed in (0, 1)]
    if hint := no_order(orders[0], len(proba)):
        return hint
    by_margin = margin(proba).tolist()
    firsts = [np.asarray(order).tolist()[:10] for order in orders]
    if all(first == by_margin[:10] for first in firsts):
        return UNANSWERED
    if firsts[0] == firsts[1]:
        return "another random generator should give another order; use `rng`."
    if sum(image in by_margin[:10] for image in firsts[0]) < 5:
        return "among the first ten images at least five should be those with the smallest margins."
    if by_margin[0] not in firsts[0][:2]:
        return "the image with the smallest margin should be among the first two."
    return None
