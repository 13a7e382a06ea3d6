"""The article's protocol as a trial: any shuffle of the data, any strategy, judged on images that decided nothing."""

from functools import cache

from helpers.article import PROTOCOL
from helpers.checks import budget, positive_number, whole_number
from helpers.data import Data, load, open_data
from helpers.loop import Learner, active_learning
from helpers.models.softmax import SoftmaxRegression
from helpers.pool import Pool
from helpers.strategies import find

AT_ONCE = "random, one batch"
STOP_ON = ("test images", "own labels")


def check_protocol(pools, n_pool, n_stop, batch_size, rounds, learning_rate, patience, data_file):
    """Return the budget; raise ValueError for numbers that the studies of notebook 7 can't be run with."""
    data = open_data(data_file)
    data.need_labels()
    whole_number("pools", pools, 3)
    whole_number("n_stop", n_stop, 4, min(len(data.test), len(data.train)) - 1)
    whole_number("n_pool", n_pool, 1, len(data.train) - n_stop)
    positive_number("learning_rate", learning_rate)
    whole_number("patience", patience, 1)
    return budget(n_pool, batch_size, rounds)


def article_trial(
    strategy,
    seed,
    stop_on="test images",
    n_pool=PROTOCOL["n_pool"],
    n_stop=PROTOCOL["n_stop"],
    batch_size=PROTOCOL["batch_size"],
    rounds=PROTOCOL["rounds"],
    learning_rate=PROTOCOL["learning_rate"],
    patience=PROTOCOL["patience"],
    dtype="float32",
    data_file="",
):
    """One run of the article's loop; a row (dict) per round: labels, stopping (accuracy), held_out (accuracy).

    strategy: a name in STRATEGIES, a function, or AT_ONCE, which labels the budget in one round, as the article's
    "random" does; the others take `rounds`. seed: of the shuffle; None is the file's own order. stop_on: "test images"
    stops on `n_stop` of them and judges on the others; "own labels" stops on `n_stop` labeled training images outside
    the pool, which are on the bill, and judges on all test images.
    """
    if stop_on not in STOP_ON:
        raise ValueError(f"stop_on must be one of {STOP_ON}, not {stop_on!r}.")
    n_labels = budget(n_pool, batch_size, rounds)
    strategy, batch_size = ("random", n_labels) if strategy == AT_ONCE else (strategy, batch_size)
    data = _data(seed, n_pool, n_stop, stop_on, data_file)
    model = _model(data.n_features, data.n_classes, learning_rate, patience, dtype)
    model.reset()
    pool = Pool(data.x_pool, data.y_pool)
    learner = Learner(model, pool, data.x_stop, data.y_stop)
    return [
        {
            "labels": len(pool.labeled) + (n_stop if stop_on == "own labels" else 0),
            "stopping": fit.accuracy,
            "held_out": model.accuracy(data.x_held_out, data.y_held_out),
        }
        for fit in active_learning(learner, batch_size, n_labels, find(strategy), seed=seed)
    ]


def _data(seed, n_pool, n_stop, stop_on, data_file):
    if stop_on == "test images":
        return load(data_file, n_pool, n_stop, seed)
    # The images after the pool stop the training; all test images are left to judge.
    n_judge = len(open_data(data_file).judge()[1])
    both = load(data_file, n_pool + n_stop, n_judge, seed)
    pool, stop = slice(n_pool), slice(n_pool, None)
    x, y = both.x_pool, both.y_pool
    return Data(x[pool], y[pool], x[stop], y[stop], both.x_stop, both.y_stop, both.n_classes)


@cache
def _model(*settings):
    return SoftmaxRegression(*settings)
