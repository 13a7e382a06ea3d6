"""Self-checks of notebook 1."""

import numpy as np

from helpers.exercises import UNANSWERED, self_check


@self_check
def enough(n):
    """n: the fewest images on which 1.96 standard errors of an accuracy of 90% are at most a point."""
    if n == 400:
        return UNANSWERED
    errors = 1.96 * np.sqrt(0.9 * 0.1 / np.array([n - 1, n]))
    if errors[1] > 0.01:
        return "on so few images chance moves the accuracy by more than one point."
    if errors[0] <= 0.01:
        return "that is enough, but fewer are enough too."
    return None


@self_check
def darkest(which, images):
    """which: the position of the image with the most ink."""
    if which == 0:
        return UNANSWERED
    ink = images.reshape(len(images), -1).sum(axis=1)
    if ink[which] == ink.min():
        return "this image has the least ink."
    if ink[which] < ink.max():
        return f"{np.sum(ink > ink[which])} images have more ink."
    return None


@self_check
def guesser(accuracy):
    """accuracy(y_pool, y_other): that of always naming the most frequent class of the pool."""
    pool, other = np.array([0, 0, 0, 1, 2]), np.array([1, 1, 1, 1, 0])
    answer = accuracy(pool, other)
    if answer is None:
        return "the function returns nothing; end it with `return`."
    if answer == accuracy(pool, np.array([0, 0])) == 0:
        return UNANSWERED
    if np.isclose(answer, 0.8):
        return "the guesser can't know which class is most frequent among the images that judge."
    if np.isclose(answer, 0.6):
        return "the guesser is judged on other images than those of the pool."
    if not np.isclose(answer, 0.2):
        return "an accuracy is the share of right names: from 0 to 1, and here one in five would be right."
    return None
