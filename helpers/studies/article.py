"""The article's protocol as a trial: any shuffle of the data, any strategy, judged on images that decided nothing."""

from functools import cache

from helpers.checks import budget
from helpers.data import Data, open_data, select
from helpers.loop import active_learning
from helpers.models.softmax import SoftmaxRegression
from helpers.pool import Pool
from helpers.strategies.by_probability import BY_PROBABILITY, in_order

STRATEGIES = {"all at once": in_order} | BY_PROBABILITY
STOP_ON = ("test images", "own labels")


def article_trial(
    strategy,
    seed,
    stop_on="test images",
    n_pool=4000,
    n_stop=400,
    batch_size=10,
    rounds=40,
    learning_rate=0.1,
    patience=10,
    dtype="float32",
):
    """One run of the article's loop; a row (dict) per round: labels, stopping (accuracy), held_out (accuracy).

    strategy: one of STRATEGIES; "all at once" labels the budget in one round, as the article's "random" does, the
    others in `rounds`. seed: of the shuffle; None is the article's order. stop_on: "test images" stops on `n_stop` of
    them and judges on the others; "own labels" stops on `n_stop` labeled training images outside the pool, which are
    on the bill, and judges on all test images.
    """
    if strategy not in STRATEGIES or stop_on not in STOP_ON:
        raise ValueError(f"strategy must be in {[*STRATEGIES]}, stop_on in {STOP_ON}; not {strategy!r}, {stop_on!r}.")
    n_labels = budget(n_pool, batch_size, rounds)
    data = _data(seed, n_pool, n_stop, stop_on)
    model = _model(data.n_features, data.n_classes, learning_rate, patience, dtype)
    model.reset()
    pool = Pool(data.x_pool, data.y_pool)
    if strategy == "all at once":
        batch_size, rounds = n_labels, 1
    loop = active_learning(model, pool, data, batch_size, rounds, STRATEGIES[strategy])
    return [
        {
            "labels": len(pool.labeled) + (n_stop if stop_on == "own labels" else 0),
            "stopping": fit.accuracy,
            "held_out": model.accuracy(data.x_held_out, data.y_held_out),
        }
        for fit in loop
    ]


def _data(seed, n_pool, n_stop, stop_on):
    mnist = open_data("")
    if stop_on == "test images":
        return select(mnist, n_pool, n_stop, seed)
    # The images after the pool stop the training; all test images are left to judge.
    both = select(mnist, n_pool + n_stop, len(mnist.test), seed)
    pool, stop = slice(n_pool), slice(n_pool, None)
    x, y = both.x_pool, both.y_pool
    return Data(x[pool], y[pool], x[stop], y[stop], both.x_stop, both.y_stop, both.n_classes)


@cache
def _model(*settings):
    return SoftmaxRegression(*settings)
