"""The article's protocol as a trial: any shuffle of the data, any strategy, judged on images that decided nothing."""

from functools import cache

from helpers import query
from helpers.checks import budget
from helpers.data import Data, read_mnist, select
from helpers.experiment import active_learning
from helpers.model import SoftmaxRegression
from helpers.pool import Pool

STRATEGIES = {"all at once": query.in_order} | query.BY_PROBABILITY
STOP_ON = ("test images", "own labels")


def article_trial(
    strategy,
    seed,
    stop_on="test images",
    n_train=4000,
    n_test=400,
    batch_size=10,
    rounds=40,
    learning_rate=0.1,
    patience=10,
    dtype="float32",
):
    """One run of the article's loop; a row (dict) per round: labels, stopping (accuracy), held_out (accuracy).

    strategy: one of STRATEGIES; "all at once" labels the budget in one round, as the article's "random" does, the
    others in `rounds`. seed: of the shuffle; None is the article's order. stop_on: "test images" stops on `n_test` of
    them and judges on the others; "own labels" stops on `n_test` labeled training images outside the pool, which are
    on the bill, and judges on all test images.
    """
    if strategy not in STRATEGIES or stop_on not in STOP_ON:
        raise ValueError(f"strategy must be in {[*STRATEGIES]}, stop_on in {STOP_ON}; not {strategy!r}, {stop_on!r}.")
    n_labels = budget(n_train, batch_size, rounds)
    data = _data(seed, n_train, n_test, stop_on)
    model = _model(data.n_features, data.n_classes, learning_rate, patience, dtype)
    model.reset()
    pool = Pool(data.x_train, data.y_train)
    if strategy == "all at once":
        batch_size, rounds = n_labels, 1
    loop = active_learning(model, pool, data, batch_size, rounds, STRATEGIES[strategy])
    return [
        {
            "labels": len(pool.labeled) + (n_test if stop_on == "own labels" else 0),
            "stopping": fit.accuracy,
            "held_out": model.accuracy(data.x_rest, data.y_rest),
        }
        for fit in loop
    ]


@cache
def _arrays():
    return read_mnist()


def _data(seed, n_train, n_test, stop_on):
    if stop_on == "test images":
        return select(_arrays(), n_train, n_test, seed)
    # The images after the pool stop the training; all test images are left to judge.
    both = select(_arrays(), n_train + n_test, len(_arrays()["y_test"]), seed)
    pool, stop = slice(n_train), slice(n_train, None)
    x, y = both.x_train, both.y_train
    return Data(x[pool], y[pool], x[stop], y[stop], both.x_test, both.y_test, both.n_classes)


@cache
def _model(*settings):
    return SoftmaxRegression(*settings)
