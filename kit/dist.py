"""The folder that the kit leaves: each part is there whole or not at all, and only what the kit wrote is replaced.

`.kit.json` remembers the hash of every file that the kit wrote.
"""

import json
import shutil
from contextlib import contextmanager, suppress

import psutil

from helpers.provenance import write
from kit import KitError
from kit.download import sha256

RECORD = ".kit.json"
PART = ".part-"  # and the process that builds there


@contextmanager
def staging(out, names):
    """A new folder in `out` (made if missing) to build `names` in; what it holds at the end takes their place.

    names: the files and folders that will be built. Nothing changes in `out` if anything fails or is interrupted.
    Raises KitError, before the work, if one of them holds what the kit did not write.
    """
    out.mkdir(parents=True, exist_ok=True)
    for left in out.glob(f"{PART}*"):
        if not psutil.pid_exists(int(left.name.removeprefix(PART))):
            shutil.rmtree(left)
    refuse_to_overwrite(out, names)
    part = out / f"{PART}{psutil.Process().pid}"
    part.mkdir()
    try:
        yield part
        _place(part, out)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def refuse_to_overwrite(out, names):
    """Raise KitError if a file under one of the names is not as the kit left it."""
    known = record(out)
    for name in names:
        for path in _files(out / name):
            if sha256(path) not in known.get(path.relative_to(out).as_posix(), []):
                raise KitError(
                    f"{path} was not written by the kit, or was changed since. Nothing was touched: move {out / name}"
                    " away, or build into another folder with --out."
                )


def record(out):
    """Path in `out` -> the hashes that the kit gave it."""
    with suppress(FileNotFoundError):
        return json.loads((out / RECORD).read_text(encoding="utf-8"))
    return {}


def remember(out, hashes):
    """Add to the record."""
    write(json.dumps(record(out) | hashes, indent=0, sort_keys=True), out / RECORD)


def _place(part, out):
    fresh = {path.relative_to(part).as_posix(): [sha256(path)] for path in _files(part)}
    known = record(out)
    # Before anything moves, so that files of an interrupted placing are known, old and new.
    remember(out, {name: sorted({*hashes, *known.get(name, [])}) for name, hashes in fresh.items()})
    for path in sorted(part.iterdir()):
        if (out / path.name).exists():
            (out / path.name).rename(part / f".old-{path.name}")
        path.rename(out / path.name)
    remember(out, fresh)


def _files(path):
    return sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path] * path.is_file()
