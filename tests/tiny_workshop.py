"""A project of two short notebooks, tagged as the kit wants them, that a workshop can be built from in seconds."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import tiny_project
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

PROJECT = Path(__file__).parents[1]
SOLVED = "the answer is forty-two"  # stands in solutions only
PICTURE = """
import matplotlib.pyplot as plt
from IPython.display import Markdown, display
fig, ax = plt.subplots(figsize=(8, 3))
plt.close(fig)
display(fig, metadata={"image/png": {"alt": "an empty figure"}})
display(Markdown("**Nothing is to be seen.**"))
"""
GUIDE = """
feedback = { scales = ["It was fun."], questions = ["What was unclear?"] }
checklists = [{ when = "Before", items = ["Sleep."] }]
[[plans]]
name = "An hour"
minutes = 60
for = "All."
late = "Skip it."
parts = [{ lesson = "01_first", exercises = [1] }, { what = "Break", minutes = 5 }, { lesson = "02_second" }]
reading = []
[lessons.01_first]
board = "1 + 1"
late = "nothing"
exercises = [{ about = "the largest", wrong = "Zero", ask = "Is `0` large?" }]
discussion = [{ question = "Why?", answer = "Because." }]
[lessons.02_second]
board = ""
late = ""
exercises = []
discussion = []
"""


def markdown(text, *tags):
    return new_markdown_cell(text, metadata={"tags": list(tags)})


def code(text, *tags):
    return new_code_cell(text, metadata={"tags": list(tags)})


def first():
    return [
        markdown("# 1 · What is one and one?\n\n[contents](../README.md) · next: [2](02_second.ipynb)", "navigation"),
        markdown("After this notebook you will be able to\n\n- add.\n\nMore [here](../docs/more.md#end)."),
        code('figures = ""  # the folder for figures', "parameters"),
        markdown("## Adding\n\nTwo numbers make one: $$a + b = \\sqrt{c}$$ in words as well. " + "More is said. " * 60),
        markdown("**Predict first.** What comes out?\n\n- A: 1\n- B: 2", "predict"),
        code("print(1 + 1)", "answer"),
        markdown("<details><summary>Compare</summary>\n\n**B.** It is two.\n\n**A** forgets one.\n</details>\n\nYes."),
        code(PICTURE),
        code("for i in range(40):\n    print('a long line ' * 12)", "answer"),
        markdown("## Exercises"),
        markdown("**1. One change · 4 minutes.** Name the largest number.", "exercise"),
        code("largest = 0\nprint('Not answered yet.')", "exercise"),
        code(f"largest = 42  # {SOLVED}", "solution"),
        markdown("## In this notebook we\n\n- added numbers.\n\n**When this fails.** Never."),
        markdown("[contents](../README.md) · next: [2](02_second.ipynb)", "navigation"),
    ]


def second():
    return [
        markdown("# 2 · What comes next?\n\nprevious: [1](01_first.ipynb)", "navigation"),
        code('figures = ""', "parameters"),
        markdown("## A code slide\n\nText."),
        code("print('shown')\nopen('../runs of mine', 'w').close()"),
        markdown("previous: [1](01_first.ipynb)", "navigation"),
    ]


def write(project, name, cells):
    """Write a notebook of the project, executed."""
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    path = project / "notebooks" / f"{name}.ipynb"
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
    return path


def make(folder):
    """The project, with the notebooks' outputs as a user's JupyterLab would store them."""
    folder.mkdir(parents=True)
    tiny_project.copy_entry(folder)
    skipped = shutil.ignore_patterns("__pycache__", "*.npz")
    for name in ("helpers", "kit"):
        shutil.copytree(PROJECT / name, folder / name, ignore=skipped)
    for name in ("requirements.txt", "pyproject.toml", "LICENSE"):
        shutil.copy(PROJECT / name, folder)
    for name in ("notebooks", "docs", "figures"):
        (folder / name).mkdir()
    (folder / "kit/guide.toml").write_text(GUIDE, encoding="utf-8")
    (folder / "README.md").write_text(SOLVED)
    (folder / "docs/more.md").write_text("![a picture](../figures/one%20two.png)\n")
    (folder / "figures/one two.png").write_bytes(b"a picture")
    paths = [write(folder, "01_first", first()), write(folder, "02_second", second())]
    execute = [sys.executable, "-m", "jupyter", "execute", "--inplace", *paths]
    subprocess.run(execute, check=True, capture_output=True)
    return folder


def kit(project, *arguments, **environment):
    """`tutorial.py kit` in a project that counts as set up."""
    command = [sys.executable, "-P", "-m", "kit", *map(str, arguments)]
    variables = {**os.environ, "PYTHONPATH": str(project), **environment}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=variables, cwd=project)
