"""Active learning in other worlds, with labelers who err or refuse. Trials as in `trials`: each returns its rows."""

from dataclasses import replace
from functools import cache

import numpy as np

from helpers.checks import whole_number
from helpers.loop import learner
from helpers.models import L2, convex_softmax
from helpers.pool import SKIPPED, Pool
from helpers.sources.carried import open_carried
from helpers.strategies import ask, find
from helpers.strategies.by_probability import in_order
from helpers.studies.judge import Judge, scaled
from helpers.studies.trials import one_thread
from helpers.studies.worlds import L2_OF, find_world, first_rare, look_alikes

MISTAKES = ("random", "look-alike")


@one_thread
def world_trial(
    strategy, seed, world="MNIST", error=0.0, mistakes="random", votes=1, n_pool=4000, n_labels=400, batch_size=10,
    l2=None, data_file="",
):  # fmt: skip
    """Active learning with the convex softmax, from a batch of random labels on, until `n_labels` labels are paid for.

    world: a name in WORLDS. error: the chance that a label is wrong; mistakes: "random", any other class, or
    "look-alike", the class that the image looks most like. votes: labels that are bought for each image; the majority
    counts, and the first where there is none. An image that can't be read is paid for, skipped and not asked again.

    A row a round: labels (paid for), images (labeled), wrong (of these), refused, rare (images of rare classes),
    classes (met so far), different (images, copies not counted), accuracy, balanced (mean of the classes' accuracies).
    """
    here = find_world(world)(seed, n_pool, data_file)
    here.data.need_labels()
    pool, answers = Pool(scaled(here.x), here.y), Answers(here, seed, error, mistakes, votes)
    model = convex_softmax(here.data, seed, l2 or L2_OF.get(world, L2))
    mine, judge, rows = learner(model, pool, n_labels), BalancedJudge(here.data), []
    for paid in in_rounds(mine, find(strategy), answers, seed, n_labels, batch_size):
        mine.fit()
        rows.append({"labels": paid} | what_it_holds(pool, here))
        judge.note(model)
    return judge.judged(rows)


def in_rounds(mine, strategy, answers, seed, n_labels, batch_size):
    """Ask batch after batch, the first at random; yield the labels paid for so far, after each."""
    pool, paid = mine.pool, 0
    while (affordable := (n_labels - paid) // answers.votes) and len(rest := pool.unlabeled):
        size = min(batch_size, affordable, len(rest))
        order = ask(strategy if paid else in_order, mine, size, [seed, paid], blind=not paid)
        answers.give(pool, rest[order[:size]])
        paid += size * answers.votes
        yield paid


class Answers:
    """What a human answers to each image of a world: drawn beforehand, so that every strategy meets the same human."""

    def __init__(self, world, seed, error, mistakes, votes):
        if mistakes not in MISTAKES:
            raise ValueError(f"mistakes must be one of {MISTAKES}, not {mistakes!r}.")
        if not 0 <= error < 1:
            raise ValueError(f"error must be a chance from 0 to below 1, not {error!r}.")
        self.votes, n, k = whole_number("votes", votes, 1), len(world.y), world.data.n_classes
        rng = np.random.default_rng([seed, 2])
        errs, other = rng.random((votes, n)) < error, rng.integers(1, k, (votes, n))
        wrong = look_alikes(world) if mistakes == "look-alike" and error else (world.y + other) % k
        self.labels = majority(np.where(errs, wrong, world.y), k)
        self.readable = world.readable

    def give(self, pool, batch):
        """Label the images of a batch that can be read; skip the others."""
        readable = self.readable[batch]
        pool.label(batch[readable], self.labels[batch[readable]])
        pool.skip(batch[~readable])


def majority(answers, n_classes):
    """The most frequent of the answers (votes, n) to each image, (n,); of several the one that came first."""
    counts = (answers[:, :, None] == np.arange(n_classes)).sum(axis=0)
    first = np.take_along_axis(counts, answers.T, axis=1).argmax(axis=1)
    return answers[first, np.arange(answers.shape[1])]


def what_it_holds(pool, world):
    """A row about the images that are labeled by now."""
    labeled = pool.labeled
    return {
        "images": len(labeled),
        "wrong": pool.n_wrong,
        "refused": int((pool.source == SKIPPED).sum()),
        "rare": int((world.y[labeled] >= first_rare(world.data.n_classes)).sum()),
        "classes": len(np.unique(pool.y_labeled)),
        "different": len(np.unique(world.original[labeled])),
    }


class BalancedJudge:
    """The accuracies of models, and the means over the classes of theirs."""

    def __init__(self, data):
        self._judges = [Judge(one) for one in by_class(data)]
        self._sizes = np.array([len(one.test) for one in by_class(data)])

    def note(self, model):
        """Judge the model as it is now."""
        for judge in self._judges:
            judge.note(model)

    def judged(self, rows):
        """The rows, one for each model noted, with its accuracies."""
        each = [[row["accuracy"] for row in judge.judged([{}] * len(rows))] for judge in self._judges]
        each = np.transpose(each)  # (rows, classes)
        right = np.rint(each * self._sizes).sum(axis=1)
        means = right / self._sizes.sum(), each.mean(axis=1)
        return [row | {"accuracy": float(a), "balanced": float(b)} for row, a, b in zip(rows, *means, strict=True)]


@cache
def by_class(data):
    """The data set for each class that judging images have, with those alone to judge."""
    y = data.y[data.test]
    return [replace(data, test=data.test[y == k]) for k in np.unique(y)]


@one_thread
def penalty_trial(l2, seed, carried):
    """10 to 200 random labels of rows of a carried data set that no pool holds; accuracy on the others of these."""
    data = open_carried(carried)
    x, y = data.tuning(seed)
    x, model, most = scaled(x), convex_softmax(data, seed, l2), min(200, len(x) // 2)
    sizes = range(10, most + 1, 10)
    return [{"labels": n, "accuracy": model.fit(x[:n], y[:n]).accuracy(x[most:], y[most:])} for n in sizes]
