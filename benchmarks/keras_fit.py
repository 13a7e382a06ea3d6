"""(b) The same as most people would write it today: Keras, `model.fit` on the full batch, EarlyStopping.

A round takes more than a second, so only a sample of the rounds is run, on the labels that our helpers give, and scaled
up. EarlyStopping never goes back to the weights that a `fit` starts from, so the accuracies are not the article's.
"""

import json
import time

import numpy as np

from helpers.article import PROTOCOL
from helpers.data import load_mnist
from helpers.loop import Learner, active_learning, auto_labeling
from helpers.models.softmax import SoftmaxRegression
from helpers.pool import Pool

import keras  # isort: skip  (after helpers, which silence TensorFlow's log)

batch_size, rounds = PROTOCOL["batch_size"], PROTOCOL["rounds"]
every = {5: 4, 6: 24}  # of the 40 rounds of experiment 5, and of the 360 of experiment 6
data = load_mnist()
ours = SoftmaxRegression(data.n_features, data.n_classes, PROTOCOL["learning_rate"], PROTOCOL["patience"])
pool = Pool(data.x_pool, data.y_pool)
learner = Learner(ours, pool, data.x_stop, data.y_stop)
for _ in (*active_learning(learner, batch_size, batch_size * rounds), *auto_labeling(learner, batch_size)):
    pass

model = keras.Sequential(
    [
        keras.Input(data.x_pool.shape[1:]),
        keras.layers.Flatten(),
        keras.layers.Dense(data.n_classes, activation="softmax", kernel_initializer="zeros"),
    ]
)
optimizer = keras.optimizers.Adam(PROTOCOL["learning_rate"], epsilon=1e-8)
model.compile(optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])


def one_round(n):
    """Fit to the first n labels, then predict and sort the rest. Returns seconds."""
    start = time.perf_counter()
    stop = keras.callbacks.EarlyStopping(
        monitor="val_accuracy", patience=PROTOCOL["patience"], restore_best_weights=True
    )
    model.fit(
        pool.x_labeled[:n],
        pool.y_labeled[:n],
        batch_size=n,
        epochs=10_000,
        validation_data=(data.x_stop, data.y_stop),
        callbacks=[stop],
        verbose=0,
    )
    rest = np.delete(data.x_pool, pool.labeled[:n], axis=0)
    if len(rest):
        model.predict(rest, verbose=0).max(axis=1).argsort()
    return time.perf_counter() - start


for n in (batch_size, 2 * batch_size):  # traces the graphs, which is not counted
    one_round(n)
samples = (
    range(every[5], rounds + 1, every[5]),
    range(rounds + every[6], len(data.x_pool) // batch_size + 1, every[6]),
)
by_hand, by_machine = ([one_round(n * batch_size) for n in sample] for sample in samples)
print(
    json.dumps(
        {
            "seconds": [every[5] * sum(by_hand), every[6] * sum(by_machine)],
            "accuracies": [float(model.evaluate(data.x_stop, data.y_stop, verbose=0)[1])],
            "sample": [len(by_hand), len(by_machine)],
        }
    )
)
