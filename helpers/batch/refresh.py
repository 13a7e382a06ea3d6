"""The committed notebooks, executed in place: the same as opening each in JupyterLab, running all cells and saving. The
minutes of its reading, and the links to other notebooks, are written anew as well.
"""

import time
from concurrent.futures import ThreadPoolExecutor, as_completed

import nbformat

from helpers.batch.runner import run_notebook
from helpers.files import write
from helpers.lessons import contents, stored


def refresh(paths, workers):
    """Execute the notebooks in their own folder, `workers` at a time; yield pairs (record, how many are running).

    paths: as `in_order` gives them. A notebook that fails stays as it was.
    """
    first = [path for path in paths if path.stem != contents.START]
    pool = ThreadPoolExecutor(workers)
    try:
        for done, future in enumerate(as_completed([pool.submit(_refresh, path) for path in first]), start=1):
            yield future.result(), min(workers, len(first) - done)
    finally:
        pool.shutdown(cancel_futures=True)  # after Ctrl-C those that run still end, and no other begins
    for path in paths[len(first) :]:
        yield _refresh(path), 0


def in_order(paths):
    """The one that shows the minutes of the others comes last."""
    return sorted(paths, key=lambda path: path.stem == contents.START)


def _refresh(path):
    started = time.monotonic()
    in_its_folder = {"metadata": {"path": str(path.parent)}}
    notebook, error = run_notebook(path, resources=in_its_folder)
    if not error:
        stored.in_kept_form(notebook)
        contents.dress(notebook, path.stem, path.parent)
        write(nbformat.writes(notebook) + "\n", path)
    return {"notebook": path.name, "parameters": {}, "error": error, "seconds": time.monotonic() - started}
