"""`python -m helpers.studies`: compute everything in results/ anew, compare, and write what differs.

The study notebooks say what is computed: they run with `recompute`, and each study leaves its rows. Interrupted, it
goes on where it was.
"""

import argparse
import os
import shutil
import sys
from pathlib import Path

from helpers.batch.parameters import Notebook
from helpers.batch.runner import run_notebook
from helpers.files import write
from helpers.studies import results
from helpers.studies.study import STORE
from helpers.studies.summary import SUMMARY, as_csv, summary
from helpers.system import lock

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
FOLDER = STORE.parent / ".study"  # of what is computed; gone when all is


def main(arguments=None):
    """Run the command line; return the exit status: 0, 1 if a notebook failed, 2 if another one is at work."""
    parser = argparse.ArgumentParser(prog="python -m helpers.studies", description=__doc__.split("\n")[0])
    parser.add_argument("--scheduler", default=os.environ.get("SCHEDULER", ""), help="address of a Dask scheduler")
    options = parser.parse_args(arguments)
    if FOLDER.exists():
        print(f"What an interrupted study left in {FOLDER} is used where it still holds.")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("a", encoding="utf-8") as file:
        if not lock(file):
            print("Another `make study` is at work in this project.", file=sys.stderr)
            return 2
        if status := compute(options.scheduler):
            return status
    shutil.rmtree(FOLDER)
    return 0


def compute(scheduler):
    """Run the study notebooks and replace what differs; return the exit status."""
    shutil.rmtree(FOLDER / "results", ignore_errors=True)
    os.environ[results.COLLECT] = str(FOLDER / "results")
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        if "recompute" not in Notebook(path).parameters:
            continue
        print(f"{path.stem} ...", flush=True)
        parameters = {"recompute": True, "scheduler": scheduler}
        parameters |= {"store": str(FOLDER / "store"), "figures": str(FOLDER / "figures")}
        _, error = run_notebook(path, parameters)
        if error:
            print(f"failed at {error['where']}: {error['what']}", file=sys.stderr)
            return 1
    for line in results.replace(FOLDER / "results"):
        print(line)
    write(as_csv(summary()), SUMMARY)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("Interrupted: the same command goes on where it was.", file=sys.stderr)
        sys.exit(130)
