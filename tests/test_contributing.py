"""CONTRIBUTING.md: what it tells contributors to write works as it stands."""

import re
from pathlib import Path

import nbclient
from nbformat.v4 import new_code_cell, new_notebook

PROJECT = Path(__file__).parents[1]


def test_its_strategy_model_and_study_run_in_a_notebook():
    blocks = re.findall(r"```python\n(.*?)```", (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8"), flags=re.S)
    assert len(blocks) == 3
    notebook = new_notebook(cells=[*map(new_code_cell, blocks), new_code_cell("print(rows.labels.max(), len(rows))")])
    nbclient.NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": PROJECT}}).execute()
    assert notebook.cells[-1].outputs[0].text == "100 40\n"  # two strategies, two pools, a row every 10 labels


def test_the_files_and_commands_it_names_exist():
    text = (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for path in re.findall(r"[`/ ]((?:helpers|tests|notebooks)/[\w./]+\w)", text):
        assert (PROJECT / path).exists(), path
