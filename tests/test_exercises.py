"""The sentences of the self-checks: of wrong answers, right ones and none."""

import numpy as np
import pytest

from helpers.exercises import n05, n06
from helpers.models.softmax import SoftmaxRegression
from helpers.pool import Pool
from helpers.strategies.by_probability import entropy, least_confident, margin

ENDS = {10: 0.8, 20: 0.9, 40: 0.7}  # size of a batch -> accuracy
PROBA = np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6], [0.7, 0.3]])
Y = np.array([1, 1, 0, 0])  # the first and the third are guessed wrong
GIVEN, TRUE, BY_MACHINE = np.array([0, 1, 2, 0, 1]), np.array([1, 1, 2, 2, 2]), np.array([1, 2, 3, 4])


@pytest.mark.parametrize(
    ("check", "answer", "says"),
    [
        (n05.best_size, (None, [10, 20, 40], ENDS.get), "Not answered yet."),
        (n05.best_size, (30, [10, 20, 40], ENDS.get), "choose one of 10, 20, 40"),
        (n05.best_size, (10, [10, 20, 40], ENDS.get), "another size ends"),
        (n05.best_size, (20, [10, 20, 40], ENDS.get), "Right."),
        (n05.sure_and_wrong, ([0, 1, 3, 2], PROBA, Y), "Not answered yet."),
        (n05.sure_and_wrong, ([0, 1], PROBA, Y), "1 of these images are guessed right"),
        (n05.sure_and_wrong, ([0], PROBA, Y), "ten different images"),
        (n05.sure_and_wrong, ([0, 0], PROBA, Y), "ten different images"),
        (n05.sure_and_wrong, ([0, 2], PROBA, Y), "Right."),
        (n05.smallest_margin, (lambda proba: np.arange(len(proba)),), "Not answered yet."),
        (n05.smallest_margin, (lambda proba: None,), "returns nothing"),
        (n05.smallest_margin, (lambda proba: [0, 0, 1, 2],), "each position from 0 to 3 once"),
        (n05.smallest_margin, (least_confident,), "the order of the confidence"),
        (n05.smallest_margin, (lambda proba: margin(proba)[::-1],), "margin is the largest"),
        (n05.smallest_margin, (lambda proba: np.argsort(abs(proba[:, 0] - proba[:, 1])),), "the first two classes"),
        (n05.smallest_margin, (lambda proba: entropy(proba)[::-1],), "closest to each other"),
        (n05.smallest_margin, (margin,), "Right."),
        (n06.lower_threshold, (None,), "Not answered yet."),
        (n06.lower_threshold, ("larger",), "one of the words growing, shrinking, constant"),
        (n06.lower_threshold, ("constant",), "divide the wrong labels"),
        (n06.lower_threshold, ("growing",), "Right."),
        (n06.labeled_wrong, (BY_MACHINE, GIVEN, TRUE, BY_MACHINE), "Not answered yet."),
        (n06.labeled_wrong, ([0, 3], GIVEN, TRUE, BY_MACHINE), "labeled by hand"),
        (n06.labeled_wrong, ([2, 3], GIVEN, TRUE, BY_MACHINE), "1 of these labels are right"),
        (n06.labeled_wrong, ([3], GIVEN, TRUE, BY_MACHINE), "ten different images"),
        (n06.labeled_wrong, ([3, 4], GIVEN, TRUE, BY_MACHINE), "Right."),
    ],
)
def test_answer_gets_its_sentence(check, answer, says, capsys):
    check(*answer)
    assert says in capsys.readouterr().out


class Data:
    rng = np.random.default_rng(0)
    x_pool = rng.random((40, 6), dtype=np.float32)
    y_pool = (x_pool[:, 0] > 0.5).astype(np.int32)
    x_stop, y_stop = x_pool[20:], y_pool[20:]


@pytest.mark.parametrize(
    ("by_hand", "by_machine", "answer", "says"),
    [
        (8, 0, 0.0, "Not answered yet."),
        (8, 0, None, "returns nothing"),
        (6, 0, "accuracy", "it should end with 8 labels, not 6"),
        (6, 2, "accuracy", "some of the labels are the machine's"),
        (8, 0, 2.0, "the accuracy of the last fit"),
        (8, 0, "accuracy", "Right."),
    ],
)
def test_more_labels_by_hand(by_hand, by_machine, answer, says, capsys):
    pool, model = Pool(Data.x_pool, Data.y_pool), SoftmaxRegression(6, 2, 0.1, 3)

    def more_by_hand(extra):
        pool.label_manually(np.arange(by_hand))
        machines = np.arange(by_hand, by_hand + by_machine)
        pool.label_automatically(machines, Data.y_pool[machines])
        fit = model.fit(pool.x_labeled, pool.y_labeled, Data.x_stop, Data.y_stop)
        return fit.accuracy if answer == "accuracy" else answer

    n06.more_by_hand(more_by_hand, 1, model, pool, Data, 8)
    assert says in capsys.readouterr().out
