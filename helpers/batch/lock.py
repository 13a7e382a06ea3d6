"""One batch at a time in a folder, and a stage in it for its unfinished files."""

import json
import os
import platform
import re
import secrets
import shutil
import time
from contextlib import contextmanager
from pathlib import Path

from helpers import system

LOCK = ".batch-lock"  # the file that is locked
START = '{"process": '  # of its content
FINISHED = "run-*/**/*.json"  # in a stage, the records of runs: the last of their files


@contextmanager
def held(folder):
    """Hold a folder for this process. Gives a new folder in it for unfinished files, and a list of those that processes
    left which were killed; all of them are removed at the end. After an OSError those stay in which a run is whole.

    Raises ValueError that says who holds the folder, or why nothing can be written there.
    """
    folder = Path(folder)
    stage = folder / f".part-{secrets.token_hex(4)}"
    file, left = None, []
    try:
        file = _locked(folder / LOCK)
        left = [folder / name for name in stages(folder)]
        _sign(file, [path.name for path in (*left, stage)])
        stage.mkdir()
    except OSError as error:
        if file:
            _let_go(file, left)
        raise ValueError(f"{folder} can't be written: {error.strerror}. Choose another --out.") from error
    kept = []
    try:
        yield stage, left
    except OSError:
        kept = [path for path in (*left, stage) if any(path.glob(FINISHED))]  # could not be moved; the next batch will
        raise
    finally:
        for path in {*left, stage} - {*kept}:
            shutil.rmtree(path, ignore_errors=True)
        _let_go(file, [*left, stage])


def stages(folder):
    """The names of the folders for unfinished files, as the lock in a folder says."""
    names = _content(Path(folder, LOCK)).get("stages", [])
    return [name for name in names if re.fullmatch(r"\.part-[0-9a-f]{8}", str(name))]


def _locked(path):
    """The open lock file, locked."""
    while True:
        path.touch()
        if not path.is_file() or (path.stat().st_size and not _content(path)):
            raise ValueError(f"{path} is not the lock of a batch. Move it, or choose another --out.")
        try:
            file = open(path, "r+b", buffering=0)  # noqa: SIM115 (`held` closes it)
        except FileNotFoundError:  # who had it has just ended
            continue
        if not system.lock(file):
            file.close()
            raise ValueError(_in_use(path))
        if system.is_at_its_path(file):
            return file
        file.close()


def _let_go(file, stages):
    """End the lock. Its file stays as long as one of the stages, since it says that they are ours."""
    if any(path.exists() for path in stages):
        file.close()
    else:
        system.remove_locked(file)


def _sign(file, stages):
    """Say who holds the lock, in one write: a process that is killed leaves what was there or what is there now."""
    who = {"process": os.getpid(), "host": platform.node(), "since": time.strftime("%Y-%m-%d %H:%M:%S")}
    file.seek(0)
    file.truncate(file.write(json.dumps(who | {"stages": stages}).encode()))


def _content(path):
    """What a lock says, as a dict; {} if it is empty, or no lock of ours."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
        return json.JSONDecoder().raw_decode(text)[0] if text.startswith(START) else {}
    except (OSError, ValueError):
        return {}


def _in_use(path):
    said = "Process {process} on {host} has been writing into {folder} since {since}."
    who = _content(path)
    said = said.format(folder=path.parent, **who) if who else f"Another process is writing into {path.parent}."
    return f"{said} Wait until it has ended, or choose another --out."
