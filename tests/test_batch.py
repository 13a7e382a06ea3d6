"""Headless runs: what `make run` and `make refresh` promise."""

import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from tiny import FIGURE, RECORD, batch, texts, write_notebook

from helpers.batch.command import main
from helpers.notebook import record, recorded

PROJECT = Path(__file__).parents[1]


@pytest.fixture
def make_notebook(tmp_path):
    """Write a small notebook into a folder `notebooks`; returns its path."""
    (tmp_path / "notebooks").mkdir()
    return lambda name, *cells, **options: write_notebook(tmp_path / f"notebooks/{name}.ipynb", *cells, **options)


def test_run_executes_every_notebook_and_survives_one_that_fails(make_notebook, tmp_path, capsys):
    good = make_notebook(
        "01_good", FIGURE, "print(figures)", "from helpers.notebook import record\nrecord(accuracy=0.25)"
    )
    bad = make_notebook("02_bad", "print('before')", "1 / 0", "print('after')", parameters="")
    committed = good.read_bytes(), bad.read_bytes()
    out = tmp_path / "out"

    result = batch("run", good, bad, "--out", out)

    assert result.returncode == 1
    assert "02_bad" in result.stdout
    assert "cell [2]: ZeroDivisionError: division by zero" in result.stdout
    assert str(out / "index.html") in result.stdout
    assert "it/s" not in result.stderr  # no bar where nobody watches
    assert texts(out / "01_good.ipynb") == [f"{out / 'figures'}\n"]
    assert texts(out / "02_bad.ipynb") == ["before\n"]
    assert (out / "figures/line.png").stat().st_size > 0
    assert "ZeroDivisionError" in (out / "02_bad.html").read_text()
    index = (out / "index.html").read_text()
    assert "accuracy" in index
    assert "0.25" in index
    assert 'href="02_bad.html#cell-id=' in index
    assert (good.read_bytes(), bad.read_bytes()) == committed
    names = sorted(path.name for path in out.iterdir())
    assert names == sorted(
        [
            "assets",
            "figures",
            "index.html",
            "plan.json",
            *(f"{n}.{s}" for n in ("01_good", "02_bad") for s in ("html", "ipynb", "json")),
        ]
    )
    # A second run starts afresh, but never empties a folder that is somebody else's.
    assert main(["run", str(good), "--workers", "1", "--out", str(out)]) == 0
    assert not (out / "02_bad.html").exists()
    assert main(["run", str(good), "--out", str(good.parent)]) == 2
    assert "not from an earlier batch" in capsys.readouterr().err
    assert good.exists()


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (0.5, 0.5),
        (np.float32(0.5), 0.5),
        (0.1 + 0.2, 0.3),
        (np.int64(3), 3),
        (np.bool_(True), True),
        ("margin", "margin"),
        (np.array([1, 2]), [1, 2]),
        ((1, "a"), [1, "a"]),
        ([], []),
    ],
)
def test_record_stores_plain_values(value, stored, capture_display):
    record(value=value)
    results = recorded(capture_display())
    assert results == {"value": stored}
    assert type(results["value"]) is type(stored)


@pytest.mark.parametrize(
    "value", [float("nan"), np.inf, None, {"a": 1}, [[1]], [1, None], object(), 1j, np.zeros((2, 2))]
)
def test_record_refuses_what_is_no_result(value):
    with pytest.raises(ValueError, match="value=") as error:
        record(value=value)
    assert "record(value=...)" in str(error.value)


def test_record_without_a_result_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        record()


@pytest.fixture
def capture_display(monkeypatch):
    """What `record` displays, as an executed notebook that was written and read."""
    outputs = []
    monkeypatch.setattr(
        "helpers.notebook.display", lambda data, raw: outputs.append(nbformat.v4.new_output("display_data", data))
    )
    return lambda: nbformat.reads(
        nbformat.writes(new_notebook(cells=[new_code_cell("", outputs=outputs)])), as_version=4
    )


def test_recorded_results_keep_their_order_and_do_not_look_like_results(capture_display):
    record(zeta=1, alpha=list(range(40)))
    notebook = capture_display()
    assert list(recorded(notebook)) == ["zeta", "alpha"]
    text = notebook.cells[0].outputs[0].data["text/plain"]
    assert text == "Recorded for the reports of headless runs: zeta, alpha."


def test_refresh_without_a_change_writes_the_same_bytes(make_notebook):
    notebook = make_notebook("01_good", FIGURE, "print(1)", RECORD)
    cell_ids = [cell.id for cell in nbformat.read(notebook, as_version=4).cells]
    assert main(["refresh", str(notebook)]) == 0
    first = notebook.read_bytes()
    figure = notebook.parents[1] / "figures/line.png"  # ../figures, seen from the notebook's folder
    drawn = figure.read_bytes()
    figure.unlink()
    assert main(["refresh", str(notebook)]) == 0
    assert notebook.read_bytes() == first
    assert figure.read_bytes() == drawn
    assert [cell.id for cell in nbformat.read(notebook, as_version=4).cells] == cell_ids
    assert texts(notebook) == ["1\n"]
    assert first.endswith(b"}\n")
    for volatile in (b"papermill", b"start_time", sys.version.split()[0].encode()):
        assert volatile not in first
    checked = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval", notebook]
    assert subprocess.run(checked, cwd=notebook.parent, check=False).returncode == 0


def test_refresh_leaves_a_failing_notebook_as_it_was(make_notebook, capsys):
    notebook = make_notebook("01_bad", "print(1)", "1 / 0")
    before = notebook.read_bytes()
    assert main(["refresh", str(notebook)]) == 1
    assert "cell [3]: ZeroDivisionError" in capsys.readouterr().out
    assert notebook.read_bytes() == before


def test_a_notebook_whose_page_would_be_the_cover_is_refused(make_notebook, tmp_path, capsys):
    assert main(["run", str(make_notebook("index", "1 / 0")), "--out", str(tmp_path / "out")]) == 2
    assert "Rename the notebook" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_path_that_is_no_notebook_is_refused(tmp_path, capsys):
    assert main(["run", str(tmp_path / "missing.ipynb")]) == 2
    assert "missing.ipynb is no notebook" in capsys.readouterr().err


def _unshare_works():
    if not (shutil.which("unshare") and shutil.which("ip")):
        return False
    return subprocess.run(["unshare", "-rn", "ip", "link", "set", "lo", "up"], check=False).returncode == 0


@pytest.mark.skipif(not _unshare_works(), reason="needs unshare and ip, and the right to make a network namespace")
def test_a_run_needs_no_network(make_notebook, tmp_path):
    """In a namespace where only the loopback is up, which Dask and Jupyter's kernels talk over."""
    notebook = make_notebook(
        "01_data",
        "import socket\ntry:\n    socket.create_connection(('192.0.2.1', 80), 5)\nexcept OSError as e:\n    print(e)",
        "from helpers.data import load_mnist\nprint(load_mnist().x_pool.shape)",
    )
    inside = f"ip link set lo up && exec {sys.executable} -m helpers.batch run {notebook} --out {tmp_path / 'out'}"
    result = subprocess.run(["unshare", "-rn", "sh", "-c", inside], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert texts(tmp_path / "out/01_data.ipynb") == ["[Errno 101] Network is unreachable\n", "(4000, 28, 28)\n"]
