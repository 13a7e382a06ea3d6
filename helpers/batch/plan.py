"""Which runs are asked for: notebooks and parameters in, `Run`s out. All is checked before any starts."""

import hashlib
import itertools
import math
import os
import re
from dataclasses import dataclass, field

from helpers.batch.rows import MOST, Row
from helpers.checks import shown

LONGEST_NAME = 120  # bytes; file systems take 255, and a hash, an ending and the mark of an unfinished file come on top
NO_FILE = (Row(),)
RANGE = re.compile(r"(-?\d{1,18}):(-?\d{1,18})(?::(-?\d{1,18}))?")


@dataclass(frozen=True, slots=True)
class Run:
    """One notebook with one set of parameters."""

    name: str  # of its files within the output: NAME.ipynb, NAME.html, NAME.json
    notebook: str  # where the notebook is from
    sha256: str  # of the notebook
    parameters: dict = field(default_factory=dict)
    figures: str | None = None  # the folder for figures within the output; None: the notebook has no such parameter


class Sweep:
    """The `Run`s of a sweep, each made when it is asked for: a million of them need hardly more memory than one.

    parts: triples (notebook, rows, choices). rows: dicts of parameters. choices: for each further parameter the list
    of its pairs (name, value).
    """

    def __init__(self, parts):
        self._parts = parts

    def __len__(self):
        return sum(len(rows) * math.prod(map(len, choices)) for _, rows, choices in self._parts)

    def __iter__(self):
        for notebook, rows, choices in self._parts:
            for row in rows:
                for chosen in itertools.product(*choices):
                    values = row | dict(chosen)
                    name = _file_name(notebook.path.stem, values)
                    yield _run(notebook, f"notebooks/{name}", values, f"figures/{name}")


def plain(notebooks):
    """Each `Notebook` once, with its own parameters, under its own name; all figures in one folder."""
    return _unique([_run(notebook, notebook.path.stem, {}, "figures") for notebook in notebooks])


def sweep(notebooks, parameters=(), rows=NO_FILE):
    """Every combination: each notebook, each row, each value.

    parameters: texts "name=values", where values are a,b,c or start:stop or start:stop:step as Python's range.
    rows: `Row`s, such as `read_rows` gives.
    Raises ValueError if a name or a value is not what a notebook takes, or for more than MOST runs.
    """
    given = dict(map(_split, parameters))
    if len(given) < len(parameters):
        raise ValueError("Each parameter may be given once: -p name=a,b,c for several values.")
    for names in {row.names for row in rows}:
        if both := given.keys() & set(names):
            raise ValueError(f"{', '.join(sorted(both))} is given by -p and in the file.")
    listed = [{name: _listed(notebook, name, text) for name, text in given.items()} for notebook in notebooks]
    count = sum(len(rows) * math.prod(map(len, values.values())) for values in listed)
    if count > MOST:
        raise ValueError(f"These are {count:,} runs; a sweep takes at most {MOST:,}.")
    parts = []
    for notebook, values in zip(notebooks, listed, strict=True):
        choices = [[(name, notebook.checked(name, one)) for one in several] for name, several in values.items()]
        parts.append((notebook, [_checked(notebook, row) for row in rows], choices))
    return _unique(Sweep(parts))


def _run(notebook, name, parameters, figures):
    return Run(
        name, notebook.path.name, notebook.sha256, parameters, figures if "figures" in notebook.parameters else None
    )


def _split(text):
    name, equals, values = text.partition("=")
    if not equals or not values:
        raise ValueError(f"Write -p name=value, not {shown(text)}.")
    return name.strip(), values


def _listed(notebook, name, text):
    """The values that `text` lists, not yet checked. Only what is no text by its type may be a range."""
    span = RANGE.fullmatch(text)
    if not span or notebook.type_of(name) == "str":
        return [part.strip() for part in text.split(",")]
    start, stop, step = (int(part) for part in span.groups(default="1"))
    numbers = range(start, stop, step) if step else ()
    if not numbers:
        raise ValueError(f"{name}={text} is an empty range; 0:30 is 0, 1, ... 29.")
    notebook.checked(name, numbers[0])  # a wrong name is said before a wrong count
    return numbers


def _checked(notebook, row):
    try:
        return {name: notebook.checked(name, value) for name, value in zip(row.names, row.values, strict=True)}
    except ValueError as error:
        raise ValueError(f"{row.where}: {error}" if row.where else str(error)) from error


def _file_name(stem, values):
    """Readable, and a different one for different values."""
    name = "-".join([stem, *(f"{key}={value}" for key, value in values.items())])
    clean = re.sub(r"[^\w.=+-]", "_", name)
    if clean == name and len(name.encode()) <= LONGEST_NAME:
        return name
    short = clean.encode()[:LONGEST_NAME].decode(errors="ignore")
    return f"{short}-{hashlib.sha256(name.encode()).hexdigest()[:10]}"


def _unique(runs):
    """`runs`, if no two have the same name, also where capital and small letters name one file (Windows)."""
    seen, twice = set(), set()
    for run in runs:
        key = hash(os.path.normcase(run.name))  # the names themselves would take ten times the memory
        (twice if key in seen else seen).add(key)
    if twice:
        names = [run.name for run in runs if hash(os.path.normcase(run.name)) in twice]
        times = names.count(names[0])
        what = f"{names[0]} would run {times} times" if times > 1 else f"{names[0]} and {names[1]} are one file"
        raise ValueError(f"{what}. Runs need different parameters or notebook names.")
    return runs
