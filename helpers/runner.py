"""One run of one notebook, on whatever machine: executed notebook, its figures, HTML, and a record of it all."""

import json
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import papermill
from traitlets.config import Config

from helpers.record import recorded
from helpers.report import notebook_html


@dataclass(frozen=True)
class Run:
    """What is to be executed. Holds the notebook itself, so that a worker needs no copy of the folder."""

    name: str  # of its files: NAME.ipynb, NAME.html, NAME.json
    notebook: str  # where the notebook is from
    source: str  # the notebook, as JSON
    parameters: dict = field(default_factory=dict)
    figures: str | None = None  # the folder for figures, within the output; None: the notebook has no such parameter


def execute(run, out, timeout=None):
    """Execute a `Run` into the folder `out`; return its record, a dict, which is also NAME.json there.

    timeout: seconds that one cell may take. Never raises for a failing notebook: the record's `error` says where and
    what, and the notebook up to the error is there. The record is written last: no record, no run.
    """
    started = time.monotonic()
    with tempfile.TemporaryDirectory(dir=out, prefix=f".{run.name}-", ignore_cleanup_errors=True) as folder:
        source, drawn = Path(folder, "source.ipynb"), Path(folder, "figures")
        source.write_text(run.source, encoding="utf-8")
        drawn.mkdir()
        parameters = run.parameters | ({"figures": str(drawn)} if run.figures else {})
        notebook, error = run_notebook(source, Path(folder, "executed.ipynb"), parameters, execution_timeout=timeout)
        if run.figures:
            figures = Path(out, run.figures)
            figures.mkdir(parents=True, exist_ok=True)
            for figure in drawn.iterdir():
                figure.replace(figures / figure.name)
            notebook = nbformat.reads(nbformat.writes(notebook).replace(str(drawn), str(figures)), as_version=4)
    notebook.metadata.papermill.update(input_path=run.notebook, output_path=f"{run.name}.ipynb")
    record = {
        "name": run.name,
        "notebook": run.notebook,
        "parameters": run.parameters,
        "results": recorded(notebook),
        "error": error,
        "seconds": round(time.monotonic() - started, 1),
    }
    write(nbformat.writes(notebook), Path(out, f"{run.name}.ipynb"))
    write(notebook_html(notebook, run.name), Path(out, f"{run.name}.html"))
    write(json.dumps(record), Path(out, f"{run.name}.json"))
    return record


def run_notebook(source, target, parameters=None, **options):
    """Execute the notebook `source` with papermill, which writes `target` as it goes.

    Returns the notebook as far as it came, and its error: None, or a dict that says which cell failed and why.
    """
    encrypted = Config(KernelManager={"transport_encryption": "auto"})  # without it, each kernel prints a warning
    try:
        papermill.execute_notebook(
            source, target, parameters, progress_bar=False, coalesce_streams=True, config=encrypted, **options
        )
    except Exception as failure:  # whatever a run raises is that run's failure
        notebook = nbformat.read(target, as_version=4)
        return notebook, _failed_cell(notebook, failure)
    return nbformat.read(target, as_version=4), None


def _failed_cell(notebook, failure):
    """A time-out or a dead kernel leaves no trace in the notebook itself: its cell gets one."""
    started = [cell for cell in notebook.cells if cell.metadata.get("papermill", {}).get("start_time")]
    if not started:
        return {"cell_id": "", "where": "the start", "what": f"{type(failure).__name__}: {failure}"}
    cell = started[-1]
    errors = [output for output in cell.get("outputs", []) if output.output_type == "error"]
    if not errors:
        errors = [nbformat.v4.new_output("error", ename=type(failure).__name__, evalue=str(failure), traceback=[])]
        cell.outputs += errors
    what = f"{errors[-1].ename}: {errors[-1].evalue}".split("\n")[0]
    return {"cell_id": cell.id, "where": f"cell [{cell.execution_count}]", "what": what}


def parameter_names(path):
    """The names in the cell tagged `parameters`."""
    return papermill.inspect_notebook(path).keys()


def write(text, path):
    """Write a text file that is there whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
