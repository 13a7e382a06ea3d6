"""One fit of the network against Keras: the same layers, start, images, order and learning rates. Prints a table.

usage: network_fit.py [repeats]; or with `ours` or `keras` and a number: one contestant, in its own process.

Keras gets the same batches in three ways: as 200 epochs of the 96 labeled images, which is how `model.fit` is called,
and without shuffling, so that the order is the same; as 200 epochs of a pipeline in our order; and as one long epoch of
it, the best that can be done for Keras. The weights are the same but for rounding. One thread each, CPU seconds of the
second fit: the first one also traces graphs.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

N_LABELS, N_POOL, STEPS, BATCH = 96, 4000, 600, 32  # three batches an epoch
NAMES = {
    "ours": "this project",
    "one": "Keras, all steps in one epoch",
    "epochs": "Keras, 200 epochs of one `tf.data` pipeline",
    "ours in order": "this project, never shuffled",
    "arrays in order": "Keras, `model.fit(x, y, epochs=200, shuffle=False)`",
    "ours augmented": "this project, augmented",
    "keras augmented": "Keras, one epoch, augmented by its layers",
}


def run(contestant, seed):
    import numpy as np

    from helpers.data import open_data, scale
    from helpers.models import augment, network
    from helpers.quiet import tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    data = open_data("")
    x, y = data.tuning(seed)
    x = scale(x)
    augmented = "augmented" in contestant
    ours = network.Network(data.shape, data.n_classes, seed, augmented=float(augmented), steps=STEPS, batch_size=BATCH)
    start = [weights.numpy() for weights in ours._weights]
    steps = np.arange(STEPS)
    rates = ours.learning_rate * np.minimum((steps + 1) / network.WARM_UP, 1) * (1 + np.cos(np.pi * steps / STEPS)) / 2
    order = network._shuffles(ours._generator(), N_LABELS, STEPS, BATCH)
    few, labels = x[:N_LABELS], y[:N_LABELS]

    def keras_model():
        layers = tf.keras.layers
        shown = [
            layers.RandomTranslation(augment.SHIFT / 28, augment.SHIFT / 28, fill_mode="constant"),
            layers.RandomRotation(augment.TURN / 2 / np.pi, fill_mode="constant"),
            layers.RandomZoom((-augment.SCALE, augment.SCALE), (-augment.SCALE, augment.SCALE), fill_mode="constant"),
            layers.RandomShear(augment.SLANT, augment.SLANT, fill_mode="constant"),
        ]
        seen = [layers.Conv2D(n, side, 2, "same", activation="relu") for side, n in network.FILTERS]
        last = layers.Dense(data.n_classes, activation="softmax")
        inputs = tf.keras.Input((*data.shape, 1))
        return tf.keras.Sequential([inputs, *(shown if augmented else []), *seen, layers.Flatten(), last])

    class Rates(tf.keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            return tf.gather(tf.constant(rates, tf.float32), tf.cast(step, tf.int32))

    model = None if "ours" in contestant else keras_model()
    seconds = []
    if model:
        model.compile(tf.keras.optimizers.Adam(Rates(), epsilon=network.EPSILON), "sparse_categorical_crossentropy")
        model.optimizer.build(model.trainable_variables)
        begin = [variable.numpy() for variable in model.optimizer.variables]
    for _ in range(2):
        if model:
            model.set_weights(start)
            for variable, value in zip(model.optimizer.variables, begin, strict=True):
                variable.assign(value)
        started = time.process_time()
        if contestant == "ours in order":
            ours._learn(few, labels, np.arange(STEPS * BATCH).reshape(STEPS, BATCH) % N_LABELS, None)
        elif not model:
            ours.fit(few, labels)
        elif contestant == "arrays in order":
            model.fit(
                few[..., None], labels, batch_size=BATCH, epochs=STEPS * BATCH // N_LABELS, shuffle=False, verbose=0
            )
        else:
            rows, n = order.ravel(), STEPS if contestant != "epochs" else N_LABELS // BATCH
            batches = tf.data.Dataset.from_tensor_slices((few[rows, ..., None], labels[rows])).batch(BATCH)
            model.fit(batches, steps_per_epoch=n, epochs=STEPS // n, verbose=0)
        seconds.append(time.process_time() - started)
    judged = (model.predict(x[N_POOL:, ..., None], verbose=0) if model else ours.predict_proba(x[N_POOL:])).argmax(
        axis=1
    )
    print(json.dumps({"seconds": seconds[-1], "accuracy": float(np.mean(judged == y[N_POOL:]))}))


def main(repeats):
    found = {name: [] for name in NAMES}
    for seed in range(repeats):
        for name, results in found.items():
            command = [sys.executable, "-W", "ignore", __file__, name, str(seed)]
            environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1]), "OMP_NUM_THREADS": "1"}
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
            results.append(json.loads(done.stdout.splitlines()[-1]))
    print("| | CPU s a fit | times | accuracy |\n| --- | ---: | ---: | ---: |")
    for name, results in found.items():
        kind = next((kind for kind in (" augmented", " in order") if kind in name), "")
        rival = found[f"ours{kind}"]
        times = median(a["seconds"] / b["seconds"] for a, b in zip(results, rival, strict=True))
        accuracy = sum(one["accuracy"] for one in results) / repeats
        print(f"| {NAMES[name]} | {median(one['seconds'] for one in results):.2f} | {times:.1f} | {accuracy:.2%} |")


if __name__ == "__main__":
    run(sys.argv[1], int(sys.argv[2])) if len(sys.argv) > 2 else main(int(sys.argv[1]) if sys.argv[1:] else 3)
