"""Self-checks of notebook 5."""

import numpy as np

from helpers.exercises import UNANSWERED, no_order, self_check


@self_check
def best_size(best, sizes, accuracy_with):
    """best: the one of `sizes` with which active learning ends best. accuracy_with: size -> the accuracy at its end."""
    if best is None:
        return UNANSWERED
    if best not in sizes:
        return f"choose one of {', '.join(map(str, sizes))}."
    accuracies = {size: accuracy_with(size) for size in sizes}
    if accuracies[best] < max(accuracies.values()):
        return "another size ends with a higher accuracy."
    return None


@self_check
def sure_and_wrong(some, proba, y):
    """some: positions of the ten images with the largest confidence among those whose guess is not their label."""
    some = np.asarray(some)
    if some.dtype.kind not in "iu" or some.ndim != 1:
        return "it should be a list of positions in the pool."
    confidence, wrong = proba.max(axis=1), proba.argmax(axis=1) != y
    if np.array_equal(some, np.argsort(-confidence, kind="stable")[:10]) and not wrong[some].all():
        return UNANSWERED
    if not wrong[some].all():
        return f"{np.sum(~wrong[some])} of these images are guessed right."
    if len(set(some.tolist())) != min(10, wrong.sum()):
        return "it should be ten different images, or all wrong ones if there are fewer."
    if confidence[some].min() < np.sort(confidence[wrong])[-len(some)]:
        return "they are all wrong, but the model is more confident of another wrong one."
    return None


@self_check
def smallest_margin(strategy):
    """strategy(proba): on four images, of which the margins give another order than the confidence."""
    proba = np.array([[0.90, 0.05, 0.05], [0.50, 0.49, 0.01], [0.40, 0.30, 0.30], [0.45, 0.15, 0.40]])
    order = strategy(proba)
    if hint := no_order(order, len(proba)):
        return hint
    order = np.asarray(order).tolist()
    if order == [0, 1, 2, 3]:
        return UNANSWERED
    if order == [2, 3, 1, 0]:
        return "this is the order of the confidence: the second largest probability plays no part in it."
    if order == [1, 2, 3, 0]:
        return "this is the gap between the first two classes; the two most probable ones may be others."
    if order == [0, 2, 3, 1]:
        return "your order starts with the image whose margin is the largest."
    if order != [1, 3, 2, 0]:
        return "the image whose two largest probabilities are closest to each other should come first."
    return None
