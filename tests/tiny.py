"""Small notebooks that tests make, and the batch command line that runs them."""

import subprocess
import sys

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

PARAMETERS = 'figures = "../figures"  # the folder for figures'
FIGURE = """
import matplotlib.pyplot as plt
from IPython.display import display
from pathlib import Path
fig, ax = plt.subplots(figsize=(1, 1))
Path(figures).mkdir(exist_ok=True)
fig.savefig(Path(figures) / "line.png")
plt.close(fig)
display(fig, metadata={"image/png": {"alt": 'Empty "axes" < full ones'}})
"""
RECORD = "from helpers.notebook import record\nrecord(accuracy=0.25)"


def write_notebook(path, *cells, parameters=PARAMETERS):
    """Write a notebook. A cell that starts with # is Markdown; `parameters` is the cell of that tag, "" for none."""
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    notebook = new_notebook(metadata={"kernelspec": kernel})
    notebook.cells = [new_code_cell(parameters, metadata={"tags": ["parameters"]})] if parameters else []
    notebook.cells += [(new_markdown_cell if cell.startswith("#") else new_code_cell)(cell) for cell in cells]
    nbformat.write(notebook, path)
    return path


def batch(*arguments, **options):
    """The command line as a user calls it."""
    command = [sys.executable, "-m", "helpers.batch", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def texts(path):
    """All texts that the cells of an executed notebook printed."""
    cells = nbformat.read(path, as_version=4).cells
    return [output.text for cell in cells for output in cell.get("outputs", []) if output.output_type == "stream"]
