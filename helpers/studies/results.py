"""The rows of the studies that ship with the project in results/: one file a study, and a manifest of how it was made.

`make study` computes them anew. Who uses them checks a few in front of the reader: `check_a_few`.
"""

import io
import json
import logging
import platform
import random
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from helpers import provenance
from helpers.files import sha256, write

RESULTS = Path(__file__).parents[2] / "results"
COLLECT = "STUDY_RESULTS"  # environment variable: a folder in which every study leaves its rows, as in results/
LIBRARIES = ("numpy", "scipy", "tensorflow")


def shipped(name, folder=None):
    """The rows of a study: key of a trial -> its table. Empty if there is no such file, or if it is not what its
    manifest says.
    """
    path = path_of(name, folder)
    return _read(path, path.stat().st_mtime_ns) if path.is_file() else {}


def path_of(name, folder=None):
    """The file of a study."""
    return Path(folder or RESULTS, f"{name.replace(' ', '_')}.parquet")


@cache
def _read(path, _changed):
    try:
        manifest = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        content = path.read_bytes()
        right = manifest["sha256"] == sha256(content)
        table = pd.read_parquet(io.BytesIO(content)) if right else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError, pa.ArrowException):
        right = False
    if not right:
        logging.getLogger(__name__).warning("%s is not what its manifest says: its trials run again.", path.name)
        return {}
    groups = table.drop(columns="setting").groupby("key", sort=False)
    return {key: rows.drop(columns="key").reset_index(drop=True) for key, rows in groups}


def collect(folder, name, trial, settings, tables, seconds):
    """Add trials to the file of a study: settings and tables by key, those with a reader's own functions excepted.
    seconds: what computing each took on one core, by key.
    """
    settings = {key: one for key, one in settings.items() if not any(map(callable, one.values()))}
    path = path_of(name, folder)
    if not settings:
        return
    before = shipped_with_settings(path)
    parts = before | {
        key: tables[key].assign(key=key, setting=json.dumps(setting, sort_keys=True))
        for key, setting in settings.items()
    }
    content = io.BytesIO()
    rows = pd.concat([parts[key] for key in sorted(parts)], ignore_index=True)
    pa.parquet.write_table(pa.Table.from_pandas(rows, preserve_index=False), content, compression="zstd")
    manifest = {
        "trial": f"{trial.__module__}.{trial.__name__}",
        "trials": len(parts),
        "rows": len(rows),
        "settings": _summary([json.loads(part.setting.iloc[0]) for part in parts.values()]),
        "sha256": sha256(content.getvalue()),
        "versions": {"python": platform.python_version()} | provenance.versions(LIBRARIES),
        "processor": processor(),
        "date": date.today().isoformat(),
        "seconds": round(
            sum(seconds.get(key, 0) for key in settings.keys() - before.keys())
            + (_manifest(path)["seconds"] if before else 0)
        ),
    }
    write(content.getvalue(), path)
    write(json.dumps(manifest, indent=1) + "\n", path.with_suffix(".json"))


def replace(new, old=RESULTS):
    """Make the folder `old` hold the studies of `new`; yield a line for each study that says what differed.

    A file with the same rows stays as it is, with its manifest.
    """
    names = {path.stem for folder in (new, old) for path in Path(folder).glob("*.parquet")}
    for name in sorted(names):
        computed, before = (shipped_with_settings(path_of(name, folder)) for folder in (new, old))
        same = sum(key in before and computed[key].equals(before[key]) for key in computed)
        gone = len(before.keys() - computed.keys())
        yield f"{name}: {same} of {len(computed)} runs are the shipped ones, {gone} are gone"
        if same == len(computed) == len(before):
            continue
        for path in (path_of(name, new), path_of(name, new).with_suffix(".json")):
            target = Path(old, path.name)
            write(path.read_bytes(), target) if path.exists() else target.unlink(missing_ok=True)


def shipped_with_settings(path):
    """Key -> rows with the columns `key` and `setting` (JSON), of a file in results/."""
    if not path.is_file():
        return {}
    groups = pd.read_parquet(path).groupby("key", sort=False)
    return {key: rows.reset_index(drop=True) for key, rows in groups}


def settings_of(name, folder=RESULTS):
    """The settings of a shipped study by key; a list in a setting was a tuple."""
    parts = shipped_with_settings(path_of(name, folder))
    as_given = {key: json.loads(rows.setting.iloc[0]) for key, rows in parts.items()}
    return {
        key: {name: tuple(value) if isinstance(value, list) else value for name, value in setting.items()}
        for key, setting in as_given.items()
    }


def _manifest(path):
    return json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))


def _summary(settings):
    """Parameter -> all its values, in order."""
    values = {}
    for setting in settings:
        for name, value in setting.items():
            if value not in values.setdefault(name, []):
                values[name].append(value)
    return {name: sorted(found, key=lambda value: (str(type(value)), value)) for name, found in values.items()}


def processor():
    """The kind of processor: rounding may differ between two."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{platform.machine()} {names[0] if names else platform.processor()}".strip()


def check_a_few(trial, settings, name, n=3, folder=RESULTS, shorter=None):
    """Run n of the trials, drawn anew each time, and print how many of their rows are the shipped ones to the last
    digit; otherwise how far off the worst accuracy is.

    shorter: changes of a setting with which a long trial ends after its first labels; these rows alone are compared.
    """
    from helpers.studies.study import key_of  # it uses this file

    stored = shipped(name, folder)
    keys = {key_of(trial, setting): setting for setting in settings}
    available = sorted(keys.keys() & stored.keys())
    if not available:
        print(f"{name}: nothing is shipped for these parameters; all {len(keys)} runs were computed here.")
        return
    drawn = random.SystemRandom().sample(available, min(n, len(available)))
    found = [_again(trial, keys[key], stored[key], shorter) for key in drawn]
    same, rows = sum(one["same"] for one in found), sum(one["rows"] for one in found)
    runs = f"{len(drawn)} of {len(keys)} runs"
    print(f"{name}: {f'the first labels of {runs}' if shorter else runs} computed again just now;", end=" ")
    print("rows the same to the last digit:", end=" ")
    print(f"{same} of {rows}" if same < rows else "all")
    if same < rows:
        made_on, here = _manifest(path_of(name, folder))["processor"], processor()
        print(f"the accuracy that is farthest off: {100 * max(one['off'] for one in found):.2f} points")
        if made_on != here:
            print(f"The shipped rows were made on another processor: {made_on}; this is {here}.")


def _again(trial, setting, expected, shorter):
    computed = pd.DataFrame(trial(**setting | (shorter or {})))
    if shorter:
        expected = expected[expected.labels <= computed.labels.max()].reset_index(drop=True)
    return compare(computed, expected)


def compare(computed, stored):
    """How many of the computed rows are the stored ones, and by how much the worst accuracy is off."""
    if list(computed.columns) != list(stored.columns) or len(computed) != len(stored):
        return {"rows": max(len(computed), len(stored)), "same": 0, "off": 1.0}
    equal = (computed == stored) | (computed.isna() & stored.isna())
    accuracies = [name for name in computed if name in ("accuracy", "held_out", "stopping")]
    off = np.abs(computed[accuracies].to_numpy() - stored[accuracies].to_numpy()).max() if accuracies else 0.0
    return {"rows": len(stored), "same": int(equal.all(axis=1).sum()), "off": float(off)}
