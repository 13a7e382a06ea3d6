"""The products of images with each other: all that a model on the lines of `convex` needs to know of them."""

import numpy as np

# Up to 2**24 float32 counts without an error, in half the time of float64: so many pixels of gray levels fit in a sum.
BLOCK = 2**24 // 255**2


class Products:
    """x[labeled] @ x.T + 1 in float64, where x = gray / 255; a row for each labeled image, added as labels come.

    gray: (n, pixels) uint8. The 1 is the product of two biases.
    """

    def __init__(self, gray):
        self._blocks = [gray[:, i : i + BLOCK].astype(np.float32) for i in range(0, gray.shape[1], BLOCK)]
        self._rows = np.empty((0, len(gray)))
        self._n = 0

    def add(self, batch):
        """The images at the positions `batch` are labeled."""
        new = slice(self._n, self._n + len(batch))
        if new.stop > len(self._rows):  # twice as much memory each time, so that growing costs little
            self._rows = np.concatenate([self._rows[: self._n], np.empty((new.stop, self._rows.shape[1]))])
        sums = sum((block[batch] @ block.T).astype(np.float64) for block in self._blocks)
        self._rows[new] = sums / 255**2 + 1
        self._n = new.stop

    @property
    def rows(self):
        """Labeled images by all images, (labeled, n)."""
        return self._rows[: self._n]
