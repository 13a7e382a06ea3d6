"""Who labeled what: nobody yet, a human, or the machine. Nothing is deleted, so an index always means one image."""

import numpy as np

from helpers.data import aligned_empty

UNLABELED, BY_HAND, BY_MACHINE = 0, 1, 2


class Pool:
    """A pool of images and the labels given so far.

    images: (n, ...) numbers. true_labels: (n,) integers, what a human would answer; nobody sees the
    label of an image before it is asked for.

    source: (n,) who labeled each image: UNLABELED, BY_HAND or BY_MACHINE.
    """

    def __init__(self, images, true_labels):
        if len(images) != len(true_labels):
            raise ValueError(f"{len(images)} images, but {len(true_labels)} labels.")
        self.images = images
        self._true_labels = true_labels
        # Labeled images are copied in the order of labeling: training reads them in one run, without gathering them
        # anew each time.
        self._x = aligned_empty(images.shape, images.dtype)
        self._y = np.empty_like(true_labels)
        self._order = np.empty(len(images), dtype=int)
        self.reset()

    def reset(self):
        """Forget every label."""
        self.source = np.full(len(self.images), UNLABELED, dtype=np.int8)
        self._n = 0

    def label_manually(self, indices):
        """A human labels these images. The human is emulated with the true labels."""
        indices = self._check(indices)
        self._label(indices, self._true_labels[indices], BY_HAND)

    def label_automatically(self, indices, labels):
        """The machine gives these images the labels that it guesses, right or wrong."""
        indices, labels = self._check(indices), np.asarray(labels)
        if labels.shape != indices.shape:
            raise ValueError(f"{len(indices)} images need one label each, not labels of shape {labels.shape}.")
        self._label(indices, labels, BY_MACHINE)

    def _check(self, indices):
        """`indices` as an array; ValueError if they don't choose unlabeled images, each once."""
        indices, n = np.asarray(indices), len(self.images)
        indices = indices if indices.size else indices.astype(int)  # NumPy takes [] for numbers with a fraction
        whole = indices.ndim == 1 and indices.dtype.kind in "iu"
        if not whole or (indices < 0).any() or (indices >= n).any():
            raise ValueError(f"Images are chosen by a list of indices from 0 to {n - 1}, not {indices}.")
        if len(np.unique(indices)) != len(indices) or (self.source[indices] != UNLABELED).any():
            raise ValueError("An image is labeled once: some of these indices repeat or have a label already.")
        return indices

    def _label(self, indices, labels, source):
        new = slice(self._n, self._n + len(indices))
        self._x[new], self._y[new], self._order[new] = self.images[indices], labels, indices
        self.source[indices] = source
        self._n = new.stop

    @property
    def unlabeled(self):
        """Indices without a label, ascending."""
        return np.flatnonzero(self.source == UNLABELED)

    @property
    def labeled(self):
        """Indices with a label, in the order of labeling."""
        return self._order[: self._n]

    @property
    def x_labeled(self):
        """The images of `labeled`, in the same order."""
        return self._x[: self._n]

    @property
    def y_labeled(self):
        """The labels given to `labeled`, right or wrong."""
        return self._y[: self._n]

    @property
    def n_wrong(self):
        """How many of the given labels are wrong. Only an experiment can know; a real project can't."""
        return int((self.y_labeled != self._true_labels[self.labeled]).sum())
