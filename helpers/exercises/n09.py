"""Self-checks of notebook 9."""

import numpy as np

from helpers.exercises import UNANSWERED, self_check
from helpers.studies import stats


@self_check
def check_price(price, saved, extra):
    """Exercise 1: the price per label at which `saved` labels pay for `extra` money."""
    if price is None:
        return UNANSWERED
    if not 0 < saved < np.inf:
        return "with these parameters nothing is saved, so no price pays."
    if price < extra / saved - 1e-9:
        return "at that price the saved labels are still worth less than what is to pay for saving them."
    if price > extra / saved + 0.0015:
        return "it pays there, but it starts to pay earlier."
    return None


def growth(rival, mine):
    """How the share of labels saved changes with the target. rival, mine: (labels, accuracies)."""
    saved = [1 - stats.labels_to_reach(*mine, a) / stats.labels_to_reach(*rival, a) for a in (0.70, 0.75, 0.80, 0.85)]
    steps = np.diff(saved)
    return "grows" if (steps > 0.01).all() else "falls" if (steps < -0.01).all() else "stays"


@self_check
def check_growth(answer, rival, mine):
    """Exercise 2: does the share of labels saved grow with the target?"""
    if answer is None:
        return UNANSWERED
    if answer not in ("grows", "falls", "stays"):
        return 'the answer is "grows", "falls" or "stays" (no clear direction).'
    if answer != growth(rival, mine):
        return "look the saving up at 70%, 75%, 80% and 85%, and at every step between them."
    return None


@self_check
def check_calm(calm):
    """Exercise 3: on two curves of confidence."""
    steep, flat = np.array([0.1, 0.3, 0.5, 0.7, 0.9]), np.array([0.1, 0.5, 0.8, 0.81, 0.815, 0.82])
    found = calm(flat, 0.05, 2), calm(steep, 0.05, 2)
    if found == (None, None):
        return UNANSWERED
    if found[1] is not None:
        return "a confidence that grows by a fifth in every round should not stop."
    if found[0] is None:
        return "a confidence that hardly grows any more should stop."
    if found[0] == 2:
        return "return the round at which the growth was small, not the round from which it is counted."
    if found[0] != 4:
        return "the growth is counted over the last `span` rounds, and the first such round is asked for."
    return None
