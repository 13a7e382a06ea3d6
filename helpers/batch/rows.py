"""The runs that a file lists: a .csv or .yaml file in, one `Row` a run out.

What would silently mean something else is refused, with its line, such as a column or a key that is there twice.
"""

import csv
import io
import sys
from pathlib import Path
from typing import NamedTuple

from helpers.batch import yaml_rows

MOST = 1_000_000  # runs of a sweep, so rows too
LARGEST = 100_000_000  # bytes of a file


class Row(NamedTuple):
    """The parameters of one run, as a file has them."""

    names: tuple = ()
    values: tuple = ()
    file: Path | None = None
    line: int = 0

    @property
    def where(self):
        """File and line, for a message."""
        return f"{self.file}, line {self.line}" if self.file else ""


def read_rows(path):
    """The rows of a .yaml file (a list of mappings) or a .csv file (an empty cell: the notebook's own value).

    Raises ValueError for a file that is no list of runs.
    """
    path, rows, shared = Path(path), [], {}
    read = {".csv": _csv_rows, ".yaml": yaml_rows.read, ".yml": yaml_rows.read}.get(path.suffix.lower())
    if read is None:
        raise ValueError(f"{path} must be a .yaml or .csv file.")
    for line, row in read(path, read_text(path)):
        names = shared.setdefault(tuple(row), tuple(row))
        rows.append(Row(names, tuple(row.values()), path, line))
        if len(rows) > MOST:
            raise ValueError(f"{path} has more than {MOST:,} rows, which is the most that a sweep takes.")
    if not rows:
        raise ValueError(f"{path} has no rows, so it asks for no run.")
    return rows


def read_text(path):
    """The text of a UTF-8 file. Raises ValueError if it can't be read, is too large or of another encoding."""
    try:
        if not path.is_file():
            raise ValueError(f"{path} is no file." if path.exists() else f"There is no {path}.")
        if path.stat().st_size > LARGEST:
            raise ValueError(f"{path} has {path.stat().st_size:,} bytes; at most {LARGEST:,} are read.")
        content = path.read_bytes()
    except OSError as error:
        raise ValueError(f"{path} can't be read: {error.strerror}.") from error
    if b"\0" in content:
        raise ValueError(f"{path} is not UTF-8, but perhaps UTF-16. Save it as UTF-8.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(f"{path}, line {line}: this is not UTF-8. Save the file as UTF-8.") from error


def _csv_rows(path, text):
    """Yield (line, name -> value). Line breaks within quotes are part of the cell."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    names, last = None, 0
    try:
        for cells in reader:
            line, last = last + 1, reader.line_num
            if not cells:  # an empty line
                continue
            if names is None:
                names = _column_names(f"{path}, line {line}", cells)
            elif len(cells) != len(names):
                wanted = f"every row needs as many cells as the first, {len(names)}"
                raise ValueError(f"{path}, line {line}: {wanted}; here are {len(cells)}.")
            else:
                yield line, {name: sys.intern(cell) for name, cell in zip(names, cells, strict=True) if cell != ""}
    except csv.Error as error:
        raise ValueError(f"{path}, line {reader.line_num}: this is no CSV: {error}.") from error


def _column_names(where, cells):
    names = [cell.strip() for cell in cells]
    if len(names) == 1 and (";" in names[0] or "\t" in names[0]):
        raise ValueError(f"{where}: columns are separated by commas.")
    if "" in names:
        raise ValueError(f"{where}: column {names.index('') + 1} has no name.")
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{where}: {name} is the name of {names.count(name)} columns.")
    return names
