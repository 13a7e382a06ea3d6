"""One run of one notebook, on whatever machine: the executed notebook, its figures, HTML, and a record of it all."""

import json
import logging
import platform
import shutil
import time
from copy import deepcopy
from functools import cache
from html import escape
from importlib.metadata import version
from pathlib import Path

import nbformat
import papermill
from nbformat.v4 import new_output
from papermill.exceptions import PapermillExecutionError
from papermill.execute import remove_error_markers
from traitlets.config import Config

from helpers import provenance
from helpers.batch import remote
from helpers.batch.client import ENGINE
from helpers.batch.html import notebook_html
from helpers.batch.kernel import BatchKernel, imports_of
from helpers.batch.place import files, with_final_paths, workplace
from helpers.files import write
from helpers.notebook import recorded
from helpers.system import socket_folder

OUTPUT_LIMIT = 10_000_000  # characters of a cell's output, text and pictures in Base64 alike
LONGEST_WHAT = 300  # characters of an error in the record and in the report
# The record of a run says what failed. Log lines of papermill and of the event loop below it would break the bar.
for name in ("papermill", "asyncio"):
    logging.getLogger(name).setLevel(logging.CRITICAL)


def execute(run, text, out, stage=None, timeout=None, output_limit=OUTPUT_LIMIT, memory=0, warm=False):
    """Execute a `Run` of the notebook `text`; return its record.

    out: where its files will be, a folder or a URL that papermill can write. stage: a folder within the folder `out`
    for these files; the record's `staged` says where in it they lie, for the caller to move. None: write to the URL.
    If that can't be written, the record's `unsent` says why, and its `text` is the notebook, for the caller to keep.
    timeout: seconds that one cell may take. output_limit: characters of its output that are stored. memory: bytes for
    the kernel, 0: no limit. warm: keep what the notebook imports loaded for its next run.
    Never raises for a failing notebook: the record's `error` says where and what, and the notebook up to the error is
    there. Raises OSError if nothing can be written before it starts.
    """
    started = time.monotonic()
    with workplace(stage) as place:
        parameters = run.parameters
        if run.figures:
            (place / run.figures).mkdir(parents=True)
            parameters = parameters | {"figures": str(place / run.figures)}
        kernel = {"memory": memory, "imports": imports_of(text) if warm else ""}
        source = nbformat.reads(text, as_version=4)
        notebook, error = run_notebook(source, parameters, kernel, output_limit, execution_timeout=timeout)
        notebook.metadata.papermill |= {"input_path": run.notebook, "output_path": f"{out}/{run.name}.ipynb"}
        results, malformed = _results(notebook)
        record = record_of(run, results, error or malformed, time.monotonic() - started)
        notebook, record = (with_final_paths(node, place, out, stage) for node in (notebook, record))
        if stage:
            record |= _staged(run, notebook, record, place)
        else:  # papermill's handlers put a whole object at once; the figures are in the notebook
            record |= remote.send(nbformat.writes(notebook), record, out)
    return record


def _staged(run, notebook, record, place):
    """Write the files of a run; return what the record says of them, or why not and the text of the notebook."""
    text = nbformat.writes(notebook)
    try:
        write(text, place / f"{run.name}.ipynb")
        write(_page(notebook, Path(run.name).name), place / f"{run.name}.html")
        listed = {"files": files(place, run)}
        write(json.dumps(record | listed, indent=1), place / f"{run.name}.json")  # last: now all is there
    except OSError as error:
        shutil.rmtree(place, ignore_errors=True)
        return {"unsent": str(error), "text": text}
    return listed | {"staged": place.name}


def _page(notebook, name):
    try:
        return notebook_html(notebook, name)
    except Exception as error:  # a run is worth more than its page
        what = escape(f"{name}.ipynb can't be shown as a page. {type(error).__name__}: {error}")
        return f"<!DOCTYPE html><html lang=en><meta charset=utf-8><title>{escape(name)}</title><p>{what}</html>\n"


def record_of(run, results, error, seconds):
    """All that is known of a run, as plain values."""
    return {
        "name": run.name,
        "notebook": run.notebook,
        "sha256": run.sha256,
        "parameters": run.parameters,
        "results": results,
        "error": error,
        "seconds": round(seconds, 1),
        "versions": versions(),
        "files": {},
    }


def run_notebook(source, parameters=None, kernel=None, output_limit=OUTPUT_LIMIT, **options):
    """Execute a notebook with papermill, without writing anything.

    source: its path, or an nbformat node, of which a copy is executed. kernel: traits of `BatchKernel`.
    output_limit: characters of a cell's output that are stored.
    options: as `papermill.execute_notebook` takes them.
    Returns the executed notebook as far as it came, and its error: None, or a dict that says which cell failed and why.
    """
    quiet = ["--log-level=CRITICAL"]  # a kernel's own chatter about its start and end would break the progress bar
    notebook = deepcopy(source) if isinstance(source, nbformat.NotebookNode) else nbformat.read(source, as_version=4)
    notebook.metadata.papermill = {}
    executed = [notebook]
    try:
        with socket_folder() as sockets:
            # Files, not ports: two kernels that start at the same moment can pick the same port, and one dies.
            files = {"transport": "ipc", "connection_file": f"{sockets}/kernel.json"} if sockets else {}
            papermill.execute_notebook(
                notebook, None, parameters, ENGINE, progress_bar=False, extra_arguments=quiet,
                kernel_manager_class=BatchKernel, config=Config(KernelManager=files, BatchKernel=kernel or {}),
                output_limit=output_limit, hand_over=executed.append, **options,
            )  # fmt: skip
    except PapermillExecutionError as failure:
        return _with_error(executed[-1], failure)
    except Exception as failure:  # a time-out, a dead kernel, or none that starts
        return executed[-1], _last_cell(executed[-1], failure)
    return executed[-1], None


def _results(notebook):
    """What the notebook recorded, and None or an error that says in which cell it is malformed."""
    results = {}
    for number, cell in enumerate((cell for cell in notebook.cells if cell.cell_type == "code"), start=1):
        try:
            results |= recorded(nbformat.NotebookNode(cells=[cell]))
        except ValueError as error:
            return results, {"cell_id": cell.id, "where": f"cell [{number}]", "what": str(error)}
    return results, None


def _with_error(notebook, failure):
    """An executed notebook in which a cell raised, and its error; None if that cell is tagged `raises-exception`."""
    cell = notebook.cells[failure.cell_index + 2]  # papermill has put a remark before it, and one at the top
    if cell.metadata.papermill.exception:
        return notebook, _error(notebook, cell, f"{failure.ename}: {failure.evalue}")
    return remove_error_markers(notebook), None


def _last_cell(notebook, failure):
    """The error of what left no trace in the notebook itself: the cell that was executed last gets one."""
    name, message = type(failure).__name__, str(failure)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    started = [cell for cell in code if cell.metadata.get("papermill", {}).get("start_time")]
    if not started:
        return {"cell_id": "", "where": "the start", "what": _what(f"{name}: {message}")}
    error = _error(notebook, started[-1], f"{name}: {message}")
    started[-1].outputs.append(new_output("error", ename=name, evalue=message, traceback=[error["what"]]))
    return error


def _error(notebook, cell, text):
    code = [one.id for one in notebook.cells if one.cell_type == "code"]
    return {"cell_id": cell.id, "where": f"cell [{code.index(cell.id) + 1}]", "what": _what(text)}


def _what(text):
    return text.split("\n")[0][:LONGEST_WHAT]


@cache
def versions():
    """What a result depends on besides the notebook: Python, TensorFlow, and the helpers with their code's hash."""
    return {
        "python": platform.python_version(),
        **provenance.versions(["tensorflow"]),
        "helpers": f"{version('active-learning-mnist')}+{provenance.code_sha256()[:12]}",
    }
