"""`plan.json`: it says in its content that a folder is a batch's, of which kind and for which runs."""

import json
import os
from pathlib import Path, PurePosixPath, PureWindowsPath

from helpers.batch import lock, site

NAME = "plan.json"
MADE_BY, FORMAT = "helpers.batch", 1
PAGES = {
    "run": site.FILES,
    "sweep": ["report.html", "results.csv", "results.parquet"],
    "race": ["race.json", "race.csv", "race.html"],
}


def read(folder):
    """The plan of the batch that a folder is from, as a dict; None for a folder that is new or empty.

    Its keys: kind; runs, name -> notebook and parameters; url of the notebooks, "" if they are in the folder; files,
    name -> bytes, which are the batch's besides those that its runs' records list: an unfinished batch keeps there what
    an earlier one left.
    Raises ValueError if the folder holds anything else.
    """
    folder = Path(folder)
    try:
        names = set(os.listdir(folder))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ValueError(f"{folder} can't be the output: {error.strerror}. Choose another --out.") from error
    if not names - {lock.LOCK, *lock.stages(folder)}:
        return None
    plan = content(folder / NAME)
    if not isinstance(plan, dict) or plan.get("made by") != MADE_BY:
        raise ValueError(f"{folder} is there and not from an earlier batch. Choose another --out.")
    if plan.get("format") != FORMAT or not _is_whole(plan):
        raise ValueError(f"{folder / NAME} is of another version or damaged. Move {folder}, or choose another --out.")
    return plan


def text(**plan):
    """The content of the file, from a plan as `read` gives it."""
    return json.dumps({"made by": MADE_BY, "format": FORMAT, **plan}, indent=1)


def are_inside(names):
    """Whether names of files, as a plan or a record gives them, all lead to somewhere within their folder."""
    return all(
        isinstance(name, str) and not PureWindowsPath(name).anchor and ".." not in PurePosixPath(name).parts
        for name in names
    )


def content(path):
    """What a JSON file holds; None if there is none, or none that can be read."""
    if not path.is_file():  # a pipe would never end
        return None
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None


def _is_whole(plan):
    kinds = {"kind": str, "runs": dict, "url": str, "files": dict}
    return (
        all(isinstance(plan.get(key), kind) for key, kind in kinds.items())
        and plan["kind"] in PAGES
        and are_inside([*plan["files"], *plan["runs"]])
    )
