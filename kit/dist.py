"""The folder that the kit leaves: each part is there whole or not at all, and only what the kit wrote is replaced.

`.kit.json` remembers the hash of every file that the kit wrote.
"""

import json
import os
from contextlib import ExitStack, contextmanager

from helpers import system
from helpers.batch import lock, marker
from helpers.files import write
from kit import KitError
from kit.download import sha256

RECORD = ".kit.json"


@contextmanager
def staging(out, names):
    """A new folder in `out` (made if missing) to build `names` in; what it holds at the end takes their place.

    names: the files and folders that will be built. Nothing changes in `out` if anything fails or is interrupted.
    Raises KitError, before the work, if one of them holds what the kit did not write, or if another process builds
    there, or if nothing can be written there.
    """
    with ExitStack() as stack:
        try:
            out.mkdir(parents=True, exist_ok=True)
            part, _ = stack.enter_context(lock.held(out))
        except OSError as error:
            raise KitError(f"{out} can't be made: {error.strerror}. Choose another --out.") from error
        except ValueError as error:
            raise KitError(str(error)) from error
        refuse_to_overwrite(out, names)
        yield part
        _place(part, out)


def refuse_to_overwrite(out, names):
    """Raise KitError if a file under one of the names is not as the kit left it."""
    known = record(out)
    for name in names:
        for path in _files(out / name):
            if not path.is_file() or sha256(path) not in known.get(path.relative_to(out).as_posix(), []):
                raise KitError(
                    f"{path} was not written by the kit, or was changed since. Nothing was touched: move {out / name}"
                    " away, or build into another folder with --out."
                )


def record(out):
    """Path in `out` -> the hashes that the kit gave it."""
    known = marker.content(out / RECORD)
    whole = isinstance(known, dict) and all(isinstance(hashes, list) for hashes in known.values())
    return known if whole else {}


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
            system.replace(out / path.name, part / f".old-{path.name}")
        system.replace(path, out / path.name)
    remember(out, fresh)


def _files(path):
    """All that is there and no folder: links and pipes too, which nobody builds."""
    if path.is_dir() and not path.is_symlink():
        return sorted(one for one in path.rglob("*") if one.is_symlink() or not one.is_dir())
    return [path] * os.path.lexists(path)
