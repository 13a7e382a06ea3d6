"""Files from elsewhere: fetched with a bar, resumed where a connection broke, and kept only if their hash is right."""

import hashlib
import http.client
import time
import urllib.error
import urllib.request

from tqdm import tqdm

from helpers import system
from kit import KitError

TRIES = 5  # without a byte more; then it gives up
PAUSE = 1.0  # seconds after the first of these, then twice as long each time
CHUNK = 1 << 18  # bytes


def download(wheels, folder):
    """Fetch `wheels` (name, url, size, sha256) into `folder`, except those that are there already.

    What is incomplete is called `.part`, and the next call goes on from it. Raises KitError if a file can't be had.
    """
    folder.mkdir(parents=True, exist_ok=True)
    total = sum(wheel.size for wheel in wheels)
    with tqdm(total=total, unit="B", unit_scale=True, desc="wheels", disable=None) as bar:
        for wheel in wheels:
            if is_there(wheel, folder):
                bar.update(wheel.size)
            else:
                _fetch(wheel, folder, bar)


def is_there(wheel, folder):
    """Whether the whole file is there, by its hash."""
    path = folder / wheel.name
    return path.is_file() and sha256(path) == wheel.sha256


def sha256(path):
    """SHA-256 of a file, hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fetch(wheel, folder, bar):
    part = folder / f"{wheel.name}.part"
    part.touch()
    bar.update(part.stat().st_size)
    stuck, why = 0, None
    while stuck < TRIES:
        before = part.stat().st_size
        try:
            _append(wheel.url, part, bar)
        except (OSError, http.client.HTTPException) as error:
            why = error
            stuck = 0 if part.stat().st_size > before else stuck + 1
        else:
            if sha256(part) == wheel.sha256:
                system.replace(part, folder / wheel.name)
                return
            why = "its SHA-256 is not the one that the index gives"
            bar.update(-part.stat().st_size)
            part.write_bytes(b"")
            stuck += 1
        if stuck:
            time.sleep(PAUSE * 2 ** (stuck - 1))
    raise KitError(f"{wheel.name} can't be fetched: {why}. What was fetched is kept: the same command goes on from it.")


def _append(url, part, bar):
    """Add to `part` what it lacks of the file. Raises OSError or HTTPException where the connection breaks."""
    have = part.stat().st_size
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            resumed = have and answer.status == 206  # any other server sends all of it
            bar.update(0 if resumed else -have)
            missing = int(answer.headers.get("Content-Length", 0))
            with open(part, "ab" if resumed else "wb") as file:
                while chunk := answer.read(CHUNK):
                    file.write(chunk)
                    bar.update(len(chunk))
                    missing -= len(chunk)
            if missing > 0:
                raise ConnectionError("the connection broke")
    except urllib.error.HTTPError as error:
        if error.code != 416:  # nothing is left to send
            raise
