"""What lies between the end of notebook 7 and the beginning of notebook 8: notebook 7's pools, three trainings."""

from functools import cache

from helpers.article import PROTOCOL
from helpers.data import load, open_data
from helpers.loop import Learner, active_learning, learner
from helpers.models import convex_softmax
from helpers.pool import Pool
from helpers.strategies import find
from helpers.studies.trials import one_thread

TRAININGS = ("goes on", "from zero", "convex")


@one_thread
def training_trial(
    strategy, seed, training, n_pool=PROTOCOL["n_pool"], n_stop=PROTOCOL["n_stop"], n_labels=400, data_file=""
):  # fmt: skip
    """Active learning in batches of 10 on a pool of notebook 7. One row: labels, accuracy (on its held-out images).

    training: "goes on" is the article's, which starts from the weights of the round before and stops on `n_stop` test
    images; "from zero" is the same, but each round starts from zero; "convex" is notebook 8's, which needs neither.
    """
    if training not in TRAININGS:
        raise ValueError(f"training must be one of {TRAININGS}, not {training!r}.")
    data = load(data_file, n_pool, n_stop, seed)
    pool = Pool(data.x_pool, data.y_pool)
    if training == "convex":
        mine = learner(convex_softmax(open_data(data_file), seed), pool, n_labels)
    else:
        kind = Learner if training == "goes on" else FromZero
        mine = kind(_article_model(data.n_features, data.n_classes), pool, data.x_stop, data.y_stop)
        mine.model.reset()
    for _ in active_learning(mine, 10, n_labels, find(strategy), seed=seed):
        pass
    return [{"labels": n_labels, "accuracy": mine.model.accuracy(data.x_held_out, data.y_held_out)}]


class FromZero(Learner):
    """A learner that forgets before each fit."""

    def fit(self):
        """Fit the model to all labels so far, from its start."""
        self.model.reset()
        super().fit()
        self._proba = None


@cache
def _article_model(n_features, n_classes):
    from helpers.models.softmax import SoftmaxRegression  # TensorFlow takes seconds to import

    return SoftmaxRegression(n_features, n_classes, PROTOCOL["learning_rate"], PROTOCOL["patience"])
