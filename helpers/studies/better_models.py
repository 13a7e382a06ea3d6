"""What saves labels: the choice, the model, or the unlabeled images? The trial of notebook 10."""

import numpy as np

from helpers.checks import whole_number
from helpers.data import open_data
from helpers.models import find_model
from helpers.models.semi_supervised import graph_training, self_training
from helpers.pool import Pool
from helpers.strategies import ask, find
from helpers.studies.judge import Judge, scaled
from helpers.studies.trials import check_study, one_thread

SIZES = (10, 20, 50, 100, 200, 400)
WAYS = ("own labels", "graph")


@one_thread
def better_trial(strategy, seed, model, also=(), unlabeled=(), sizes=SIZES, n_pool=4000, data_file=""):
    """Active learning in few large batches, up to each of `sizes` labels. The first batch is random.

    model: a name in MODELS; it chooses. also: models that are fitted to the labels that it chose. unlabeled: some of
    WAYS, in which the model that chose then learns from the unlabeled images as well: `self_training`,
    `graph_training`. That doesn't change what is chosen next.

    A row for each size and way: labels; learner, the model that was fitted; unlabeled, "none" or the way; own, how many
    images it labeled by itself; right, the share of these labels that is right; picks, positions in the pool of the
    images labeled since the last size, in the first row of a size; accuracy, on the images that judge.
    """
    if unknown := [way for way in unlabeled if way not in WAYS]:
        raise ValueError(f"unlabeled can be {', '.join(WAYS)}, not {', '.join(map(repr, unknown))}.")
    data = open_data(data_file)
    data.need_labels()
    whole_number("the largest of sizes", max(sizes), 1, n_pool - 2)
    x, y = data.pool(seed, n_pool)
    pool = Pool(scaled(x), y)
    asked = _Asked(find_model(model)(data, seed), pool)
    others = {name: find_model(name)(data, seed) for name in also}
    rows = []
    for size in sizes:
        n = len(pool.labeled)
        order = ask(find(strategy if n else "random"), asked, size - n, [seed, n], blind=not n)
        pool.label_manually(pool.unlabeled[order[: size - n]])
        asked.fit()
        picks = " ".join(map(str, pool.labeled[n:]))
        row = {"labels": size, "learner": model, "unlabeled": "none", "own": 0, "right": np.nan, "picks": np.nan}
        rows.append(row | {"picks": picks, "accuracy": _accuracy(data, asked.model)})
        for name, other in others.items():
            other.fit(pool.x_labeled, pool.y_labeled)
            rows.append(row | {"learner": name, "accuracy": _accuracy(data, other)})
        for way in unlabeled:
            own, labels = asked.learn_from_rest(way, data.n_classes)
            found = {"unlabeled": way, "own": len(own), "right": float(np.mean(labels == y[own]))}
            rows.append(row | found | {"accuracy": _accuracy(data, asked.model)})
    return rows


class _Asked:
    """What a strategy is offered of a model on a pool. If the model has `features`, these are its images."""

    def __init__(self, model, pool):
        self.model, self.pool, self._true = model, self, pool
        self.images, self.proba = pool.images, None

    def fit(self):
        self.model.fit(self._true.x_labeled, self._true.y_labeled)
        self.proba = self.model.predict_proba(self._true.images)
        if hasattr(self.model, "features"):
            self.images = self.model.features(self._true.images)

    @property
    def unlabeled(self):
        return self._true.unlabeled

    @property
    def x_labeled(self):
        return self.images[self._true.labeled]

    def learn_from_rest(self, way, n_classes):
        """Fit the model to the unlabeled images as well; return the positions of those with an own label, and it."""
        rest = self.unlabeled
        known = self.model, self._true.x_labeled, self._true.y_labeled, self._true.images[rest]
        if way == "graph":
            seen = np.concatenate([self.x_labeled, self.images[rest]])
            own, labels = graph_training(*known, seen, n_classes)
        else:
            own, labels = self_training(*known, self.proba[rest])
        return rest[own], labels


def _accuracy(data, model):
    judge = Judge(data)
    judge.note(model)
    return judge.judged([{}])[0]["accuracy"]


def check_better(pools, few_pools, n_pool, n_labels, data):
    """Raise ValueError for numbers or data that the study of notebook 10 can't be run with."""
    check_study(pools, few_pools, n_pool, n_labels, data)
    if len(data.shape) != 2:
        raise ValueError(f"A network looks at images (height, width); these rows have the shape {tuple(data.shape)}.")
