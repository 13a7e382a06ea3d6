"""A folder of pictures: which there are, in an order that is the same on every system. None is opened here."""

import os
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from helpers.sources.rows import DataError

MAX_PICTURES = 200_000
SUFFIXES = (".png", ".jpg", ".jpeg")
PARTS = ("train", "test")


class Picture(NamedTuple):
    """One file as it was seen. name: its path in the folder, with "/". class_name: "" if it is unlabeled."""

    path: str
    name: str
    class_name: str
    time: int
    size: int


@dataclass(frozen=True)
class Folder:
    """The pictures for training and for testing, the suffixes of other files, and sub-folders without a picture."""

    path: Path
    train: tuple
    test: tuple
    others: tuple
    empty: tuple


def list_pictures(path):
    """`Folder`: the PNG and JPEG files in the sub-folders of `path`, one sub-folder a class; those in `path` itself are
    unlabeled. Two sub-folders called train and test with sub-folders of their own are the training and the test part.

    Names that begin with a dot are hidden. Order and names don't depend on how the system stores them: Unicode is
    composed (NFC), and numbers in names count as numbers. Raises DataError.
    """
    others, empty = Counter(), []
    names = sorted(entry.name for entry in _entries(path) if entry.is_dir())
    in_parts = names == sorted(PARTS) and any(entry.is_dir() for entry in _entries(path / "train"))
    parts = [_part(path, name if in_parts else "", others, empty) for name in (PARTS if in_parts else ("",))]
    if in_parts and any(_is_picture(entry, others) for entry in _entries(path)):
        raise DataError(f"{path}: pictures lie beside train and test. Each must be in a class of one of them.")
    pictures = [picture for part in parts for picture in part]
    if not pictures:
        raise DataError(f"{path} holds no picture. Allowed are {', '.join(SUFFIXES)}, one sub-folder a class, or none.")
    twice = [name for name, count in Counter(picture.name for picture in pictures).items() if count > 1]
    if twice:
        raise DataError(f"{path} holds two pictures that differ only in how Unicode writes their name: {twice[0]}.")
    return Folder(
        path, tuple(parts[0]), tuple(parts[1]) if in_parts else (), tuple(sorted(others.items())), tuple(empty)
    )


def _part(path, part, others, empty):
    """The pictures in path/part and in its sub-folders, as a list."""
    top = _entries(path / part)
    pictures = [_picture(entry, part, "") for entry in top if _is_picture(entry, others)]
    if part and pictures:
        raise DataError(f"{path}: {pictures[0].name} lies outside of a class. Each picture of {part} must be in one.")
    for folder in (entry for entry in top if entry.is_dir()):
        inside = _entries(folder.path)
        deeper = [entry.name for entry in inside if entry.is_dir()]
        if deeper:
            raise DataError(
                f"{path}: {folder.name}/{deeper[0]} is a folder in a class. Allowed are pictures in sub-folders, one "
                "a class; or two sub-folders, train and test, with one sub-folder a class each."
            )
        found = [_picture(entry, part, folder.name) for entry in inside if _is_picture(entry, others)]
        if not found:
            empty.append(_shown("/".join(filter(None, (part, folder.name)))))
        pictures += found
        if len(pictures) > MAX_PICTURES:
            raise DataError(f"{path} holds more than {MAX_PICTURES:,} pictures; up to so many are read.")
    return pictures


def _entries(path):
    """What is in a folder and not hidden, in order; DataError if it can't be read or holds too much."""
    found = []
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                found.append(entry)
                if len(found) > MAX_PICTURES:
                    raise DataError(f"{path} holds more than {MAX_PICTURES:,} files; up to so many are read.")
    except OSError as error:
        raise DataError(f"The folder {path} can't be read: {error.strerror}.") from error
    return sorted((entry for entry in found if not entry.name.startswith(".")), key=_order)


def _order(entry):
    """Numbers as numbers: 2 before 10; and the same for names that a system decomposed."""
    name = _shown(entry.name)
    return [int(piece) if piece.isdecimal() else piece for piece in re.split(r"(\d+)", name)], entry.name


def _shown(name):
    """A name as text that can be printed and stored, the same on every system."""
    return unicodedata.normalize("NFC", name).encode(errors="backslashreplace").decode()


def _is_picture(entry, others):
    """Whether the name is that of a picture; other files are counted by suffix."""
    suffix = os.path.splitext(entry.name)[1].lower()
    if suffix not in SUFFIXES and not entry.is_dir():
        others[suffix] += 1
    return suffix in SUFFIXES and not entry.is_dir()


def _picture(entry, part, class_name):
    try:
        seen = entry.stat()
        time, size = seen.st_mtime_ns, seen.st_size
    except OSError:  # a link to nothing: opening it will say so
        time = size = 0
    class_name = _shown(class_name)
    return Picture(entry.path, "/".join(filter(None, (part, class_name, _shown(entry.name)))), class_name, time, size)
