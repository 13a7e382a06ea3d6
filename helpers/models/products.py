"""The products of images with each other: all that a model on the lines of `convex` needs to know of them."""

import numpy as np

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
    """x[labeled] @ x.T + 1 in float64, and its columns x[labeled]; added to as labels come.

    x: (n, pixels) numbers. Where they are gray levels, whole numbers from 0 to 255 divided by 255, of at most
    MOST_PIXELS pixels, the products are counted exactly, in half the time. n_labels: how many will be labeled at most.
    The 1 is the product of two biases.
    """

    def __init__(self, x, n_labels):
        gray = np.rint(255 * x)
        self._exact = x.shape[1] <= MOST_PIXELS and 0 <= gray.min() <= gray.max() <= 255 and (gray / 255 == x).all()
        self._blocks = in_blocks(gray - MIDDLE, np.float32) if self._exact else in_blocks(x, np.float64)
        # (a - m)(b - m) = ab - (am - m²/2) - (bm - m²/2), pixel by pixel.
        self._shift = MIDDLE * gray.sum(axis=1) - MIDDLE**2 / 2 * gray.shape[1]
        self._rows = np.empty((n_labels, len(x)))
        self._among_labeled = np.empty((n_labels, n_labels))
        self._n = 0

    def add(self, labeled):
        """The images at these positions are labeled, in this order; those added before come first."""
        new, batch = slice(self._n, len(labeled)), labeled[self._n :]
        images = self._blocks.reshape(-1, self._blocks.shape[2])[batch]
        rows = rows_by_images(images, self._blocks)[:, : self._rows.shape[1]]
        if self._exact:
            rows = (rows + self._shift + self._shift[batch, None]) / 255**2
        self._rows[new] = rows + 1
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
