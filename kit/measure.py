"""How long the learner's copies run on this machine, from their first cell to their last; each must run."""

import json
import math
import os
import shutil
import tempfile
import time
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path

from tqdm import tqdm

from helpers.batch.runner import run_notebook
from helpers.files import sha256, write
from helpers.provenance import code_sha256
from kit import KitError


def seconds(lessons, learner, cache):
    """Name of each lesson -> whole seconds that its copy runs, in a copy of the folder `learner`: runs leave files.

    cache: a file that remembers them, so that nothing is measured twice and a second kit has the same bytes.
    Raises KitError if a copy fails.
    """
    known = {}
    with suppress(FileNotFoundError, ValueError):
        known = json.loads(cache.read_text(encoding="utf-8"))
    code, found = code_sha256(), {}
    # In a process of its own: the client of notebooks answers Ctrl-C itself, with a cell that failed.
    with get_context("spawn").Pool(1) as other:
        for lesson in tqdm(lessons, desc="running the learner's copies", unit="notebook", disable=None):
            path = learner / "notebooks" / lesson.path.name
            key = sha256(code + path.read_text(encoding="utf-8"))
            if key not in known:
                known[key], error = other.apply(_run, (path.name, learner))
                if error:
                    raise KitError(f"{path.name} fails for learners at {error['where']}: {error['what']}")
                write(json.dumps(known, indent=0), cache)
            found[lesson.name] = known[key]
    return found


def _run(name, learner):
    """Whole seconds that a notebook takes, and its error or None."""
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copytree(learner, os.path.join(folder, "learner"))
        os.environ["PYTHONPATH"] = copy  # which the kernel inherits
        path = os.path.join(copy, "notebooks", name)
        started = time.monotonic()
        _, error = run_notebook(Path(path), {"figures": os.path.join(folder, "figures")}, cwd=os.path.dirname(path))
        return math.ceil(time.monotonic() - started), error
