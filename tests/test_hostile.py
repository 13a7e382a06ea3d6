"""Hostile inputs: what comes in, where it enters, what must happen. A new way in adds its rows; files are in hostile/.

Whatever comes in: one sentence and no traceback, nothing runs, and no file that is not ours is touched.
"""

import json
import os
import shutil
import tempfile
from pathlib import Path

import nbformat.v4
import numpy as np
import pytest
from tiny import RECORD, write_notebook

from helpers import pool
from helpers.batch import race, records
from helpers.batch.command import main
from helpers.data import open_data
from helpers.notebook import MIME, recorded
from helpers.strategies import checked_order
from helpers.studies import results
from helpers.studies.study import study
from kit import KitError, dist
from setup.environment import Environment, SetUpError, set_up

HOSTILE = Path(__file__).parent / "hostile"


def with_folder(text, folder):
    """FOLDER stands for the test's own."""
    return text.replace("FOLDER", str(folder))


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
    """What is given as --out. Both commands refuse it, and say the same."""
    notebook = write_notebook(folder / "learn.ipynb", RECORD, parameters="")
    before = contents(folder)
    said = set()
    for command in ("run", "sweep"):
        assert main([command, str(notebook), "--out", with_folder(out, folder)]) == 2
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


def of_command(arguments, capsys):
    """What the command line says, and refuses."""
    assert main(arguments) == 2
    return capsys.readouterr().err


def as_value(text, folder, capsys):
    """A parameter of a sweep."""
    notebook = write_notebook(folder / "learn.ipynb", RECORD, parameters=PARAMETERS)
    return of_command(["sweep", str(notebook), "-p", text, "--out", str(folder / "new"), "--dry-run"], capsys)


def as_timeout(text, folder, capsys):
    """The limit of a cell's time."""
    notebook = write_notebook(folder / "learn.ipynb", RECORD, parameters=PARAMETERS)
    return of_command(["run", str(notebook), "--timeout", text, "--out", str(folder / "new")], capsys)


def as_list(name, folder, capsys):
    """The file with the runs of a sweep."""
    notebook = write_notebook(folder / "learn.ipynb", RECORD, parameters=PARAMETERS)
    file = shutil.copy(HOSTILE / name, folder)
    return of_command(["sweep", str(notebook), "-f", str(file), "--out", str(folder / "new"), "--dry-run"], capsys)


def as_notebook(name, folder, capsys):
    """The notebook of a run."""
    return of_command(["run", str(shutil.copy(HOSTILE / name, folder)), "--out", str(folder / "new")], capsys)


def refused(function, *arguments, **options):
    with pytest.raises(ValueError) as error:  # noqa: PT011 (the table has what it says)
        function(*arguments, **options)
    return str(error.value)


def as_data(name, folder, _):
    """A reader's own data."""
    return refused(open_data, with_folder(name, folder) if "FOLDER" in name else str(HOSTILE / name))


def as_picture(name, folder, _):
    """A folder of pictures."""
    (folder / "pictures").mkdir()
    shutil.copy(HOSTILE / name, folder / "pictures")
    return refused(open_data, str(folder / "pictures"))


def as_strategy(name, *_):
    """A file of the race, where it runs: in a process of its own."""
    return refused(race._strategy_of, str(HOSTILE / name))


def as_racer(name, folder, capsys):
    """What is given to the race."""
    return of_command(["race", with_folder(name, folder), "--out", str(folder / "new")], capsys)


def as_option_of_race(option, folder, capsys):
    return of_command(["race", str(HOSTILE / "strategy-none.py"), option, "--out", str(folder / "new")], capsys)


def as_out_of_race(out, folder, capsys):
    """Where a race leaves its table: refused before any file of it runs."""
    file = str(HOSTILE / "strategy-none.py")
    return of_command(["race", file, "--pools", "3", "--labels", "20", "--out", with_folder(out, folder)], capsys)


def as_out_of_kit(out, folder, _):
    """The folder that the workshop is built in."""
    with pytest.raises(KitError) as error, dist.staging(Path(with_folder(out, folder)), ["thesis.txt"]):
        pytest.fail("it is built")
    return str(error.value)


def as_memory_of_kit(name, folder, _):
    """What says which files there are the kit's."""
    shutil.copy(HOSTILE / name, folder / "out/.kit.json")
    return as_out_of_kit("FOLDER/out", folder, _)


def as_order(order, *_):
    """What a strategy returns."""
    return refused(checked_order, order, 3, 2, "mine")


def as_result(name, folder, _):
    """The manifest of a shipped study."""
    (folder / "race.parquet").write_bytes(b"PAR1")
    shutil.copy(HOSTILE / name, folder / "race.json")
    return "used" if results.shipped("race", folder) else "not used"


def as_store(store, folder, _):
    """Where a study keeps its trials: refused before any runs."""
    return refused(study, pytest.fail, [{"msg": "a trial ran"}], "mine", store=with_folder(store, folder))


def as_labels(labels, *_):
    """The labels of a human: index -> label."""
    one = pool.Pool(np.zeros((3, 2)))
    said = refused(one.label, *labels)
    assert len(one.unlabeled) == 3
    return said


def as_mark(name, folder, _):
    """What says that an environment is ready."""
    project = folder / "project"
    (project / ".venv").mkdir(parents=True)
    for needed in ("requirements.txt", "pyproject.toml"):
        shutil.copy(Path(__file__).parents[1] / needed, project)
    shutil.copy(HOSTILE / name, project / ".venv/ready.json")
    return "ready" if Environment(project).is_ready() else "not ready"


def as_environment(name, folder, _):
    """A file where the environment goes."""
    project = folder / "project"
    project.mkdir()
    for needed in ("requirements.txt", "pyproject.toml"):
        shutil.copy(Path(__file__).parents[1] / needed, project)
    shutil.copy(HOSTILE / name, project / ".venv")
    with pytest.raises(SetUpError) as error:
        set_up(project)
    return str(error.value)


PARAMETERS = 'seed: int = 0\ntext: str = ""\nanything = None'
NOT_OURS = "is there and not from an earlier batch. Choose another --out."
NOT_OF_KIT = "thesis.txt was not written by the kit, or was changed since."
DAMAGED = "is of another version or damaged. Move "
NO_NOTEBOOK = "is no notebook that can be run: its JSON is not that of a notebook (nbformat 4)."
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


TABLE += [
    ("seed", as_value, "Write -p name=value"),
    ("=1", as_value, "has no parameter"),
    ("sed=1", as_value, "has no parameter sed. Did you mean seed?"),
    ("../thesis.txt=1", as_value, "has no parameter ../thesis.txt"),
    ("figures=..", as_value, "figures is set by --out"),
    ("seed=__import__('os').mkdir('sprung')", as_value, "seed of learn.ipynb must be int, not"),
    ("seed=1" + "0" * 5000, as_value, "seed of learn.ipynb must be int, not '1000"),
    ("seed=0:1000000000", as_value, "These are 1,000,000,000 runs; a sweep takes at most 1,000,000."),
    ("seed=5:0", as_value, "is an empty range"),
    ("text=\udcff", as_value, "text of learn.ipynb must be str, not"),
    ("anything=1e999", as_value, "must be a plain value"),
    ("1e308", as_timeout, "--timeout takes at most 10,000,000 seconds, not 1e+308"),
    ("inf", as_timeout, "--timeout must be a number above 0, not inf"),
    ("list-quote-open.csv", as_list, "line 2: this is no CSV: unexpected end of data"),
    ("list-two-columns-of-one-name.csv", as_list, "line 1: seed is the name of 2 columns"),
    ("list-cell-too-many.csv", as_list, "line 2: every row needs as many cells as the first, 1; here are 2"),
    ("list-of-semicolons.csv", as_list, "line 1: columns are separated by commas"),
    ("list-without-rows.csv", as_list, "has no rows, so it asks for no run"),
    ("list-utf-16.csv", as_list, "is not UTF-8, but perhaps UTF-16"),
    ("list-latin-1.csv", as_list, "line 2: this is not UTF-8"),
    ("list-path-as-name.csv", as_list, "line 2: learn.ipynb has no parameter ../../thesis.txt"),
    ("list-figures-lead-out.csv", as_list, "line 2: figures is set by --out"),
    ("list-tag-runs-code.yaml", as_list, "line 1: tags are not read"),
    ("list-alias-bomb.yaml", as_list, "a row has more than 10,000 values"),
    ("list-alias-of-itself.yaml", as_list, "line 1: *a names nothing that ended before it"),
    ("list-nested.yaml", as_list, "line 1: these are more than 20 lists and mappings in each other"),
    ("list-key-twice.yaml", as_list, "line 1: seed is there twice"),
    ("list-key-no-text.yaml", as_list, "line 1: the name of a parameter must be a text, not 1"),
    ("list-minutes.yaml", as_list, "line 1: seed of learn.ipynb must be int, not '1:30'"),
    ("list-second-document.yaml", as_list, "line 2: a second document starts"),
    ("list-not-closed.yaml", as_list, "this is no YAML"),
    ("notebook-list.ipynb", as_notebook, NO_NOTEBOOK),
    ("notebook-nested.ipynb", as_notebook, NO_NOTEBOOK),
    ("notebook-cell-without-source.ipynb", as_notebook, "is no notebook that can be run"),
    ("data-empty.npz", as_data, "is no complete .npz file of plain arrays"),
    ("data-text.npz", as_data, "is no complete .npz file of plain arrays"),
    ("data-pickle.npz", as_data, "Objects are not read."),
    ("data-claims-terabytes.npz", as_data, "claims an array of shape (99999999999999, 5, 4)"),
    ("data-header-of-gigabytes.npz", as_data, "has a header of version"),
    ("data-path-leads-out.npz", as_data, "has no x_train, y_train, x_test, y_test"),
    ("FOLDER/pipe", as_data, "FOLDER/pipe"),
    ("FOLDER/circle", as_data, "can't be read: Too many levels of symbolic links."),
    ("FOLDER/outside", as_data, "holds no picture"),
    ("picture-of-html.png", as_picture, "picture-of-html.png (neither PNG nor JPEG"),
    ("strategy-none.py", as_strategy, "defines no function my_strategy"),
    ("strategy-not-utf-8.py", as_strategy, "can't be read: 'utf-8' codec"),
    ("strategy-list.ipynb", as_strategy, "strategy-list.ipynb is no notebook that can be read"),
    ("FOLDER/thesis.txt", as_racer, "is no Python file or notebook"),
    ("FOLDER/missing.py", as_racer, "is no Python file or notebook"),
    ("FOLDER/pipe", as_racer, "is no Python file or notebook"),
    ("FOLDER/outside", as_racer, "There is no Python file or notebook in"),
    ("--pools=1000000000", as_option_of_race, "--pools must be a whole number, from 3 to 1000, not 1000000000."),
    (f"--memory={10**30}", as_option_of_race, "--memory must be a whole number, from 0 to 1099511627776"),
    ("FOLDER/out", as_out_of_race, NOT_OURS),
    ("FOLDER/thesis.txt", as_out_of_race, "can't be the output: Not a directory. Choose another --out."),
    ("s3://bucket/x", as_out_of_race, "--out of a race is the path of a folder, not s3://bucket/x."),
    ("FOLDER/out", as_out_of_kit, NOT_OF_KIT),
    ("FOLDER/thesis.txt", as_out_of_kit, "FOLDER/thesis.txt can't be made: File exists. Choose another --out."),
    ("FOLDER/circle", as_out_of_kit, "FOLDER/circle can't be made"),
    ("record-list.json", as_memory_of_kit, NOT_OF_KIT),
    ("record-nested.json", as_memory_of_kit, NOT_OF_KIT),
    ("record-latin-1.json", as_memory_of_kit, NOT_OF_KIT),
    (None, as_order, "a row of positions, not an array of shape ()"),
    ([0, float("nan")], as_order, "there is NaN in it"),
    ([0.5, 0.1, 0.2], as_order, "Scores become an order by np.argsort"),
    ([0, 0, 1], as_order, "some positions repeat"),
    ([0, 3], as_order, "there are some from 0 to 3"),
    ([-1, 0], as_order, "there are some from -1 to 0"),
    ([], as_order, "whole numbers, not float64"),
    ("result-list.json", as_result, "not used"),
    ("result-nested.json", as_result, "not used"),
    ("result-without-hash.json", as_result, "not used"),
    ("result-hash-is-a-list.json", as_result, "not used"),
    ("FOLDER/thesis.txt", as_store, "store must be a folder that can be written"),
    ("FOLDER/pipe", as_store, "store must be a folder that can be written"),
    ("FOLDER/circle", as_store, "store must be a folder that can be written"),
    (([0, 0], [1, 1]), as_labels, "some of these indices repeat"),
    (([3], [1]), as_labels, "indices from 0 to 2"),
    (([0], [-1]), as_labels, "A label is a whole number from 0 up"),
    (([0], [0.5]), as_labels, "A label is a whole number from 0 up"),
    (([0], ["=1+1"]), as_labels, "A label is a whole number from 0 up"),
    (([0, 1], [1]), as_labels, "2 images need one label each"),
    ("mark-list.json", as_mark, "not ready"),
    ("mark-number.json", as_mark, "not ready"),
    ("mark-nested.json", as_mark, "not ready"),
    ("mark-cut.json", as_mark, "not ready"),
    ("mark-contents-null.json", as_mark, "not ready"),
    ("lock-of-somebody.txt", as_environment, "The set-up can't write"),
]


def contents(folder):
    return {str(path): path.is_file() and path.read_bytes() for path in folder.rglob("*")}


@pytest.mark.parametrize(("what", "enters", "sentence"), TABLE, ids=[f"{e.__name__}-{w!s:.40}" for w, e, _ in TABLE])
def test_hostile_input(what, enters, sentence, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("helpers.batch.command.PROJECT", tmp_path / "project")
    folder = tmp_path / "test"
    for name in ("thesis.txt", "out/thesis.txt", "out/.part-x", "out/.part-4194303", "outside/thesis.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("years of work\n")
    os.mkfifo(folder / "pipe")
    (folder / "circle").symlink_to(folder / "circle")
    monkeypatch.chdir(folder)
    before = contents(folder)
    said = enters(what, folder, capsys)
    assert with_folder(sentence, folder) in said
    assert not (folder / "sprung").exists()
    assert "Traceback" not in said
    assert before.items() <= contents(folder).items()
    assert not (folder / "new").exists()


@pytest.mark.usefixtures("unprivileged")
def test_what_may_not_be_read_is_said_before_anything_runs(capsys):
    with tempfile.TemporaryDirectory() as folder:
        locked, mine = Path(folder, "locked"), Path(folder, "mine.py")
        locked.mkdir(mode=0)
        mine.touch(mode=0)
        for command, path in (("run", locked / "a.ipynb"), ("race", locked / "a.py"), ("race", locked), ("race", mine)):
            assert main([command, str(path), "--out", f"{folder}/new"]) == 2
            said = capsys.readouterr()
            assert (said.out, said.err) == ("", f"{path} can't be read: Permission denied.\n")
