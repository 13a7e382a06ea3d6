"""k-means: centroids of images that look alike, found without a label. Lloyd's algorithm in TensorFlow, in float64."""

from typing import NamedTuple

import numpy as np

from helpers.checks import whole_number
from helpers.quiet import tf


class Clusters(NamedTuple):
    """What `kmeans` found."""

    centroids: np.ndarray  # (k, height, width) float64
    assignment: np.ndarray  # (n,) the nearest centroid of each image
    inertias: np.ndarray  # (passes,) sum of squared distances to the nearest centroid, before each pass moves them

    @property
    def inertia(self):
        """The inertia of `centroids`."""
        return float(self.inertias[-1])


def kmeans(images, k, seed, max_passes=300):
    """Cluster images (n, height, width) into k groups; returns `Clusters`.

    Each pass assigns every image to its nearest centroid and then moves each centroid to the mean of its images (Lloyd
    1982); the end is a pass that assigns nothing anew, or `max_passes`. `start` draws the first centroids.
    """
    whole_number("k", k, 1, len(images))
    whole_number("max_passes", max_passes, 1)
    x = tf.reshape(tf.cast(images, tf.float64), (len(images), -1))
    centroids, assignment, inertias = start(x, k, seed), None, []
    while True:
        nearest, distance = _nearest(x, centroids)
        inertias.append(tf.reduce_sum(distance).numpy())
        if len(inertias) > max_passes or (assignment is not None and tf.reduce_all(nearest == assignment)):
            break
        assignment = nearest
        centroids = _means(x, assignment, distance, k)
    return Clusters(tf.reshape(centroids, (k, *images.shape[1:])).numpy(), nearest.numpy(), np.array(inertias))


def start(x, k, seed):
    """k rows of x (n, pixels) as first centroids: k-means++ (Arthur and Vassilvitskii 2007).

    Each is drawn with a probability that grows with the squared distance to those already drawn.
    """
    rng = np.random.default_rng(seed)
    picks = [rng.integers(len(x))]
    while len(picks) < k:
        distance = _nearest(x, tf.gather(x, picks))[1].numpy()
        # Where all images equal a pick, any will do.
        picks.append(rng.choice(len(x), p=distance / distance.sum() if distance.any() else None))
    return tf.gather(x, picks)


def _nearest(x, centroids):
    """The nearest centroid of each row of x, and the squared distance to it."""
    squares = tf.reduce_sum(tf.square(x), axis=1)[:, None] - 2 * tf.matmul(x, centroids, transpose_b=True)
    squares += tf.reduce_sum(tf.square(centroids), axis=1)
    return tf.argmin(squares, axis=1), tf.maximum(tf.reduce_min(squares, axis=1), 0)  # rounding can reach below 0


def _means(x, assignment, distance, k):
    """The mean of each cluster; an empty one gets the image that is farthest from its own centroid."""
    means = tf.math.unsorted_segment_mean(x, assignment, k)
    empty = np.flatnonzero(np.bincount(assignment, minlength=k) == 0)
    farthest = tf.argsort(distance, direction="DESCENDING", stable=True)[: len(empty)]
    return tf.tensor_scatter_nd_update(means, empty[:, None], tf.gather(x, farthest))
