"""Many trials: on all cores or on a Dask cluster, each computed once and kept in a folder as a CSV file."""

import io
import itertools
import json
import logging
import os
from pathlib import Path

import pandas as pd
from distributed import as_completed

from helpers.checks import folder, whole_number
from helpers.notebook import progress
from helpers.provenance import fingerprint, sha256, write
from helpers.workers import dask_client

STORE = Path(__file__).parents[2] / "runs" / "trials"


def grid(**values):
    """All combinations of the values, a dict each: lists and ranges are gone through, anything else stays as it is.

    grid(strategy=["random", "margin"], seed=range(30), l2=1.0) are 60 dicts.
    """
    columns = [value if isinstance(value, (list, range)) else [value] for value in values.values()]
    return [dict(zip(values, row, strict=True)) for row in itertools.product(*columns)]


def study(trial, settings, label, store=STORE, scheduler="", workers=0):
    """Run trial(**setting) for each of `settings`; return their rows in one DataFrame, each with its setting's columns.

    trial: a function in a file of `helpers` that returns its rows as dicts. label: text of the progress bar.
    store: folder that keeps each trial as it ends. A trial found there is not run again, unless its setting, its code
    or a library that it needs has changed, or the file is damaged.
    scheduler: address of a running Dask scheduler; "" starts `workers` processes on this machine, 0 one a core.
    Raises what a trial raises, and ValueError for a scheduler that doesn't answer or workers with other code.
    """
    whole_number("workers", workers, 0)
    store, code = folder("store", store), fingerprint(trial)
    paths = [store / _name(trial, setting, code) for setting in settings]
    tables = {path: _read(path) for path in paths}
    missing = {path: setting for path, setting in zip(paths, settings, strict=True) if tables[path] is None}
    for path, rows in progress(_run(trial, missing, code, scheduler, workers), label, len(missing)):
        _write(path, rows)
        tables[path] = _read(path)
    return pd.concat(map(_with_setting, settings, [tables[path] for path in paths]), ignore_index=True)


def _with_setting(setting, table):
    columns = {name: value for name, value in setting.items() if not isinstance(value, tuple)}
    return table.assign(**columns)[[*columns, *table.columns.difference(columns, sort=False)]]


def _run(trial, missing, code, scheduler, workers):
    """Yield (path, rows) as the trials end."""
    if not missing:
        return
    with dask_client(scheduler, min(workers or os.cpu_count(), len(missing))) as client:
        futures = {
            client.submit(_task, trial, setting, code, key=f"{path.stem}-{id(missing)}"): path
            for path, setting in missing.items()
        }
        for future in as_completed(list(futures)):
            yield futures.pop(future), future.result()


def _task(trial, setting, code):
    if fingerprint(trial) != code:
        raise ValueError("A worker has another version of helpers, NumPy, SciPy or TensorFlow: results would differ.")
    return trial(**setting)


def _name(trial, setting, code):
    return f"{trial.__name__}-{sha256(json.dumps([setting, code], sort_keys=True))[:32]}.csv"


def _write(path, rows):
    text = pd.DataFrame(rows).to_csv(index=False)
    write(f"# SHA-256 of the rest: {sha256(text)}\n{text}", path)


def _read(path):
    """The table in the file; None if there is no such file, or if it is damaged."""
    if not path.exists():
        return None
    head, _, text = path.read_bytes().decode("utf-8", errors="replace").partition("\n")
    if head != f"# SHA-256 of the rest: {sha256(text)}":
        logging.getLogger(__name__).warning("%s is damaged: its trial runs again.", path.name)
        return None
    return pd.read_csv(io.StringIO(text), dtype={"picks": str})
