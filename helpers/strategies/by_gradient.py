"""A query strategy by what an image would change in the model."""

import numpy as np


def badge(proba, images, batch_size, rng):
    """BADGE: images that would change the model much, each in its own direction (Ash et al. 2020).

    Were the guess the label, the gradient of softmax regression for an image would be (probabilities - guess) times the
    image. A batch are the first centers of k-means++ among these gradients: each is drawn with a probability that
    grows with the squared distance to the nearest drawn before, the first with equal ones (Arthur and Vassilvitskii
    2007). The gradients (n, n_classes * pixels) are never built: their products are those of the two factors.
    images: (n, ...), or what the last layer of a network sees.
    """
    x = np.float32(np.reshape(images, (len(images), -1)))
    residuals = np.float32(proba - np.eye(proba.shape[1])[proba.argmax(axis=1)])
    squares = np.vecdot(residuals, residuals) * np.vecdot(x, x)
    nearest, picks = np.ones(len(x)), []
    for _ in range(min(batch_size, len(x))):
        nearest[picks] = 0
        left = nearest if nearest.any() else ~np.isin(np.arange(len(x)), picks)  # gradients that repeat, or are all 0
        picks.append(int(rng.choice(len(x), p=left / left.sum())))
        products = (residuals @ residuals[picks[-1]]) * (x @ x[picks[-1]])
        distances = np.maximum(squares - 2 * products + squares[picks[-1]], 0)  # rounding can reach below 0
        nearest = np.minimum(nearest, distances) if len(picks) > 1 else np.float64(distances)
    return np.array(picks, int)
