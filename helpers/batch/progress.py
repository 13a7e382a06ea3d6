"""What a batch says while it runs."""

import sys
import time
from pathlib import Path

from tqdm import tqdm

from helpers.batch.remaining import Remaining

BAR = "{percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} after {elapsed}{postfix}"  # tqdm takes all runs for equally long


def progress(records, runs, notebooks):
    """Pass records on while a bar shows runs done, failed, running and the time left; lines if there is no terminal.

    records: pairs (record, how many are running). runs: the notebook of each, in the order in which they start.
    notebooks: those that say how long they run, as `Notebook`s.
    """
    terminal = sys.stderr.isatty()
    failed, total = 0, len(runs)
    says = {notebook.path.name: notebook.seconds for notebook in notebooks if notebook.seconds}
    remaining = Remaining(runs, says, time.monotonic())
    with tqdm(total=total, unit="run", bar_format=BAR, disable=not terminal) as bar:
        for done, (record, running) in enumerate(records, start=1):
            failed += record["error"] is not None
            seconds = remaining.seconds(record["notebook"], record["seconds"], running, time.monotonic())
            state = f"{failed} failed, {running} running, {tqdm.format_interval(seconds)} left"
            bar.set_postfix_str(state, refresh=False)
            bar.update()
            if not terminal:
                print(f"[{done}/{total} done, {state}] {line(record)}", file=sys.stderr, flush=True)
            yield record


def line(record):
    """What is said of a run that has ended."""
    values = ", ".join(f"{name}={value}" for name, value in record["parameters"].items())
    error = record["error"]
    end = f"failed at {error['where']}: {error['what']}" if error else "ok"
    return f"{Path(record['notebook']).stem:20} {values:20} {record['seconds']:6.1f} s  {end}"
