"""Experiment 5 with a library's least-confident sampling and scikit-learn's LogisticRegression (its defaults).

usage: library.py modal | skactiveml    run in .venv-modal or .venv-reference
"""

import json
import sys
import time
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from helpers.article import PROTOCOL
from helpers.data import load_mnist

batch_size, rounds = PROTOCOL["batch_size"], PROTOCOL["rounds"]
warnings.simplefilter("ignore", ConvergenceWarning)  # lbfgs stops after 100 iterations by default
data = load_mnist()
x_train, x_test = data.x_pool.reshape(len(data.x_pool), -1), data.x_stop.reshape(len(data.x_stop), -1)


def modal():
    from modAL.models import ActiveLearner
    from modAL.uncertainty import uncertainty_sampling

    rest = np.arange(batch_size, len(x_train))
    learner = ActiveLearner(LogisticRegression(), uncertainty_sampling, x_train[:batch_size], data.y_pool[:batch_size])
    yield learner.score(x_test, data.y_stop)
    for _ in range(rounds - 1):
        positions, images = learner.query(x_train[rest], n_instances=batch_size)
        learner.teach(images, data.y_pool[rest[positions]])
        rest = np.delete(rest, positions)
        yield learner.score(x_test, data.y_stop)


def skactiveml():
    from skactiveml.classifier import SklearnClassifier
    from skactiveml.pool import UncertaintySampling
    from skactiveml.utils import MISSING_LABEL

    labels = np.full(len(x_train), MISSING_LABEL)
    labels[:batch_size] = data.y_pool[:batch_size]
    strategy = UncertaintySampling(method="least_confident", random_state=0)
    classifier = SklearnClassifier(LogisticRegression(), classes=range(data.n_classes), random_state=0)
    classifier.fit(x_train, labels)
    yield classifier.score(x_test, data.y_stop)
    for _ in range(rounds - 1):
        batch = strategy.query(x_train, labels, classifier, fit_clf=False, batch_size=batch_size)
        labels[batch] = data.y_pool[batch]
        classifier.fit(x_train, labels)
        yield classifier.score(x_test, data.y_stop)


run = {"modal": modal, "skactiveml": skactiveml}[sys.argv[1]]
start = time.perf_counter()
accuracies = [float(accuracy) for accuracy in run()]
print(json.dumps({"seconds": [time.perf_counter() - start], "accuracies": accuracies}))
