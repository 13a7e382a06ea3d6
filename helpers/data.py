"""Real MNIST from the file that ships beside this one, or the reader's own data. Checked before use."""

import hashlib
import math
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path

import numpy as np

from helpers.article import PROTOCOL
from helpers.checks import seed_or_none, shown, whole_number
from helpers.sources.arrays import read_npz, save_data
from helpers.sources.folder import Folder
from helpers.sources.pictures import read_pictures
from helpers.sources.place import ALLOWED, find
from helpers.sources.rows import DataError
from helpers.sources.split import split

__all__ = ["Data", "DataError", "DataSet", "load", "load_mnist", "open_data", "save_data", "scale"]

MNIST = Path(__file__).with_name("mnist.npz")  # where it is from: MNIST.md beside it
MNIST_SHA256 = "06af5dfe73b70e3bc1c36439982b18a8d76803db9b544f6fdf838a37fbb01b64"
N_POOL, N_STOP = PROTOCOL["n_pool"], PROTOCOL["n_stop"]


@dataclass(frozen=True)
class Data:
    """Images and labels, shuffled or not, ready for the model.

    Images are float32 from 0 to 1, shape (n, height, width), or features (n, d); labels are int32 from 0 to
    n_classes - 1, shape (n,).
    """

    x_pool: np.ndarray  # the pool that labels are asked for
    y_pool: np.ndarray  # what the human would answer
    x_stop: np.ndarray  # the test images that the article's `fit` watches
    y_stop: np.ndarray
    x_held_out: np.ndarray  # the other test images: they decide nothing
    y_held_out: np.ndarray
    n_classes: int
    note: str = ""  # what the reader should know about the data; "" for MNIST

    @property
    def n_features(self):
        """Numbers that describe one image: its pixels."""
        return self.x_pool[0].size


def load(data_file, n_pool=N_POOL, n_stop=N_STOP, seed=None, size=28):
    """The first `n_pool` training and `n_stop` test images of `open_data(data_file, size)`, as `Data`.

    seed: None keeps their order, MNIST's own as in the article; a whole number shuffles both sets first.
    Raises ValueError that says what is wrong, and FileNotFoundError.
    """
    return select(open_data(data_file, size), n_pool, n_stop, seed)


def load_mnist(n_pool=N_POOL, n_stop=N_STOP, seed=None):
    """The same of MNIST."""
    return load("", n_pool, n_stop, seed)


def select(data, n_pool, n_stop, seed):
    """`Data` from a `DataSet`."""
    seed_or_none(seed)
    data.need_labels()
    whole_number("n_pool", n_pool, 1, len(data.train))
    whole_number("n_stop", n_stop, 1, len(data.test))
    rng = np.random.default_rng(seed)
    train, test = (rows if seed is None else rows[rng.permutation(len(rows))] for rows in (data.train, data.test))
    parts = [(scale(data.x[rows]), data.y[rows]) for rows in (train[:n_pool], test[:n_stop], test[n_stop:])]
    return Data(*parts[0], *parts[1], *parts[2], data.n_classes, data.note)


def open_data(where, size=28):
    """MNIST, or the reader's own data, checked, as a `DataSet`. What was opened last stays in memory.

    where: "" is MNIST. A folder holds pictures, PNG or JPEG, in sub-folders, one a class; pictures outside of them are
    unlabeled. They become gray, `size` x `size` pixels. An .npz file holds arrays x_train, y_train, x_test, y_test as
    Keras has them, or x, y without a test set: images (n, height, width), uint8 from 0 to 255 or floating point from 0
    to 1, or features (n, d), floating point; labels 0 to k-1, or -1 where unknown. To write one from your arrays:

    >>> import numpy as np
    >>> from helpers.data import open_data, save_data
    >>> x = np.random.default_rng(0).integers(0, 256, (60, 8, 8), dtype=np.uint8)  # your images
    >>> y = np.arange(60) % 3  # your labels
    >>> save_data("mine.npz", x, y, classes=["cat", "dog", "bird"])
    >>> open_data("mine.npz").n_classes
    3

    Sizes are looked at first: up to 4 GB of numbers and 200,000 pictures are read. Raises ValueError that says what is
    wrong, and FileNotFoundError.
    """
    if not isinstance(where, (str, Path)):
        raise DataError(f'data_file must be the path of {ALLOWED}, or "" for MNIST, not {shown(where)}.')
    whole_number("size", size, 1, 1024)
    if where == "":
        return _open_mnist()
    found = find(str(where))
    return _open(found, size if isinstance(found, Folder) else None)


@dataclass(frozen=True, eq=False)
class DataSet:
    """Images or features, their labels, and which of them are for what.

    x: (n, height, width) images, uint8 from 0 to 255 or float32 from 0 to 1, or (n, d) features; read-only. y: (n,)
    int32 from 0 to n_classes - 1, -1 is unknown. classes: their names. ids: what each row is called in its source.
    train, test: positions of the training rows, in the order in which pools take them, and of those that judge.
    note: what the reader should know, in sentences; "" for MNIST. broken: (name, reason) of each unreadable picture.
    """

    x: np.ndarray
    y: np.ndarray
    classes: tuple
    ids: tuple | range
    train: np.ndarray
    test: np.ndarray
    note: str = ""
    broken: tuple = ()

    @property
    def n_classes(self):
        """How many classes there are; 0 if no label is known."""
        return len(self.classes)

    @property
    def shape(self):
        """The shape of one image, or of one row of features."""
        return self.x.shape[1:]

    @property
    def max_pool(self):
        """How many images pools are drawn from: five sixths of the training rows, MNIST's first 50,000."""
        return len(self.train) * 5 // 6

    @cached_property
    def sha256(self):
        """SHA-256 of all that a result can depend on: images, labels, and which rows are for what."""
        digest = hashlib.sha256(repr((self.x.dtype.str, self.x.shape, len(self.test))).encode())
        for array in (self.x, self.y.astype("<i4"), self.train.astype("<i8"), self.test.astype("<i8")):
            digest.update(array)
        return digest.hexdigest()

    def pool(self, seed, n):
        """`n` images as they are in `x`, and their labels, shuffled: a seed, a pool."""
        whole_number("seed", seed, 0)
        whole_number("n_pool", n, 1, self.max_pool)
        return self._rows(self.train[np.random.default_rng(seed).permutation(self.max_pool)[:n]])

    def tuning(self, seed):
        """The training images that no pool holds, and their labels, shuffled: to choose constants with."""
        whole_number("seed", seed, 0)
        rest = self.train[self.max_pool :]
        return self._rows(rest[np.random.default_rng(seed).permutation(len(rest))])

    def judge(self):
        """The images that decide nothing, and their labels."""
        return self._rows(self.test)

    def need_labels(self):
        """Raise ValueError if a label is unknown: an experiment needs all of them."""
        if unknown := int((self.y < 0).sum()):
            raise DataError(f"{unknown} of the {len(self.y)} labels are unknown; an experiment needs all of them.")

    def _rows(self, rows):
        return self.x[rows], self.y[rows]


def scale(images):
    """Gray levels 0 to 255 (uint8) to float32 from 0 to 1, divided in float64 as in the article; floats stay."""
    white = 255 if images.dtype == np.uint8 else 1
    return np.divide(images, white, out=aligned_empty(images.shape), casting="same_kind")


def aligned_empty(shape, dtype=np.float32):
    """`np.empty` at a multiple of 64 bytes. TensorFlow reads such memory in place and copies any other."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    memory = np.empty(size + 64, np.uint8)
    start = -memory.ctypes.data % 64
    return memory[start : start + size].view(dtype).reshape(shape)


@cache
def _open_mnist():
    with MNIST.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != MNIST_SHA256:
        raise DataError(f"{MNIST} is damaged: its SHA-256 is {digest}, it should be {MNIST_SHA256}. Clone again.")
    return _data_set(read_npz(MNIST))


@lru_cache(maxsize=2)
def _open(found, size):
    return _data_set(read_pictures(found, size) if isinstance(found, Folder) else read_npz(found.path))


def _data_set(rows):
    train, test = split(rows.y, rows.n_test)
    n_labeled, remarks = int((rows.y >= 0).sum()), list(rows.remarks)
    if n_labeled and not rows.n_test:
        if not len(test):
            raise DataError("There is no test set, and to keep images for judging, one class must have three or more.")
        remarks.append(
            f"There is no test set: {len(test)} of the {n_labeled} labeled images are kept for judging, "
            "a fifth of each class, drawn once by a fixed shuffle."
        )
    rows.x.flags.writeable = rows.y.flags.writeable = False  # it is shared
    return DataSet(rows.x, rows.y, rows.classes, rows.ids, train, test, " ".join(remarks), rows.broken)
