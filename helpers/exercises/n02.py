"""Self-checks of notebook 2."""

import io
from contextlib import redirect_stdout

import numpy as np

from helpers.exercises import UNANSWERED, self_check

PATIENCES = (1, 3, 10, 30)


@self_check
def smallest_patience(smallest, accuracy_with):
    """smallest: the smallest of PATIENCES that reaches on the stopping images what a patience of 10 reaches.

    accuracy_with: patience -> this accuracy.
    """
    if smallest is None:
        return UNANSWERED
    if smallest not in PATIENCES:
        return f"choose one of {', '.join(map(str, PATIENCES))}."
    with redirect_stdout(io.StringIO()):  # it prints what it finds
        accuracies = {patience: accuracy_with(patience) for patience in PATIENCES}
    if accuracies[smallest] < accuracies[10]:
        return f"with a patience of {smallest} the accuracy is lower than with 10."
    if any(accuracies[patience] >= accuracies[10] for patience in PATIENCES if patience < smallest):
        return "a smaller one gets there as well."
    return None


@self_check
def two_gaps(gaps, data, model):
    """gaps: in points, stopping accuracy minus judging accuracy, for both ways to use the two halves."""
    if len(gaps) == 1:
        return UNANSWERED
    if len(gaps) != 2:
        return "the list should hold two gaps."
    if gaps[0] == gaps[1]:
        return "both gaps are the same run; swap the halves."
    half = len(data.x_stop) // 2
    model.reset()
    result = model.fit(data.x_pool, data.y_pool, data.x_stop[half:], data.y_stop[half:])
    gap = 100 * (result.accuracy - model.accuracy(data.x_stop[:half], data.y_stop[:half]))
    if np.isclose(-gaps[1], gap):
        return "the sign: a gap is the accuracy where it stopped minus that where it is judged."
    if not np.isclose(gaps[1], gap):
        return "in the second run the other half should stop the training, and the first one judge."
    return None


@self_check
def accuracy_of_each_class(function):
    """function(confusion) on three classes, one of which does not occur."""
    answer = np.asarray(function(np.array([[8, 2, 0], [1, 3, 0], [0, 0, 0]])))
    if answer.shape != (3,):
        return f"three classes have three accuracies, one each; the shape is {answer.shape}."
    if not answer.any():
        return UNANSWERED
    if np.allclose(answer[:2], [8 / 9, 3 / 5]):
        return "this divides by how often a class was guessed; divide by how many images it has."
    if np.allclose(answer[:2], [8 / 14, 3 / 14]):
        return "this divides by all images; divide by those of the class."
    if not np.allclose(answer[:2], [0.8, 0.75]):
        return "of 10 images of a class, 8 guessed right are an accuracy of 0.8."
    if not np.isfinite(answer[2]):
        return "a class without images should not end in a division by zero."
    return None
