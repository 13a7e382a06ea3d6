"""Self-checks of notebook 10."""

import numpy as np

from helpers.exercises import UNANSWERED, self_check
from helpers.studies import stats

FACTORS = ("choice", "model", "unlabeled")


@self_check
def check_reach(answer, labels, curve, target):
    """Exercise 1: labels at which a mean curve reaches another target, rounded up."""
    if answer is None:
        return UNANSWERED
    right = stats.labels_to_reach(labels, curve, target)
    if np.isinf(right):
        return None if np.isinf(answer) else "the curve does not reach this accuracy; the answer is inf."
    if answer < right - 1e-9:
        return "with so few labels the mean is still below it."
    if answer >= right + 1:
        return "it gets there with fewer labels."
    return None


@self_check
def check_factors(order, gains):
    """Exercise 2: the three factors by what each gains alone, the largest first. gains: factor -> points."""
    if order is None:
        return UNANSWERED
    if sorted(order) != sorted(FACTORS):
        return f"the answer is a list of {', '.join(FACTORS)}, each once."
    if list(order) != sorted(FACTORS, key=lambda factor: -gains[factor]):
        return "start from softmax and random labels, change one thing at a time, and compare the three gains."
    return None


@self_check
def check_balanced(balanced):
    """Exercise 3: on probabilities of seven images and three classes."""
    proba = np.array(
        [[0.9, 0.1, 0], [0.8, 0.1, 0.1], [0.7, 0.2, 0.1], [0.3, 0.6, 0.1], [0.0, 0.95, 0.05], [0.2, 0.3, 0.5],
         [0.6, 0.3, 0.1]]
    )  # fmt: skip
    found = balanced(proba.copy(), 2)
    if found is None:
        return UNANSWERED
    found = np.ravel(found).tolist()
    if len(set(found)) < len(found):
        return "some images come twice."
    guess = proba.argmax(axis=1)
    if not set(found) <= set(range(len(proba))):
        return "return positions of images, from 0 up."
    if np.bincount(guess[found], minlength=3).max(initial=0) > 2:
        return "no class should get more than `each` images."
    if 5 not in found:
        return "a class with fewer guesses than `each` gives all that it has."
    if sorted(found) != [0, 1, 3, 4, 5]:
        return "of each class, take the images whose guess is most confident."
    return None
