import hashlib
import subprocess
import sys

import numpy as np
import pytest

from helpers.data import open_data, scale
from helpers.models import MODELS
from helpers.models.augment import transforms
from helpers.models.keras import KerasModel, keras
from helpers.models.network import Network
from helpers.quiet import tf


@pytest.fixture(scope="module")
def digits():
    x, y = open_data("").tuning(0)
    return scale(x[:700]), y[:700]


@pytest.fixture(scope="module")
def network():
    return Network((28, 28), 10, 0, steps=60)


def test_the_training_is_that_of_keras(digits):
    # Same start, order and learning rates: a few steps end at the same probabilities, but for rounding.
    x, y = digits[0][:64], digits[1][:64]
    ours = Network((28, 28), 10, 3, augmented=0, steps=5)
    layers = [keras.layers.Conv2D(n, side, 2, "same", activation="relu") for side, n in ((5, 16), (3, 32), (3, 64))]
    last = keras.layers.Dense(10, activation="softmax")
    theirs = keras.Sequential([keras.Input((28, 28, 1)), *layers, keras.layers.Flatten(), last])
    theirs.set_weights([weights.numpy() for weights in ours._weights])
    theirs.compile(keras.optimizers.Adam(epsilon=1e-7), "sparse_categorical_crossentropy")
    rng = np.random.default_rng([3, 1])
    order = np.concatenate([rng.permutation(64) for _ in range(3)])[: 5 * 32].reshape(5, 32)
    for step, batch in enumerate(order):
        theirs.optimizer.learning_rate = 2e-3 * (step + 1) / 50 * (1 + np.cos(np.pi * step / 5)) / 2
        theirs.train_on_batch(x[batch, ..., None], y[batch])
    expected = theirs.predict(x[..., None], verbose=0)
    found = ours.fit(x, y).predict_proba(x)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert abs(found - Network((28, 28), 10, 3, augmented=0, steps=5).predict_proba(x)).max() > 1e-3  # it did move


def test_a_fit_depends_on_its_images_labels_and_seed_alone(digits, network):
    x, y = digits
    first = network.fit(x[:50], y[:50]).predict_proba(x)
    network.fit(x[50:200], y[50:200])
    assert np.array_equal(network.fit(x[:50], y[:50]).predict_proba(x), first)
    other = Network((28, 28), 10, 1, steps=60)
    assert not np.array_equal(other.fit(x[:50], y[:50]).predict_proba(x), first)


@pytest.mark.long  # TensorFlow is imported once more
def test_a_fit_is_the_same_in_another_process(digits, network):
    x, y = digits
    code = (
        "import hashlib\nfrom helpers.data import open_data, scale\nfrom helpers.models.network import Network\n"
        "x, y = open_data('').tuning(0)\n"
        "proba = Network((28, 28), 10, 0, steps=60).fit(scale(x[:50]), y[:50]).predict_proba(scale(x[:700]))\n"
        "print(hashlib.sha256(proba.tobytes()).hexdigest())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    mine = network.fit(x[:50], y[:50]).predict_proba(x)
    assert done.stdout.strip() == hashlib.sha256(mine.tobytes()).hexdigest()


def test_it_learns_digits_and_augmentation_helps(digits):
    x, y = digits
    accuracies = [
        np.mean(Network((28, 28), 10, 0, augmented=strength, steps=300).fit(x[:100], y[:100]).predict_proba(x[100:])
                .argmax(axis=1) == y[100:])
        for strength in (0, 1)
    ]  # fmt: skip
    assert accuracies[0] > 0.65
    assert accuracies[1] > accuracies[0] + 0.05


def test_own_labels_that_are_wrong_do_not_drown_the_labels(digits):
    (x, y), ones = digits, np.ones(600, int)
    model = Network((28, 28), 10, 0, augmented=0, steps=100)
    together = model.fit(np.concatenate([x[:50], x[100:]]), np.concatenate([y[:50], ones])).predict_proba(x[:50])
    mixed = model.fit_mixed(x[:50], y[:50], x[100:], ones).predict_proba(x[:50])
    assert np.mean(together.argmax(axis=1) == y[:50]) < 0.5
    assert np.mean(mixed.argmax(axis=1) == y[:50]) > 0.7


def test_no_image_has_no_probabilities(network):
    assert network.predict_proba(np.zeros((0, 28, 28))).shape == (0, 10)
    assert network.features(np.zeros((3, 28, 28))).shape == (3, 1024)


def test_rows_of_features_get_a_sentence():
    with pytest.raises(ValueError, match=r"looks at images \(height, width\); these rows have the shape \(64,\)"):
        Network((64,), 10, 0)


def test_every_model_of_the_table_is_made_of_a_data_set(digits):
    data, (x, y) = open_data(""), digits
    for make in MODELS.values():
        model = make(data, 0)
        model.fit(x[:30], y[:30])
        proba = np.asarray(model.predict_proba(x[:5]))
        assert proba.shape == (5, 10)
        np.testing.assert_allclose(proba.sum(axis=1), 1, atol=1e-5)


def test_no_strength_is_no_transform():
    maps = transforms(np.random.default_rng(0), 5, (28, 28), 0)
    np.testing.assert_allclose(maps, np.tile([1, 0, 0, 0, 1, 0, 0, 0], (5, 1)), atol=1e-5)


def test_transforms_keep_the_middle_near_the_middle():
    # an image with a dot in the middle: shifted by 3 pixels at most in each direction, and never lost
    image = np.zeros((200, 29, 29, 1), np.float32)
    image[:, 14, 14] = 1
    maps = transforms(np.random.default_rng(0), 200, (29, 29))
    moved = tf.raw_ops.ImageProjectiveTransformV3(
        images=image, transforms=maps, output_shape=(29, 29), interpolation="BILINEAR", fill_mode="CONSTANT",
        fill_value=0.0,
    ).numpy()[..., 0]  # fmt: skip
    total = moved.sum(axis=(1, 2))
    rows, columns = np.mgrid[:29, :29]
    away = [(moved * grid).sum(axis=(1, 2)) / total - 14 for grid in (rows, columns)]
    assert total.min() > 0.3
    assert 1.5 < abs(np.array(away)).max() < 6


@pytest.fixture
def compiled():
    keras.utils.set_random_seed(1)
    layers = [keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dropout(0.2)]
    model = keras.Sequential([*layers, keras.layers.Dense(10, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def test_a_keras_model_is_trained_as_by_model_fit_from_its_start_each_time(digits, compiled):
    x, y = digits[0][:60], digits[1][:60]
    mine = KerasModel(compiled, epochs=3, seed=5)
    found = mine.fit(x, y), mine.predict_proba(x)
    mine.fit(digits[0][100:200], digits[1][100:200])  # leaves no trace
    again = mine.fit(x, y), mine.predict_proba(x)
    keras.utils.set_random_seed(1)
    twin = keras.models.clone_model(compiled)
    mine.reset()
    twin.set_weights(compiled.get_weights())
    twin.compile("adam", "sparse_categorical_crossentropy")
    keras.utils.set_random_seed(5)
    twin.fit(x[..., None], y, epochs=3, batch_size=32, verbose=0)
    assert np.array_equal(found[1], again[1])
    assert found[0].history == again[0].history
    np.testing.assert_allclose(found[1], twin.predict(x[..., None], verbose=0), atol=0.02)


def test_what_keras_model_can_not_use_gets_a_sentence(compiled, digits):
    with pytest.raises(ValueError, match=r"call model\.compile"):
        KerasModel(keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)]))
    with pytest.raises(ValueError, match=r"images of the shape \(28, 28, 1\); these have the shape \(8, 8\)"):
        KerasModel(compiled).fit(np.zeros((5, 8, 8)), np.zeros(5, int))
    raw = keras.Sequential([keras.Input((28, 28)), keras.layers.Flatten(), keras.layers.Dense(10)])
    raw.compile("adam", "sparse_categorical_crossentropy")
    with pytest.raises(ValueError, match="softmax"):
        KerasModel(raw).predict_proba(digits[0][:3])
