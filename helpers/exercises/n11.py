"""Self-checks of notebook 11."""

import numpy as np

from helpers.exercises import UNANSWERED, no_order, self_check


@self_check
def safest(answer, gains):
    """Exercise 1: the strategy with the best worst world. gains: a row for each (world, strategy)."""
    if answer is None:
        return UNANSWERED
    worst = gains.difference.groupby(level=1).min()
    if answer not in worst.index:
        return f"the answer is the name of a strategy: {', '.join(worst.index)}."
    if worst[answer] < worst.max():
        return f"{answer} does worse somewhere than another strategy does anywhere."
    return None


@self_check
def enough(answer, met):
    """Exercise 2: the labels at which all classes are met on 90 % of the pools. met: (pools, labels), a table."""
    if answer is None:
        return UNANSWERED
    share = (met == met.max().max()).mean()
    if answer != np.inf and answer not in share.index:
        return "the runs have a value only every ten labels; choose one of those, or `np.inf`."
    if answer == np.inf:
        return "the budget is large enough: look at the last columns." if (share >= 0.9).any() else None
    if share[answer] < 0.9:
        return "there fewer than nine of ten pools have met all classes."
    if (share[share.index < answer] >= 0.9).any():
        return "it holds there, but it holds for fewer labels already."
    return None


@self_check
def without_twins(strategy):
    """Exercise 3: on six images, three pairs of twins; the smallest margins belong to one pair."""
    flat = np.repeat(np.eye(3), 2, axis=0) * np.array([1, 0.99, 1, 0.99, 1, 0.99])[:, None]
    images = np.repeat(flat[:, :, None], 4, axis=2)  # (6, 3, 4)
    lead = np.array([0.02, 0.01, 0.05, 0.06, 0.2, 0.3])
    proba = np.stack([0.5 + lead / 2, 0.5 - lead / 2], axis=1)
    order = strategy(proba, images, 3)
    if order is not None and list(np.ravel(order)[:3]) == [1, 0, 2]:
        return UNANSWERED
    if hint := no_order(order, len(proba)):
        return hint
    batch = [int(image) for image in order[:3]]
    if len({image // 2 for image in batch}) < 3:
        return "two images of the batch are near-duplicates of each other."
    if batch[0] != 1:
        return "the batch should begin with the smallest margin."
    if batch != [1, 2, 4]:
        return "of two twins the one with the smaller margin should stay, and the batch should follow the margin."
    return None
