"""Active learning with a model that is trained to convergence: what every trial starts from."""

from functools import cache

import numpy as np

from helpers import query
from helpers.checks import whole_number
from helpers.convex import ConvexSoftmax, softmax
from helpers.data import read_mnist, scale
from helpers.pool import Pool

N_POOLS = 50_000  # the training images that pools are drawn from
MEMBERS = 5  # of the committee
STRATEGIES = (*query.BY_PROBABILITY, "diverse", "committee")
FIRST = ("random", "k-means")


class Learner:
    """A shuffled pool, and the model of the labels given so far with its class probabilities for the whole pool.

    seed: of the shuffle of the N_POOLS images that the first `n_pool` are taken from. l2: as in `ConvexSoftmax`.
    """

    def __init__(self, seed, n_pool, l2):
        whole_number("seed", seed, 0)
        whole_number("n_pool", n_pool, 1, N_POOLS)
        self.x, self.y = images("train", np.random.default_rng(seed).permutation(N_POOLS)[:n_pool])
        self.pool = Pool(self.x, self.y)
        self.model = ConvexSoftmax(10, l2)
        self.seed = seed

    def label(self, batch):
        """A human labels the batch, and the model is fitted."""
        self.pool.label_manually(batch)
        self.fit()

    def fit(self):
        self.model.fit(self.pool.x_labeled, self.pool.y_labeled)
        self.proba = self.model.predict_proba(self.x)

    def rounds(self, strategy, n_labels, batch_size=10, n_first=10, first="random"):
        """Label up to `n_labels`; after each batch yield the share of it that the model had right before."""
        if strategy not in STRATEGIES or first not in FIRST:
            raise ValueError(f"strategy must be one of {STRATEGIES} and first of {FIRST}, not {strategy!r}, {first!r}.")
        whole_number("n_labels", n_labels, 1, len(self.x))
        whole_number("n_first", n_first, 1, n_labels)
        whole_number("batch_size", batch_size, 1, n_labels)
        self.label(np.arange(n_first) if first == "random" else query.representatives(self.x, n_first))
        yield np.nan
        while (missing := n_labels - len(self.pool.labeled)) > 0:
            rest = self.pool.unlabeled
            batch = rest[self._order(strategy, rest, batch_size)[: min(batch_size, missing)]]
            guess = self.proba[batch].argmax(axis=1)
            self.label(batch)
            yield float(np.mean(guess == self.y[batch]))

    def _order(self, strategy, rest, batch_size):
        if strategy == "diverse":
            return query.diverse(self.proba[rest], self.x[rest], batch_size)
        if strategy == "committee":
            return query.committee(self._votes(rest))
        return query.BY_PROBABILITY[strategy](self.proba[rest])

    def _votes(self, rest):
        """Class probabilities (models, images, classes) of models that learned a random half of the labels each."""
        n = len(self.pool.labeled)
        rng = np.random.default_rng([self.seed, n])
        halves = [rng.permutation(n)[: n // 2] for _ in range(MEMBERS)]
        members = [
            ConvexSoftmax(10, self.model.l2).fit(self.pool.x_labeled[half], self.pool.y_labeled[half]).parameters
            for half in halves
        ]
        return softmax(scores(self.x, members)[rest]).swapaxes(0, 1)


@cache
def _mnist():
    """MNIST with flat images, without the pixels that are 0 in all training images: their weights would stay 0."""
    arrays = read_mnist()
    lit = arrays["x_train"].any(axis=0)
    return {name: array[:, lit] if array.ndim == 3 else array for name, array in arrays.items()}


def images(part, picks):
    """Images in float64, labels."""
    return scale(_mnist()[f"x_{part}"][picks]).astype(np.float64), _mnist()[f"y_{part}"][picks]


def scores(x, models):
    """The models' scores, (images, models, classes). All models at once, because reading the images takes longest."""
    weights, biases = np.hstack([model[:-1] for model in models]), np.array([model[-1] for model in models])
    result = (x @ weights).reshape(len(x), *biases.shape)
    result += biases
    return result
