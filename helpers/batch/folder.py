"""The folder that a batch of runs leaves: which runs it is for, and the record of each that is finished."""

import json
import shutil
from pathlib import Path

from helpers.batch.runner import versions
from helpers.provenance import write


def clear(folder):
    """Remove what an earlier batch left there; raise ValueError if it holds something else."""
    if Path(folder).exists():
        _check_ours(folder)
        shutil.rmtree(folder)


def begin(folder, runs, resume=False):
    """Make the folder ready for these `Run`s; return the records of those that need not run again, by name.

    resume: go on with what is there; a run that failed, or was made by another version, is not taken.
    Raises ValueError if something else is there: files of others, or runs with other parameters.
    """
    asked = {run.name: {"notebook": run.notebook, "parameters": run.parameters} for run in runs}
    plan = Path(folder, "plan.json")
    if Path(folder).exists():
        _check_ours(folder)
    if not plan.exists():
        write(json.dumps(asked, indent=1), plan)
        return {}
    if json.loads(plan.read_text()) != json.loads(json.dumps(asked)):
        raise ValueError(f"{folder} holds runs with other notebooks or parameters. Choose another --out.")
    if not resume:
        raise ValueError(f"{folder} holds these runs already. Add --resume to complete them, or choose another --out.")
    sweep_up(folder)
    records = {run.name: _read(Path(folder, f"{run.name}.json")) for run in runs}
    return {run.name: records[run.name] for run in runs if _is_good(records[run.name], run)}


def keep(folder, record):
    """Store a record: from now on its run counts as finished."""
    write(json.dumps(record, indent=1), Path(folder, f"{record['name']}.json"))


def sweep_up(folder):
    """Remove the unfinished files of runs that were killed."""
    for part in Path(folder).rglob(".part-*"):
        shutil.rmtree(part, ignore_errors=True) if part.is_dir() else part.unlink(missing_ok=True)


def _check_ours(folder):
    folder = Path(folder)
    if not folder.is_dir() or (any(folder.iterdir()) and not (folder / "plan.json").exists()):
        raise ValueError(f"{folder} is there and not from an earlier batch. Choose another --out.")


def _read(path):
    """A record, or None if there is none that can be read."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None


def _is_good(record, run):
    asked = {"name": run.name, "sha256": run.sha256, "versions": versions(), "error": None}
    return record is not None and all(record.get(key) == value for key, value in asked.items())
