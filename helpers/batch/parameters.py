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
from nbformat import ValidationError
from papermill.exceptions import PapermillException
from papermill.utils import nb_kernel_name

from helpers.batch.remaining import announced
from helpers.batch.rows import read_text
from helpers.checks import shown

# What nbformat and papermill raise for JSON that is no notebook, such as [] or a cell without a source.
UNREADABLE = (ValueError, AttributeError, KeyError, TypeError, RecursionError, ValidationError, PapermillException)
NO_LITERAL = (ValueError, SyntaxError, TypeError, MemoryError, RecursionError)
TYPES = {"int": int, "float": float, "str": str, "bool": bool}


class Notebook:
    """A notebook that is to be run.

    text: as JSON, without outputs. sha256: of the text. parameters: name -> what papermill read about it in the cell
    tagged `parameters`. seconds: how long it says that it runs; None if it doesn't say.
    Raises ValueError if there is no such notebook.
    """

    def __init__(self, path):
        self.path = Path(path)
        try:
            is_one = self.path.suffix == ".ipynb" and self.path.is_file()
        except OSError as error:  # of its folder
            raise ValueError(f"{path} can't be read: {error.strerror}.") from error
        if not is_one:
            raise ValueError(f"{path} is no notebook: the path of an .ipynb file is needed.")
        try:
            notebook = nbformat.reads(read_text(self.path), as_version=4)
            for cell in notebook.cells:
                if cell.cell_type == "code":
                    cell.update(outputs=[], execution_count=None)
            nbformat.validate(notebook, relax_add_props=True)
            nb_kernel_name(notebook)
            self.parameters = papermill.inspect_notebook(notebook)
        except UNREADABLE as error:
            of_content = isinstance(error, (ValueError, ValidationError, PapermillException))
            what = str(error).split("\n")[0] if of_content else "its JSON is not that of a notebook (nbformat 4)."
            raise ValueError(f"{path} is no notebook that can be run: {what}") from error
        self._types = {name: _type(parameter) for name, parameter in self.parameters.items()}
        self.seconds = announced(notebook)
        self.text = nbformat.writes(notebook)
        self.sha256 = hashlib.sha256(self.text.encode()).hexdigest()

    def type_of(self, name):
        """The type of a parameter, a key of TYPES; None if it is unknown or may be any."""
        return self._types[name][0] if name in self._types else None

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
            raise ValueError(
                f"{self.path.name} has no parameter {name:.80}.{hint} It has {', '.join(known) or 'none'}."
            )
        kind, optional = self._types[name]
        if optional and value in (None, "None", "null", ""):
            return None
        try:
            return _as_type(value, kind)
        except (ValueError, TypeError) as error:
            wanted = f"{kind or 'a plain value'}{' or None' if optional else ''}"
            raise ValueError(f"{name} of {self.path.name} must be {wanted}, not {shown(value)}.") from error


def _type(parameter):
    """The type that papermill read in the cell, or that of the default: (key of TYPES or None, may it be None?)."""
    name, optional = parameter["inferred_type_name"], False
    if match := re.fullmatch(r"Optional\[(\w+)\]|(\w+) *\| *None", name):
        name, optional = match[1] or match[2], True
    elif name == "None":
        try:
            name = type(ast.literal_eval(parameter["default"])).__name__
        except NO_LITERAL:  # an expression; a text that papermill cut at a # in it is one all the same
            name = "str" if parameter["default"][:1] in ("'", '"') else ""
    return (name if name in TYPES else None), optional


def _as_type(value, kind):
    """`value` as `kind`, a key of TYPES; None: as a Python literal, or the text that it is. Raises ValueError."""
    if kind is None:
        value = _literal(value) if isinstance(value, str) else value
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
        return value
    if isinstance(value, str) and kind == "bool":
        value = {"true": True, "false": False}.get(value.lower())
    elif isinstance(value, str) or (type(value) is int and kind == "float"):
        value = TYPES[kind](value)
    if type(value) is not TYPES[kind] or (kind == "float" and not math.isfinite(value)):
        raise ValueError
    if kind == "str":
        value.encode()  # bytes that are no text can't be stored
    return value


def _literal(text):
    try:
        return ast.literal_eval(text)
    except NO_LITERAL:
        return text
