"""Who labeled what: nobody yet, a human, or the machine. Nothing is deleted, so an index always means one image."""

import numpy as np

from helpers.data import aligned_empty

UNLABELED, BY_HAND, BY_MACHINE, SKIPPED = 0, 1, 2, 3


class Pool:
    """A pool of images and the labels given so far.

    images: (n, ...) numbers. true_labels: (n,) integers, what a human would answer; nobody sees the label of an image
    before it is asked for. None: nobody knows them yet, and every label is given with `label`.

    source: (n,) what became of each image: UNLABELED, BY_HAND, BY_MACHINE or SKIPPED.
    """

    def __init__(self, images, true_labels=None):
        if true_labels is not None and len(images) != len(true_labels):
            raise ValueError(f"{len(images)} images, but {len(true_labels)} labels.")
        self.images = images
        self._true_labels = true_labels
        # Labeled images are copied in the order of labeling: training reads them in one run, without gathering them
        # anew each time.
        self._x = aligned_empty(images.shape, images.dtype)
        self._y = np.empty(len(images), np.int32 if true_labels is None else true_labels.dtype)
        self._order = np.empty(len(images), dtype=int)
        self.reset()

    def reset(self):
        """Forget every label."""
        self.source = np.full(len(self.images), UNLABELED, dtype=np.int8)
        self._n = 0
        self._history = []  # the indices of each call, for `undo`

    def label(self, indices, labels):
        """A human gives these images these labels, one each."""
        self._label(*self._with_labels(indices, labels), BY_HAND)

    def label_manually(self, indices):
        """A human labels these images. The human is emulated with the true labels."""
        if self._true_labels is None:
            raise ValueError("The true labels of this pool are unknown: give them with label(indices, labels).")
        indices = self._check(indices)
        self._label(indices, self._true_labels[indices], BY_HAND)

    def label_automatically(self, indices, labels):
        """The machine gives these images the labels that it guesses, right or wrong."""
        self._label(*self._with_labels(indices, labels), BY_MACHINE)

    def skip(self, indices):
        """A human can't label these images: they are not asked for again, and teach nothing."""
        indices = self._check(indices)
        self.source[indices] = SKIPPED
        self._history.append(indices)

    def undo(self):
        """Take back the last call that labeled or skipped; return its indices. Raises ValueError if there is none."""
        if not self._history:
            raise ValueError("There is nothing to undo.")
        indices = self._history.pop()
        self._n -= int(np.sum(self.source[indices] != SKIPPED))
        self.source[indices] = UNLABELED
        return indices

    def _with_labels(self, indices, labels):
        indices, labels = self._check(indices), np.asarray(labels)
        if labels.shape != indices.shape:
            raise ValueError(f"{len(indices)} images need one label each, not labels of shape {labels.shape}.")
        if len(labels) and (labels.dtype.kind not in "iu" or labels.min() < 0):
            raise ValueError(f"A label is a whole number from 0 up, the number of a class; these are {labels}.")
        return indices, labels

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
        self._history.append(indices)

    @property
    def unlabeled(self):
        """Indices without a label that can still be asked for, ascending."""
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
        if self._true_labels is None:
            raise ValueError("The true labels of this pool are unknown, so nobody can count the wrong ones.")
        return int((self.y_labeled != self._true_labels[self.labeled]).sum())
