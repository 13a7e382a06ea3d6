"""Hostile inputs: what comes in, where it enters, what must happen. A new way in adds its rows; files are in hostile/.

Whatever comes in: one sentence and no traceback, nothing runs, and no file that is not ours is touched.
"""

import json
import os
from pathlib import Path

import nbformat.v4
import pytest
from tiny import RECORD, write_notebook

from helpers.batch import records
from helpers.batch.command import main
from helpers.notebook import MIME, recorded

HOSTILE = Path(__file__).parent / "hostile"


def as_plan(name, folder, capsys):
    """The `plan.json` of an output folder."""
    (folder / "out/plan.json").write_bytes((HOSTILE / name).read_bytes())
    return as_out("FOLDER/out", folder, capsys)


def as_lock(name, folder, capsys):
    """The lock of an output folder that is empty otherwise."""
    (folder / "locked").mkdir()
    (folder / "locked/.batch-lock").write_bytes((HOSTILE / name).read_bytes())
    return as_out("FOLDER/locked", folder, capsys)


def as_out(out, folder, capsys):
    """What is given as --out; FOLDER stands for the test's own. Both commands refuse it, and say the same."""
    notebook = write_notebook(folder / "learn.ipynb", RECORD, parameters="")
    before = contents(folder)
    said = set()
    for command in ("run", "sweep"):
        assert main([command, str(notebook), "--out", out.replace("FOLDER", str(folder))]) == 2
        said.add(capsys.readouterr().err)
    assert contents(folder) == before
    assert len(said) == 1
    return said.pop()


def as_record(name, *_):
    """The record of a finished run."""
    return "not taken" if records.read(HOSTILE / name) is None else "taken"


def as_shown(name, *_):
    """What an executed notebook shows as its record."""
    output = nbformat.v4.new_output("display_data", {MIME: json.loads((HOSTILE / name).read_text())})
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("", outputs=[output])])
    with pytest.raises(ValueError, match="record") as error:
        recorded(notebook)
    return f"{error.value}\n"


NOT_OURS = "is there and not from an earlier batch. Choose another --out."
DAMAGED = "is of another version or damaged. Move "
NO_URL = "--out is the path of a folder, or a URL: s3://"
TABLE = [
    ("plan-of-somebody.json", as_plan, NOT_OURS),
    ("plan-list.json", as_plan, NOT_OURS),
    ("plan-empty.json", as_plan, NOT_OURS),
    ("plan-cut.json", as_plan, NOT_OURS),
    ("plan-nested.json", as_plan, NOT_OURS),
    ("plan-of-an-earlier-version.json", as_plan, NOT_OURS),
    ("plan-of-a-later-version.json", as_plan, DAMAGED),
    ("plan-without-files.json", as_plan, DAMAGED),
    ("plan-files-lead-out.json", as_plan, DAMAGED),
    ("plan-files-absolute.json", as_plan, DAMAGED),
    ("plan-files-of-windows.json", as_plan, DAMAGED),
    ("plan-runs-lead-out.json", as_plan, DAMAGED),
    ("plan-kind-unknown.json", as_plan, DAMAGED),
    ("lock-of-somebody.txt", as_lock, "is not the lock of a batch. Move it, or choose another --out."),
    ("FOLDER/out", as_out, NOT_OURS),
    ("FOLDER", as_out, NOT_OURS),
    ("/", as_out, NOT_OURS),
    ("FOLDER/thesis.txt", as_out, "can't be the output: Not a directory. Choose another --out."),
    ("FOLDER/thesis.txt/below", as_out, "can't be the output: Not a directory. Choose another --out."),
    ("FOLDER/pipe", as_out, "can't be the output: Not a directory. Choose another --out."),
    ("FOLDER/circle", as_out, "can't be the output: Too many levels of symbolic links. Choose another --out."),
    (f"FOLDER/{'long' * 99}", as_out, "can't be the output: File name too long. Choose another --out."),
    ("file:///tmp/x", as_out, NO_URL),
    ("foo://bucket/x", as_out, NO_URL),
    ("s3:/bucket/x", as_out, NO_URL),
    (
        "http://127.0.0.1:9/x",
        as_out,
        "Nothing can be written to http://127.0.0.1:9/x: ConnectionError: [Errno 111] Connection refused",
    ),
    ("record-list.json", as_record, "not taken"),
    ("record-null.json", as_record, "not taken"),
    ("record-empty.json", as_record, "not taken"),
    ("record-cut.json", as_record, "not taken"),
    ("record-nested.json", as_record, "not taken"),
    ("record-latin-1.json", as_record, "not taken"),
    ("record-without-results.json", as_record, "not taken"),
    ("record-text-for-results.json", as_record, "not taken"),
    ("record-list-for-error.json", as_record, "not taken"),
    ("record-files-lead-out.json", as_record, "not taken"),
    ("shown-number.json", as_shown, "holds pairs of a name and a value, as record() makes them, not 5"),
    ("shown-null.json", as_shown, "holds pairs of a name and a value, as record() makes them, not None"),
    ("shown-object.json", as_shown, "holds pairs of a name and a value"),
    ("shown-no-pairs.json", as_shown, "holds pairs of a name and a value"),
    ("shown-name-no-text.json", as_shown, "holds pairs of a name and a value"),
    ("shown-object-as-value.json", as_shown, "record(accuracy=...) takes finite numbers"),
    ("shown-list-of-lists.json", as_shown, "record(accuracy=...): a list may hold no lists."),
    ("shown-not-a-number.json", as_shown, "record(accuracy=...) takes finite numbers"),
]


def contents(folder):
    return {str(path): path.is_file() and path.read_bytes() for path in folder.rglob("*")}


@pytest.mark.parametrize(("what", "enters", "sentence"), TABLE, ids=[f"{e.__name__}-{w[:40]}" for w, e, _ in TABLE])
def test_hostile_input(what, enters, sentence, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("helpers.batch.command.PROJECT", tmp_path / "project")
    folder = tmp_path / "test"
    for name in ("thesis.txt", "out/thesis.txt", "out/.part-x", "outside/thesis.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("years of work\n")
    os.mkfifo(folder / "pipe")
    (folder / "circle").symlink_to(folder / "circle")
    monkeypatch.chdir(folder)
    before = contents(folder)
    said = enters(what, folder, capsys)
    assert sentence in said
    assert "Traceback" not in said
    assert before.items() <= contents(folder).items()
