import numpy as np
import pytest

from helpers.article import PUBLISHED, PUBLISHED_ROUNDS
from helpers.studies import article as module
from helpers.studies.article import article_trial

SMALL = {"n_pool": 120, "n_stop": 40, "batch_size": 10, "rounds": 3}


def test_without_a_seed_it_is_the_article():
    assert [row["stopping"] for row in article_trial("least confident", None)] == PUBLISHED_ROUNDS
    assert article_trial("random, one batch", None)[-1]["stopping"] == PUBLISHED["random"]


def test_bill_counts_the_stopping_labels_only_where_they_are_not_test_images():
    assert [row["labels"] for row in article_trial("margin", 0, **SMALL)] == [10, 20, 30]
    assert [row["labels"] for row in article_trial("margin", 0, "own labels", **SMALL)] == [50, 60, 70]


@pytest.mark.parametrize("stop_on", module.STOP_ON)
def test_pool_stopping_and_held_out_images_are_different_images(stop_on):
    data = module._data(3, 4000, 400, stop_on, "")
    rest = {image.tobytes() for image in data.x_held_out}
    stop = {image.tobytes() for image in data.x_stop}
    pool = {image.tobytes() for image in data.x_pool}
    assert len(pool) + len(stop) + len(rest) == len(pool | stop | rest)
    assert len(data.x_held_out) == (9600 if stop_on == "test images" else 10_000)


def test_strategies_of_one_seed_see_the_same_pool_and_first_batch():
    rows = [article_trial(strategy, 5, **SMALL)[0] for strategy in ("random", "least confident", "margin")]
    assert rows[0] == rows[1] == rows[2]


def test_all_at_once_and_random_label_the_same_images(monkeypatch):
    seen = []
    monkeypatch.setattr(
        module.Pool,
        "label_manually",
        lambda self, batch: seen.append(batch) or self._label(batch, self._true_labels[batch], 1),
    )
    article_trial("random", 2, **SMALL)
    article_trial("random, one batch", 2, **SMALL)
    assert np.array_equal(np.concatenate(seen[:-1]), seen[-1])


def test_64_bits_leave_the_published_path_after_15_rounds():
    rounds = [row["stopping"] for row in article_trial("least confident", None, dtype="float64")]
    assert rounds[:15] == PUBLISHED_ROUNDS[:15]
    assert rounds[15] != PUBLISHED_ROUNDS[15]
    assert rounds[-1] == 0.875


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        ({"strategy": "best"}, "A strategy is a function or one of random"),
        ({"stop_on": "nothing"}, "stop_on must be"),
        ({"rounds": 1000}, "rounds must be"),
    ],
)
def test_refuses(bad, named):
    with pytest.raises(ValueError, match=named):
        article_trial(**{"strategy": "margin", "seed": 0} | bad)
