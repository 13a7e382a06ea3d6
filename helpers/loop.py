"""The loop of active learning: choose, label, fit. And its continuation, in which the machine labels the rest."""

import numpy as np

from helpers.checks import whole_number
from helpers.strategies import ask, checked_strategy
from helpers.strategies.by_probability import in_order, least_confident, most_confident

MEMBERS = 5  # of a committee


class Learner:
    """A model that learns from the labels of a pool.

    model: anything with `reset()`, `fit(x, y)` and `predict_proba(x)` -> (n, n_classes). stop: what else its `fit`
    takes, such as the article's stopping images and their labels.

    A model with `on(pool, n_labels)` has a faster learner, which gives the same picks: `learner`.
    """

    def __init__(self, model, pool, *stop):
        self.model, self.pool, self._stop = model, pool, stop
        self._proba = None

    def fit(self):
        """Fit the model to all labels so far; return what its `fit` returns."""
        fit = self.model.fit(self.pool.x_labeled, self.pool.y_labeled, *self._stop)
        if getattr(fit, "best_step", 1):  # else the weights are what they were, and so is what they predict
            self._proba = None
        return fit

    @property
    def proba(self):
        """Class probabilities of all images of the pool, (n, n_classes)."""
        if self._proba is None:
            self._proba = np.asarray(self.model.predict_proba(self.pool.images))
        return self._proba

    def probas(self, rng):
        """Those of a committee, (MEMBERS, n, n_classes): for each member the model is fitted from its start to a random
        half of the labels.
        """
        before, x, y, probas = self.proba, self.pool.x_labeled, self.pool.y_labeled, []
        for half in halves(len(y), rng):
            self.model.reset()
            self.model.fit(x[half], y[half], *self._stop)
            probas.append(self.model.predict_proba(self.pool.images))
        self.model.reset()
        self.model.fit(x, y, *self._stop)
        self._proba = before
        return np.array(probas)


def learner(model, pool, n_labels):
    """The fastest `Learner` that the model has, for a pool of which `n_labels` will be labeled at most."""
    return model.on(pool, n_labels) if hasattr(model, "on") else Learner(model, pool)


def halves(n, rng):
    """A random half of n labels for each member of a committee, (MEMBERS, n // 2)."""
    return np.array([rng.permutation(n)[: n // 2] for _ in range(MEMBERS)])


def active_learning(learner, batch_size, n_labels, strategy=least_confident, n_first=None, first=in_order, seed=0):
    """Label the `n_first` images (default: a batch) that `first` puts at the front, and fit; then, until `n_labels` are
    labeled, label the batch that `strategy` puts at the front, and fit. Yields what each fit returns.

    strategy, first: functions of what they name, see `helpers.strategies`. seed: of what they draw.
    Raises ValueError for a strategy that is none, or that returns no order.
    """
    pool = learner.pool
    whole_number("n_labels", n_labels, 1, len(pool.labeled) + len(pool.unlabeled))
    whole_number("batch_size", batch_size, 1, n_labels)
    n_first = whole_number("n_first", batch_size if n_first is None else n_first, 1, n_labels)
    checked_strategy(strategy)
    checked_strategy(first)
    now, size, blind = first, n_first, True
    while (missing := n_labels - len(pool.labeled)) > 0:
        order = ask(now, learner, size, [seed or 0, len(pool.labeled)], blind)
        pool.label_manually(pool.unlabeled[order[: min(size, missing)]])
        yield learner.fit()
        now, size, blind = strategy, batch_size, False


def auto_labeling(learner, batch_size, strategy=most_confident):
    """Until no image is left: the model labels the batch that `strategy` puts first by itself, and is fitted to all
    labels. Yields what each fit returns.
    """
    pool = learner.pool
    while len(rest := pool.unlabeled):
        batch = rest[ask(strategy, learner, batch_size, [0])[:batch_size]]
        pool.label_automatically(batch, learner.proba[batch].argmax(axis=1))
        yield learner.fit()
