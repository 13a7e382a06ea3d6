"""The self-checks of notebook 11: unanswered, wrong in each way, right."""

import numpy as np
import pandas as pd
import pytest

from helpers.exercises import n11
from helpers.strategies import STRATEGIES

KEYS = pd.MultiIndex.from_product([["a", "b"], ["margin", "DBAL", "BADGE"]])
GAINS = pd.DataFrame({"difference": [3.0, 1.0, 2.0, -1.0, 0.5, 0.2]}, index=KEYS)
MET = pd.DataFrame([[2, 3, 3, 3]] * 8 + [[2, 2, 3, 3], [1, 2, 2, 3]], columns=[10, 20, 30, 40])


def twins(near):
    def strategy(proba, images, batch_size):
        order, flat, batch = STRATEGIES["margin"](proba), images.reshape(len(images), -1), []
        for image in order:
            if len(batch) < batch_size and all(np.abs(flat[image] - flat[other]).mean() >= near for other in batch):
                batch.append(int(image))
        return np.concatenate([batch, order[~np.isin(order, batch)]]).astype(int)

    return strategy


@pytest.mark.parametrize(
    ("check", "answer", "says"),
    [
        (lambda a: n11.safest(a, GAINS), None, "Not answered yet."),
        (lambda a: n11.safest(a, GAINS), "margin", "does worse somewhere"),
        (lambda a: n11.safest(a, GAINS), "entropy", "the name of a strategy: BADGE, DBAL, margin"),
        (lambda a: n11.safest(a, GAINS), "DBAL", "Right."),
        (lambda a: n11.enough(a, MET), None, "Not answered yet."),
        (lambda a: n11.enough(a, MET), 25, "only every ten labels"),
        (lambda a: n11.enough(a, MET), 20, "fewer than nine"),
        (lambda a: n11.enough(a, MET), 40, "for fewer labels already"),
        (lambda a: n11.enough(a, MET), np.inf, "the budget is large enough"),
        (lambda a: n11.enough(a, MET), 30, "Right."),
        (n11.without_twins, lambda proba, images, batch_size: STRATEGIES["margin"](proba), "Not answered yet."),
        (n11.without_twins, lambda proba, images, batch_size: None, "returns nothing"),
        (n11.without_twins, lambda proba, images, batch_size: [0, 1], "each position from 0 to 5 once"),
        (n11.without_twins, lambda proba, images, batch_size: [1, 2, 3, 0, 4, 5], "near-duplicates of each other"),
        (n11.without_twins, lambda proba, images, batch_size: [0, 2, 4, 1, 3, 5], "begin with the smallest margin"),
        (n11.without_twins, lambda proba, images, batch_size: [1, 4, 2, 0, 3, 5], "follow the margin"),
        (n11.without_twins, twins(0.08), "Right."),
    ],
)
def test_a_check_says_what_is_wrong(check, answer, says, capsys):
    check(answer)
    assert says in capsys.readouterr().out
