"""Which runs are asked for: notebooks and parameters in, a list of `Run` out. All is checked before any starts."""

import csv
import hashlib
import itertools
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import yaml

LONGEST_NAME = 120  # characters; file systems take 255 bytes


@dataclass(frozen=True)
class Run:
    """One notebook with one set of parameters."""

    name: str  # of its files within the output: NAME.ipynb, NAME.html, NAME.json
    notebook: str  # where the notebook is from
    sha256: str  # of the notebook
    parameters: dict = field(default_factory=dict)
    figures: str | None = None  # the folder for figures within the output; None: the notebook has no such parameter


def plain(notebooks):
    """Each `Notebook` once, with its own parameters, under its own name; all figures in one folder."""
    return _unique([_run(notebook, notebook.path.stem, {}, "figures") for notebook in notebooks])


def sweep(notebooks, parameters=(), rows=({},)):
    """Every combination: each notebook, each row, each value.

    parameters: texts "name=values", where values are a,b,c or start:stop or start:stop:step as Python's range.
    rows: dicts, such as `read_rows` gives. Raises ValueError if a name or a value is not what a notebook takes.
    """
    given = dict(_split(text) for text in parameters)
    if len(given) < len(parameters):
        raise ValueError("Each parameter may be given once: -p name=a,b,c for several values.")
    runs = []
    for notebook, row in itertools.product(notebooks, rows):
        if both := given.keys() & row.keys():
            raise ValueError(f"{', '.join(sorted(both))} is given by -p and in the file.")
        fixed = {name: notebook.checked(name, value) for name, value in row.items()}
        choices = [[(name, value) for value in _values(notebook, name, text)] for name, text in given.items()]
        for chosen in itertools.product(*choices):
            values = fixed | dict(chosen)
            name = _file_name(notebook.path.stem, values)
            runs.append(_run(notebook, f"notebooks/{name}", values, f"figures/{name}"))
    return _unique(runs)


def read_rows(path):
    """The rows of a .yaml file (a list of mappings) or a .csv file (an empty cell: the notebook's own value)."""
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ValueError(f"{path} can't be read: {error.strerror}.") from error
    if path.suffix == ".csv":
        rows = list(csv.DictReader(text.splitlines(), strict=True))
        if any(None in row or None in row.values() for row in rows):
            raise ValueError(f"{path}: every row needs as many cells as the first.")
        return [{name.strip(): value for name, value in row.items() if value != ""} for row in rows]
    if path.suffix not in (".yaml", ".yml"):
        raise ValueError(f"{path} must be a .yaml or .csv file.")
    try:
        rows = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(f"{path} is no YAML: {error}") from error
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise ValueError(f"{path} must be a list with one mapping a run, such as - {{seed: 1, batch_size: 5}}.")
    return rows


def _run(notebook, name, parameters, figures):
    return Run(
        name, notebook.path.name, notebook.sha256, parameters, figures if "figures" in notebook.parameters else None
    )


def _split(text):
    name, equals, values = text.partition("=")
    if not equals or not values:
        raise ValueError(f"Write -p name=value, not -p {text}.")
    return name.strip(), values


def _values(notebook, name, text):
    """The values that `text` lists. Only what is no text by its type may be a range."""
    span = re.fullmatch(r"(-?\d+):(-?\d+)(?::(-?\d+))?", text)
    if span and notebook.type_of(name) != "str":
        start, stop, step = (int(part) for part in span.groups(default="1"))
        numbers = range(start, stop, step) if step else ()
        if not numbers:
            raise ValueError(f"{name}={text} is an empty range; 0:30 is 0, 1, ... 29.")
        return [notebook.checked(name, number) for number in numbers]
    return [notebook.checked(name, part.strip()) for part in text.split(",")]


def _file_name(stem, values):
    """Readable, and a different one for different values."""
    name = "-".join([stem, *(f"{key}={value}" for key, value in values.items())])
    clean = re.sub(r"[^\w.=+-]", "_", name)
    if clean == name and len(name) <= LONGEST_NAME:
        return name
    return f"{clean[:LONGEST_NAME]}-{hashlib.sha256(name.encode()).hexdigest()[:10]}"


def _unique(runs):
    (name, times), *_ = Counter(run.name for run in runs).most_common(1) or [("", 0)]
    if times > 1:
        raise ValueError(f"{name} would run {times} times. Runs need different parameters or notebook names.")
    return runs
