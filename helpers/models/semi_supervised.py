"""Models that learn from unlabeled images as well: from labels that they, or a graph of neighbors, give them."""

import numpy as np

from helpers.models.graph import neighbor_graph, spread_labels

SHARES = (0.8, 0.95)  # of the unlabeled images, the most confident first, that get an own label: in round 1, in round 2
GRAPH_SHARE = 0.95


def self_training(model, x, y, x_rest, proba, shares=SHARES):
    """A model labels the unlabeled images x_rest that it is most sure of, and is fitted to these and to the labels x, y
    (Yarowsky 1995; "pseudo-labels", Lee 2013). A round for each of `shares`.

    proba: (n, n_classes), what the model says of x_rest after the labels alone.
    Returns (positions in x_rest, their own labels) of the last round.
    """
    for i, part in enumerate(shares):
        own, labels = _surest(model.predict_proba(x_rest) if i else proba, part)
        teach(model, x, y, x_rest[own], labels)
    return own, labels


def graph_training(model, x, y, x_rest, seen, n_classes, part=GRAPH_SHARE):
    """The same in one round, with labels that spread over a graph of neighbors (Zhou et al. 2004).

    seen: (m + n, ...), the m labeled images, then x_rest, as their neighbors are to be found: what the last layer of a
    network is shown, or the images themselves.
    """
    seen = np.float32(np.reshape(seen, (len(seen), -1)))
    seen /= np.maximum(np.sqrt(np.vecdot(seen, seen)), 1e-12)[:, None]
    spread = spread_labels(neighbor_graph(seen), np.arange(len(x)), y, n_classes)
    own, labels = _surest(spread[len(x) :], part)
    teach(model, x, y, x_rest[own], labels)
    return own, labels


def teach(model, x, y, x_own, y_own):
    """Fit a model to labels and to own labels. One with `fit_mixed` knows which are which."""
    if hasattr(model, "fit_mixed"):
        return model.fit_mixed(x, y, x_own, y_own)
    return model.fit(np.concatenate([x, x_own]), np.concatenate([y, y_own]))


def _surest(proba, part):
    surest = np.argsort(-proba.max(axis=1), kind="stable")[: int(part * len(proba))]
    return surest, proba[surest].argmax(axis=1)
