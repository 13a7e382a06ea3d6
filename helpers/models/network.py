"""A small convolutional network, trained from its start in every `fit`: one compiled loop in TensorFlow.

Order of the images and their transforms are drawn in NumPy before the loop, so that a fit depends on its images, labels
and seed alone. On one machine it gives the same digits each time.
"""

import os

import numpy as np

from helpers.checks import positive_number, whole_number
from helpers.models.augment import transforms

# With more threads, sums are added up in another order. Without effect where TensorFlow is there already.
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
from helpers.quiet import tf

FILTERS = ((5, 16), (3, 32), (3, 64))  # side and number of the filters of each layer; each layer halves the image
WARM_UP = 50  # steps in which the learning rate rises; then it falls like a cosine
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-7  # Adam's usual constants (Kingma and Ba 2015)
AT_ONCE = 1000  # images that are predicted together


class Network:
    """p(class | image) by convolutions with a stride of 2, and softmax regression of what they see.

    shape: (height, width) of an image. seed: of the first weights and of the order. augmented: how strongly the
    images are transformed, anew in each step; 0 is not at all. steps, batch_size, learning_rate: of Adam.
    Images are (n, height, width), numbers from 0 to 1; labels integers from 0 to n_classes - 1, shape (n,).
    """

    def __init__(self, shape, n_classes, seed, augmented=1.0, steps=600, batch_size=32, learning_rate=2e-3):
        if len(shape) != 2:
            raise ValueError(f"A network looks at images (height, width); these rows have the shape {tuple(shape)}.")
        self.shape, self.seed, self.augmented = tuple(shape), whole_number("seed", seed, 0), augmented
        self.n_classes = whole_number("n_classes", n_classes, 2)
        self.steps, self.batch_size = whole_number("steps", steps, 1), whole_number("batch_size", batch_size, 2)
        self.learning_rate = positive_number("learning_rate", learning_rate)
        self._weights = [tf.Variable(tf.zeros(size)) for size in self._sizes()]
        self._moments = [[tf.Variable(tf.zeros_like(w)) for _ in range(2)] for w in self._weights]
        images, labels = tf.TensorSpec((None, *shape, 1)), tf.TensorSpec((None,), tf.int32)
        order, maps = tf.TensorSpec((None, self.batch_size), tf.int32), tf.TensorSpec((None, self.batch_size, 8))
        # One graph for every number of images, drawn here and not at the first call.
        self._train_graph = _graph(self._train, images, labels, order, maps, tf.TensorSpec((None,)))
        self._see_graph = _graph(self._see, images)
        self._proba_graph = _graph(lambda x: tf.nn.softmax(self._scores(self._see(x))), images)
        self.reset()

    def reset(self):
        """Forget: weights as drawn from the seed, Adam's state back to zero."""
        rng = np.random.default_rng(self.seed)
        for weights in self._weights:
            size, inputs = weights.shape, np.prod(weights.shape[:-1])
            # He et al. 2015; the last layer starts with a tenth of that, near equal probabilities.
            scale = (0.1 if weights is self._weights[-2] else 1) * np.sqrt(2 / max(inputs, 1))
            weights.assign(scale * rng.normal(size=size) if len(size) > 1 else np.zeros(size))
        for moment in (one for pair in self._moments for one in pair):
            moment.assign(tf.zeros_like(moment))

    def fit(self, x, y):
        """Learn from the start; returns itself."""
        rng = self._generator()
        return self._learn(x, y, _shuffles(rng, len(x), self.steps, self.batch_size), rng)

    def fit_mixed(self, x, y, x_own, y_own):
        """The same with images whose labels may be wrong, such as the machine's own: half of every batch are these, so
        that they don't drown the others.
        """
        rng, half = self._generator(), self.batch_size // 2
        own = len(x) + _shuffles(rng, len(x_own), self.steps, half)
        order = np.hstack([_shuffles(rng, len(x), self.steps, self.batch_size - half), own])
        return self._learn(np.concatenate([x, x_own]), np.concatenate([y, y_own]), order, rng)

    def _generator(self):
        return np.random.default_rng([self.seed, 1])

    def _learn(self, x, y, order, rng):
        maps = np.zeros((self.steps if self.augmented else 0, self.batch_size, 8), np.float32)
        if self.augmented:
            maps = transforms(rng, order.size, self.shape, self.augmented).reshape(maps.shape)
        steps = np.arange(self.steps)
        rates = self.learning_rate * np.minimum((steps + 1) / WARM_UP, 1) * (1 + np.cos(np.pi * steps / self.steps)) / 2
        self.reset()
        arrays = np.asarray(y, np.int32), order.astype(np.int32), maps, rates.astype(np.float32)
        self._train_graph(*map(tf.constant, (self._images(x), *arrays)))
        return self

    def predict_proba(self, x):
        """Class probabilities, (n, n_classes)."""
        return self._in_parts(self._proba_graph, x)

    def features(self, x):
        """What the last layer is shown of each image, (n, numbers)."""
        return self._in_parts(self._see_graph, x)

    def _in_parts(self, graph, x):
        if not len(x):  # convolutions want an image
            return self._in_parts(graph, np.zeros((1, *self.shape)))[:0]
        x = self._images(x)
        return np.concatenate([graph(tf.constant(x[i : i + AT_ONCE])).numpy() for i in range(0, len(x), AT_ONCE)])

    def _images(self, x):
        return np.asarray(x, np.float32).reshape(len(x), *self.shape, 1)

    def _sizes(self):
        """The shapes of all weights: filters and their bias for each layer, then the last layer's."""
        sizes, channels, (height, width) = [], 1, self.shape
        for side, filters in FILTERS:
            sizes += [(side, side, channels, filters), (filters,)]
            channels, height, width = filters, -(-height // 2), -(-width // 2)
        return [*sizes, (height * width * channels, self.n_classes), (self.n_classes,)]

    def _see(self, x):
        for filters, bias in zip(self._weights[:-2:2], self._weights[1:-2:2], strict=True):
            x = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(x, filters, 2, "SAME"), bias))
        return tf.reshape(x, (-1, self._weights[-2].shape[0]))

    def _scores(self, seen):
        return tf.nn.bias_add(tf.matmul(seen, self._weights[-2]), self._weights[-1])

    def _train(self, x, y, order, maps, rates):
        for step in tf.range(tf.shape(order)[0]):
            self._take_step(tf.gather(x, order[step]), tf.gather(y, order[step]), maps, step, rates[step])

    @tf.autograph.experimental.do_not_convert  # has no loop or branch of the graph: spares rewriting it
    def _take_step(self, x, y, maps, step, rate):
        """One step of Adam on the mean cross-entropy of a batch."""
        if self.augmented:
            x = transformed(x, maps[step])
        with tf.GradientTape() as tape:
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(y, self._scores(self._see(x)))
            loss = tf.reduce_mean(losses)
        count = tf.cast(step + 1, tf.float32)
        powers = [tf.pow(beta, count) for beta in (BETA1, BETA2)]
        gradients = tape.gradient(loss, self._weights)
        for weights, moments, slope in zip(self._weights, self._moments, gradients, strict=True):
            tf.raw_ops.ResourceApplyAdam(
                var=weights.handle, m=moments[0].handle, v=moments[1].handle, grad=slope, lr=rate, beta1=BETA1,
                beta2=BETA2, epsilon=EPSILON, beta1_power=powers[0], beta2_power=powers[1],
            )  # fmt: skip


def transformed(images, maps):
    """Images, (n, height, width, 1), each through its map, (n, 8): see `transforms`. Outside of an image is 0."""
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images, transforms=maps, output_shape=images.shape[1:3], interpolation="BILINEAR",
        fill_mode="CONSTANT", fill_value=0.0,
    )  # fmt: skip


def _graph(function, *signature):
    return tf.function(function, input_signature=signature).get_concrete_function()


def _shuffles(rng, n, steps, batch_size):
    """Positions 0 to n - 1, shuffled anew each time that all were drawn, as (steps, batch_size)."""
    times = -(-steps * batch_size // n)
    return np.concatenate([rng.permutation(n) for _ in range(times)])[: steps * batch_size].reshape(steps, batch_size)
