"""Trials: one strategy on one shuffled pool, trained to convergence. Each returns a tidy table: a list of rows, a dict
each.

Pools come from the first 50,000 training images. The other 10,000 chose L2 (`tuning_trial`) and the diverse strategy's
constants, and nothing else. Accuracies are those on the 10,000 test images, which decide nothing.
"""

from functools import cache

import numpy as np
from threadpoolctl import threadpool_limits

from helpers.checks import whole_number
from helpers.models.convex import ConvexSoftmax
from helpers.pool import BY_MACHINE
from helpers.strategies.by_probability import confidence, most_confident
from helpers.studies.calibration import fit_temperature, reliability
from helpers.studies.learner import N_POOLS, Learner, images, shuffled
from helpers.studies.stats import cohen_kappa

L2 = 1.0  # the best of `tuning_trial`: notebook 08

# A trial a process is faster than a trial on several threads; and sums are rounded the same on any number of cores.
one_thread = threadpool_limits.wrap(limits=1, user_api="blas")


def check_study(pools, few_pools, n_pool, n_labels):
    """Raise ValueError for numbers that the studies of notebooks 8 and 9 can't be run with."""
    whole_number("pools", pools, 3)
    whole_number("few_pools", few_pools, 3, pools)
    whole_number("n_pool", n_pool, 200, N_POOLS)
    whole_number("n_labels", n_labels, 100, n_pool // 2, step=10)


@one_thread
def strategy_trial(strategy, seed, n_pool=4000, n_labels=400, batch_size=10, n_first=10, first="random", l2=L2):
    """Active learning with one of STRATEGIES, the first labels by one of FIRST. A row every 10 labels and at the end:

    labels; kappa: how far this row's model and the last row's agree on the images that both left unlabeled;
    confidence: the mean over the unlabeled images; right: the share of the last batch that the model had right before
    it was told; picks: positions in the pool of the images labeled since the last row; accuracy.
    """
    learner, rows, models = Learner(seed, n_pool, n_labels, l2), [], []
    guess, labeled = None, 0
    for right in learner.rounds(strategy, batch_size, n_first, first):
        pool, now = learner.pool, learner.proba.argmax(axis=1)
        if len(pool.labeled) % 10 and len(pool.labeled) < n_labels:
            continue
        rest = pool.unlabeled
        rows.append(
            {
                "labels": len(pool.labeled),
                "kappa": np.nan if guess is None else cohen_kappa(guess[rest], now[rest]),
                "confidence": confidence(learner.proba[rest]).mean(),
                "right": right,
                "picks": " ".join(map(str, pool.labeled[labeled:])),
            }
        )
        models.append(learner.model.parameters)
        guess, labeled = now, len(pool.labeled)
    return _with_accuracy(rows, models)


@one_thread
def random_trial(seed, sizes, n_pool=4000, l2=L2):
    """Random labels: the first of the pool, as many as each of `sizes` says. A row a size: labels, accuracy."""
    gray, y = shuffled(seed, n_pool)
    x, model, rows, models = gray / 255, ConvexSoftmax(10, l2), [], []
    whole_number("the largest of sizes", max(sizes), 1, n_pool)
    for size in sizes:
        models.append(model.fit(x[:size], y[:size]).parameters)
        rows.append({"labels": size})
    return _with_accuracy(rows, models)


@one_thread
def auto_trial(strategy, seed, threshold, rounds, n_pool=4000, n_labels=400, l2=L2):
    """`n_labels` by hand in batches of 10; then the machine labels images by itself, the most confident first.

    In each round it labels those above `threshold`, at most a `rounds`th part of the images that the human left, and is
    fitted to all labels. A row a round, and one before: labels, machine (labels), wrong (among these), accuracy.
    """
    learner, rows, models = Learner(seed, n_pool, n_labels, l2), [], []
    for _ in learner.rounds(strategy):
        pass
    pool, model, at_most = learner.pool, learner.model, -(-(n_pool - n_labels) // rounds)
    for done in range(rounds + 1):
        rows.append({"labels": n_labels, "machine": int((pool.source == BY_MACHINE).sum()), "wrong": pool.n_wrong})
        models.append(model.parameters)
        rest = pool.unlabeled
        proba = model.predict_proba(learner.x)[rest]
        surest = most_confident(proba)[:at_most]
        surest = surest[confidence(proba[surest]) >= threshold]
        if done == rounds or not len(surest):
            return _with_accuracy(rows, models)
        pool.label_automatically(rest[surest], proba[surest].argmax(axis=1))
        model.fit(pool.x_labeled, pool.y_labeled)


@one_thread
def calibration_trial(strategy, seed, n_pool=4000, n_labels=400, n_extra=100, l2=L2):
    """Is the confidence of the last model on the unlabeled images honest? A row a bin of confidence, see `reliability`.

    scaling: none; "labeled", by the temperature that suits the labeled images, each predicted by a model that was
    trained without it (5 folds); or "extra", by the one that suits `n_extra` random images labeled for this.
    """
    learner = Learner(seed, n_pool, n_labels, l2)
    for _ in learner.rounds(strategy):
        pass
    pool, y = learner.pool, learner.y
    extra = pool.unlabeled[:n_extra]  # the pool is shuffled
    rest = pool.unlabeled[n_extra:]
    folds = np.arange(n_labels) % 5
    left_out = np.empty((n_labels, 10))
    for fold in range(5):
        x_fold, y_fold = pool.x_labeled[folds != fold], pool.y_labeled[folds != fold]
        left_out[folds == fold] = ConvexSoftmax(10, l2).fit(x_fold, y_fold).predict_proba(pool.x_labeled[folds == fold])
    temperatures = {
        "none": 1.0,
        "labeled": fit_temperature(left_out, pool.y_labeled),
        "extra": fit_temperature(learner.proba[extra], y[extra]),
    }
    return [
        {"scaling": name, "temperature": temperature} | row
        for name, temperature in temperatures.items()
        for row in reliability(learner.proba[rest], y[rest], temperature)
    ]


@one_thread
def tuning_trial(l2, seed):
    """10, 20, ... 400 random labels of the 10,000 training images that no pool holds, accuracy on the others there."""
    x, y = images("train", N_POOLS + np.random.default_rng(seed).permutation(10_000))
    model, rows = ConvexSoftmax(10, l2), []
    for n in range(10, 401, 10):
        rows.append({"labels": n, "accuracy": model.fit(x[:n], y[:n]).accuracy(x[400:], y[400:])})
    return rows


@cache
def _test():
    """The test images in float32, their labels."""
    x, y = images("test", np.arange(10_000))
    return x.astype(np.float32), y


def _with_accuracy(rows, models):
    """The rows with the accuracy of each one's model: the share of test images whose own class has the highest score.

    Scores in float32, for all models at once, take half the time; where they are close, float64 decides.
    """
    x, y = _test()
    parameters = np.stack(models, axis=2)  # (pixels and 1, classes, models)
    weights, bias = parameters[:-1].astype(np.float32), parameters[-1].astype(np.float32)
    scores = (x @ weights.reshape(x.shape[1], -1)).reshape(len(x), *bias.shape) + bias
    every = np.arange(len(x))
    own = scores[every, y]
    scores[every, y] = -np.inf
    lead = own - scores.max(axis=1)
    right = lead > 0
    for image, model in np.argwhere(abs(lead) < 1e-3):
        pixels = images("test", image)[0]
        right[image, model] = (pixels @ parameters[:-1, :, model] + parameters[-1, :, model]).argmax() == y[image]
    return [row | {"accuracy": float(accuracy)} for row, accuracy in zip(rows, right.mean(axis=0), strict=True)]
