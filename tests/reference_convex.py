"""Runs in .venv-reference: active learning by margin with scikit-learn's LogisticRegression, the objective of ours.

Arguments: an .npz with x, y, l2, batch_size and rounds; the .npz to write: picks and, after each round, proba of all x.
"""

import sys

import numpy as np
from sklearn.linear_model import LogisticRegression

given = np.load(sys.argv[1])
x, y, batch_size = given["x"], given["y"], int(given["batch_size"])
x = np.hstack([x, np.ones((len(x), 1))])  # the bias as one more weight, regularized like the others
classes = np.arange(10)
model = LogisticRegression(C=1 / float(given["l2"]), fit_intercept=False, solver="newton-cg", tol=1e-10, max_iter=1000)
picks, proba = list(range(batch_size)), []
for _ in range(int(given["rounds"])):
    # scikit-learn knows the classes that occur; one image of each, of weight 0, changes nothing else.
    weight = np.r_[np.ones(len(picks)), np.zeros(10)]
    model.fit(np.vstack([x[picks], np.zeros((10, x.shape[1]))]), np.r_[y[picks], classes], sample_weight=weight)
    proba.append(model.predict_proba(x))
    rest = np.setdiff1d(np.arange(len(x)), picks)
    low, high = np.sort(proba[-1][rest], axis=1)[:, -2:].T
    picks += rest[np.argsort(high - low)[:batch_size]].tolist()
np.savez(sys.argv[2], picks=picks[:-batch_size], proba=proba)
