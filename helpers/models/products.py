"""The products of images with each other: all that a model on the lines of `convex` needs to know of them."""

import numpy as np

from helpers.checks import whole_number

# float32 counts up to 2**24 without an error, in half the time of float64. Gray levels less 128 are 128 at most.
MIDDLE, MOST_PIXELS = 128, 2**24 // 128**2
BLOCK = 64  # images in a product with a few rows: OpenBLAS takes matrices this small as they lie, in half the time


def in_blocks(x, dtype):
    """Images (n, pixels) as (blocks, BLOCK, pixels); images of zeros fill up the last block."""
    blocks = np.zeros((-(-len(x) // BLOCK), BLOCK, x.shape[1]), dtype)
    blocks.reshape(-1, x.shape[1])[: len(x)] = x
    return blocks


def rows_by_images(rows, blocks):
    """rows @ images.T, with rows (few, pixels) and images `in_blocks`, those that fill up the last block included."""
    return (rows @ blocks.swapaxes(1, 2)).swapaxes(0, 1).reshape(len(rows), -1)


class Products:
    """x[labeled] @ x.T + 1 in float64, where x = gray / 255, and its columns x[labeled]; added to as labels come.

    gray: (n, pixels) uint8, at most MOST_PIXELS pixels. n_labels: how many will be labeled at most. The 1 is the
    product of two biases.
    """

    def __init__(self, gray, n_labels):
        whole_number("the number of pixels", gray.shape[1], 1, MOST_PIXELS)
        self._centered = in_blocks(gray, np.float32)
        self._centered -= MIDDLE
        # (a - m)(b - m) = ab - (am - m²/2) - (bm - m²/2), pixel by pixel.
        self._shift = MIDDLE * gray.sum(axis=1, dtype=np.float64) - MIDDLE**2 / 2 * gray.shape[1]
        self._rows = np.empty((n_labels, len(gray)))
        self._among_labeled = np.empty((n_labels, n_labels))
        self._n = 0

    def add(self, labeled):
        """The images at these positions are labeled, in this order; those added before come first."""
        new, batch = slice(self._n, len(labeled)), labeled[self._n :]
        images = self._centered.reshape(-1, self._centered.shape[2])[batch]
        centered = rows_by_images(images, self._centered)[:, : self._rows.shape[1]]
        self._rows[new] = (centered + self._shift + self._shift[batch, None]) / 255**2 + 1
        self._n = len(labeled)
        self._among_labeled[new, : self._n] = self._rows[new, labeled]
        self._among_labeled[: self._n, new] = self._among_labeled[new, : self._n].T

    @property
    def rows(self):
        """Labeled images by all images, (labeled, n)."""
        return self._rows[: self._n]

    @property
    def among_labeled(self):
        """Labeled images by labeled images, (labeled, labeled)."""
        return self._among_labeled[: self._n, : self._n]
