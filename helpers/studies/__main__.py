"""`python -m helpers.studies`: compute everything in results/ anew, compare, and write what differs.

The study notebooks say what is computed: they run with `recompute`, and each study leaves its rows.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from helpers.batch.parameters import Notebook
from helpers.batch.runner import run_notebook
from helpers.provenance import write
from helpers.studies import results
from helpers.studies.summary import SUMMARY, as_csv, summary

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def main(arguments=None):
    """Run the command line; return the exit status: 0, or 1 if a notebook failed."""
    parser = argparse.ArgumentParser(prog="python -m helpers.studies", description=__doc__.split("\n")[0])
    parser.add_argument("--scheduler", default=os.environ.get("SCHEDULER", ""), help="address of a Dask scheduler")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        os.environ[results.COLLECT] = str(Path(folder, "results"))
        for path in sorted(NOTEBOOKS.glob("*.ipynb")):
            if "recompute" not in Notebook(path).parameters:
                continue
            print(f"{path.stem} ...", flush=True)
            parameters = {"recompute": True, "scheduler": options.scheduler}
            parameters |= {"store": str(Path(folder, "store")), "figures": str(Path(folder, "figures"))}
            _, error = run_notebook(path, parameters)
            if error:
                print(f"failed at {error['where']}: {error['what']}", file=sys.stderr)
                return 1
        for line in results.replace(Path(folder, "results")):
            print(line)
    write(as_csv(summary()), SUMMARY)
    return 0


if __name__ == "__main__":
    sys.exit(main())
