"""How the network and its augmentation were chosen: on training images that no pool and no judge holds.

100 random labels, the first of 4,000 `tuning` images; accuracy on the other 6,000, mean of a few shuffles. One thing
changes at a time. Prints a Markdown table; the last one is in NETWORK.md.
"""

import sys
import time

import numpy as np

from helpers.data import open_data, scale
from helpers.models import network
from helpers.models.network import Network

SEEDS = range(int(sys.argv[1]) if len(sys.argv) > 1 else 4)
N_LABELS, N_POOL, FILTERS = 100, 4000, network.FILTERS
WAYS = {
    "as chosen": {},
    "images as they are": {"augmented": 0},
    "half the transforms": {"augmented": 0.5},
    "1.5 times the transforms": {"augmented": 1.5},
    "300 steps": {"steps": 300},
    "1,200 steps": {"steps": 1200},
    "batches of 16": {"batch_size": 16},
    "batches of 64": {"batch_size": 64},
    "learning rate 0.001": {"learning_rate": 1e-3},
    "learning rate 0.004": {"learning_rate": 4e-3},
    "two layers, 16 and 32 filters": {"filters": FILTERS[:2]},
    "half the filters": {"filters": tuple((side, n // 2) for side, n in FILTERS)},
    "twice the filters": {"filters": tuple((side, 2 * n) for side, n in FILTERS)},
}


def main():
    data = open_data("")
    print("| network | accuracy | in each shuffle | s a fit |\n| --- | ---: | --- | ---: |")
    for name, changed in WAYS.items():
        network.FILTERS = changed.get("filters", FILTERS)
        rest = {key: value for key, value in changed.items() if key != "filters"}
        accuracies, seconds = [], 0
        for seed in SEEDS:
            x, y = data.tuning(seed)
            x, model = scale(x), Network(data.shape, data.n_classes, seed, **rest)
            model.fit(x[:10], y[:10])  # traces the graph
            started = time.process_time()
            model.fit(x[:N_LABELS], y[:N_LABELS])
            seconds += time.process_time() - started
            accuracies.append(np.mean(model.predict_proba(x[N_POOL:]).argmax(axis=1) == y[N_POOL:]))
        each = ", ".join(f"{one:.1%}" for one in accuracies)
        print(f"| {name} | {np.mean(accuracies):.1%} | {each} | {seconds / len(SEEDS):.2f} |", flush=True)


if __name__ == "__main__":
    main()
