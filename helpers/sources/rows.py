"""What every source gives, and what all of them must fulfill."""

import warnings
from dataclasses import dataclass

import numpy as np

MAX_BYTES = 4 * 10**9  # more is not read into memory
DARK = 64  # of 255: images without one brighter gray level are probably on another scale


class DataError(ValueError):
    """The reader's data can't be used; the text says what is wrong and what is allowed."""


@dataclass(frozen=True)
class Rows:
    """What a file or a folder holds: the training part, then the test part.

    x: (n, height, width) images or (n, d) features, uint8 from 0 to 255 or float32. y: (n,) int32, -1 is unknown.
    classes: their names. ids: what each row is called in its source. n_test: how many rows are the test part, may be 0.
    broken: (id, reason) of what could not be read. remarks: sentences for the reader.
    """

    x: np.ndarray
    y: np.ndarray
    classes: tuple
    ids: tuple | range
    n_test: int = 0
    broken: tuple = ()
    remarks: tuple = ()


def check_size(source, nbytes):
    """Raise DataError if arrays of `nbytes` bytes are too large to be read."""
    if nbytes > MAX_BYTES:
        raise DataError(f"{source} has {nbytes / 1e9:.1f} GB of numbers; up to {MAX_BYTES / 1e9:.0f} GB are read.")


def warn_if_dark(source, images):
    """A warning if uint8 images are nearly black; it names their largest value."""
    if (brightest := images.max()) < DARK:
        warnings.warn(
            f"{source}: the largest value of the images is {brightest}. In uint8, 0 is black and 255 is white: "
            "these are nearly black. Rescale them, or save them as floating point from 0 to 1.",
            stacklevel=2,
        )


def class_names(source, labels, names, classes=None):
    """The names of the classes, "0" to "k-1" if the source has none; DataError for labels that don't fit.

    labels: one or two integer arrays, of the training and of the test part; names: what they are called.
    """
    train, test = np.unique(labels[0]), np.unique(labels[-1])
    known = train[1:] if train[0] == -1 else train
    k = len(known) if classes is None else len(classes)
    if classes is not None and (k < 2 or len(set(classes)) < k):
        raise DataError(f"{source}: classes must be 2 or more names, each once; not {list(classes[:20])}.")
    if len(known) and (known[0] < 0 or known[-1] >= k or k < 2):
        raise DataError(
            f"{source}: labels must be 0 to k-1, k at least 2, each in {names[0]}; not {train[:20].tolist()}. "
            "`names, y = np.unique(labels, return_inverse=True)` makes them from any others."
        )
    if len(known) < k and train[0] >= 0:
        lacking = min(set(range(k)) - set(known.tolist()))
        raise DataError(
            f"{source}: {names[0]} has no row of class {lacking} ({classes[lacking]}); each class needs one."
        )
    if len(labels) > 1 and not k:
        raise DataError(f"{source}: all labels of {names[0]} are unknown (-1), so the file must name its classes.")
    if len(labels) > 1 and (test[0] < 0 or test[-1] >= k):
        raise DataError(f"{source}: {names[1]} must lie in 0 to {k - 1}; it goes from {test[0]} to {test[-1]}.")
    return tuple(map(str, range(k) if classes is None else classes))
