"""Self-checks of notebook 4."""

import numpy as np

from helpers.exercises import UNANSWERED, of_words, self_check

ANSWERS = ("growing", "shrinking", "constant")


@self_check
def gain_of_each_doubling(gain):
    """gain: how the gain of a doubling of the labels changes with the number of labels."""
    hint = "put the four accuracies side by side, and subtract each from the next."
    return of_words(gain, ANSWERS, "shrinking", hint)


@self_check
def best_of_five(advantage, accuracies):
    """advantage: how far the best of five draws of the accuracies lies above their mean, in points, on average."""
    if advantage is None:
        return UNANSWERED
    accuracies = np.sort(accuracies)
    below = np.arange(len(accuracies) + 1) / len(accuracies)
    exact = np.diff(below**5) @ accuracies - accuracies.mean()  # P(the best is at most the k-th) = (k / n)^5
    near = 0.05 * np.std(accuracies)
    if abs(advantage) < near:
        return "that is the mean of all that was tried; the author publishes the best of each five."
    if abs(advantage - exact) < near or abs(advantage / 100 - exact - accuracies.mean()) < near:
        return "the answer should be a difference, in points: an accuracy of 0.85 is 2 points above one of 0.83."
    if abs(advantage / 100 - exact) > near:
        return "it is not what many games of five draws each give on average."
    return None


@self_check
def stratified(draw):
    """draw(y, n, k, rng): on ten images of class 0 and thirty of class 1."""
    y = np.array([0] * 10 + [1] * 30)
    chosen = [np.asarray(draw(y, 12, 2, np.random.default_rng(seed))) for seed in range(5)]
    if any(one.ndim != 1 or len(set(one.tolist())) != len(one) for one in chosen):
        return "the function should return positions of images, each at most once."
    counts = [np.bincount(y[one], minlength=2).tolist() for one in chosen]
    if len(set(map(tuple, counts))) > 1:
        return UNANSWERED
    if counts[0] != [6, 6]:
        return f"of 12 images from two classes, each class should have the same number, not {counts[0]}."
    if all(np.array_equal(np.sort(one), np.sort(chosen[0])) for one in chosen):
        return "within a class the images should be drawn at random; use `rng`."
    return None
