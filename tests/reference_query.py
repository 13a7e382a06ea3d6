"""Batches that scikit-activeml and scikit-learn (in .venv-reference) or modAL (in .venv-modal) pick.

Arguments: an .npz with proba (n, classes), votes' probabilities probas (models, n, classes), images and batch_size; the
.npz to write, which holds a batch for each strategy.
"""

import sys
from types import SimpleNamespace

import numpy as np

given = np.load(sys.argv[1])
proba, probas, images, batch_size = given["proba"], given["probas"], given["images"], int(given["batch_size"])
positions = np.arange(len(proba), dtype=float)[:, None]  # the images that the libraries see: their own row numbers
votes = probas.argmax(axis=2).T


def rows(x):
    return np.asarray(x)[:, 0].astype(int)


def modal():
    from modAL import disagreement, uncertainty

    classifier = SimpleNamespace(predict_proba=lambda x: proba[rows(x)])

    class Committee:
        classes_ = np.arange(proba.shape[1])

        def __len__(self):
            return len(probas)

        def vote(self, x):
            return votes[rows(x)]

    return {
        "least_confident": uncertainty.uncertainty_sampling(classifier, positions, batch_size)[0],
        "margin": uncertainty.margin_sampling(classifier, positions, batch_size)[0],
        "entropy": uncertainty.entropy_sampling(classifier, positions, batch_size)[0],
        "committee": disagreement.vote_entropy_sampling(Committee(), positions, batch_size)[0],
    }


def scikit():
    from skactiveml.base import SkactivemlClassifier
    from skactiveml.pool import CoreSet, MaxHerding, UncertaintySampling, vote_entropy
    from sklearn.cluster import KMeans

    class Fixed(SkactivemlClassifier):
        def fit(self, X, y, sample_weight=None):
            self._validate_data(X, y, sample_weight)
            return self

        def predict_proba(self, X):
            return proba[rows(X)]

    methods = {"least_confident": "least_confident", "margin": "margin_sampling", "entropy": "entropy"}
    y = np.full(len(proba), np.nan)
    classifier = Fixed(classes=range(proba.shape[1]))
    batches = {
        name: UncertaintySampling(method=method, random_state=0).query(
            positions, y, classifier.fit(positions, y), fit_clf=False, batch_size=batch_size
        )
        for name, method in methods.items()
    }
    batches["committee"] = np.argsort(vote_entropy(votes, range(proba.shape[1])))[-batch_size:]
    low, high = np.sort(proba, axis=1)[:, -2:].T
    near = np.argsort(high - low)[: 20 * batch_size]
    x = images[near]
    clusters = KMeans(batch_size, init=x[:batch_size], n_init=1, max_iter=20, tol=0, algorithm="lloyd").fit(x)
    free = np.ones(len(x), bool)
    batches["dbal"] = []
    for distances in clusters.transform(x).T:
        nearest = np.where(free, distances, np.inf).argmin()
        free[nearest] = False
        batches["dbal"].append(near[nearest])
    y[:5] = 0  # the first are labeled
    x = images / 255
    batches["k_center"] = CoreSet(random_state=0).query(x, y, batch_size=batch_size)
    herding = MaxHerding(random_state=0, metric_dict={"gamma": 1 / 0.7**2})
    batches["max_herding"] = herding.query(x, y, batch_size=batch_size)
    return batches


batches = modal() if "modal" in sys.executable else scikit()
np.savez(sys.argv[2], **{name: np.asarray(batch) for name, batch in batches.items()})
