"""Active learning with a model that is trained to convergence: what every trial starts from."""

from functools import cache

import numpy as np

from helpers.checks import whole_number
from helpers.data import open_data
from helpers.models.convex import ConvexSoftmax, in_both_precisions, minimize, one_hot, softmax
from helpers.models.products import Products
from helpers.pool import Pool
from helpers.strategies.by_committee import committee
from helpers.strategies.by_diversity import diverse, representatives
from helpers.strategies.by_probability import BY_PROBABILITY

N_POOLS = 50_000  # the training images that pools are drawn from
MEMBERS = 5  # of the committee
STRATEGIES = (*BY_PROBABILITY, "diverse", "committee")
FIRST = ("random", "k-means")


class Learner:
    """A shuffled pool, and the model of the labels given so far with its class probabilities for the whole pool.

    seed: of the shuffle of the N_POOLS images that the first `n_pool` are taken from. n_labels: how many a human gives
    in all. l2: as in `ConvexSoftmax`.
    """

    def __init__(self, seed, n_pool, n_labels, l2):
        self.gray, self.y = shuffled(seed, n_pool)
        self.x = self.gray / 255
        self.pool = Pool(self.x, self.y)
        self.n_labels = whole_number("n_labels", n_labels, 1, n_pool)
        self.products = Products(self.gray, n_labels)
        self.model = ConvexSoftmax(10, l2)
        self.seed = seed

    def label(self, batch):
        """A human labels the batch, and the model is fitted."""
        self.pool.label_manually(batch)
        self.products.add(self.pool.labeled)
        self.model.fit(self.pool.x_labeled, self.pool.y_labeled, self.products.among_labeled)
        self.proba = softmax(self.model.coefficients @ self.products.rows).T

    def rounds(self, strategy, batch_size=10, n_first=10, first="random"):
        """Label batch after batch; after each yield the share of it that the model had right before."""
        if strategy not in STRATEGIES or first not in FIRST:
            raise ValueError(f"strategy must be one of {STRATEGIES} and first of {FIRST}, not {strategy!r}, {first!r}.")
        whole_number("n_first", n_first, 1, self.n_labels)
        whole_number("batch_size", batch_size, 1, self.n_labels)
        self.label(np.arange(n_first) if first == "random" else representatives(self.gray, n_first))
        yield np.nan
        while (missing := self.n_labels - len(self.pool.labeled)) > 0:
            rest = self.pool.unlabeled
            batch = rest[self._order(strategy, rest, batch_size)[: min(batch_size, missing)]]
            guess = self.proba[batch].argmax(axis=1)
            self.label(batch)
            yield float(np.mean(guess == self.y[batch]))

    def _order(self, strategy, rest, batch_size):
        if strategy == "diverse":
            return diverse(self.proba[rest], self.gray[rest], batch_size)
        if strategy == "committee":
            return committee(self._votes(rest))
        return BY_PROBABILITY[strategy](self.proba[rest])

    def _votes(self, rest):
        """Scores (models, images, classes) of models that learned a random half of the labels each."""
        n = len(self.pool.labeled)
        rng = np.random.default_rng([self.seed, n])
        halves = np.array([rng.permutation(n)[: n // 2] for _ in range(MEMBERS)])
        gram = in_both_precisions(self.products.among_labeled[halves[:, :, None], halves[:, None]])
        targets = one_hot(self.pool.y_labeled[halves], 10)
        coefficients = np.zeros((MEMBERS, 10, n))
        solved = minimize(*gram, targets, self.model.l2, np.zeros_like(targets))
        np.put_along_axis(coefficients, halves[:, None], solved, axis=2)
        return (coefficients.reshape(-1, n) @ self.products.rows).reshape(MEMBERS, 10, -1)[:, :, rest].swapaxes(1, 2)


@cache
def _mnist():
    """MNIST with flat images, without the pixels that are 0 in all training images: their weights would stay 0."""
    data = open_data("")
    flat = data.x.reshape(len(data.x), -1)
    lit = np.flatnonzero(flat[data.train].any(axis=0))
    x = {"x_train": flat[data.train].take(lit, axis=1), "x_test": flat[data.test].take(lit, axis=1)}
    return x | {"y_train": data.y[data.train], "y_test": data.y[data.test]}


def shuffled(seed, n_pool):
    """The gray levels and labels of a pool."""
    whole_number("seed", seed, 0)
    whole_number("n_pool", n_pool, 1, N_POOLS)
    return gray_levels("train", np.random.default_rng(seed).permutation(N_POOLS)[:n_pool])


def gray_levels(part, picks):
    """Images as gray levels from 0 to 255, labels."""
    return _mnist()[f"x_{part}"][picks], _mnist()[f"y_{part}"][picks]


def images(part, picks):
    """Images in float64 from 0 to 1, labels."""
    gray, y = gray_levels(part, picks)
    return gray / 255, y
