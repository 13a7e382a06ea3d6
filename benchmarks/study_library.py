"""One trial of notebook 08 with scikit-activeml's strategies and scikit-learn's LogisticRegression, same objective.

usage: study_library.py STRATEGY SEED TOLERANCE fit | reuse    run in .venv-reference, one BLAS thread

fit: each query fits its classifier itself (`fit_clf=True`, scikit-activeml's default); reuse: it takes the one that the
accuracy was measured with.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
from skactiveml.classifier import SklearnClassifier
from skactiveml.pool import QueryByCommittee, RandomSampling, UncertaintySampling
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression

from helpers.loop import MEMBERS
from helpers.models import L2

strategy, seed, tolerance, fit_clf = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4] == "fit"
mnist = np.load(Path(__file__).parents[1] / "helpers" / "mnist.npz")
pool = np.random.default_rng(seed).permutation(50_000)[:4000]  # as helpers.data draws it


def images(array):
    """In float64, with one more pixel that is always 1: its weight is the bias, regularized like the others."""
    return np.hstack([array.reshape(len(array), -1) / 255, np.ones((len(array), 1))])


x, y = images(mnist["x_train"][pool]), mnist["y_train"][pool]
x_test, y_test = images(mnist["x_test"]), mnist["y_test"]
# scikit-learn leaves out classes without a label. One black image of each, of weight 0, changes nothing else.
x_known = np.vstack([x, np.zeros((10, x.shape[1]))])


def fit(labels, members=None):
    """Fitted to the labels, or to those of `members`."""
    weight = np.zeros(len(x_known))
    weight[np.flatnonzero(~np.isnan(labels)) if members is None else members] = 1
    kept = np.where(weight[: len(x)] > 0, labels, np.nan)
    model = LogisticRegression(C=1 / L2, fit_intercept=False, tol=tolerance, max_iter=10_000)
    return SklearnClassifier(model, classes=range(10)).fit(x_known, np.r_[kept, np.arange(10)], sample_weight=weight)


def query(labels, order, classifier):
    if strategy == "random":
        return RandomSampling(random_state=seed).query(x, labels, batch_size=10)
    if strategy == "committee":
        rng = np.random.default_rng([seed, len(order)])
        halves = [np.array(order)[rng.permutation(len(order))[: len(order) // 2]] for _ in range(MEMBERS)]
        ensemble = [fit(labels, half) for half in halves]
        by_votes = QueryByCommittee(method="vote_entropy", random_state=seed)
        return by_votes.query(x, labels, ensemble, fit_ensemble=False, batch_size=10)
    if fit_clf:
        classifier = fit(labels)
    method = {"least confident": "least_confident", "entropy": "entropy"}.get(strategy, "margin_sampling")
    uncertain = UncertaintySampling(method=method, random_state=seed)
    if strategy != "DBAL":
        return uncertain.query(x, labels, classifier, fit_clf=False, batch_size=10)
    near = uncertain.query(x, labels, classifier, fit_clf=False, batch_size=200)
    clusters = KMeans(10, init=x[near[:10]], n_init=1, max_iter=20).fit(x[near])
    free, batch = np.ones(len(near), bool), []
    for distances in clusters.transform(x[near]).T:
        batch.append(np.where(free, distances, np.inf).argmin())
        free[batch[-1]] = False
    return near[batch]


start = time.process_time()
labels, order, accuracies = np.full(len(x), np.nan), list(range(10)), []
labels[order] = y[order]
while True:
    classifier = fit(labels)
    accuracies.append(float(np.mean(classifier.predict(x_test) == y_test)))
    if len(order) == 400:
        break
    batch = query(labels, order, classifier)
    labels[batch] = y[batch]
    order += batch.tolist()
print(json.dumps({"seconds": time.process_time() - start, "accuracies": accuracies, "picks": order}))
