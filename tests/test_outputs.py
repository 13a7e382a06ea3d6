"""What is stored of a notebook that prints much, and when its time is up."""

import re

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_output
from tiny import RECORD, write_notebook

from helpers.batch import client
from helpers.batch import outputs as outputs_module
from helpers.batch.command import main
from helpers.batch.outputs import Outputs, Text
from helpers.batch.runner import run_notebook
from helpers.notebook import MIME, recorded


@pytest.fixture
def run(tmp_path):
    """Run a notebook of these cells; returns it and its error."""

    def run(*cells, **options):
        path = write_notebook(tmp_path / "a.ipynb", *cells, parameters="")
        return run_notebook(path, **options)

    return run


def joined(pieces):
    text = Text()
    for piece in pieces:
        text.add(piece)
    return str(text)


@pytest.mark.parametrize(
    ("pieces", "stored"),
    [
        (["a", "b", "\nc"], "ab\nc"),
        (["10 %", "\r20 %", "\r", "30 %", "\n"], "30 %\n"),
        (["10 %\r", "20 %\r"], "20 %\r"),
        (["a\r", "\nb\r\n"], "a\r\nb\r\n"),  # the line breaks of Windows
        (["a\r\r\nb"], "\r\nb"),
        (["\r"], "\r"),
        ([""], ""),
    ],
)
def test_a_line_that_is_overwritten_shows_its_last_version(pieces, stored):
    assert joined(pieces) == stored
    assert re.sub(r".*\r(?=[^\n])", "", "".join(pieces)) == stored  # nbclient's own definition


@pytest.mark.parametrize("piece", ["x", "x\r", "\rx", "x\n", "\r\n", "\r"])
def test_each_character_is_looked_at_a_few_times_only(piece, monkeypatch):
    """Twice the text takes twice the steps, not four times."""
    looked = []
    last = outputs_module._last_version
    monkeypatch.setattr(outputs_module, "_last_version", lambda line: looked.append(len(line)) or last(line))
    steps = []
    for count in (1000, 2000):
        looked.clear()
        joined(["x" * 1000, *[piece] * count])
        steps.append(sum(looked))
    assert steps[1] < 2.2 * steps[0]


def test_streams_and_figures_share_the_limit_of_a_cell():
    outputs, cell = Outputs(limit=1000), [new_output("stream", name="stdout", text="")]
    outputs.open("stdout", cell[0])
    outputs.write("stdout", "x" * 600)
    assert not outputs.take({"data": {"image/png": "y" * 500}})
    assert outputs.take({"data": {"image/png": "y" * 100}})
    outputs.write("stdout", "z" * 600)
    assert outputs.take({"data": {MIME: [["accuracy", 0.5]], "text/plain": "y" * 500}})
    outputs.close(cell)
    assert cell[0].text.startswith("x" * 600 + "z")
    assert len(cell[0].text) < 900
    assert ", 1,000 are the limit of a cell's output.]" in cell[-1].text


def test_what_is_cleared_or_replaced_needs_no_room():
    outputs = Outputs(limit=1000)
    for _ in range(100):  # a figure that is drawn again and again
        assert outputs.take({"data": {"image/png": "y" * 500}})
        outputs.clear()
    for _ in range(100):  # a progress bar
        assert outputs.take({"data": {"text/plain": "y" * 500}}, instead=True)


def test_output_beyond_the_limit_is_cut_and_the_rest_of_the_notebook_runs(run):
    notebook, error = run(
        "for i in range(3000): print('line', i)",
        "from IPython.display import display\ndisplay({'text/plain': 'y' * 9000}, raw=True)\nprint('after')",
        "from helpers.notebook import record\nrecord(accuracy=0.5)\nprint('z' * 9000)",
        output_limit=2000,
    )
    assert error is None
    first, second, third = (cell.outputs for cell in notebook.cells)
    assert len(first[0].text) == 2000
    assert first[0].text.startswith("line 0\nline 1\n")
    assert first[1].text == "[Cut: 26,890 characters are left out, 2,000 are the limit of a cell's output.]\n"
    assert second[0].text == "after\n"
    assert "[Cut: " in second[-1].text
    assert recorded(notebook) == {"accuracy": 0.5}
    assert "[Cut: " in third[-1].text


def test_outputs_are_where_they_were(run):
    """Streams in one piece each, the standard output first; an update reaches its display in another cell."""
    notebook, error = run(
        "import sys\nfrom IPython.display import display\nprint('a')\nprint('e', file=sys.stderr, flush=True)\n"
        "print('b', flush=True)\nhandle = display('first', display_id=True)\nprint('c')",
        "print('x')\nhandle.update('second')\nprint('y', end='\\ry')",
        "from IPython.display import clear_output\nprint('gone')\nclear_output()\nprint('stays')\n"
        "clear_output(wait=True)\nprint('last')",
    )
    assert error is None
    shown = [[output.get("text") or output.data["text/plain"] for output in cell.outputs] for cell in notebook.cells]
    assert shown == [["a\nb\nc\n", "e\n", "'second'"], ["x\ny"], ["last\n"]]


def test_output_in_many_small_pieces_is_complete(run):
    """A kernel drops messages that nobody takes in time, if it is not told to wait."""
    notebook, error = run("for i in range(5000): print(i % 10, end='', flush=True)")
    assert error is None
    assert notebook.cells[0].outputs[0].text == "0123456789" * 500


@pytest.mark.parametrize("seconds", [2.0, 1.5])
@pytest.mark.parametrize("flush", [True, False])
def test_the_time_of_a_cell_is_up_while_it_prints(run, seconds, flush):
    notebook, error = run(
        "print('before')", f"while True: print('x' * 50, flush={flush})", execution_timeout=seconds, output_limit=5000
    )
    expected = f"CellTimeoutError: A cell timed out while it was being executed, after {seconds:g} seconds."
    assert (error["where"], error["what"]) == ("cell [2]", expected)
    assert texts_of(notebook)[0] == "before\n"
    assert texts_of(notebook)[1] == "x" * 50 + "\n" + texts_of(notebook)[1][51:]
    assert len(texts_of(notebook)[1]) == 5000
    assert notebook.cells[1].outputs[-1].output_type == "error"


def texts_of(notebook):
    return [output.text for cell in notebook.cells for output in cell.outputs if output.output_type == "stream"]


def test_output_that_comes_long_after_the_end_of_the_cell_is_waited_for(run):
    """nbclient gave up after four seconds, and said that the cell had run for so long."""
    hold_up = "get_ipython().kernel.iopub_thread.schedule(lambda: __import__('time').sleep(5))"
    notebook, error = run(f"{hold_up}\nprint('late')")
    assert error is None
    assert texts_of(notebook) == ["late\n"]


@pytest.mark.parametrize(
    ("options", "silence", "what"),
    [
        (
            {"execution_timeout": 2},
            60,
            "OutputTimeoutError: The cell had ended, but its output was still coming after 2 s",
        ),
        ({}, 2, "OutputTimeoutError: The cell had ended, but the end of its output did not come for 2 s."),
    ],
)
def test_the_time_after_the_end_counts(run, monkeypatch, options, silence, what):
    monkeypatch.setattr(client, "SILENCE", silence)
    impatient = "import sys\nsys.stdout.flush_timeout = sys.stderr.flush_timeout = 0.1"
    hold_up = "get_ipython().kernel.iopub_thread.schedule(lambda: __import__('time').sleep(60))"
    _, error = run(f"{impatient}\n{hold_up}", "print('next')", **options)
    assert error["what"].startswith(what)
    assert error["where"] == "cell [1]"


def test_an_endless_message_of_an_error_is_shortened(run):
    notebook, error = run("raise ValueError('x' * 3_000_000)")
    assert error["what"].startswith("ValueError: xxx")
    assert len(error["what"]) <= 300
    assert len(nbformat.writes(notebook)) < 500_000


def test_a_run_that_removes_its_whole_folder_and_prints_too_much_is_kept(tmp_path, capsys):
    cell = "import shutil\nfrom pathlib import Path\nshutil.rmtree(Path(figures).parent)\nprint('x' * 5000)"
    path = write_notebook(tmp_path / "a.ipynb", cell, RECORD)
    assert main(["run", str(path), "--out", str(tmp_path / "out"), "--workers", "1", "--output-limit", "0.002"]) == 0
    assert "1 runs ok, 0 failed" in capsys.readouterr().out
    executed = nbformat.read(tmp_path / "out/a.ipynb", as_version=4)
    assert texts_of(executed) == [
        "x" * 2000,
        "[Cut: 3,001 characters are left out, 2,000 are the limit of a cell's output.]\n",
    ]
    assert recorded(executed) == {"accuracy": 0.25}
    assert (tmp_path / "out/a.html").exists()
    assert main(["run", str(path), "--out", str(tmp_path / "out"), "--output-limit", "0"]) == 2
    assert "--output-limit must be a number above 0, not 0.0" in capsys.readouterr().err


def test_a_notebook_starts_as_in_jupyterlab(run, tmp_path):
    """Its kernel imports no helpers, which set variables that it may want to set first, and looks for modules alike."""
    cell = "import sys\nprint(sorted(m for m in sys.modules if m.startswith('helpers')), sys.path)"
    notebook, error = run(cell)
    assert error is None
    lab = nbformat.read(tmp_path / "a.ipynb", as_version=4)
    NotebookClient(lab, coalesce_streams=True).execute(cwd=str(tmp_path))
    assert texts_of(notebook) == texts_of(lab)
    assert texts_of(notebook)[0].startswith("[] [")


def test_a_cell_that_is_meant_to_raise_is_no_failure(tmp_path):
    """Its tag says so, as for JupyterLab's "Run All" and for nbclient."""
    path = write_notebook(tmp_path / "a.ipynb", "1 / 0", "print('after')", parameters="")
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].metadata.tags = ["raises-exception"]
    executed, error = run_notebook(notebook)
    assert error is None
    assert [cell.source for cell in executed.cells] == ["1 / 0", "print('after')"]
    assert texts_of(executed) == ["after\n"]
    notebook.cells[1].source = "2 / 0"
    executed, error = run_notebook(notebook)
    assert error["where"] == "cell [2]"


def test_a_notebook_whose_kernel_is_missing_is_kept(tmp_path):
    path = write_notebook(tmp_path / "a.ipynb", "print(1)", parameters="")
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata.kernelspec.name = "missing"
    executed, error = run_notebook(notebook, {"seed": 1})
    assert (error["where"], error["what"]) == ("the start", "NoSuchKernel: No such kernel named missing")
    assert executed.cells[-1].source == "print(1)"
