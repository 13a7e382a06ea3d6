"""Many trials: shipped with the project, kept from an earlier run, or computed on all cores or on a Dask cluster."""

import inspect
import io
import itertools
import json
import logging
import math
import os
import re
import time
from contextlib import contextmanager, nullcontext
from functools import cache
from pathlib import Path

import pandas as pd
from distributed import as_completed

from helpers import provenance
from helpers.checks import folder, whole_number
from helpers.data import DataSet, open_data
from helpers.files import sha256, write
from helpers.models import MODELS
from helpers.notebook import progress
from helpers.strategies import STRATEGIES, name_of
from helpers.studies import results
from helpers.system import lock
from helpers.workers import dask_client

STORE = Path(__file__).parents[2] / "runs" / "trials"
MOST = 100_000  # runs of a study
TABLES = {"strategy": STRATEGIES, "first": STRATEGIES, "model": MODELS}  # where a setting's name is looked up


def grid(**values):
    """All combinations of the values, a dict each: lists and ranges are gone through, anything else stays as it is.

    grid(strategy=["random", "margin"], seed=range(30), l2=1.0) are 60 dicts. Raises ValueError for more than MOST.
    """
    columns = [value if isinstance(value, (list, range)) else [value] for value in values.values()]
    count = math.prod(map(len, columns))
    if count > MOST:
        raise ValueError(f"These are {count:,} runs; a study takes at most {MOST:,}. Ask for fewer pools.")
    return [dict(zip(values, row, strict=True)) for row in itertools.product(*columns)]


def study(trial, settings, name, store=STORE, scheduler="", workers=0, recompute=False):
    """Run trial(**setting) for each of `settings`; return their rows in one DataFrame, each with its setting's columns.

    trial: a function that returns its rows as dicts; it, and the strategies and models in a setting, may be defined in
    a notebook. name: of the study, under which its rows may be shipped. store: folder that keeps each trial as it ends.
    A trial that is shipped or stored is not run again, unless its setting, its data, its code or a library that it uses
    has changed, or the file is damaged. recompute: what is shipped doesn't count; what an earlier call stored does.
    scheduler: address of a running Dask scheduler; "" starts `workers` processes on this machine, 0 one a core.
    Raises what a trial raises, and ValueError for a scheduler that doesn't answer or workers with other code.
    """
    whole_number("workers", workers, 0)
    provenance.check_unchanged()
    store = folder("store", store)
    keys = [key_of(trial, setting) for setting in settings]
    tables = _known(trial, name, keys, store, recompute)
    missing = {key: one for key, one in zip(keys, settings, strict=True) if key not in tables}
    for key, (rows, seconds) in progress(
        _run(trial, missing, scheduler, workers), _label(name, settings), len(missing)
    ):
        path = _path(store, trial, key)
        _write(path, rows, seconds)
        tables[key] = _read(path)
    if folder_for_all := os.environ.get(results.COLLECT):
        took = {key: _seconds(_path(store, trial, key)) for key in keys}
        results.collect(folder_for_all, name, trial, dict(zip(keys, settings, strict=True)), tables, took)
    return pd.concat(map(_with_setting, settings, [tables[key] for key in keys]), ignore_index=True)


def key_of(trial, setting):
    """The name of a trial's rows: a hash of all that determines them. That is its setting, defaults included, the
    content of its data file, and the code of the trial and of the strategy and model that the setting names.
    """
    bound = inspect.signature(trial).bind(**setting)
    bound.apply_defaults()
    plain, functions = {}, [trial]
    for name, value in bound.arguments.items():
        if name == "data_file":
            value = open_data(value).sha256
            functions.append(DataSet)  # what draws pools from it
        elif callable(value):
            functions.append(value)
            value = "a function"
        elif isinstance(value, str) and value in TABLES.get(name, ()):
            functions.append(TABLES[name][value])
        plain[name] = value
    return sha256(json.dumps([plain, [_fingerprint(one) for one in functions]], sort_keys=True))[:32]


def _fingerprint(function):
    # Code of the project can't change while it is loaded (`check_unchanged`); what a reader's function uses can.
    of_project = function.__module__.split(".")[0] == "helpers"
    return _fingerprint_once(function) if of_project else provenance.fingerprint(function)


_fingerprint_once = cache(provenance.fingerprint)


def _label(name, settings):
    return f"{name}: {len(settings)} runs"


def _known(trial, name, keys, store, recompute):
    shipped = {} if recompute else results.shipped(name)
    known = {key: shipped[key] for key in keys if key in shipped}
    paths = {key: _path(store, trial, key) for key in keys if key not in known}
    return known | {key: table for key, path in paths.items() if (table := _read(path)) is not None}


def _with_setting(setting, table):
    columns = {key: name_of(value) if callable(value) else value for key, value in setting.items()}
    columns = {key: value for key, value in columns.items() if not isinstance(value, tuple)}
    return table.assign(**columns)[[*columns, *table.columns.difference(columns, sort=False)]]


def _run(trial, missing, scheduler, workers):
    """Yield (key, (rows, seconds)) as the trials end."""
    if not missing:
        return
    turn = nullcontext() if scheduler else _our_turn()
    with turn, dask_client(scheduler, min(workers or os.cpu_count(), len(missing))) as client:
        futures = {
            client.submit(_task, trial, setting, key, key=f"{trial.__name__}-{key}-{id(missing)}"): key
            for key, setting in missing.items()
        }
        for future in as_completed(list(futures)):
            yield futures.pop(future), future.result()


@contextmanager
def _our_turn(path=STORE.parent / "studies.lock"):
    """Wait until no other study of this project computes on these cores: two at once take longer than one by one.

    path: of the lock, which ends with the process that holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        while not lock(file):
            time.sleep(0.2)
        yield


def _task(trial, setting, key):
    # A function of a notebook comes with the task; the rest is what is installed here.
    if trial.__module__.startswith("helpers.") and not _has_functions(setting) and key_of(trial, setting) != key:
        raise ValueError("A worker has other data, or another version of helpers or a library: results would differ.")
    started = time.process_time()
    rows = trial(**setting)
    return rows, time.process_time() - started  # of the processor: the same beside other work


def _has_functions(setting):
    return any(callable(value) for value in setting.values())


def _path(store, trial, key):
    return store / f"{trial.__name__}-{key}.csv"


def _write(path, rows, seconds):
    text = pd.DataFrame(rows).to_csv(index=False)
    write(f"# {seconds:.2f} s, SHA-256 of the rest: {sha256(text)}\n{text}", path)


def _read(path):
    """The table in the file; None if there is no such file, or if it is damaged."""
    if not path.exists():
        return None
    head, _, text = path.read_bytes().decode("utf-8", errors="replace").partition("\n")
    if not (found := re.fullmatch(r"# (?:[\d.]+ s, )?SHA-256 of the rest: (\w+)", head)) or found[1] != sha256(text):
        logging.getLogger(__name__).warning("%s is damaged: its trial runs again.", path.name)
        return None
    return pd.read_csv(io.StringIO(text), dtype={"picks": str})


def _seconds(path):
    """What the trial in the file took; 0.0 if it was not run here."""
    found = re.match(r"# ([\d.]+) s", path.read_text(encoding="utf-8")) if path.exists() else None
    return float(found[1]) if found else 0.0
