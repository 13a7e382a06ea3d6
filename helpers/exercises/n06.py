"""Self-checks of notebook 6."""

import numpy as np

from helpers.exercises import UNANSWERED, of_words, self_check
from helpers.pool import BY_HAND

ANSWERS = ("growing", "shrinking", "constant")


@self_check
def lower_threshold(share_of_wrong):
    """share_of_wrong: what becomes of the share of wrong labels as the threshold falls."""
    hint = "divide the wrong labels by all labels above the threshold, for each of the three thresholds."
    return of_words(share_of_wrong, ANSWERS, "growing", hint)


@self_check
def labeled_wrong(some, given, true, by_machine):
    """some: ten positions among `by_machine` at which the `given` labels are not the `true` ones."""
    some = np.asarray(some)
    if some.dtype.kind not in "iu" or some.ndim != 1:
        return "it should be a list of positions among the labeled images."
    wrong = given != true
    if np.array_equal(some, by_machine[:10]) and not wrong[some].all():
        return UNANSWERED
    if not np.isin(some, by_machine).all():
        return "some of these images were labeled by hand."
    if not wrong[some].all():
        return f"{np.sum(~wrong[some])} of these labels are right."
    if len(set(some.tolist())) != min(10, wrong[by_machine].sum()):
        return "it should be ten different images, or all wrong ones if there are fewer."
    return None


@self_check
def more_by_hand(function, extra, model, pool, data, n_labels):
    """function(extra): the accuracy on the stopping images when `n_labels` images of the pool are labeled by hand."""
    accuracy = function(extra)
    if accuracy is None:
        return "the function returns nothing; end it with `return`."
    if accuracy == 0:
        return UNANSWERED
    if (pool.source[pool.labeled] != BY_HAND).any():
        return "some of the labels are the machine's; start from `pool.reset()`."
    if len(pool.labeled) != n_labels:
        return f"it should end with {n_labels} labels, not {len(pool.labeled)}."
    if not np.isclose(accuracy, model.accuracy(data.x_stop, data.y_stop)):
        return "it should return the accuracy of the last fit."
    return None
