"""Trials: one strategy on one shuffled pool, with a model that is trained anew in each round. Each returns a tidy
table: a list of rows, a dict each.

Accuracies are those on the data set's images that decide nothing (`judge`); of MNIST the 10,000 test images. Constants
were chosen on images that no pool holds (`tuning`); of MNIST the last 10,000 training images.

In all of them: strategy: a name in STRATEGIES, or a function. seed: of the shuffle. model: a name in MODELS, or a
function that makes one. l2: the penalty of "softmax". data_file: as `open_data` takes it.
"""

from functools import partial

import numpy as np
from threadpoolctl import threadpool_limits

from helpers.checks import whole_number
from helpers.data import open_data
from helpers.loop import active_learning, learner
from helpers.models import find_model
from helpers.pool import BY_MACHINE, Pool
from helpers.strategies import find
from helpers.strategies.by_probability import confidence, most_confident
from helpers.studies.calibration import fit_temperature, reliability
from helpers.studies.judge import Judge, scaled
from helpers.studies.stats import cohen_kappa, kappa_at_least

# A trial a process is faster than a trial on several threads; and sums are rounded the same on any number of cores.
one_thread = threadpool_limits.wrap(limits=1, user_api="blas")


def check_study(pools, few_pools, n_pool, n_labels, data):
    """Raise ValueError for numbers that the studies of notebooks 8 and 9 can't be run with on this data set."""
    whole_number("pools", pools, 3)
    whole_number("few_pools", few_pools, 3, pools)
    whole_number("n_pool", n_pool, 200, data.max_pool)
    whole_number("n_labels", n_labels, 100, n_pool // 2, step=10)


@one_thread
def strategy_trial(
    strategy, seed, n_pool=4000, n_labels=400, batch_size=10, n_first=10, first="random", l2=None, model="softmax",
    data_file="",
):  # fmt: skip
    """Active learning; the first labels are chosen by `first`. A row every 10 labels and at the end:

    labels; kappa: how far this row's model and the last row's agree on the images that both left unlabeled;
    confidence: the mean over the unlabeled images; right: the share of the last batch that the model had right before
    it was told; picks: positions in the pool of the images labeled since the last row; accuracy.
    """
    data, pool, made = _start(seed, n_pool, l2, model, data_file)
    mine, judge, rows = learner(made, pool, n_labels), Judge(data), []
    now = guess = right = None
    labeled = seen = 0
    for _ in active_learning(mine, batch_size, n_labels, find(strategy), n_first, find(first), seed):
        if now is not None:
            right = float(np.mean(now[pool.labeled[seen:]] == pool.y_labeled[seen:]))
        now, seen = mine.proba.argmax(axis=1), len(pool.labeled)
        if seen % 10 and seen < n_labels:
            continue
        rest = pool.unlabeled
        rows.append(
            {
                "labels": seen,
                "kappa": np.nan if guess is None else cohen_kappa(guess[rest], now[rest]),
                "confidence": confidence(mine.proba[rest]).mean(),
                "right": np.nan if right is None else right,
                "picks": " ".join(map(str, pool.labeled[labeled:])),
            }
        )
        judge.note(made)
        guess, labeled = now, seen
    return judge.judged(rows)


@one_thread
def random_trial(seed, sizes, n_pool=4000, l2=None, model="softmax", data_file=""):
    """Random labels: the first of the pool, as many as each of `sizes` says. A row a size: labels, accuracy."""
    data, pool, made = _start(seed, n_pool, l2, model, data_file)
    whole_number("the largest of sizes", max(sizes), 1, n_pool)
    judge, rows = Judge(data), []
    for size in sizes:
        pool.label_manually(np.arange(len(pool.labeled), size))
        made.fit(pool.x_labeled, pool.y_labeled)
        judge.note(made)
        rows.append({"labels": size})
    return judge.judged(rows)


@one_thread
def auto_trial(
    strategy, seed, threshold, rounds, n_pool=4000, n_labels=400, l2=None, model="softmax", data_file=""
):  # fmt: skip
    """`n_labels` by hand in batches of 10; then the machine labels images by itself, the most confident first.

    In each round it labels those above `threshold`, at most a `rounds`th part of the images that the human left, and is
    fitted to all labels. A row a round, and one before: labels, machine (labels), wrong (among these), accuracy.
    """
    data, pool, made = _start(seed, n_pool, l2, model, data_file)
    judge, rows, at_most = Judge(data), [], -(-(n_pool - n_labels) // rounds)
    _label_by_hand(strategy, seed, n_labels, pool, made)
    for done in range(rounds + 1):
        rows.append({"labels": n_labels, "machine": int((pool.source == BY_MACHINE).sum()), "wrong": pool.n_wrong})
        judge.note(made)
        rest = pool.unlabeled
        proba = made.predict_proba(pool.images)[rest]
        surest = most_confident(proba)[:at_most]
        surest = surest[confidence(proba[surest]) >= threshold]
        if done == rounds or not len(surest):
            return judge.judged(rows)
        pool.label_automatically(rest[surest], proba[surest].argmax(axis=1))
        made.fit(pool.x_labeled, pool.y_labeled)


@one_thread
def calibration_trial(
    strategy, seed, n_pool=4000, n_labels=400, n_extra=100, l2=None, model="softmax", data_file=""
):  # fmt: skip
    """Is the confidence of the last model on the unlabeled images honest? A row a bin of confidence, see `reliability`.

    scaling: none; "labeled", by the temperature that suits the labeled images, each predicted by a model that was
    trained without it (5 folds); or "extra", by the one that suits `n_extra` random images labeled for this.
    """
    data, pool, made = _start(seed, n_pool, l2, model, data_file)
    proba = _label_by_hand(strategy, seed, n_labels, pool, made)
    extra = pool.unlabeled[:n_extra]  # the pool is shuffled
    rest = pool.unlabeled[n_extra:]
    y = data.pool(seed, n_pool)[1]
    folds = np.arange(n_labels) % 5
    left_out = np.empty((n_labels, data.n_classes))
    for fold in range(5):
        made.reset()
        made.fit(pool.x_labeled[folds != fold], pool.y_labeled[folds != fold])
        left_out[folds == fold] = made.predict_proba(pool.x_labeled[folds == fold])
    temperatures = {
        "none": 1.0,
        "labeled": fit_temperature(left_out, pool.y_labeled),
        "extra": fit_temperature(proba[extra], y[extra]),
    }
    return [
        {"scaling": name, "temperature": temperature} | row
        for name, temperature in temperatures.items()
        for row in reliability(proba[rest], y[rest], temperature)
    ]


@one_thread
def tuning_trial(l2, seed, data_file=""):
    """10, 20, ... 400 random labels, at most half of the images that no pool holds; accuracy on the others of these."""
    data = open_data(data_file)
    x, y = data.tuning(seed)
    x, model, rows = scaled(x), find_model("softmax")(data, seed, l2=l2), []
    most = min(400, len(x) // 2)
    for n in range(10, most + 1, 10):
        rows.append({"labels": n, "accuracy": model.fit(x[:n], y[:n]).accuracy(x[most:], y[most:])})
    return rows


@one_thread
def constants_trial(strategy, constant, value, seed, n_labels=200, data_file=""):
    """Active learning with another value of one of a strategy's constants, on images that no pool holds: two fifths of
    them are the pool, at most half of which are labeled, and the others judge. A row every 10 labels: labels, accuracy.
    """
    data, rows = open_data(data_file), []
    x, y = data.tuning(seed)
    x, n_pool = scaled(x), 2 * len(x) // 5
    n_labels = min(n_labels, n_pool // 2)
    pool, model = Pool(x[:n_pool], y[:n_pool]), find_model("softmax")(data, seed)
    mine, changed = learner(model, pool, n_labels), partial(find(strategy), **{constant: value})
    for _ in active_learning(mine, min(10, n_labels), n_labels, changed, seed=seed):
        rows.append({"labels": len(pool.labeled), "accuracy": model.accuracy(x[n_pool:], y[n_pool:])})
    return rows


@one_thread
def stopping_trial(strategy, seed, n_pool=4000, n_labels=400, n_fixed=1000, n_test=400, data_file=""):
    """Active learning, and what rules that stop it look at. A row every 10 labels: labels;

    kappa: how far this row's model and the last row's agree on `n_fixed` images of the pool, the same in each row,
    labeled or not (Bloodgood and Vijay-Shanker 2009); kappa_low: the lower end of its one-sided 95 % interval; right:
    the share of the last batch that the model had right before it was told; measured: the accuracy on `n_test` images
    that no pool holds, with labels bought for it; accuracy.
    """
    data, pool, made = _start(seed, n_pool, None, "softmax", data_file)
    mine, judge, rows, now = learner(made, pool, n_labels), Judge(data), [], None
    x_test, y_test = (part[:n_test] for part in data.tuning(seed))
    fixed = np.random.default_rng(seed).permutation(n_pool)[:n_fixed]
    for _ in active_learning(mine, 10, n_labels, find(strategy), seed=seed):
        before, now = now, mine.proba.argmax(axis=1)
        row = {"labels": len(pool.labeled), "kappa": np.nan, "kappa_low": np.nan, "right": np.nan}
        if before is not None:
            row["kappa"] = cohen_kappa(before[fixed], now[fixed])
            agreed = np.mean(before[fixed] == now[fixed])
            row["kappa_low"] = float(kappa_at_least(row["kappa"], agreed, len(fixed)))
            row["right"] = float(np.mean(before[pool.labeled[-10:]] == pool.y_labeled[-10:]))
        rows.append(row | {"measured": made.accuracy(scaled(x_test), y_test)})
        judge.note(made)
    return judge.judged(rows)


@one_thread
def images_trial(strategy, seed, n_pool=4000, n_labels=400, data_file=""):
    """Which of the images that judge the model gets right after `n_labels`: one row. right: as many bits as images, the
    first image first, in hexadecimal numbers.
    """
    data, pool, made = _start(seed, n_pool, None, "softmax", data_file)
    _label_by_hand(strategy, seed, n_labels, pool, made)
    x, y = data.judge()
    right = made.predict_proba(scaled(x)).argmax(axis=1) == y
    return [{"labels": n_labels, "right": np.packbits(right).tobytes().hex()}]


def _start(seed, n_pool, l2, model, data_file):
    """The data set, a shuffled pool of it, and a model."""
    data = open_data(data_file)
    data.need_labels()
    x, y = data.pool(seed, n_pool)
    return data, Pool(scaled(x), y), find_model(model)(data, seed, **({} if l2 is None else {"l2": l2}))


def _label_by_hand(strategy, seed, n_labels, pool, made):
    """`n_labels` in batches of 10; the probabilities of the whole pool at the end."""
    mine = learner(made, pool, n_labels)
    for _ in active_learning(mine, 10, n_labels, find(strategy), seed=seed):
        pass
    return mine.proba
