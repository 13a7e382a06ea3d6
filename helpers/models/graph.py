"""Labels that spread from image to image over a graph of nearest neighbors. NumPy and SciPy only."""

import numpy as np
from scipy import sparse

from helpers.checks import share, whole_number

NEIGHBORS = 10
BLOCK = 1000  # images whose distances to all others are in memory together


def neighbor_graph(x, neighbors=NEIGHBORS):
    """The weights between images (n, ...) or their features: a symmetric sparse (n, n).

    An image is joined to its `neighbors` nearest by exp(-(distance / scale)²), where the scale is the mean distance to
    the last of them, as usual (von Luxburg 2007).
    """
    x = np.asarray(x, np.float32).reshape(len(x), -1)
    whole_number("neighbors", neighbors, 1, len(x) - 1)
    near, distances = [], []
    squares = np.vecdot(x, x)
    for start in range(0, len(x), BLOCK):
        block = squares[start : start + BLOCK, None] - 2 * (x[start : start + BLOCK] @ x.T) + squares
        block[np.arange(len(block)), start + np.arange(len(block))] = np.inf  # not its own neighbor
        near.append(np.argpartition(block, neighbors - 1, axis=1)[:, :neighbors])
        distances.append(np.take_along_axis(block, near[-1], axis=1))
    squared = np.maximum(np.concatenate(distances), 0)
    weights = np.exp(-squared / max(np.mean(squared.max(axis=1)), 1e-12))
    rows = np.repeat(np.arange(len(x)), neighbors)
    graph = sparse.csr_array((weights.ravel(), (rows, np.concatenate(near).ravel())), (len(x), len(x)))
    return graph.maximum(graph.T)


def spread_labels(graph, labeled, y, n_classes, alpha=0.9, steps=100):
    """Label spreading (Zhou et al. 2004): in each step every image takes `alpha` parts of what its neighbors say and
    1 - alpha parts of its own label, if it has one. Shares of the classes, (n, n_classes); all equal for an image that
    no label reaches.

    labeled: (m,) positions of the labeled images in the graph. y: (m,) their labels, 0 to n_classes - 1.
    """
    share("alpha", alpha)
    own = np.zeros((graph.shape[0], n_classes))
    own[labeled, y] = 1
    scale = sparse.diags_array(1 / np.sqrt(np.maximum(graph.sum(axis=1), 1e-12)))
    smooth, now = scale @ graph @ scale, own
    for _ in range(whole_number("steps", steps, 1)):
        now = alpha * (smooth @ now) + (1 - alpha) * own
    total = now.sum(axis=1, keepdims=True)
    return np.where(total > 0, now / np.where(total > 0, total, 1), 1 / n_classes)
