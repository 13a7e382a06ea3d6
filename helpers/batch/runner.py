"""One run of one notebook, on whatever machine: the executed notebook, its figures, HTML, and a record of it all."""

import json
import logging
import os
import platform
import tempfile
import time
from functools import cache
from importlib.metadata import version
from pathlib import Path

import nbformat
import papermill
from nbclient.exceptions import CellTimeoutError
from papermill.exceptions import PapermillExecutionError
from papermill.iorw import papermill_io
from traitlets.config import Config

from helpers import provenance
from helpers.batch.html import notebook_html
from helpers.batch.kernel import BatchKernel, imports_of
from helpers.notebook import recorded
from helpers.provenance import write

# The record of a run says what failed. Log lines of papermill and of the event loop below it would break the bar.
for name in ("papermill", "asyncio"):
    logging.getLogger(name).setLevel(logging.CRITICAL)


def execute(run, text, out, timeout=None, memory=0, warm=False):
    """Execute a `Run` of the notebook `text` into `out`, a folder or a URL that papermill can write; return its record.

    timeout: seconds that one cell may take. memory: bytes for the kernel, 0: no limit. warm: keep what the notebook
    imports loaded for its next run. Never raises for a failing notebook: the record's `error` says where and what, and
    the notebook up to the error is there. Raises OSError if `out` can't be written.
    """
    started = time.monotonic()
    local = "://" not in out
    with tempfile.TemporaryDirectory(dir=out if local else None, prefix=".part-", ignore_cleanup_errors=True) as folder:
        source, drawn = Path(folder, "source.ipynb"), Path(folder, "figures")
        source.write_text(text, encoding="utf-8")
        drawn.mkdir()
        parameters = run.parameters | ({"figures": str(drawn)} if run.figures else {})
        kernel = {"memory": memory, "imports": imports_of(text) if warm else ""}
        notebook, error = run_notebook(
            source, Path(folder, "executed.ipynb"), parameters, kernel,
            execution_timeout=timeout, kernel_manager_class=BatchKernel,
        )  # fmt: skip
        record = record_of(run, recorded(notebook), error, time.monotonic() - started)
        target = f"{out}/{run.name}"
        executed = nbformat.writes(notebook).replace(str(source), run.notebook)
        executed = executed.replace(f"{folder}/executed.ipynb", f"{target}.ipynb")
        if run.figures:
            executed = executed.replace(str(drawn), f"{out}/{run.figures}")
        if local:
            for figure in drawn.iterdir():
                Path(out, run.figures).mkdir(parents=True, exist_ok=True)
                figure.replace(Path(out, run.figures, figure.name))
            write(executed, f"{target}.ipynb")
            write(notebook_html(nbformat.reads(executed, as_version=4), Path(run.name).name), f"{target}.html")
        else:  # papermill's handlers put a whole object at once; the figures are in the notebook
            papermill_io.write(executed, f"{target}.ipynb")
            papermill_io.write(json.dumps(record), f"{target}.json")
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
    }


def run_notebook(source, target, parameters=None, kernel=None, **options):
    """Execute the notebook `source` with papermill, which writes `target` as it goes.

    kernel: traits of `BatchKernel`. options: as `papermill.execute_notebook` takes them.
    Returns the notebook as far as it came, and its error: None, or a dict that says which cell failed and why.
    """
    quiet = ["--log-level=CRITICAL"]  # a kernel's own chatter about its start and end would break the progress bar
    try:
        with tempfile.TemporaryDirectory() as sockets:
            # Files, not ports: two kernels that start at the same moment can pick the same port, and one dies.
            files = {"transport": "ipc", "connection_file": f"{sockets}/kernel.json"} if os.name == "posix" else {}
            papermill.execute_notebook(
                source, target, parameters, progress_bar=False, coalesce_streams=True, extra_arguments=quiet,
                config=Config(KernelManager=files, BatchKernel=kernel or {}), **options,
            )  # fmt: skip
    except Exception as failure:  # whatever a notebook raises is its failure, but a full disk is not
        if isinstance(failure, OSError) and not isinstance(failure, CellTimeoutError):
            raise
        notebook = nbformat.read(target, as_version=4)
        return notebook, _failed_cell(notebook, failure)
    return nbformat.read(target, as_version=4), None


def _failed_cell(notebook, failure):
    """A time-out or a dead kernel leaves no trace in the notebook itself: its cell gets one."""
    started = [cell for cell in notebook.cells if cell.metadata.get("papermill", {}).get("start_time")]
    if isinstance(failure, PapermillExecutionError):
        name, message = failure.ename, failure.evalue
        cell = next(cell for cell in started if any(o.output_type == "error" for o in cell.get("outputs", [])))
    else:
        name, message = type(failure).__name__, str(failure)
        cell = started[-1] if started else None
    what = f"{name}: {message}".split("\n")[0]
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
