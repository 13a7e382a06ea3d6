"""Is a probability of 90 % right 9 times of 10?"""

import numpy as np
from scipy.optimize import minimize_scalar

EDGES = (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1)


def scaled(proba, temperature):
    """Probabilities (n, n_classes) with their logarithms divided by the temperature: above 1 is less sure."""
    logs = np.log(np.maximum(proba, 1e-300)) / temperature
    scaled = np.exp(logs - logs.max(axis=1, keepdims=True))
    return scaled / scaled.sum(axis=1, keepdims=True)


def fit_temperature(proba, y):
    """The temperature with the smallest cross-entropy on labels y (Guo et al. 2017), from 0.01 to 100."""

    def loss(log_temperature):
        true = scaled(proba, np.exp(log_temperature))[np.arange(len(y)), y]
        return -np.log(np.maximum(true, 1e-300)).mean()

    return float(np.exp(minimize_scalar(loss, bounds=np.log((0.01, 100)), method="bounded").x))


def reliability(proba, y, temperature=1.0):
    """Images binned by confidence. A row a bin that holds any: low and high (its edges), images, confidence (their
    mean), right (share).
    """
    proba = scaled(proba, temperature)
    confidence, right = proba.max(axis=1), proba.argmax(axis=1) == y
    bins = np.minimum(np.digitize(confidence, EDGES), len(EDGES) - 1)
    return [
        {
            "low": EDGES[b - 1],
            "high": EDGES[b],
            "images": int((bins == b).sum()),
            "confidence": float(confidence[bins == b].mean()),
            "right": float(right[bins == b].mean()),
        }
        for b in np.unique(bins)
    ]


def calibration_error(images, confidence, right):
    """The expected calibration error of bins as `reliability` gives them (Naeini, Cooper and Hauskrecht 2015)."""
    return float(np.average(np.abs(np.subtract(confidence, right)), weights=images))
