"""How self-training and the graph of notebook 10 were chosen: on training images that no pool and no judge holds.

The network learns from 20 or 100 random labels and from the rest of 4,000 `tuning` images; accuracy on the other 6,000,
mean of a few shuffles. One thing changes at a time. Prints a Markdown table; the last one is in NETWORK.md.
"""

import sys

import numpy as np

from helpers.data import open_data, scale
from helpers.models import find_model, graph
from helpers.models.graph import neighbor_graph, spread_labels
from helpers.models.semi_supervised import GRAPH_SHARE, SHARES, graph_training, self_training, teach

SEEDS = range(int(sys.argv[1]) if len(sys.argv) > 1 else 4)
SIZES, N_POOL = (20, 100), 4000
OWN = {
    "labels alone": None,
    "own labels, as chosen: 80 %, then 95 %": {},
    "one round: 80 %": {"shares": SHARES[:1]},
    "one round: 95 %": {"shares": SHARES[1:]},
    "50 %, then 80 %": {"shares": (0.5, 0.8)},
    "80 %, then all": {"shares": (0.8, 1.0)},
    "a third round: 80, 95, 95 %": {"shares": (0.8, 0.95, 0.95)},
    "all images of a batch drawn alike": {"mixed": False},
}
GRAPH = {
    "graph, as chosen: 10 neighbors, alpha 0.9, 95 %": {},
    "5 neighbors": {"neighbors": 5},
    "20 neighbors": {"neighbors": 20},
    "alpha 0.5": {"alpha": 0.5},
    "alpha 0.99": {"alpha": 0.99},
    "80 % of the images": {"part": 0.8},
    "all images": {"part": 1.0},
}


class Unmixed:
    """A model that isn't told which labels are its own."""

    def __init__(self, model):
        self.fit, self.predict_proba = model.fit, model.predict_proba


def after_own_labels(model, known, proba, changed):
    """Fit the model once more, as `changed` says."""
    if changed is not None:
        taught = model if changed.get("mixed", True) else Unmixed(model)
        self_training(taught, *known, proba, changed.get("shares", SHARES))


def after_graph(model, known, seen, n_classes, changed):
    """The same with labels that spread over a graph."""
    neighbors, alpha = changed.get("neighbors", graph.NEIGHBORS), changed.get("alpha", 0.9)
    if not changed:
        return graph_training(model, *known, seen, n_classes)
    seen = seen / np.maximum(np.linalg.norm(seen, axis=1, keepdims=True), 1e-12)
    x, y, x_rest = known
    spread = spread_labels(neighbor_graph(seen, neighbors), np.arange(len(x)), y, n_classes, alpha)[len(x) :]
    surest = np.argsort(-spread.max(axis=1), kind="stable")[: int(changed.get("part", GRAPH_SHARE) * len(spread))]
    teach(model, x, y, x_rest[surest], spread[surest].argmax(axis=1))


def accuracies(data, seed, size):
    """Way -> accuracy, for one shuffle."""
    x, y = data.tuning(seed)
    x, model, found = scale(x), find_model("network")(data, seed), {}
    known = x[:size], y[:size], x[size:N_POOL]
    model.fit(*known[:2])
    proba, seen = model.predict_proba(known[2]), model.features(x[:N_POOL])
    for name, changed in OWN.items():
        after_own_labels(model, known, proba, changed)
        found[name] = np.mean(model.predict_proba(x[N_POOL:]).argmax(axis=1) == y[N_POOL:])
    for name, changed in GRAPH.items():
        after_graph(model, known, seen, data.n_classes, changed)
        found[name] = np.mean(model.predict_proba(x[N_POOL:]).argmax(axis=1) == y[N_POOL:])
    return found


def main():
    data = open_data("")
    found = {size: [accuracies(data, seed, size) for seed in SEEDS] for size in SIZES}
    print("| way | " + " | ".join(f"{size} labels | in each shuffle" for size in SIZES) + " |")
    print("| --- |" + " ---: | --- |" * len(SIZES))
    for name in (*OWN, *GRAPH):
        each = {size: [one[name] for one in found[size]] for size in SIZES}
        cells = [f"{np.mean(of):.1%} | {', '.join(f'{one:.1%}' for one in of)}" for of in each.values()]
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
