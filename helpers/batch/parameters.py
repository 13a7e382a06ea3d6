"""A notebook's parameters: the names and types in its cell tagged `parameters`, and whether a value fits."""

import ast
import difflib
import hashlib
import json
import math
import re
from pathlib import Path

import nbformat
import papermill

TYPES = {"int": int, "float": float, "str": str, "bool": bool}


class Notebook:
    """A notebook that is to be run.

    text: as JSON, without outputs. sha256: of the text. parameters: name -> what papermill read about it in the cell
    tagged `parameters`.
    Raises ValueError if there is no such notebook.
    """

    def __init__(self, path):
        self.path = Path(path)
        if self.path.suffix != ".ipynb" or not self.path.is_file():
            raise ValueError(f"{path} is no notebook: the path of an .ipynb file is needed.")
        try:
            notebook = nbformat.read(self.path, as_version=4)
            self.parameters = papermill.inspect_notebook(self.path)
        except ValueError as error:
            raise ValueError(f"{path} is no notebook that can be run: {error}") from error
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.update(outputs=[], execution_count=None)
        self.text = nbformat.writes(notebook)
        self.sha256 = hashlib.sha256(self.text.encode()).hexdigest()

    def type_of(self, name):
        """The type of a parameter, a key of TYPES; None if it is unknown or may be any."""
        return _type(self.parameters[name])[0] if name in self.parameters else None

    def checked(self, name, value):
        """`value` as the notebook's parameter `name` takes it; a text is read as that type.

        Raises ValueError for an unknown name or a value of another type.
        """
        if name == "figures":
            raise ValueError("figures is set by --out: each run draws into a folder of its own.")
        if name not in self.parameters:
            known = [other for other in self.parameters if other != "figures"]
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise ValueError(f"{self.path.name} has no parameter {name}.{hint} It has {', '.join(known) or 'none'}.")
        kind, optional = _type(self.parameters[name])
        if optional and value in (None, "None", "null", ""):
            return None
        try:
            return _as_type(value, kind)
        except (ValueError, TypeError) as error:
            wanted = f"{kind or 'a plain value'}{' or None' if optional else ''}"
            raise ValueError(f"{name} of {self.path.name} must be {wanted}, not {value!r}.") from error


def _type(parameter):
    """The type that papermill read in the cell, or that of the default: (key of TYPES or None, may it be None?)."""
    name, optional = parameter["inferred_type_name"], False
    if match := re.fullmatch(r"Optional\[(\w+)\]|(\w+) *\| *None", name):
        name, optional = match[1] or match[2], True
    elif name == "None":
        name = type(_literal(parameter["default"])).__name__
    return (name if name in TYPES else None), optional


def _as_type(value, kind):
    """`value` as `kind`, a key of TYPES; None: as a Python literal, or the text that it is. Raises ValueError."""
    if kind is None:
        value = _literal(value) if isinstance(value, str) else value
        json.dumps(value, allow_nan=False)
        return value
    if isinstance(value, str) and kind == "bool":
        value = {"true": True, "false": False}.get(value.lower())
    elif isinstance(value, str) or (type(value) is int and kind == "float"):
        value = TYPES[kind](value)
    if type(value) is not TYPES[kind] or (kind == "float" and not math.isfinite(value)):
        raise ValueError
    return value


def _literal(text):
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
