"""What lies at the place that a reader names. Equal as long as nothing there has changed: data is read once."""

import stat
from dataclasses import dataclass
from pathlib import Path

from helpers.checks import shown
from helpers.sources.folder import Folder, list_pictures
from helpers.sources.rows import MAX_BYTES, DataError

ALLOWED = "an .npz file or a folder of pictures on this computer"


@dataclass(frozen=True)
class File:
    """A file as it was seen: the time of its last change in nanoseconds, its size in bytes."""

    path: Path
    time: int
    size: int


def find(where) -> File | Folder:
    """The file or folder at a path (~ is the home). Raises FileNotFoundError, or DataError for what is neither."""
    if "://" in where:
        raise DataError(f"data_file must be the path of {ALLOWED}, not the address {where}. Download the data first.")
    path = Path(where).expanduser()
    try:
        seen = path.stat()
        if stat.S_ISDIR(seen.st_mode):
            return list_pictures(path.absolute())
        if stat.S_ISREG(seen.st_mode):
            path.open("rb").close()  # is it readable?
    except FileNotFoundError as error:
        place = "" if path.is_absolute() else f" in {Path.cwd()}"
        raise FileNotFoundError(f"There is no file or folder {path}{place}.") from error
    except DataError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        raise DataError(f"data_file {shown(where)} can't be read: {getattr(error, 'strerror', error)}.") from error
    if not stat.S_ISREG(seen.st_mode):
        raise DataError(f"{path} is neither a file nor a folder. data_file must be the path of {ALLOWED}.")
    if seen.st_size > MAX_BYTES:
        raise DataError(f"{path} has {seen.st_size / 1e9:.1f} GB; up to {MAX_BYTES / 1e9:.0f} GB are read.")
    return File(path.absolute(), seen.st_mtime_ns, seen.st_size)
