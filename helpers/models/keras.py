"""Any compiled Keras classifier as a model for the studies, the loop and the race."""

import numpy as np

from helpers.checks import whole_number
from helpers.quiet import tf

keras = tf.keras


class KerasModel:
    """A compiled Keras classifier that is trained from its start in every `fit`.

    model: its last layer gives n_classes probabilities (softmax), its loss takes whole numbers as labels, such as
    "sparse_categorical_crossentropy". What it is now, optimizer included, is its start. epochs, batch_size: of
    `model.fit`. seed: of all that Keras draws; it is set in every `fit`, for Python, NumPy and TensorFlow, as
    `keras.utils.set_random_seed` does.
    Images may have any shape (n, ...) with as many numbers as its input; labels are integers, shape (n,).

    For a study: `lambda data, seed: KerasModel(build(data.shape, data.n_classes), seed=seed)`.
    """

    def __init__(self, model, epochs=20, batch_size=32, seed=0):
        if not isinstance(model, keras.Model) or not getattr(model, "compiled", False):
            raise ValueError("KerasModel takes a compiled Keras model: call model.compile(optimizer, loss) first.")
        if not model.built:
            raise ValueError("The model doesn't know the shape of its images yet: begin it with keras.Input(shape).")
        self.model, self.epochs = model, whole_number("epochs", epochs, 1)
        self.batch_size, self.seed = whole_number("batch_size", batch_size, 1), whole_number("seed", seed, 0)
        model.optimizer.build(model.trainable_variables)
        self._start = [variable.numpy() for variable in self._variables]

    @property
    def _variables(self):
        return [*self.model.variables, *self.model.optimizer.variables]

    def reset(self):
        """Weights, the optimizer's state and the states of layers back to the start."""
        for variable, value in zip(self._variables, self._start, strict=True):
            variable.assign(value)

    def fit(self, x, y):
        """Train from the start; returns what `model.fit` returns."""
        self.reset()
        keras.utils.set_random_seed(self.seed)
        return self.model.fit(self._shaped(x), np.asarray(y), epochs=self.epochs, batch_size=self.batch_size, verbose=0)

    def predict_proba(self, x):
        """Class probabilities, (n, n_classes)."""
        proba = self.model.predict(self._shaped(x), verbose=0)
        if proba.ndim != 2 or not np.allclose(proba.sum(axis=1), 1, atol=1e-3):
            raise ValueError("The model doesn't give probabilities: its last layer should be Dense with softmax.")
        return proba

    def _shaped(self, x):
        x, shape = np.asarray(x, np.float32), self.model.input_shape[1:]
        if None not in shape and np.prod(x.shape[1:]) != np.prod(shape):
            raise ValueError(f"The model takes images of the shape {shape}; these have the shape {x.shape[1:]}.")
        return x if None in shape else x.reshape(len(x), *shape)
