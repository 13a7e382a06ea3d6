"""What many runs leave: one table of all of them, as CSV and Parquet, and one page to look at. No network needed."""

import base64
import csv
import io
import json
from itertools import groupby
from pathlib import PurePath
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet

from helpers import plots
from helpers.batch.html import environment
from helpers.notebook import short

FORMULA = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")  # so a formula begins in some spreadsheet; the last four are wide


def report_html(records, title, out=""):
    """The page of a sweep: for each notebook the learning curves and a table to sort, one run a row.

    out: the URL of the executed notebooks if they are not beside the page.
    """
    sections = [_section(*group, out) for group in groupby(records, lambda r: r["notebook"])]
    return environment().get_template("report.html.j2").render(title=title, sections=sections, short=short)


def results_csv(records):
    """One run a row; lists as JSON. A text that a spreadsheet would compute has a ' before it."""
    table = _table(records)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)  # else a lone \\r ends a row
    writer.writerow(map(cell, table))
    for row in zip(*table.values(), strict=True):
        writer.writerow(map(cell, row))
    return text.getvalue()


def cell(value):
    """`value` as a cell of a CSV file. See OWASP, "CSV Injection"."""
    if isinstance(value, list):
        return json.dumps(value)
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def results_parquet(records):
    """One run a row, as the bytes of a Parquet file. A column of mixed types holds JSON."""
    columns = {}
    for name, values in _table(records).items():
        try:
            columns[name] = pa.array(values)
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            columns[name] = pa.array([json.dumps(value) for value in values])
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def _table(records):
    """Column name -> one value a record, None where there is none.

    A name that occurs twice, say as a parameter and as a result, becomes parameter_NAME and result_NAME.
    """
    rows = []
    for record in records:
        error = record["error"]
        about = {"run": record["name"], "notebook": record["notebook"], "status": "failed" if error else "ok"}
        about |= {"error": error and f"{error['where']}: {error['what']}", "seconds": record["seconds"]}
        about |= {**record["versions"], "notebook_sha256": record["sha256"]}
        rows.append({"run": about, "parameter": record["parameters"], "result": record["results"]})
    kinds = {kind: list(dict.fromkeys(name for row in rows for name in row[kind])) for kind in rows[0]}
    names = [name for of_kind in kinds.values() for name in of_kind]
    return {
        f"{kind}_{name}" if names.count(name) > 1 else name: [row[kind].get(name) for row in rows]
        for kind, of_kind in kinds.items()
        for name in of_kind
    }


def _section(notebook, records, out):
    records = list(records)
    names = {"parameters": [], "results": []}
    for kind, of_kind in names.items():
        scalars = (name for r in records for name, value in r[kind].items() if not isinstance(value, list))
        of_kind += dict.fromkeys(scalars)
    return {
        "title": PurePath(notebook).stem,
        "columns": names["parameters"] + names["results"],
        "rows": [_row(r, [r[kind].get(name, "") for kind in names for name in names[kind]], out) for r in records],
        "curves": list(_curves(records)),
    }


def _row(record, values, out=""):
    link = f"{out}/{record['name']}.ipynb" if out else quote(f"{record['name']}.html")
    if [*record["files"]] == [f"{record['name']}.ipynb"]:  # it could be written nowhere else
        link = quote(f"{record['name']}.ipynb")
    return {**record, "label": PurePath(record["name"]).name, "link": link, "values": values}


def _curves(records):
    """A figure for each result that is a list of numbers: every run a line, one color whatever the seed."""
    for name in dict.fromkeys(name for r in records for name, value in r["results"].items() if _is_curve(name, value)):
        runs, xlabel = [], "labels"
        for r in records:
            if _is_curve(name, curve := r["results"].get(name)):
                labels = r["results"].get("labels")
                if not isinstance(labels, list) or len(labels) != len(curve):
                    labels, xlabel = range(1, len(curve) + 1), "position in the list"
                group = ", ".join(f"{key}={value}" for key, value in r["parameters"].items() if key != "seed")
                runs.append((group, labels, curve))
        png = io.BytesIO()
        plots.runs(runs, name, xlabel).savefig(png, format="png")
        alt = f"{name} of {len(runs)} runs, one line each, with the mean of each group of runs"
        yield {"png": base64.b64encode(png.getvalue()).decode(), "alt": alt}


def _is_curve(name, value):
    numbers = isinstance(value, list) and len(value) > 1 and all(type(item) in (int, float) for item in value)
    return numbers and name != "labels"
