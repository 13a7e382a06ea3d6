"""The article's published numbers with the helpers alone; they don't depend on the machine's threads or kernels.

As a script: print what `experiments` returns, as JSON.
"""

import json
import os
import subprocess
import sys

import pytest

from helpers.article import PROTOCOL, PUBLISHED, PUBLISHED_ROUNDS
from helpers.data import load_mnist
from helpers.loop import Learner, active_learning, auto_labeling
from helpers.models.softmax import SoftmaxRegression
from helpers.pool import Pool

BATCH, ROUNDS = PROTOCOL["batch_size"], PROTOCOL["rounds"]


def experiments(data):
    """The accuracies of the article's experiments, by the names in `PUBLISHED`, one per round."""
    model = SoftmaxRegression(data.n_features, data.n_classes, PROTOCOL["learning_rate"], PROTOCOL["patience"])
    pool = Pool(data.x_pool, data.y_pool)
    learner = Learner(model, pool, data.x_stop, data.y_stop)

    def fit():
        return [model.fit(pool.x_labeled, pool.y_labeled, data.x_stop, data.y_stop).accuracy]

    def anew(n):
        model.reset()
        pool.reset()
        pool.label_manually(pool.unlabeled[:n])

    def by_hand():
        anew(0)
        return [fit.accuracy for fit in active_learning(learner, BATCH, BATCH * ROUNDS)]

    result = {}
    for name, n in (("all labeled", len(data.x_pool)), ("random", BATCH * ROUNDS)):
        anew(n)
        result[name] = fit()
    by_hand()
    rest = pool.unlabeled
    pool.label_automatically(rest, model.predict_proba(pool.images)[rest].argmax(axis=1))
    result["auto-label all at once"] = fit()
    result["active learning"] = by_hand()
    result["auto-label most confident first"] = [fit.accuracy for fit in auto_labeling(learner, BATCH)]
    assert model._fit_graph.experimental_get_tracing_count() == 1  # 10 to 4,000 images: one graph
    return result


@pytest.fixture(scope="module")
def ours():
    return experiments(load_mnist())


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_accuracy(ours, name):
    assert ours[name][-1] == PUBLISHED[name]


def test_all_40_rounds_of_active_learning(ours):
    assert ours["active learning"] == PUBLISHED_ROUNDS


def test_auto_labeling_gains_three_images_late(ours):
    """0.9000 comes at 3,550 labels and 0.9050 at 3,880, in 360 rounds of 10."""
    accuracies = ours["auto-label most confident first"]
    labels = [400 + 10 * (i + 1) for i in range(360)]
    assert accuracies == [0.8975 if n < 3550 else 0.9 if n < 3880 else 0.905 for n in labels]


KERNELS = [  # "AVX2" is what processors without AVX-512 run; it has no effect on other architectures
    pytest.param({"TF_NUM_INTRAOP_THREADS": "1", "ONEDNN_MAX_CPU_ISA": "AVX2"}, id="one thread, AVX2"),
    pytest.param({"TF_ENABLE_ONEDNN_OPTS": "0"}, id="TensorFlow's own", marks=pytest.mark.long),
]


@pytest.mark.parametrize("settings", KERNELS)
def test_the_same_with_other_threads_and_kernels(ours, settings):
    """In processes of their own, because TensorFlow reads these once, when it is imported."""
    done = subprocess.run([sys.executable, __file__], env={**os.environ, **settings}, capture_output=True, check=True)
    assert json.loads(done.stdout) == ours


if __name__ == "__main__":
    print(json.dumps(experiments(load_mnist())))
