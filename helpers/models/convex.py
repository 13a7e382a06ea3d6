"""Softmax regression solved to its one solution: no stopping set, no path, no start, no rounding decides. NumPy only.

The objective is the sum of the cross-entropies plus l2/2 times the sum of all squared weights, the bias included (it is
the weight of one more pixel that is always 1). It is strictly convex: there is one minimum, also where a class has no
label yet or the classes can be told apart without error; there an unregularized bias would run off to infinity.

Its minimum is a sum of labeled images, one coefficient an image and class: weightsᵀ = coefficients @ x (the representer
theorem, Kimeldorf and Wahba 1971). 400 images have fewer coefficients than 784 pixels have weights, and the solver
needs nothing but the products of the images with each other.
"""

import numpy as np

from helpers.checks import positive_number, whole_number
from helpers.loop import MEMBERS, halves
from helpers.models.products import Products
from helpers.models.solver import gram_of, in_both_precisions, minimize, one_hot, softmax, within_few


class ConvexSoftmax:
    """p(class | image) = softmax(image @ weights + bias), in float64.

    l2: strength of the regularization; scikit-learn's C is 1 / l2. pixels: positions of those to look at; None: all.
    Images may have any shape (n, ...); labels are integers from 0 to n_classes - 1, shape (n,).
    """

    def __init__(self, n_classes, l2, pixels=None):
        self.n_classes = whole_number("n_classes", n_classes, 2)
        self.l2 = positive_number("l2", l2)
        self.pixels = pixels
        self.reset()

    def reset(self):
        """Forget the last solution. It is where the next `fit` starts from, which changes the time it takes only."""
        self.coefficients = np.zeros((self.n_classes, 0))

    def fit(self, x, y, products=None):
        """Find `weights` (pixels, n_classes), `bias` (n_classes,) and `coefficients` (n_classes, n) for the labeled
        images x, y; returns itself.

        products: x @ x.T + 1, (n, n), from a caller who has it.
        """
        x = self.flat(x)
        start = np.zeros((self.n_classes, len(x)))
        known = self.coefficients[:, : len(x)]
        start[:, : known.shape[1]] = known
        gram = gram_of(x) if products is None else in_both_precisions(products)
        self.coefficients = minimize(*gram, one_hot(y, self.n_classes), self.l2, start, within_few(x))
        self.weights, self.bias = (self.coefficients @ x).T, self.coefficients.sum(axis=1)
        return self

    @property
    def parameters(self):
        """The weights and, in the last row, the bias."""
        return np.vstack([self.weights, self.bias])

    def predict_proba(self, x):
        """Class probabilities, (n, n_classes)."""
        return softmax((self.flat(x) @ self.weights + self.bias).T).T

    def accuracy(self, x, y):
        """The share of images whose most probable class is their label."""
        return float(np.mean(self.predict_proba(x).argmax(axis=1) == y))

    def on(self, pool, n_labels):
        """A faster learner for a pool of which `n_labels` will be labeled at most. It gives the same picks."""
        return OnPool(self, pool, n_labels)

    def flat(self, x):
        """Images as rows of the pixels that count, float64."""
        x = np.asarray(x, np.float64).reshape(len(x), -1)
        return x if self.pixels is None else x.take(self.pixels, axis=1)


class OnPool:
    """What `helpers.loop.Learner` is, for this model: all it needs of the images are their products with each other,
    computed once as labels come.
    """

    def __init__(self, model, pool, n_labels):
        self.model, self.pool = model, pool
        self._x = model.flat(pool.images)
        self._products = Products(self._x, n_labels)

    def fit(self):
        """Fit the model to all labels so far."""
        self._products.add(self.pool.labeled)
        self.model.fit(self.pool.x_labeled, self.pool.y_labeled, self._products.among_labeled)
        self.proba = softmax(self.model.coefficients @ self._products.rows).T
        return self.model

    def probas(self, rng):
        """Class probabilities of a committee for all images of the pool, (MEMBERS, n, n_classes)."""
        n, k = len(self.pool.labeled), self.model.n_classes
        half = halves(n, rng)
        gram = in_both_precisions(self._products.among_labeled[half[:, :, None], half[:, None]])
        targets = one_hot(self.pool.y_labeled[half], k)
        coefficients = np.zeros((MEMBERS, k, n))
        few = within_few(self._x[self.pool.labeled[half]])
        solved = minimize(*gram, targets, self.model.l2, np.zeros_like(targets), few)
        np.put_along_axis(coefficients, half[:, None], solved, axis=2)
        scores = (coefficients.reshape(-1, n) @ self._products.rows).reshape(MEMBERS, k, -1)
        return softmax(scores).swapaxes(1, 2)
