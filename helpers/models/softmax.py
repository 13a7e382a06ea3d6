"""Softmax regression, trained as in the article: full-batch Adam that stops when an accuracy no longer grows."""

from typing import NamedTuple

import numpy as np

from helpers.checks import positive_number, whole_number
from helpers.quiet import tf

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8  # Adam's usual constants (Kingma and Ba 2015), and the article's


class Fit(NamedTuple):
    """What one call of `fit` saw."""

    accuracies: np.ndarray  # (steps + 1,) on the stopping set, before the first step and after each
    losses: np.ndarray  # (steps,) mean cross-entropy of the labeled images, before each step

    @property
    def best_step(self):
        """The step whose weights were kept."""
        return int(self.accuracies.argmax())

    @property
    def accuracy(self):
        """The accuracy of the weights that were kept."""
        return float(self.accuracies[self.best_step])


class SoftmaxRegression(tf.Module):
    """p(class | image) = softmax(image @ weights + bias).

    n_features: pixels in one image. learning_rate: Adam's. patience: steps without improvement before `fit` stops;
    it may be changed between two fits.
    dtype: "float32", as in the article, or "float64".
    Images may have any shape (n, ...) with n_features pixels each; labels are integers, shape (n,).
    """

    def __init__(self, n_features, n_classes, learning_rate, patience, dtype="float32"):
        super().__init__()
        self.learning_rate = positive_number("learning_rate", learning_rate)
        self.patience = whole_number("patience", patience, 1)
        self.weights = tf.Variable(tf.zeros((n_features, n_classes), dtype))
        self.bias = tf.Variable(tf.zeros(n_classes, dtype))
        self._moments = [[tf.Variable(tf.zeros_like(v)) for _ in range(2)] for v in (self.weights, self.bias)]
        self._step = tf.Variable(tf.zeros((), dtype))
        images, labels = tf.TensorSpec((None, n_features), dtype), tf.TensorSpec((None,), tf.int32)
        # One graph for every number of images: no tracing anew as the labeled set grows.
        patience = tf.TensorSpec((), tf.int32)
        self._fit_graph = tf.function(self._fit, input_signature=[images, labels, images, labels, patience])
        self._proba_graph = tf.function(self._proba, input_signature=[images])

    def reset(self):
        """Weights, bias and Adam's state back to zero."""
        for variable in self.variables:
            variable.assign(tf.zeros_like(variable))

    def fit(self, x, y, x_stop, y_stop):
        """Train on (x, y) from the current weights and Adam state; return a `Fit`.

        Stops after `patience` steps in a row that did not beat the best accuracy on the stopping set (x_stop, y_stop).
        The weights go back to the best step; Adam's state stays where it is.
        Raises ValueError if the loss of a step is not finite; only `reset` makes the model usable again.
        """
        stop = self._flat(x_stop), _labels(y_stop)
        correct, losses = (found.numpy() for found in self._fit_graph(self._flat(x), _labels(y), *stop, self.patience))
        if not np.isfinite(losses).all():
            raise ValueError(
                f"Training is not finite: the loss is {losses[~np.isfinite(losses)][0]} in step "
                f"{np.flatnonzero(~np.isfinite(losses))[0] + 1}. learning_rate = {self.learning_rate:g} is too large."
            )
        return Fit(correct / len(y_stop), losses)

    def predict_proba(self, x):
        """Class probabilities, (n, n_classes)."""
        return self._proba_graph(self._flat(x)).numpy()

    def accuracy(self, x, y):
        """The share of images whose most probable class is their label."""
        return float(np.mean(self.predict_proba(x).argmax(axis=1) == y))

    def _flat(self, x):
        # Unlike tf.convert_to_tensor, this copies no array that starts where TensorFlow likes it (`aligned_empty`).
        return tf.raw_ops.Identity(
            input=np.asarray(x, self.weights.dtype.as_numpy_dtype).reshape(-1, self.weights.shape[0])
        )

    def _logits(self, x):
        return tf.nn.bias_add(tf.matmul(x, self.weights), self.bias)

    def _proba(self, x):
        return tf.nn.softmax(self._logits(x))

    def _count_correct(self, x, y):
        guess = tf.argmax(self._logits(x), axis=1, output_type=tf.int32)
        return tf.math.count_nonzero(guess == y, dtype=tf.int32)

    def _fit(self, x, y, x_stop, y_stop, patience):
        best = self._count_correct(x_stop, y_stop)
        best_weights, best_bias = tf.identity(self.weights), tf.identity(self.bias)
        correct = tf.TensorArray(tf.int32, 1, dynamic_size=True, element_shape=()).write(0, best)
        losses = tf.TensorArray(x.dtype, 0, dynamic_size=True, element_shape=())
        step, without_gain = tf.constant(0), tf.constant(0)
        while without_gain < patience:
            losses = losses.write(step, self._take_step(x, y))
            step += 1
            now = self._count_correct(x_stop, y_stop)
            correct = correct.write(step, now)
            if now > best:
                best, without_gain = now, tf.constant(0)
                best_weights, best_bias = tf.identity(self.weights), tf.identity(self.bias)
            else:
                without_gain += 1
        self.weights.assign(best_weights)
        self.bias.assign(best_bias)
        return correct.stack(), losses.stack()

    @tf.autograph.experimental.do_not_convert  # has no loop or branch of the graph: spares rewriting it
    def _take_step(self, x, y):
        """One step of Adam on the mean cross-entropy of (x, y); returns that loss before the step."""
        loss, gradient = tf.raw_ops.SparseSoftmaxCrossEntropyWithLogits(features=self._logits(x), labels=y)
        # Times 1/n, not divided by n: in float32 the two differ in the last bit, and after 15 rounds of active
        # learning in the accuracy. The article's digits come from this one, which is what TensorFlow's gradient does.
        gradient *= 1.0 / tf.cast(tf.shape(x)[0], x.dtype)
        # The transpose of gradientᵀ @ x is xᵀ @ gradient, to the last bit, and takes half the time.
        gradients = tf.transpose(tf.matmul(gradient, x, transpose_a=True)), tf.reduce_sum(gradient, axis=0)
        self._step.assign_add(1.0)
        powers = [tf.pow(tf.constant(beta, x.dtype), self._step) for beta in (BETA1, BETA2)]
        for variable, moments, slope in zip((self.weights, self.bias), self._moments, gradients, strict=True):
            tf.raw_ops.ResourceApplyAdam(
                var=variable.handle, m=moments[0].handle, v=moments[1].handle, grad=slope, lr=self.learning_rate,
                beta1=BETA1, beta2=BETA2, epsilon=EPSILON, beta1_power=powers[0], beta2_power=powers[1],
            )  # fmt: skip
        return tf.reduce_mean(loss)


def _labels(y):
    return tf.convert_to_tensor(y, tf.int32)
