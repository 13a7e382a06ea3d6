"""Kills at random moments: what was finished is whole, everything goes on, and nothing of anybody else is touched.

`pytest -m kill tests/test_kills.py`; KILLS=10 before it for fewer.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress

import nbformat
import psutil
import pytest
from test_study import SLOW
from tiny import FIGURE, RECORD, write_notebook

from helpers.batch import site
from helpers.studies import study

pytestmark = pytest.mark.kill
KILLS = int(os.environ.get("KILLS", "100"))  # of each command
USERS = {"thesis.txt": "mine", "figures/mine.png": "mine", ".part-x": "mine", "notebooks/mine.ipynb": "mine"}


class Killer:
    """Starts a command, and ends it after a random share of the time that it takes; sometimes it comes too late."""

    def __init__(self, folder):
        self.rng, self.log, self.whole = random.Random(0), folder / "log.txt", 60.0

    def __call__(self, *command, quiet=True):
        """How the command ended: its status, or None if it was killed. What it started ends as well.

        quiet: it is a command of ours, which says no more than a sentence when it is stopped.
        """
        ways = [(os.kill, signal.SIGKILL), (os.killpg, signal.SIGKILL), (os.killpg, signal.SIGINT)]
        kill, number = self.rng.choice([*ways, (os.kill, signal.SIGTERM)])
        began = time.monotonic()
        with self.log.open("w") as log:
            process = subprocess.Popen([sys.executable, *map(str, command)], stderr=log, start_new_session=True)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=self.rng.uniform(0, 1.2 * self.whole))
            self.whole = time.monotonic() - began
        started = [process, *psutil.Process(process.pid).children(recursive=True)] if process.poll() is None else []
        with suppress(ProcessLookupError):
            kill(process.pid, number)
        status = process.wait(timeout=300)
        assert not psutil.wait_procs(started[1:], timeout=300)[1]
        # 130 is also what a shell says of a process that a signal has ended before Python heard of it.
        end = {-number: 130, -signal.SIGKILL: None}.get(status, status)
        said = self.log.read_text()
        assert not quiet or end in (None, 130, 0), f"{signal.Signals(number).name} by {kill.__name__}: {end}, {said}"
        assert not quiet or number == signal.SIGKILL or "Traceback" not in said
        return end


@pytest.fixture
def killer(tmp_path):
    return Killer(tmp_path)


def notebooks(folder, *names):
    parameters = 'seed: int = 0\nfigures: str = ""'
    return [write_notebook(folder / f"{name}.ipynb", FIGURE, RECORD, parameters=parameters) for name in names]


def put_users_files(out):
    for name, text in USERS.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text(text)


def whole_files(out):
    """The names of all files that are not in a stage; each is checked."""
    paths = [path for path in out.rglob("*") if path.is_file() and ".part-" not in str(path)]
    names = {path.relative_to(out).as_posix(): path for path in paths}
    for name, path in names.items():
        if name in USERS:
            assert path.read_text() == USERS[name]
        elif path.suffix == ".json":
            json.loads(path.read_text())
        elif path.suffix == ".ipynb":
            nbformat.validate(nbformat.read(path, as_version=4))
        elif path.suffix == ".html":
            assert path.read_text().rstrip().endswith("</html>")
        elif path.suffix == ".png":
            assert path.read_bytes().endswith(b"IEND\xaeB`\x82")
    return set(names) - {".batch-lock"}


def unfinished(out):
    return {path.name for path in out.glob(".*")} - set(USERS)


def test_killed_sweeps_go_on(tmp_path, killer):
    """What is finished stays as it is, byte for byte, until all is there."""
    [notebook] = notebooks(tmp_path, "learn")
    ends, folders = [], 1
    out, finished = tmp_path / "out1", {}
    for _ in range(KILLS):
        arguments = ["-p", "seed=0:6", "--workers", "2", "--out", out, *(["--resume"] if out.exists() else [])]
        ends.append(killer("-m", "helpers.batch", "sweep", notebook, *arguments))
        names = whole_files(out) if out.exists() else set()
        if "plan.json" in names:
            put_users_files(out)
        now = {path.name: path.read_bytes() for path in out.glob("notebooks/*.json")}
        assert finished.items() <= now.items()
        finished = now
        for record in map(json.loads, now.values()):
            assert record["error"] is None
            assert all((out / name).stat().st_size == size for name, size in record["files"].items())
        if ends[-1] == 0:
            assert len(now) == 6
            assert {"results.csv", "results.parquet", "report.html"} <= names
            assert not unfinished(out)
            folders += 1
            out, finished = tmp_path / f"out{folders}", {}
    print(f"{ends.count(None)} killed, {ends.count(130)} interrupted, {ends.count(0)} complete")
    assert folders > 1


def test_killed_runs_keep_the_old_results_until_the_new_ones_are_there(tmp_path, killer):
    first, second, third = notebooks(tmp_path, "first", "second", "third")
    out, ends, there = tmp_path / "out", [], set()
    for number in range(KILLS):
        asked = [first, second] if number % 2 else [second, third]
        ends.append(killer("-m", "helpers.batch", "run", *asked, "--workers", "2", "--out", out))
        names = whole_files(out) if out.exists() else set()
        if "plan.json" in names and not (out / "thesis.txt").exists():
            put_users_files(out)
        pages = {name for name in names if name.endswith(".html")}
        assert there & {"index.html", *(f"{path.stem}.html" for path in asked)} <= pages
        there = pages  # of notebooks that were not asked for they may go
        if ends[-1] == 0:
            of_runs = {f"{path.stem}.{kind}" for path in asked for kind in ("ipynb", "html", "json")}
            assert names - USERS.keys() == {"plan.json", "figures/line.png", *site.FILES, *of_runs}
            assert not unfinished(out)
    print(f"{ends.count(None)} killed, {ends.count(130)} interrupted, {ends.count(0)} complete")
    assert 0 in ends


def test_killed_studies_keep_each_trial(tmp_path, killer):
    (tmp_path / "slow.py").write_text(
        SLOW.replace("if __name__", "sys.stdout = open(sys.argv[1] + '/table.csv', 'w')\nif __name__")
    )
    ends, stored, complete = [], {}, 0
    store = tmp_path / "store"
    for _ in range(KILLS):
        ends.append(killer(tmp_path / "slow.py", tmp_path, quiet=False))
        now = {path.name: path.read_bytes() for path in store.glob("slow-*.csv")}
        assert stored.items() <= now.items()
        assert all(study._read(store / name) is not None for name in now)
        stored = now
        if ends[-1] == 0:
            lines = (tmp_path / "table.csv").read_text().split()
            assert lines == ["seed,square", *(f"{seed},{seed**2}" for seed in range(12))]
            complete += 1
            for name in now:
                (store / name).unlink()
            stored = {}
    print(f"{ends.count(None)} killed, {ends.count(0)} complete, {len(ends) - ends.count(None) - complete} other ends")
    assert complete
