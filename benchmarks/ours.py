"""Experiments 5 and 6 with this project's helpers, and the time that reading the labeled images alone would take."""

import json
import time

import numpy as np

from helpers.article import PROTOCOL
from helpers.data import load_mnist
from helpers.loop import Learner, active_learning, auto_labeling
from helpers.models.softmax import SoftmaxRegression
from helpers.pool import Pool

batch_size = PROTOCOL["batch_size"]
data = load_mnist()
start = time.perf_counter()
model = SoftmaxRegression(data.n_features, data.n_classes, PROTOCOL["learning_rate"], PROTOCOL["patience"])
pool = Pool(data.x_pool, data.y_pool)
learner = Learner(model, pool, data.x_stop, data.y_stop)
by_hand = list(active_learning(learner, batch_size, batch_size * PROTOCOL["rounds"]))
middle = time.perf_counter()
by_machine = list(auto_labeling(learner, batch_size))
end = time.perf_counter()


def floor(first_round, fits):
    """Seconds to read the labeled images twice a step. A product with one vector reads them once, and little else."""
    images, vector = pool.x_labeled.reshape(len(data.x_pool), -1), np.ones(data.n_features, np.float32)
    seconds = 0
    for n, fit in enumerate(fits, first_round):
        labeled, times = images[: n * batch_size], []
        for _ in range(5):
            begin = time.perf_counter()
            labeled @ vector
            times.append(time.perf_counter() - begin)
        seconds += 2 * len(fit.losses) * min(times)
    return seconds


print(
    json.dumps(
        {
            "seconds": [middle - start, end - middle],
            "accuracies": [fit.accuracy for fit in by_hand + by_machine],
            "floor": [floor(1, by_hand), floor(1 + len(by_hand), by_machine)],
            "steps": sum(len(fit.losses) for fit in by_hand + by_machine),
        }
    )
)
