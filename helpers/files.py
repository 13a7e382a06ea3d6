"""Files that are there whole or not at all."""

import hashlib
import os
from pathlib import Path

from helpers.system import replace


def write(content, path):
    """Write a file, text or bytes, that is there whole or not at all. Raises OSError that names it."""
    path = Path(path)
    part = path.with_name(f".part-{os.getpid()}-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content if isinstance(content, bytes) else content.encode())
        replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from error


def sha256(content):
    """The SHA-256 of a text or of bytes, hexadecimal."""
    return hashlib.sha256(content if isinstance(content, bytes) else content.encode()).hexdigest()
