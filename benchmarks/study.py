"""Notebook 08's study by this project and by scikit-activeml with scikit-learn; the table goes to benchmarks/STUDY.md.

usage: study.py [--seeds N] [--whole]    --whole: also the whole study, on one core and on two
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from helpers.studies.study import grid, study
from helpers.studies.trials import strategy_trial
from setup import system

HERE = Path(__file__).parent
PROJECT = HERE.parent
STRATEGIES = ("random", "least confident", "margin", "entropy", "DBAL", "committee")
LIBRARY = {  # name: arguments of study_library.py
    "fitted twice": ("1e-8", "fit"),
    "fitted once": ("1e-8", "reuse"),
    "fitted once, loosely": ("1e-4", "reuse"),
}


def call(environment, script, *arguments):
    """A script in a process of its own with one BLAS thread; what it printed as JSON."""
    done = subprocess.run(
        [system.executable(PROJECT / environment, "python"), "-W", "ignore", HERE / script, *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": str(PROJECT), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        sys.exit(f"{script} failed:\n{done.stderr}")
    return json.loads(done.stdout)


def side_by_side(seeds):
    lines = [
        "| strategy | this project, s | " + " | ".join(f"{name}, s | times | same picks" for name in LIBRARY) + " |",
        "| --- |" + " ---: |" * (1 + 3 * len(LIBRARY)),
    ]
    totals = {name: 0.0 for name in ("ours", *LIBRARY)}
    for strategy in STRATEGIES:
        ours, theirs = [], {name: [] for name in LIBRARY}
        for seed in range(seeds):
            ours.append(call(".venv", "study_ours.py", strategy, seed))
            for name, arguments in LIBRARY.items():
                theirs[name].append(call(".venv-reference", "study_library.py", strategy, seed, *arguments))
        cells = [strategy, f"{median(trial['seconds'] for trial in ours):.2f}"]
        totals["ours"] += median(trial["seconds"] for trial in ours)
        for name, trials in theirs.items():
            seconds = median(trial["seconds"] for trial in trials)
            times = median(a["seconds"] / b["seconds"] for a, b in zip(trials, ours, strict=True))
            same = median(len(set(a["picks"]) & set(b["picks"])) for a, b in zip(trials, ours, strict=True))
            cells += [f"{seconds:.1f}", f"{times:.1f}", f"{same:.0f}"]
            totals[name] += seconds
        lines.append(f"| {' | '.join(cells)} |")
        print(lines[-1], flush=True)
    cells = ["together", f"{totals['ours']:.2f}"]
    for name in LIBRARY:
        cells += [f"{totals[name]:.1f}", f"{totals[name] / totals['ours']:.1f}", ""]
    return "\n".join([*lines, f"| {' | '.join(cells)} |"])


def seconds_of(settings, workers):
    with tempfile.TemporaryDirectory() as store:
        start = time.perf_counter()
        study(strategy_trial, settings, "trials", store=store, workers=workers)
        return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--whole", action="store_true")
    options = parser.parse_args()
    cpu = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    report = f"""# What `python benchmarks/study.py` printed last

{len(cpu)} cores ({cpu[0].split(": ")[1]}), Python {platform.python_version()}. One trial is 40 rounds of 10 labels from
a pool of 4,000, with the accuracy on all 10,000 test images in each round. Each in a process of its own with one
thread, CPU seconds, medians of {options.seeds} seeds, one after the other; imports and reading the data are not timed.

{side_by_side(options.seeds)}

The same objective on both sides, bias and classes without a label included. This project solves it to 1e-11 of the
first gradient. The others are scikit-activeml's strategies with scikit-learn's LogisticRegression:

- fitted twice: each query fits the classifier itself (`fit_clf=True`, scikit-activeml's default), and the accuracy
  needs one more fit. Solved with tolerance 1e-8, so that the picks don't depend on where the solver stopped.
- fitted once: the query takes the classifier that the accuracy was measured with. Tolerance 1e-8. **The fair
  comparison**: the same results with no work done twice.
- fitted once, loosely: the same with scikit-learn's own tolerance, 1e-4, and so with other picks: it stops too early.

"same picks": how many of the 400 images both picked; where scikit-activeml draws lots (random, and ties of the
committee's votes), it cannot be all. scikit-activeml has no strategy like "DBAL": it is its margin sampling, then
scikit-learn's KMeans.
"""
    if options.whole:
        whole = grid(strategy=list(STRATEGIES), seed=range(30))
        one, two = (seconds_of(whole, workers) for workers in (1, 2))
        report += f"""
The whole study, {len(whole)} trials from an empty store, start of the processes included: {one:.0f} s on one core,
{two:.0f} s on two ({one / two:.2f} times as fast).
"""
    (HERE / "STUDY.md.part").write_text(report)
    (HERE / "STUDY.md.part").replace(HERE / "STUDY.md")
    print(report)


if __name__ == "__main__":  # Dask's processes import this file
    main()
