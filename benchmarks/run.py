"""`make bench`: everything side by side, medians; the table goes to benchmarks/RESULTS.md.

usage: run.py [--repeats N]
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from statistics import median

import numpy as np

from helpers.article import PUBLISHED, PUBLISHED_ROUNDS
from setup import system

HERE = Path(__file__).parent
PROJECT = HERE.parent
CONTESTANTS = {  # name: environment, script and its arguments
    "this project": (".venv", "ours.py"),
    "(a) sessions": (".venv", "sessions.py", "float64"),
    "(a) sessions, float32 images": (".venv", "sessions.py", "float32"),
    "(b) Keras": (".venv", "keras_fit.py"),
    "modAL": (".venv-modal", "library.py", "modal"),
    "scikit-activeml": (".venv-reference", "library.py", "skactiveml"),
}
# One thread for BLAS: scikit-learn is many times faster so than with two that wait for each other, and its best is
# compared. TensorFlow has threads of its own and doesn't see this.
SETTINGS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(PROJECT)}


def call(environment, script, *arguments):
    """Run a script in a process of its own; return what it printed as JSON in its last line."""
    python = system.executable(PROJECT / environment, "python")
    done = subprocess.run(
        [python, "-W", "ignore", HERE / script, *arguments],
        env={**os.environ, **SETTINGS},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        sys.exit(f"{script} failed with status {done.returncode}:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def measure(repeats):
    """All contestants one after the other, `repeats` times; {name: [result, ...]}."""
    results = {name: [] for name in CONTESTANTS}
    for i in range(repeats):
        for name, command in CONTESTANTS.items():
            results[name].append(call(*command))
            print(f"{i + 1}/{repeats} {name}: {sum(results[name][-1]['seconds']):.2f} s", flush=True)
    return results


def check(results):
    """Stop if the published accuracies are not there, or sessions and this project differ in one of the 400."""
    for result in results["this project"]:
        if not np.allclose(result["accuracies"][: len(PUBLISHED_ROUNDS)], PUBLISHED_ROUNDS):
            sys.exit("This project's accuracies of experiment 5 are not the published ones.")
        if not np.isclose(result["accuracies"][-1], PUBLISHED["auto-label most confident first"]):
            sys.exit("This project's last accuracy of experiment 6 is not the published one.")
    for name in ("(a) sessions", "(a) sessions, float32 images"):
        for theirs, ours in zip(results[name], results["this project"], strict=True):
            if not np.allclose(theirs["accuracies"], ours["accuracies"]):
                sys.exit(f"{name} and this project differ in some of the 400 accuracies.")


def speed_table(results):
    ours = results["this project"]
    lines = [
        "| | experiment 5, s | experiment 6, s | together, s | times this project | last accuracy |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, theirs in results.items():
        seconds = [median(column) for column in zip(*(result["seconds"] for result in theirs), strict=True)]
        together = f"{median(sum(result['seconds']) for result in theirs):.2f}" if len(seconds) == 2 else ""
        cells = [f"{value:.2f}" for value in seconds] + [""] * (2 - len(seconds))
        accuracy = theirs[0]["accuracies"][-1]
        lines.append(f"| {name} | {' | '.join(cells)} | {together} | {ratio(theirs, ours):.1f} | {accuracy:.2%} |")
    floors = [{"seconds": result["floor"]} for result in ours]
    cells = [median(result["floor"][i] for result in ours) for i in range(2)]
    cells = " | ".join(f"{value:.2f}" for value in (*cells, median(sum(result["floor"]) for result in ours)))
    lines.append(f"| floor: reading the labeled images twice a step | {cells} | {ratio(floors, ours):.2f} | |")
    return "\n".join(lines)


def ratio(theirs, ours):
    """The median over the repeats of their time by ours, over the experiments that both ran."""
    n = len(theirs[0]["seconds"])
    return median(sum(a["seconds"]) / sum(b["seconds"][:n]) for a, b in zip(theirs, ours, strict=True))


def notebook_table():
    lines = ["| notebook | seconds | peak memory of its kernel, MB |", "| --- | ---: | ---: |"]
    paths = sorted(PROJECT.glob("notebooks/0[1-6]_*.ipynb"))  # the article; those after it take minutes
    for path in paths:
        result = call(".venv", "notebook.py", str(path))
        lines.append(f"| {path.stem} | {result['seconds']:.1f} | {result['peak_mb']:.0f} |")
        print(lines[-1], flush=True)
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        command = [sys.executable, "-m", "helpers.batch", "run", *paths, "--out", f"{folder}/runs"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        lines.append(f"| all six, as `make run` does it | {time.perf_counter() - start:.1f} | |")
    return "\n".join(lines)


def machine():
    cpu = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    versions = ", ".join(f"{name} {version(name)}" for name in ("tensorflow-cpu", "keras", "numpy"))
    return f"{len(cpu)} cores ({cpu[0].split(': ')[1]}), Python {platform.python_version()}, {versions}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    results = measure(repeats)
    check(results)
    report = (
        (HERE / "RESULTS.template.md")
        .read_text()
        .format(
            machine=machine(),
            repeats=repeats,
            speed=speed_table(results),
            sample=" and ".join(map(str, results["(b) Keras"][0]["sample"])),
            notebooks=notebook_table(),
        )
    )
    (HERE / "RESULTS.md.part").write_text(report)
    (HERE / "RESULTS.md.part").replace(HERE / "RESULTS.md")
    print(report)


if __name__ == "__main__":
    main()
