"""Real MNIST from the file that ships beside this one, or the reader's own images. Checked before use."""

import hashlib
import math
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from helpers.article import PROTOCOL
from helpers.checks import seed_or_none, whole_number

MNIST = Path(__file__).with_name("mnist.npz")  # where it is from: MNIST.md beside it
MNIST_SHA256 = "06af5dfe73b70e3bc1c36439982b18a8d76803db9b544f6fdf838a37fbb01b64"
N_TRAIN, N_TEST = PROTOCOL["n_pool"], PROTOCOL["n_stop"]


@dataclass(frozen=True)
class Data:
    """Images and labels, shuffled or not, ready for the model.

    Images are float32 from 0 to 1, shape (n, height, width); labels are int32 from 0 to n_classes - 1, shape (n,).
    """

    x_pool: np.ndarray  # the pool that labels are asked for
    y_pool: np.ndarray  # what the human would answer
    x_stop: np.ndarray  # the test images that the article's `fit` watches
    y_stop: np.ndarray
    x_held_out: np.ndarray  # the file's other test images: they decide nothing
    y_held_out: np.ndarray
    n_classes: int

    @property
    def n_features(self):
        """Pixels in one image."""
        return self.x_pool[0].size


def load(data_file, n_pool, n_stop, seed):
    """`load_npz(data_file, ...)`, or `load_mnist(...)` if `data_file` is ""."""
    if not isinstance(data_file, (str, Path)):
        raise ValueError(f'data_file must be the path of an .npz file, or "" for MNIST, not {data_file!r}.')
    return load_mnist(n_pool, n_stop, seed) if data_file == "" else load_npz(data_file, n_pool, n_stop, seed)


def load_mnist(n_pool=N_TRAIN, n_stop=N_TEST, seed=None):
    """The first `n_pool` training and `n_stop` test images of MNIST, as `Data`.

    seed: None keeps MNIST's own order, as the article does; a whole number shuffles both sets first.
    Raises ValueError if the numbers are impossible or the file is not the one that ships with the project.
    """
    return select(read_mnist(), n_pool, n_stop, seed)


def load_npz(path, n_pool=N_TRAIN, n_stop=N_TEST, seed=None):
    """The same from an .npz file in Keras's layout: arrays x_train, y_train, x_test, y_test.

    Images are (n, height, width), uint8 from 0 to 255 or floating point from 0 to 1; labels are integers 0 to k-1, each
    of which occurs in y_train. Nothing is unpickled. Raises ValueError that says what is wrong, FileNotFoundError.
    """
    return select(read_npz(path), n_pool, n_stop, seed)


def select(arrays, n_pool, n_stop, seed):
    """`Data` from the four arrays that `read_mnist` or `read_npz` gave: who loads many times reads once."""
    seed_or_none(seed)
    x_train, y_train, x_test, y_test = arrays.values()
    whole_number("n_pool", n_pool, 1, len(x_train))
    whole_number("n_stop", n_stop, 1, len(x_test))
    rng = np.random.default_rng(seed)
    train, test = (np.arange(len(x)) if seed is None else rng.permutation(len(x)) for x in (x_train, x_test))
    picks = (train[:n_pool], test[:n_stop], test[n_stop:])
    images = [scale(x[pick]) for x, pick in zip((x_train, x_test, x_test), picks, strict=True)]
    labels = [y[pick].astype(np.int32) for y, pick in zip((y_train, y_test, y_test), picks, strict=True)]
    return Data(images[0], labels[0], images[1], labels[1], images[2], labels[2], n_classes=int(y_train.max()) + 1)


def read_mnist():
    """The four arrays of the file that ships with the project, by name; ValueError if it is another file."""
    _check_mnist()
    return read_npz(MNIST)


def read_npz(path):
    """The four arrays of an .npz file as in `load_npz`, by name, checked."""
    arrays = _read(Path(path))
    for part in ("train", "test"):
        _check_part(arrays[f"x_{part}"], arrays[f"y_{part}"], part, path)
    _check_sets(arrays, path)
    return arrays


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
def _check_mnist():
    with MNIST.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != MNIST_SHA256:
        raise ValueError(f"{MNIST} is damaged: its SHA-256 is {digest}, it should be {MNIST_SHA256}. Clone again.")


def _read(path):
    """The four arrays of the file, in the order x_train, y_train, x_test, y_test."""
    names = ("x_train", "y_train", "x_test", "y_test")
    try:
        with zipfile.ZipFile(path) as file:
            missing = [name for name in names if f"{name}.npy" not in file.namelist()]
            arrays = {} if missing else {name: _array(file, name) for name in names}
    except FileNotFoundError as error:
        raise FileNotFoundError(f"There is no file {path}.") from error
    except Exception as error:  # zipfile, zlib and NumPy raise a dozen kinds for damaged files
        what = f"{type(error).__name__}: {error}"
        raise ValueError(
            f"{path} is no complete .npz file of plain arrays, as np.savez writes it ({what}). Objects are not read."
        ) from error
    if missing:
        raise ValueError(f"{path} has no {', '.join(missing)}; a data file holds {', '.join(names)}.")
    return arrays


def _array(file, name):
    with file.open(f"{name}.npy") as member:
        return np.lib.format.read_array(member, allow_pickle=False)


def _check_part(x, y, part, path):
    if x.ndim != 3 or 0 in x.shape:
        raise ValueError(f"{path}: x_{part} must be (images, height, width), none of them 0; its shape is {x.shape}.")
    if x.dtype != np.uint8 and not np.issubdtype(x.dtype, np.floating):
        raise ValueError(f"{path}: x_{part} must be uint8 (0 to 255) or floating point (0 to 1), not {x.dtype}.")
    if x.dtype != np.uint8 and not (x.min() >= 0 and x.max() <= 1):  # NaN fails both
        raise ValueError(f"{path}: floating-point images go from 0 to 1 without NaN; x_{part} does not.")
    if y.ndim != 1 or y.dtype.kind not in "iu":  # to issubdtype, time spans are integers too
        raise ValueError(f"{path}: y_{part} must be a row of integers; it is {y.dtype} of shape {y.shape}.")
    if len(x) != len(y):
        raise ValueError(f"{path}: x_{part} has {len(x)} images, y_{part} has {len(y)} labels.")


def _check_sets(arrays, path):
    if arrays["x_train"].shape[1:] != arrays["x_test"].shape[1:]:
        raise ValueError(f"{path}: images of x_train and x_test must be of one size.")
    train, test = np.unique(arrays["y_train"]), np.unique(arrays["y_test"])
    if len(train) < 2 or not np.array_equal(train, np.arange(len(train))):
        raise ValueError(f"{path}: labels must be 0 to k-1, k at least 2, each in y_train; not {train[:20].tolist()}.")
    if test[0] < 0 or test[-1] > train[-1]:
        raise ValueError(f"{path}: y_test must lie in 0 to {train[-1]}; it goes from {test[0]} to {test[-1]}.")
