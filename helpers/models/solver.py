"""The minimum of regularized softmax regression, from nothing but the products of the images with each other.

Inside, arrays have a row for each class, (n_classes, n): NumPy takes the long way, along the images, in one go.
"""

from functools import partial

import numpy as np

from helpers.models.products import BLOCK, in_blocks, rows_by_images

TOLERANCE = 1e-11  # the gradient at the end, in parts of the gradient at zero weights: some 9 digits of a probability
FEW = 256  # features: of more, rounding has not been seen to matter
TINY = np.finfo(np.float32).tiny  # no division by 0 in a problem that is solved while others beside it are not


def one_hot(y, n_classes):
    """Labels (..., n) as probabilities (..., n_classes, n)."""
    return (y[..., None, :] == np.arange(n_classes)[:, None]).astype(float)


def softmax(scores):
    """Scores (..., n_classes, n) as probabilities of the same shape."""
    return _softmax(scores)[0]


def _softmax(scores):
    """Probabilities, and the logarithm of the sums that they are divided by."""
    top = scores.max(axis=-2, keepdims=True)
    proba = np.exp(scores - top)
    sums = proba.sum(axis=-2, keepdims=True)
    proba /= sums
    return proba, top + np.log(sums)


def minimize(gram, rough_gram, targets, l2, start, within=None):
    """The coefficients (..., n_classes, n) of n images at the minimum; targets are one-hot, of the same shape.

    gram: the function v -> v @ (x @ x.T + 1) in float64; rough_gram: the same in float32, for the steps.
    Several problems of one size can be solved side by side, which takes less time than one after the other.
    within: see `within_few`; None where there is nothing to leave out.

    Newton's method, in the inner product <a, b> = sum(a * gram(b)), which is that of the weights themselves.
    Raises RuntimeError if rounding ends the descent early, as it would for an l2 near 0.
    """

    def state(a, scores):
        """Coefficients, scores, probabilities and the objective there."""
        proba, log_sums = _softmax(scores)
        cross_entropy = log_sums.sum(axis=(-2, -1), keepdims=True) - _dot(targets, scores)
        return a, scores, proba, cross_entropy + l2 / 2 * _dot(a, scores)

    first = targets - 1 / targets.shape[-2]
    goal = TOLERANCE * _size(first, gram(first))
    a, scores, proba, value = state(start, gram(start))
    for _ in range(100):
        descent = targets - proba - l2 * a
        descent = (descent if within is None else within(descent)).astype(np.float32)
        gram_descent = rough_gram(descent)
        size = _size(descent, gram_descent)
        if (size <= goal).all():
            return a
        digits = np.clip(np.sqrt(size), np.maximum(1e-3, 0.5 * goal / size), 0.5)  # the last step needs only `goal`
        step = _newton_step(proba, descent, gram_descent, rough_gram, l2, digits)
        gram_step = gram(step)
        slope = -_dot(descent, gram_step)
        length = np.ones_like(size)
        for _ in range(40):  # the whole step, unless the objective would not fall enough
            new = state(a + length * step, scores + length * gram_step)
            # In the last steps the fall is smaller than the rounding of the value itself.
            fell = new[-1] <= value + 1e-4 * length * slope + 1e-12 * abs(value)
            if fell.all():
                break
            length = np.where(fell, length, length / 2)
        a, scores, proba, value = new
    raise RuntimeError(f"No minimum within the reach of rounding: l2 = {l2} is too small for {a.shape[-1]} images.")


def gram_of(x):
    """`gram` and `rough_gram` of the images x."""
    if len(x) <= x.shape[1]:
        return in_both_precisions(x @ x.T + 1)

    def detour(v, blocks):  # by way of the pixels, which are fewer than the images
        filled = np.zeros((len(v), len(blocks) * BLOCK), v.dtype)
        filled[:, : len(x)] = v
        weights = (filled.reshape(len(v), -1, BLOCK).swapaxes(0, 1) @ blocks).sum(axis=0)
        return rows_by_images(weights, blocks)[:, : len(x)] + v.sum(axis=1, keepdims=True)

    return [partial(detour, blocks=in_blocks(x, dtype)) for dtype in (np.float64, np.float32)]


def within_few(x):
    """Few features of many rows x (..., n, features): the function that leaves out of coefficients what doesn't change
    the weights, and so hides in its rounding what does. None where there is hardly anything of that.
    """
    n, features = x.shape[-2:]
    if features > FEW or n <= features + 1:
        return None
    basis, _ = np.linalg.qr(np.concatenate([x, np.ones((*x.shape[:-1], 1))], axis=-1))
    return lambda v: v @ basis @ basis.swapaxes(-2, -1)


def in_both_precisions(products):
    """`gram` and `rough_gram` of images whose products, x @ x.T + 1, are known."""
    return [lambda v, p=p: v @ p for p in (products, products.astype(np.float32))]


def _newton_step(proba, descent, gram_descent, gram, l2, goal):
    """Solve curvature(step) = descent by conjugate gradients, until what is missing is `goal` times as large as at
    first (Nocedal and Wright 2006, section 7.1).
    """
    proba, l2 = proba.astype(np.float32), np.float32(l2)
    by_l2 = proba / l2  # curvature and descent are divided by l2: that spares a product
    both = np.array([descent, gram_descent]) / l2  # changed together: in small arrays a call costs more than the sums
    direction, gram_direction = both
    both_missing = both.copy()
    missing, gram_missing = both_missing
    step, squared = np.zeros_like(missing), _dot(missing, gram_missing)
    enough = goal.astype(np.float32) ** 2 * squared
    for _ in range(1000):
        curved = gram_direction - (proba * gram_direction).sum(axis=-2, keepdims=True)
        curved *= by_l2
        curved += direction
        length = squared / (_dot(curved, gram_direction) + TINY)
        step += length * direction
        missing -= length * curved
        gram_missing[:] = gram(missing)
        before, squared = squared, _dot(missing, gram_missing)
        if (squared <= enough).all():
            break
        both *= squared / (before + TINY)
        both += both_missing
    return step.astype(np.float64)


def _dot(a, b):
    """The sum of a * b over images and classes, one for each problem."""
    if a.ndim == 2:
        return np.vdot(a, b)
    flat = (*a.shape[:-2], -1)
    return np.vecdot(a.reshape(flat), b.reshape(flat))[..., None, None]


def _size(a, gram_a):
    """The length of a in the weights' space. Of a few features the square may be rounded to below 0."""
    return np.sqrt(np.maximum(_dot(a, gram_a), 0))
