"""Many runs of one notebook: a shell loop over papermill, as its users write it, against `helpers.batch sweep`.

`python benchmarks/batch.py [RUNS] [WORKERS]` (default: 24 runs, 2 workers). Both run notebooks/05_active_learning.ipynb
with the same seeds, one after the other on the same machine, and must record the same results.
"""

import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat

from helpers.notebook import recorded

PROJECT = Path(__file__).parents[1]
NOTEBOOK = PROJECT / "notebooks/05_active_learning.ipynb"
BIN = Path(sys.executable).parent


def shell_loop(runs, folder):
    """The executed notebooks of `for seed in ...; do papermill ...; done`, by seed."""
    command = shlex.join(map(str, [BIN / "papermill", NOTEBOOK, folder]))
    loop = (
        f"for seed in $(seq 0 {runs - 1}); do {command}/$seed.ipynb -p seed $seed -p figures {folder} || exit 1; done"
    )
    subprocess.run(["sh", "-c", loop], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return [folder / f"{seed}.ipynb" for seed in range(runs)]


def sweep(runs, folder, workers):
    """The executed notebooks of `helpers.batch sweep`, by seed."""
    command = [sys.executable, "-m", "helpers.batch", "sweep", NOTEBOOK, "-p", f"seed=0:{runs}", "--out", folder]
    command += ["--workers", str(workers)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return [folder / f"notebooks/{NOTEBOOK.stem}-seed={seed}.ipynb" for seed in range(runs)]


def measure(name, run, runs, at_once):
    """Print a line of the table; return wall seconds and the results of each run."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        paths = run(Path(folder, "out"))
        wall = time.perf_counter() - started
        notebooks = [nbformat.read(path, as_version=4) for path in paths]
    cells = [[cell.metadata.papermill.duration or 0 for cell in notebook.cells] for notebook in notebooks]
    imports = [
        next(i for i, cell in enumerate(notebook.cells) if "import numpy" in cell.source) for notebook in notebooks
    ]
    importing = statistics.median(seconds[i] for seconds, i in zip(cells, imports, strict=True))
    working = statistics.median(sum(seconds) for seconds in cells) - importing
    overhead = wall * at_once / runs - working
    print(f"| {name} | {wall:.0f} | {wall / runs:.2f} | {working:.2f} | {importing:.2f} | {overhead:.2f} |", flush=True)
    return wall, [recorded(notebook) for notebook in notebooks]


def main(runs=24, workers=2):
    print(f"{runs} runs of {NOTEBOOK.stem}, {workers} workers, {os.cpu_count()} cores\n")
    print("| | all (s) | a run (s) | its work (s) | its imports (s) | worker time beside the work (s) |")
    print("| --- | --- | --- | --- | --- | --- |")

    def loop(folder):
        folder.mkdir()
        return shell_loop(runs, folder)

    slow, expected = measure("shell loop", loop, runs, 1)
    fast, results = measure("sweep", lambda folder: sweep(runs, folder, workers), runs, workers)
    assert results == expected, "the sweep recorded other results than the loop"
    print(f"\nThe sweep is {slow / fast:.1f} times faster.")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
