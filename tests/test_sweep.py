"""Sweeps with real parts: kernels, workers, schedulers, signals, disks. Each test names what may go wrong."""

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from glob import glob
from pathlib import Path

import nbformat
import psutil
import pytest
from tiny import FIGURE, batch, texts, write_notebook

from helpers.batch.command import main
from helpers.batch.kernel import Parent, imports_of

PROJECT = Path(__file__).parents[1]
RESULT = (
    "from helpers.notebook import record\nrecord(labels=[10, 20], accuracy=[0.5, 0.5 + seed / 100], end=seed / 100)"
)
TROUBLE = """
import os, psutil, signal, time
if how == "raise":
    1 / 0
if how == "hang":
    time.sleep(1000)
if how == "kill the kernel":
    os.kill(os.getpid(), signal.SIGKILL)
if how == "kill the worker":
    next(p for p in psutil.Process().parents() if "spawn_main" in " ".join(p.cmdline())).kill()
    time.sleep(1000)
if how == "fill the memory":
    bytearray(2**40)
"""
PARAMETERS = 'seed: int = 0\nseconds: float = 0.0\nfigures: str = ""'
linux = pytest.mark.skipif(sys.platform != "linux", reason="kernels are limited and forked on Linux only")


@pytest.fixture
def notebook(tmp_path):
    """Records a learning curve that depends on the seed."""
    cells = FIGURE, "import time\ntime.sleep(seconds)", RESULT
    return write_notebook(tmp_path / "learn.ipynb", *cells, parameters=PARAMETERS)


def rows(out):
    with open(Path(out) / "results.csv", newline="") as file:
        return list(csv.DictReader(file))


def without_times(table):
    return [{name: value for name, value in row.items() if name not in ("seconds", "run_seconds")} for row in table]


def unfinished(folder):
    return [path for path in Path(folder).rglob("*") if path.name.startswith(".")]


def test_a_sweep_leaves_notebooks_figures_records_tables_and_a_report(notebook, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["sweep", str(notebook), "-p", "seed=1:4", "-p", "seconds=0", "--workers", "2", "--out", str(out)]) == 0
    said = capsys.readouterr()
    assert "3 runs ok, 0 failed" in said.out
    assert "[3/3 done, 0 failed, 0 running, 00:00 left]" in said.err
    table = rows(out)
    assert [(row["seed"], row["end"], row["status"]) for row in table] == [
        ("1", "0.01", "ok"),
        ("2", "0.02", "ok"),
        ("3", "0.03", "ok"),
    ]
    for row in table:
        assert json.loads((out / f"{row['run']}.json").read_text())["parameters"]["seed"] == int(row["seed"])
        executed = nbformat.read(out / f"{row['run']}.ipynb", as_version=4)
        assert f"seed = {row['seed']}" in "".join(cell.source for cell in executed.cells)
        assert str(tmp_path / "out/figures") in nbformat.writes(executed)
        assert ".part-" not in nbformat.writes(executed)
        assert (out / "figures" / Path(row["run"]).name / "line.png").stat().st_size > 0
        assert f'href="{row["run"].replace("=", "%3D")}.html"' in (out / "report.html").read_text()
        assert (out / f"{row['run']}.html").exists()
    report = (out / "report.html").read_text()
    assert 'alt="accuracy of 3 runs' in report
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", report)
    assert (out / "results.parquet").exists()
    assert not unfinished(out)
    # The same again is refused, and so is something else in its place.
    again = ["sweep", str(notebook), "-p", "seed=1:4", "-p", "seconds=0", "--out", str(out)]
    assert main(again) == 2
    assert "--resume" in capsys.readouterr().err
    assert main(["sweep", str(notebook), "-p", "seed=1:5", "--out", str(out), "--resume"]) == 2
    assert "other notebooks or parameters" in capsys.readouterr().err
    assert main(["sweep", str(notebook), "-p", "seed=1", "--out", str(tmp_path)]) == 2
    assert "not from an earlier batch" in capsys.readouterr().err


def test_a_warm_kernel_shows_what_a_cold_one_shows(notebook, tmp_path):
    """`sweep` forks kernels, `run` starts them. Text, figure and record are the same."""
    assert main(["run", str(notebook), "--workers", "1", "--out", str(tmp_path / "cold")]) == 0
    assert main(["sweep", str(notebook), "-p", "seed=0", "--workers", "1", "--out", str(tmp_path / "warm")]) == 0
    cold, warm = (
        [cell.outputs for cell in nbformat.read(path, as_version=4).cells if cell.get("outputs")]
        for path in (tmp_path / "cold/learn.ipynb", tmp_path / "warm/notebooks/learn-seed=0.ipynb")
    )
    assert cold == warm
    assert "image/png" in cold[0][0].data


@linux
def test_the_projects_notebooks_can_run_warm():
    """That is, nothing that they import starts a thread. One that does would silently cost seconds a run."""
    text = (PROJECT / "notebooks/05_active_learning.ipynb").read_text()
    assert "helpers.model" in imports_of(text)
    parent = Parent(imports_of(text))
    assert parent.can_fork
    parent.close()


@linux
def test_one_run_that_fails_stops_no_other(tmp_path, capsys):
    notebook = write_notebook(tmp_path / "odd.ipynb", TROUBLE, "print('survived')", parameters='how: str = ""')
    ways = ["kill the worker", "nothing", "raise", "hang", "kill the kernel", "fill the memory"]
    out = tmp_path / "out"
    arguments = ["--timeout", "4", "--workers", "2", "--out", str(out)]
    assert main(["sweep", str(notebook), "-p", f"how={','.join(ways)}", *arguments]) == 1
    said = capsys.readouterr().out
    errors = {row["how"]: row["error"] for row in rows(out)}
    assert errors == {
        "kill the worker": "no cell: killed its worker 3 times",
        "nothing": "",
        "raise": "cell [3]: ZeroDivisionError: division by zero",
        "hang": "cell [3]: CellTimeoutError: A cell timed out while it was being executed, after 4 seconds.",
        "kill the kernel": "cell [3]: DeadKernelError: Kernel died",
        "fill the memory": "cell [3]: MemoryError: ",
    }
    assert "1 runs ok, 5 failed" in said
    assert "how=raise" in said
    report = (out / "report.html").read_text()
    for row in rows(out):
        if row["error"].startswith("cell"):  # the report leads to the cell that failed
            link = re.search(rf'href="([^"#]*)#(cell-id=[^"]*)">failed</a>\s*{re.escape(row["error"].strip())}', report)
            page = (out / f"{row['run']}.html").read_text()
            assert f'id="{link[2]}"' in page
            assert row["error"].split(": ")[1] in page
            assert texts(out / f"{row['run']}.ipynb") == []
    assert not unfinished(out)
    time.sleep(1)
    assert not [p for p in psutil.process_iter(["cmdline"]) if str(out) in " ".join(p.info["cmdline"] or [])]


def test_a_sweep_that_is_interrupted_goes_on_where_it_was(notebook, tmp_path):
    """SIGINT reaches the whole group, as from a terminal."""
    out = tmp_path / "out"
    arguments = [notebook, "-p", "seed=0:8", "-p", "seconds=0.5", "--workers", "2", "--out", out]
    command = [sys.executable, "-m", "helpers.batch", "sweep", *map(str, arguments)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    for line in process.stderr:
        if line.startswith("[2/8"):
            break
    os.killpg(process.pid, signal.SIGINT)
    said = process.stderr.read()
    assert process.wait() == 130
    assert "Interrupted" in said
    assert "helpers/batch" not in said
    assert not unfinished(out)
    finished = {row["run"]: (out / f"{row['run']}.json").read_bytes() for row in rows(out)}
    assert 2 <= len(finished) < 8
    # A run of another version, one that failed and one whose record is damaged are not taken over.
    first, second, *others = sorted(finished)
    record = json.loads(finished[first])
    (out / f"{first}.json").write_text(json.dumps(record | {"versions": {**record["versions"], "helpers": "0"}}))
    (out / f"{second}.json").write_bytes(finished[second][:40])
    assert batch("sweep", *arguments, "--resume").returncode == 0
    table = rows(out)
    assert [row["end"] for row in table] == [str(seed / 100) for seed in range(8)]
    assert len({row["helpers"] for row in table}) == 1
    for name in others:
        assert (out / f"{name}.json").read_bytes() == finished[name]


@pytest.fixture(params=["--no-nanny"])
def dask_cluster(request):
    """A scheduler and two workers, each a process of its own, on the loopback. Gives address and worker processes.

    With "--nanny", a worker is a process below the one that is given, and is started again when it dies.
    """
    processes = []

    def start(*arguments):
        command = [sys.executable, "-m", "dask", *arguments, "--host", "127.0.0.1", "--no-dashboard"]
        processes.append(subprocess.Popen(command, stderr=subprocess.PIPE, text=True))
        return processes[-1]

    scheduler = start("scheduler", "--port", "0")
    address = next(m[1] for line in scheduler.stderr if (m := re.search(r"Scheduler at: *(tcp://\S+)", line)))
    workers = [start("worker", address, "--nthreads", "1", request.param) for _ in range(2)]
    for process in processes:
        threading.Thread(target=process.stderr.read, daemon=True).start()  # so that no pipe runs full
    yield address, workers
    for process in reversed(processes):
        process.terminate()
        process.wait()


def test_a_cluster_gives_the_same_results_though_a_worker_is_killed(notebook, tmp_path, dask_cluster, capsys):
    address, workers = dask_cluster
    arguments = ["sweep", str(notebook), "-p", "seed=0:6", "-p", "seconds=1", "--out"]

    def kill_one_at_work():
        # The plan and a record. Not Path.rglob: it fails on a folder that goes while it looks.
        while not glob("there/**/*.json", root_dir=tmp_path, recursive=True)[1:]:
            time.sleep(0.05)
        workers[0].kill()

    killer = threading.Thread(target=kill_one_at_work)
    killer.start()
    assert main([*arguments, str(tmp_path / "there"), "--scheduler", address]) == 0
    killer.join()
    assert workers[0].wait(timeout=60) == -signal.SIGKILL
    assert main([*arguments, str(tmp_path / "here"), "--workers", "2"]) == 0
    assert without_times(rows(tmp_path / "there")) == without_times(rows(tmp_path / "here"))
    capsys.readouterr()
    workers[1].kill()


@linux
@pytest.mark.long
@pytest.mark.parametrize("dask_cluster", ["--nanny"], indirect=True)
def test_on_a_cluster_too_a_run_is_given_up_when_it_has_killed_three_workers(tmp_path, dask_cluster, capsys):
    notebook = write_notebook(tmp_path / "odd.ipynb", TROUBLE, parameters='how: str = ""')
    arguments = ["sweep", str(notebook), "-p", "how=kill the worker,nothing", "--out", str(tmp_path / "out")]
    assert main([*arguments, "--scheduler", dask_cluster[0]]) == 1
    capsys.readouterr()
    errors = {row["how"]: row["error"] for row in rows(tmp_path / "out")}
    assert errors == {"kill the worker": "no cell: killed its worker 3 times", "nothing": ""}


def test_no_scheduler_at_the_address(notebook, tmp_path, capsys):
    assert main(["sweep", str(notebook), "--out", str(tmp_path / "out"), "--scheduler", "tcp://127.0.0.1:9"]) == 2
    assert "No Dask scheduler answers at tcp://127.0.0.1:9" in capsys.readouterr().err


def _mount_works():
    command = ["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"]
    return bool(shutil.which("unshare")) and subprocess.run(command, check=False, capture_output=True).returncode == 0


@pytest.mark.skipif(not _mount_works(), reason="needs unshare and the right to mount a tmpfs")
@pytest.mark.parametrize("size", ["1100k", pytest.param("300k", marks=pytest.mark.long)])
def test_a_full_disk_leaves_nothing_half_written(tmp_path, size):
    """On a disk with room for a few runs, of 300 kB each and more; 300k is too little for one. No work is lost."""
    notebook = write_notebook(tmp_path / "learn.ipynb", FIGURE, "print('x' * 150_000)", RESULT, parameters=PARAMETERS)
    disk, copy, other = (tmp_path / name for name in ("disk", "copy", "other"))
    disk.mkdir()
    other.mkdir()
    script = (
        f"mount -t tmpfs -o size={size} none {disk}; "
        f"TMPDIR={other} {sys.executable} -m helpers.batch sweep {notebook} -p seed=0:6 --workers 2 --out {disk}/out; "
        f"status=$?; cp -r {disk} {copy}; exit $status"
    )
    result = subprocess.run(["unshare", "-rm", "sh", "-c", script], capture_output=True, text=True, check=False)
    assert result.returncode == 1, result.stderr
    assert "No space left on device" in result.stderr
    kept = re.findall(r"The executed notebook is kept: (\S+)", result.stderr.replace(str(disk), str(copy)))
    assert kept or size == "1100k"
    for text in (nbformat.writes(nbformat.read(path, as_version=4)) for path in kept):
        assert "x" * 150_000 in text or "No space left on device" in text
    assert "helpers/batch" not in result.stderr  # no traceback of ours; a kernel that is ended may print one
    assert not unfinished(copy)
    for path in copy.rglob("*.json"):
        json.loads(path.read_text())
    for path in copy.rglob("*.ipynb"):
        nbformat.read(path, as_version=4)
    assert all(path.read_text().rstrip().endswith("</html>") for path in copy.rglob("*.html"))
    if size == "1100k":
        assert {row["status"] for row in rows(copy / "out")} == {"ok", "failed"}


@linux
def test_thirty_runs_each_in_a_state_of_its_own(tmp_path):
    """Warm kernels share what is loaded, but no variable, no module that a run changed, no random state, no process."""
    fresh = (
        "import json, os, random\nimport numpy as np\n"
        "clean = not hasattr(json, 'changed') and 'changed' not in globals()\njson.changed = changed = True\n"
        "from helpers.notebook import record\n"
        "record(clean=clean, process=os.getpid(), python=random.random(), numpy=np.random.random())"
    )
    notebook = write_notebook(tmp_path / "state.ipynb", fresh, parameters="seed: int = 0")
    assert main(["sweep", str(notebook), "-p", "seed=0:30", "--workers", "4", "--out", str(tmp_path / "out")]) == 0
    table = rows(tmp_path / "out")
    assert [int(row["seed"]) for row in table] == list(range(30))
    assert {row["clean"] for row in table} == {"True"}
    for name in ("process", "result_python", "numpy"):
        assert len({row[name] for row in table}) == 30
