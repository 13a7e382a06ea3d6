"""What depends on the operating system: a lock on an open file, which ends with the process that holds it."""

import os
import sys
from contextlib import suppress
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

BEYOND = 2**30  # Windows locks bytes, and nobody else can read them: one behind the text


def lock(file):
    """Lock an open file for this process; False if another has it. Its lock ends when it is closed, or with us."""
    try:
        if sys.platform == "win32":
            file.seek(BEYOND)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def remove_locked(file):
    """Remove a file that this process has locked, and end the lock."""
    path = Path(file.name)
    if sys.platform == "win32":  # there an open file can't be removed, not even by another that waits for it
        file.close()
        with suppress(PermissionError, FileNotFoundError):
            path.unlink()
    else:
        with file:
            path.unlink(missing_ok=True)


def is_at_its_path(file):
    """Whether an open file is still the one at its path: another process may have removed it meanwhile."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), os.stat(file.name))
    except FileNotFoundError:
        return False
