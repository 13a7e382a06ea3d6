"""One run of one notebook, on whatever machine: the executed notebook, its figures, HTML, and a record of it all."""

import json
import logging
import platform
import time
from functools import cache
from importlib.metadata import version
from pathlib import Path

import nbformat
import papermill
from nbclient.exceptions import CellTimeoutError
from papermill.exceptions import PapermillExecutionError
from traitlets.config import Config

from helpers import provenance
from helpers.batch import remote
from helpers.batch.client import ENGINE
from helpers.batch.html import notebook_html
from helpers.batch.kernel import BatchKernel, imports_of
from helpers.batch.place import files, with_final_paths, workplace
from helpers.notebook import recorded
from helpers.provenance import write
from helpers.system import socket_folder

OUTPUT_LIMIT = 10_000_000  # characters of a cell's output, text and pictures in Base64 alike
LONGEST_WHAT = 300  # characters of an error in the record and in the report
# The record of a run says what failed. Log lines of papermill and of the event loop below it would break the bar.
for name in ("papermill", "asyncio"):
    logging.getLogger(name).setLevel(logging.CRITICAL)


def execute(run, text, out, stage=None, timeout=None, memory=0, warm=False):
    """Execute a `Run` of the notebook `text`; return its record.

    out: where its files will be, a folder or a URL that papermill can write. stage: a folder within the folder `out`
    for these files; the record's `staged` says where in it they lie, for the caller to move. None: write to the URL;
    see `remote.send` for a write that fails.
    timeout: seconds that one cell may take. memory: bytes for the kernel, 0: no limit. warm: keep what the notebook
    imports loaded for its next run. Never raises for a failing notebook: the record's `error` says where and what, and
    the notebook up to the error is there. Raises OSError if nothing can be written.
    """
    started = time.monotonic()
    with workplace(stage) as place:
        source, executed = place.with_suffix(".ipynb"), place / f"{run.name}.ipynb"
        source.write_text(text, encoding="utf-8")
        executed.parent.mkdir(parents=True, exist_ok=True)
        parameters = run.parameters
        if run.figures:
            (place / run.figures).mkdir(parents=True)
            parameters = parameters | {"figures": str(place / run.figures)}
        kernel = {"memory": memory, "imports": imports_of(text) if warm else ""}
        notebook, error = run_notebook(source, executed, parameters, kernel, execution_timeout=timeout)
        source.unlink()
        notebook.metadata.papermill["input_path"] = run.notebook
        results, malformed = _results(notebook)
        record = record_of(run, results, error or malformed, time.monotonic() - started)
        notebook, record = (with_final_paths(node, place, out, stage) for node in (notebook, record))
        if stage:
            write(nbformat.writes(notebook), executed)
            write(notebook_html(notebook, Path(run.name).name), place / f"{run.name}.html")
            record["files"] = files(place, run)
            write(json.dumps(record, indent=1), place / f"{run.name}.json")  # last: now all is there
            record["staged"] = place.name
        else:  # papermill's handlers put a whole object at once; the figures are in the notebook
            record |= remote.send(nbformat.writes(notebook), record, out)
    return record


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


def run_notebook(source, target, parameters=None, kernel=None, output_limit=OUTPUT_LIMIT, **options):
    """Execute the notebook `source` with papermill, which writes `target`.

    kernel: traits of `BatchKernel`. output_limit: characters of a cell's output that are stored.
    options: as `papermill.execute_notebook` takes them.
    Returns the notebook as far as it came, and its error: None, or a dict that says which cell failed and why.
    """
    quiet = ["--log-level=CRITICAL"]  # a kernel's own chatter about its start and end would break the progress bar
    try:
        with socket_folder() as sockets:
            # Files, not ports: two kernels that start at the same moment can pick the same port, and one dies.
            files = {"transport": "ipc", "connection_file": f"{sockets}/kernel.json"} if sockets else {}
            papermill.execute_notebook(
                _literal(source), _literal(target), parameters, ENGINE, progress_bar=False, extra_arguments=quiet,
                kernel_manager_class=BatchKernel, config=Config(KernelManager=files, BatchKernel=kernel or {}),
                output_limit=output_limit, **options,
            )  # fmt: skip
    except Exception as failure:  # whatever a notebook raises is its failure, but a full disk is not
        if isinstance(failure, OSError) and not isinstance(failure, CellTimeoutError):
            raise
        notebook = nbformat.read(target, as_version=4)
        return notebook, _failed_cell(notebook, failure)
    return nbformat.read(target, as_version=4), None


def _literal(path):
    """A path that papermill takes as it is: it would fill in what stands in braces."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _results(notebook):
    """What the notebook recorded, and None or an error that says in which cell it is malformed."""
    results = {}
    for number, cell in enumerate((cell for cell in notebook.cells if cell.cell_type == "code"), start=1):
        try:
            results |= recorded(nbformat.NotebookNode(cells=[cell]))
        except ValueError as error:
            return results, {"cell_id": cell.id, "where": f"cell [{number}]", "what": str(error)}
    return results, None


def _failed_cell(notebook, failure):
    """A time-out or a dead kernel leaves no trace in the notebook itself: its cell gets one."""
    started = [cell for cell in notebook.cells if cell.metadata.get("papermill", {}).get("start_time")]
    if isinstance(failure, PapermillExecutionError):
        name, message = failure.ename, failure.evalue
        cell = next(cell for cell in started if any(o.output_type == "error" for o in cell.get("outputs", [])))
    else:
        name, message = type(failure).__name__, str(failure)
        cell = started[-1] if started else None
    what = f"{name}: {message}".split("\n")[0][:LONGEST_WHAT]
    if cell is None:
        return {"cell_id": "", "where": "the start", "what": what}
    if not isinstance(failure, PapermillExecutionError):
        cell.outputs.append(nbformat.v4.new_output("error", ename=name, evalue=message, traceback=[what]))
    code = [cell for cell in started if cell.cell_type == "code"]
    return {"cell_id": cell.id, "where": f"cell [{code.index(cell) + 1}]", "what": what}


@cache
def versions():
    """What a result depends on besides the notebook: Python, TensorFlow, and the helpers with their code's hash."""
    return {
        "python": platform.python_version(),
        **provenance.versions(["tensorflow"]),
        "helpers": f"{version('active-learning-mnist')}+{provenance.code_sha256()[:12]}",
    }
