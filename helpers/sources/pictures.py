"""Pictures as rows: gray, all of one size. Pillow reads them."""

import os
import stat
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
from PIL import Image, ImageChops, ImageOps, UnidentifiedImageError

from helpers.notebook import progress
from helpers.sources.rows import DataError, Rows, check_size, warn_if_dark

MAX_FILE = 400 * 10**6  # bytes of one picture; and Pillow refuses pictures of more than Image.MAX_IMAGE_PIXELS
MANY = 1000  # pictures that take long enough for a progress bar
NAMED = 20  # broken pictures in a remark


def read_pictures(folder, size):
    """`Rows` of a `Folder`: uint8, size x size pixels, stretched to that, gray.

    Turned as their EXIF says; transparent ones lie on white if what is seen is dark, on black if it is bright, all on
    the same. What can't be read is left out, and named. Raises DataError if nothing or not enough is left.
    """
    pictures = [*folder.train, *folder.test]
    check_size(folder.path, len(pictures) * size * size)
    x, on_white, broken = np.empty((len(pictures), size, size), np.uint8), {}, {}
    with _threads() as threads:
        read = threads.map(lambda picture: _read(picture.path, size), pictures)
        if len(pictures) > MANY:
            read = progress(read, f"{len(pictures)} pictures in {folder.path.name}", len(pictures))
        for i, (gray, white, problem) in enumerate(read):
            if problem:
                broken[i] = (pictures[i].name, problem)
                continue
            x[i] = gray
            if white is not None:
                on_white[i] = white
    kept = np.setdiff1d(np.arange(len(pictures)), list(broken))
    lost = {picture.class_name for picture in pictures} - {pictures[i].class_name for i in kept}
    remarks = [*_left_out(folder, list(broken.values()), sorted(lost)), *_lay(x, on_white)]
    n_test = int((kept >= len(folder.train)).sum())
    if not len(kept) - n_test:
        raise DataError(f"{folder.path}: no picture can be read. {' '.join(remarks)}")
    x = x[kept] if broken else x
    warn_if_dark(folder.path, x)
    y, classes = _labels(folder, [pictures[i].class_name for i in kept], n_test)
    return Rows(x, y, classes, tuple(pictures[i].name for i in kept), n_test, tuple(broken.values()), tuple(remarks))


@contextmanager
def _threads():
    """A thread a core; what they have not begun is dropped at the end, or after Ctrl-C."""
    threads = ThreadPoolExecutor(os.cpu_count())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's remarks on odd files that it reads nevertheless
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            yield threads
        finally:
            threads.shutdown(cancel_futures=True)


def _read(path, size):
    """(gray levels, the same on white if the picture is transparent, "") or (None, None, what is wrong)."""
    try:
        seen = os.stat(path)
        if not stat.S_ISREG(seen.st_mode) or seen.st_size > MAX_FILE:
            return None, None, f"no file of up to {MAX_FILE // 10**6} MB"
        return *_gray(path, size), ""
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return None, None, f"more than {Image.MAX_IMAGE_PIXELS // 10**6} million pixels"
    except UnidentifiedImageError:
        return None, None, "neither PNG nor JPEG"
    except Exception as error:  # Pillow raises a dozen kinds for damaged files
        return None, None, getattr(error, "strerror", None) or str(error) or type(error).__name__


def _gray(path, size):
    """Gray levels (size, size) uint8, and, if the picture is transparent, the same on white; the first is on black."""
    with Image.open(path, formats=("PNG", "JPEG")) as opened:
        opened.draft("L", (2 * size, 2 * size))  # a large JPEG is decoded no larger than needed
        picture = ImageOps.exif_transpose(opened)
    if picture.mode[0] in "IF":  # 16 bits; Pillow would cut them off at 255
        picture = Image.fromarray(np.rint(np.asarray(picture) / 257).astype(np.uint8))
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
    if picture.mode != "RGBA" or picture.getextrema()[3] == (255, 255):
        return _resized(picture.convert("L"), size), None
    alpha = picture.getchannel("A")
    black = ImageChops.multiply(picture.convert("RGB").convert("L"), alpha)
    white = ImageChops.add(black, ImageChops.invert(alpha))
    return _resized(black, size), _resized(white, size)


def _resized(picture, size):
    return np.asarray(picture.resize((size, size), Image.Resampling.BILINEAR))


def _lay(x, on_white):
    """Lay transparent pictures on white if what is seen of them is dark on average; yields a remark."""
    if not on_white:
        return
    rows, white = list(on_white), np.stack(list(on_white.values())).astype(int)
    black = x[rows].astype(int)
    opacity = (255 - (white - black)).sum()
    dark = black.sum() < opacity / 2
    if dark:
        x[rows] = white
    yield f"Transparent pictures ({len(rows)}) lie on {'white' if dark else 'black'}."


def _labels(folder, names, n_test):
    """y and the names of the classes; DataError if there is one class only, or one that is only in the test part."""
    classes = list(dict.fromkeys(name for name in names if name))
    number = {name: i for i, name in enumerate(classes)} | {"": -1}
    y = np.array([number[name] for name in names], np.int32)
    n_train = len(y) - n_test
    if len(classes) == 1:
        raise DataError(
            f"{folder.path}: all labeled pictures are in one sub-folder, {classes[0]}. A sub-folder is a class; "
            "there must be two or more, or none."
        )
    lacking = sorted(set(range(len(classes))) - set(y[:n_train].tolist()))
    if lacking:
        raise DataError(f"{folder.path}: train has no picture of the class {classes[lacking[0]]}, test has.")
    return y, tuple(classes)


def _left_out(folder, broken, lost):
    """Sentences about what was found and not used."""
    if broken:
        named = "; ".join(f"{name} ({problem})" for name, problem in broken[:NAMED])
        more = f"; and {len(broken) - NAMED} more, all of them in `broken`" if len(broken) > NAMED else ""
        yield f"Left out, because they can't be read: {named}{more}."
    if folder.others:
        counts = ", ".join(f"{count} {suffix or 'without a suffix'}" for suffix, count in folder.others)
        yield f"Files that are neither .png nor .jpg are left out: {counts}."
    if empty := [*folder.empty, *lost]:
        yield f"Sub-folders without a picture are no class: {', '.join(empty)}."
