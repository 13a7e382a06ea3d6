"""The arrays of a reader's own .npz file: looked at before they are read, checked, and how to write one."""

import io
import math
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from helpers.files import write
from helpers.sources.rows import DataError, Rows, check_size, class_names, warn_if_dark

LAYOUTS = (("x_train", "y_train", "x_test", "y_test"), ("x", "y"))  # Keras's, and without a test set
CHUNK = 2**20


def save_data(path, x, y=None, x_test=None, y_test=None, classes=None):
    """Write an .npz file that `open_data(path)` opens, whole or not at all.

    x: images (n, height, width) or features (n, d): uint8 from 0 to 255, or floating point, images from 0 to 1.
    y: (n,) integers 0 to k-1, -1 where the label is unknown; None: all unknown. x_test, y_test: the test set, if there
    is one. classes: k names. What the arrays lack raises the same ValueError as opening the file would.
    """
    path = Path(path)
    if path.suffix != ".npz":
        raise DataError(f"{path}: the name of a data file ends in .npz.")
    if (x_test is None) != (y_test is None):
        raise DataError("A test set is x_test and y_test: both, or none.")
    y = np.full(len(x), -1) if y is None else y
    names = LAYOUTS[0] if x_test is not None else ("x", "y")
    arrays = dict(zip(names, (x, y, x_test, y_test), strict=False))
    if classes is not None:
        arrays["classes"] = np.array([str(name) for name in classes])
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)
    read_npz(content, path)
    write(content.getvalue(), path)


def read_npz(file, path=None):
    """`Rows` of an .npz file: x_train, y_train, x_test, y_test as Keras has them, or x, y; and classes, the names of
    the classes, if it is there.

    file: a path, or a file that is open; path: its name in messages. Nothing is unpickled, and the headers are checked
    before any array is read. Raises ValueError.
    """
    path = path or file
    try:
        with zipfile.ZipFile(file) as members:
            wanted = _wanted(members, path)
            headers = {name: _Header.of(members, name) for name in wanted}
            x_names, y_names = ([name for name in wanted if name[0] == letter] for letter in "xy")
            _check_headers(headers, x_names, y_names, path)
            x_type = np.uint8 if headers[x_names[0]].dtype == np.uint8 else np.float32
            x = _joined(members, [headers[name] for name in x_names], x_type)
            labels = [_joined(members, [headers[name]], headers[name].dtype) for name in y_names]
            classes = _joined(members, [headers["classes"]], headers["classes"].dtype) if "classes" in wanted else None
    except DataError:
        raise
    except Exception as error:  # zipfile, zlib and NumPy raise a dozen kinds for damaged files
        what = f"{type(error).__name__}: {error}"
        raise DataError(
            f"{path} is no complete .npz file of plain arrays, as np.savez writes it ({what}). Objects are not read."
        ) from error
    n_test = headers["x_test"].shape[0] if "x_test" in wanted else 0
    _check_values(x, x_names, len(x) - n_test, path)
    names = class_names(path, labels, y_names, None if classes is None else classes.tolist())
    y = np.concatenate(labels).astype(np.int32)
    return Rows(x, y, names, range(len(x)), n_test)


@dataclass(frozen=True)
class _Header:
    """What an .npy member says about itself: its name, and where its numbers begin."""

    member: str
    start: int
    shape: tuple
    fortran: bool
    dtype: np.dtype

    @classmethod
    def of(cls, members, name):
        with members.open(f"{name}.npy") as member:
            version = np.lib.format.read_magic(member)
            if version != (1, 0):  # the later ones are for records, and their headers may have gigabytes
                raise ValueError(f"{name}.npy has a header of version {version}")
            header = cls(f"{name}.npy", 0, *np.lib.format.read_array_header_1_0(member))
            start = member.tell()
        size = members.getinfo(f"{name}.npy").file_size
        if header.dtype.hasobject or min(header.shape, default=0) < 0 or start + header.nbytes != size:
            claim = f"an array of shape {header.shape} and type {header.dtype}"
            raise ValueError(f"{name}.npy claims {claim}, and holds {size - start} bytes")
        return cls(header.member, start, header.shape, header.fortran, header.dtype)

    @property
    def nbytes(self):
        return math.prod(self.shape) * self.dtype.itemsize


def _wanted(members, path):
    """The names of the arrays to read; DataError if some are missing or there twice."""
    there = members.namelist()
    names = [name.removesuffix(".npy") for name in there]
    layout = next((one for one in LAYOUTS if set(one) <= set(names)), None)
    if layout is None:
        missing = [name for name in LAYOUTS[0] if name not in names]
        allowed = f"{', '.join(LAYOUTS[0])}, or x, y without a test set"
        raise DataError(f"{path} has no {', '.join(missing)}; a data file holds {allowed}.")
    wanted = [*layout, *({"classes"} & set(names))]
    for name in wanted:
        if there.count(f"{name}.npy") > 1:
            raise DataError(f"{path} holds {name} {there.count(f'{name}.npy')} times; each array must be there once.")
    return wanted


def _check_headers(headers, x_names, y_names, path):
    check_size(path, sum(header.nbytes for header in headers.values()))
    for name in x_names:
        shape, dtype = headers[name].shape, headers[name].dtype
        if len(shape) not in (2, 3) or 0 in shape:
            raise DataError(
                f"{path}: {name} must be (images, height, width) or (rows, features), none of them 0; "
                f"its shape is {shape}. Colors are averaged to gray first."
            )
        if dtype != np.uint8 and dtype.kind != "f":
            raise DataError(f"{path}: {name} must be uint8 (0 to 255) or floating point (0 to 1), not {dtype}.")
    first, last = headers[x_names[0]], headers[x_names[-1]]
    if first.shape[1:] != last.shape[1:] or (first.dtype == np.uint8) != (last.dtype == np.uint8):
        raise DataError(f"{path}: images of x_train and x_test must be of one size, and both uint8 or both floating.")
    for x_name, name in zip(x_names, y_names, strict=True):
        shape, dtype = headers[name].shape, headers[name].dtype
        if len(shape) != 1 or dtype.kind not in "iu":  # to issubdtype, time spans are integers too
            raise DataError(f"{path}: {name} must be a row of integers; it is {dtype} of shape {shape}.")
        if headers[x_name].shape[0] != shape[0]:
            raise DataError(f"{path}: {x_name} has {headers[x_name].shape[0]} images, {name} has {shape[0]} labels.")
    if "classes" in headers and (len(headers["classes"].shape) != 1 or headers["classes"].dtype.kind != "U"):
        raise DataError(f"{path}: classes must be a row of texts, the names of the classes.")


def _joined(members, headers, dtype):
    """The arrays of these headers one after the other, in C order; no copy is made where they lie so in the file."""
    joined = np.empty((sum(header.shape[0] for header in headers), *headers[0].shape[1:]), dtype)
    begin = 0
    for header in headers:
        part = joined[begin : begin + header.shape[0]]
        as_it_lies = header.dtype == joined.dtype and not header.fortran
        array = part if as_it_lies else np.empty(header.shape, header.dtype, order="F" if header.fortran else "C")
        _fill(members, header, array.T if header.fortran else array)
        if not as_it_lies:
            with np.errstate(over="ignore"):  # what float32 can't hold becomes infinite, and is found later
                part[...] = array
        begin += header.shape[0]
    return joined


def _fill(members, header, array):
    """Read the numbers of a member into an array in C order, no more and no less."""
    rest = memoryview(array.reshape(-1).view(np.uint8))
    with members.open(header.member) as member:
        member.seek(header.start)
        while rest:
            n = member.readinto(rest[:CHUNK])
            if not n:
                raise EOFError(f"{header.member} ends early")
            rest = rest[n:]
        member.read(1)  # at the end, zipfile compares the checksum


def _check_values(x, names, n_train, path):
    """Floats must be finite, images from 0 to 1; a warning for images in uint8 that are nearly black."""
    if x.dtype == np.uint8:
        return warn_if_dark(path, x)
    low, high = x.min(), x.max()
    if (x.ndim == 3 and low >= 0 and high <= 1) or (x.ndim == 2 and np.isfinite(low) and np.isfinite(high)):
        return  # NaN fails both
    right = (x >= 0) & (x <= 1) if x.ndim == 3 else np.isfinite(x)
    place = np.argwhere(~right)[0]
    name, row = (names[0], place[0]) if place[0] < n_train else (names[-1], place[0] - n_train)
    allowed = (
        "floating-point images go from 0 to 1 without NaN" if x.ndim == 3 else "features must be finite in float32"
    )
    raise DataError(f"{path}: {allowed}; {name} does not: there is {x[tuple(place)]} in row {row}.")
