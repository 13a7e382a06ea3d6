"""What a batch may do in its output folder: nothing to what it did not write, and nothing while another one writes."""

import errno
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
import pytest
from tiny import FIGURE, RECORD, batch, texts, write_notebook

from helpers.batch import plan, site
from helpers.batch.command import main
from helpers.batch.folder import opened
from helpers.batch.parameters import Notebook
from helpers.batch.runner import execute
from helpers.files import write

USERS = {
    "thesis.txt": "years of work",
    "data/thesis.txt": "more",
    ".part-x": "a part of mine",
    ".part-0123abcd/a.txt": "another",
    "figures/holiday.png": "not a figure",
    "notebooks/mine.ipynb": "{}",
}
SLEEPY = "import time\nfrom pathlib import Path\nwhile not Path(until).exists():\n    time.sleep(0.05)"


@pytest.fixture
def notebook(tmp_path):
    return write_notebook(tmp_path / "learn.ipynb", FIGURE, RECORD, parameters='seed: int = 0\nfigures: str = ""')


@pytest.fixture
def waiting(tmp_path):
    """A notebook that ends when the file `until` is there."""
    return write_notebook(tmp_path / "wait.ipynb", SLEEPY, RECORD, parameters='until: str = ""\nseed: int = 0')


def put_users_files(folder):
    for name, text in USERS.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def users(folder):
    return {name: (folder / name).read_text() for name in USERS if (folder / name).exists()}


def run(notebook, out):
    return main(["run", str(notebook), "--workers", "1", "--out", str(out)])


def sweep(notebook, out, *more):
    return main(["sweep", str(notebook), "-p", "seed=1,2", "--workers", "1", "--out", str(out), *more])


def test_whatever_else_lies_in_our_folder_stays(notebook, tmp_path):
    out, other = tmp_path / "out", write_notebook(tmp_path / "other.ipynb", RECORD, parameters="")
    assert run(notebook, out) == 0
    put_users_files(out)
    assert run(other, out) == 0
    assert users(out) == USERS
    left = {name for name in contents(out) if name not in USERS}
    assert left == {"plan.json", *site.FILES, "other.ipynb", "other.html", "other.json"}


def test_a_file_that_was_changed_since_is_the_users(notebook, tmp_path):
    out, other = tmp_path / "out", write_notebook(tmp_path / "other.ipynb", RECORD, parameters="")
    assert run(notebook, out) == 0
    (out / "learn.ipynb").write_text("with my remarks")
    assert run(other, out) == 0
    assert (out / "learn.ipynb").read_text() == "with my remarks"
    assert not (out / "learn.html").exists()
    (out / "other.html").write_text("with my remarks")
    assert run(write_notebook(tmp_path / "third.ipynb", RECORD, parameters=""), out) == 0
    assert (out / "other.html").read_text() == "with my remarks"
    assert not (out / "other.ipynb").exists()


def test_results_never_take_the_place_of_a_users_file(notebook, tmp_path, capsys):
    out, other = tmp_path / "out", write_notebook(tmp_path / "other.ipynb", FIGURE)
    assert run(write_notebook(tmp_path / "first.ipynb", RECORD, parameters=""), out) == 0
    (out / "other.ipynb").write_text("mine")
    assert run(other, out) == 2
    assert "other.ipynb is not from an earlier batch" in capsys.readouterr().err
    (out / "other.ipynb").unlink()
    (out / "figures").mkdir()
    (out / "figures/line.png").write_text("mine")
    assert run(other, out) == 1
    assert "line.png is not from an earlier batch: move it" in capsys.readouterr().out
    assert (out / "figures/line.png").read_text() == "mine"
    assert (out / "other.ipynb").exists()


def test_a_plan_from_somebody_else_leads_nowhere_out_of_its_folder(notebook, tmp_path, capsys):
    """Folders of results are passed on; what their plan names is not believed."""
    out, outside = tmp_path / "out", tmp_path / "outside"
    outside.mkdir()
    (outside / "thesis.txt").write_text("mine")
    assert run(notebook, out) == 0
    plan = json.loads((out / "plan.json").read_text())
    for change in ({"files": {"../outside/thesis.txt": 4}}, {"runs": {"../outside/x": {}}}):
        (out / "plan.json").write_text(json.dumps(plan | change))
        assert run(notebook, out) == 2
        assert "damaged" in capsys.readouterr().err
    (out / "link").symlink_to(outside)
    (out / "plan.json").write_text(json.dumps(plan | {"files": {"link/thesis.txt": 4}}))
    assert run(notebook, out) == 0
    assert (outside / "thesis.txt").read_text() == "mine"


@pytest.mark.parametrize(("first", "second"), [(sweep, run), (run, sweep)])
def test_a_sweep_is_never_replaced_by_a_run(first, second, notebook, tmp_path, capsys):
    out = tmp_path / "out"
    assert first(notebook, out) == 0
    before = contents(out)
    for more in ([], ["--resume"]) if second is sweep else ([],):
        assert second(notebook, out, *more) == 2
        assert f"holds a {first.__name__}" in capsys.readouterr().err
    assert contents(out) == before


def test_an_unreachable_scheduler_is_found_before_the_old_results_go(notebook, tmp_path, capsys):
    out = tmp_path / "out"
    assert run(notebook, out) == 0
    before = contents(out)
    scheduler = ["--scheduler", "tcp://127.0.0.1:9"]
    assert main(["run", str(notebook), "--out", str(out), *scheduler]) == 2
    assert contents(out) == before
    assert main(["run", str(notebook), "--out", str(tmp_path / "new"), *scheduler]) == 2
    assert main(["sweep", str(notebook), "--out", str(tmp_path / "new"), *scheduler]) == 2
    assert not (tmp_path / "new").exists()
    assert "No Dask scheduler" in capsys.readouterr().err


def test_a_full_disk_is_said_before_the_work_and_leaves_no_folder(notebook, tmp_path, monkeypatch, capsys):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("helpers.batch.lock._sign", full)
    assert run(notebook, tmp_path / "new") == 2
    assert f"{tmp_path / 'new'} can't be written: No space left on device" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


REMOVED = "import shutil\nfrom pathlib import Path\nshutil.rmtree(figures)"
MALFORMED = (
    "from IPython.display import display\nfrom helpers.notebook import MIME\n"
    "display({MIME: 5, 'text/plain': 'shown'}, raw=True)"
)


def test_runs_that_can_not_be_moved_into_their_place_are_not_lost(notebook, tmp_path, monkeypatch, capsys):
    """Their folder became read-only meanwhile, say. The next batch moves them; they used to be removed."""

    def refuse(source, target):
        if target.suffix == ".html":
            raise OSError(errno.EROFS, "Read-only file system", str(target))
        os.replace(source, target)

    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr("helpers.system.replace", refuse)
        assert sweep(notebook, out) == 1
    assert f"Read-only file system: '{out}/notebooks/" in capsys.readouterr().err
    assert not list(out.glob("notebooks/*.json"))
    assert sweep(notebook, out) == 2
    assert len(list(out.glob("notebooks/*.json"))) >= 1
    assert not list(out.glob(".*"))


@pytest.mark.parametrize("everything", [False, True])
def test_a_notebook_that_its_worker_can_not_write_is_kept(notebook, tmp_path, monkeypatch, everything):
    """In its folder, or among temporary files if nothing can be written there any more."""

    def refuse(content, path):
        if everything or str(path).endswith(".html"):
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        write(content, path)

    learn, out = Notebook(notebook), tmp_path / "out"
    [run] = plan.plain([learn])
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr("helpers.batch.runner.write", refuse)
    with opened(out, "run", [run]) as output:
        output.begin()
        record = execute(run, learn.text, str(out), str(output.stage))
        if everything:
            monkeypatch.setattr(output, "put", lambda content, name: refuse(content, out / name))
            with pytest.raises(OSError, match="kept: ") as error:
                output.keep(record)
            said = str(error.value)
        else:
            output.keep(record)
            said = json.loads((out / "learn.json").read_text())["error"]["what"]
    assert "No space left on device" in said
    kept = Path(re.search(r"The executed notebook is kept: (\S+\.ipynb)", said)[1])
    assert (kept.parent == out) is not everything
    assert "accuracy" in nbformat.writes(nbformat.read(kept, as_version=4))


def test_a_run_that_removes_its_figures_folder_keeps_its_notebook(tmp_path):
    removes = write_notebook(tmp_path / "removes.ipynb", FIGURE, REMOVED, RECORD)
    replaces = write_notebook(tmp_path / "replaces.ipynb", FIGURE, f"{REMOVED}\nPath(figures).write_text('x')", RECORD)
    for command, folder in (("run", "out"), ("sweep", "out2/notebooks")):
        assert main([command, str(removes), str(replaces), "--out", str(tmp_path / folder.split("/")[0])]) == 0
        for name in ("removes", "replaces"):
            assert (tmp_path / folder / f"{name}.html").exists()
            assert nbformat.read(tmp_path / folder / f"{name}.ipynb", as_version=4).cells[-1].outputs
            assert json.loads((tmp_path / folder / f"{name}.json").read_text())["results"] == {"accuracy": 0.25}


def test_a_malformed_record_is_named_and_its_notebook_kept(tmp_path, capsys):
    notebook = write_notebook(tmp_path / "learn.ipynb", RECORD, MALFORMED, parameters="")
    assert run(notebook, tmp_path / "out") == 1
    said = capsys.readouterr().out
    assert re.search(r"failed at cell \[2\]: .* holds pairs of a name and a value, .* not 5", said)
    cells = nbformat.read(tmp_path / "out/learn.ipynb", as_version=4).cells
    assert [len(cell.outputs) for cell in cells] == [1, 1]
    assert f"cell-id={cells[1].id}" in (tmp_path / "out/index.html").read_text()


@pytest.mark.parametrize("name", ['zwei "Übungen" & {mehr}', "it's 100% <b>"])
def test_no_temporary_path_is_left_in_a_notebook(name, tmp_path):
    """However it stands there: as it is, as Python or JSON or HTML writes it."""
    show = (
        "import json\nfrom html import escape\nfrom pathlib import Path\nfrom helpers.notebook import record\n"
        "print(figures, repr(figures), json.dumps(figures), escape(figures), Path(figures).as_uri(), figures.encode())"
        "\nrecord(where=figures)"
    )
    out = tmp_path / name
    notebook = write_notebook(tmp_path / "learn.ipynb", show, "open(figures + '/missing')")
    assert run(notebook, out) == 1
    for path in out.glob("*.*"):
        assert not re.search("part-|run-[a-z0-9_]{8}|/tmp[a-z0-9_]{8}", path.read_text()), path
    assert texts(out / "learn.ipynb")[0].startswith(f"{out / 'figures'} {str(out / 'figures')!r} ")
    record = json.loads((out / "learn.json").read_text())
    assert record["results"]["where"] == str(out / "figures")
    assert str(out / "figures/missing") in record["error"]["what"]


def test_what_is_not_whole_runs_again(notebook, tmp_path, capsys):
    """A finished run has its page, its notebook and a record that can be read; nothing else hinders --resume."""
    out, damaged = tmp_path / "out", ["[]", "{", "", '{"name": 1}', "[" * 9999, "null"]
    arguments = ["sweep", str(notebook), "-p", "seed=0:9", "--out", str(out)]
    assert main(arguments) == 0
    (out / "notebooks/learn-seed=0.html").unlink()
    (out / "notebooks/learn-seed=1.ipynb").unlink()
    for seed, text in enumerate(damaged, start=2):
        (out / f"notebooks/learn-seed={seed}.json").write_text(text)
    assert main([*arguments, "--resume"]) == 0
    assert "1 of them are there already" in capsys.readouterr().out
    for seed in range(9):
        assert {path.suffix for path in (out / "notebooks").glob(f"learn-seed={seed}.*")} == {
            ".ipynb",
            ".html",
            ".json",
        }
        assert json.loads((out / f"notebooks/learn-seed={seed}.json").read_text())["parameters"] == {"seed": seed}


def start(*arguments):
    command = [sys.executable, "-m", "helpers.batch", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def wait_for(condition):
    while not condition():
        time.sleep(0.05)


@pytest.mark.parametrize("command", ["run", "sweep"])
def test_one_batch_at_a_time(command, waiting, tmp_path, capsys):
    """The second is told who and since when, and takes nothing from the first."""
    out, until = tmp_path / "out", tmp_path / "until"
    text = waiting.read_text().replace('until: str = \\"\\"', f'until: str = \\"{until}\\"')
    waiting.write_text(text)
    first = start(command, waiting, "--workers", "1", "--out", out)
    wait_for((out / "plan.json").exists)
    before = contents(out)
    resume = ["--resume"] if command == "sweep" else []
    for more in ([], resume):
        assert main([command, str(waiting), "--workers", "1", "--out", str(out), *more]) == 2
        said = capsys.readouterr().err
        assert re.search(rf"Process {first.pid} on \S+ has been writing into {out} since \d{{4}}-\d\d-\d\d", said)
    assert {name: before[name] for name in before if ".part-" not in name}.items() <= contents(out).items()
    until.touch()
    assert first.wait() == 0, first.stdout.read()
    assert not [name for name in os.listdir(out) if name.startswith(".")]
    assert main([command, str(waiting), "--workers", "1", "--out", str(out), *resume]) == 0


def test_what_a_killed_batch_had_finished_is_kept_and_the_rest_swept_up(waiting, tmp_path, capsys):
    """The lock of a dead process holds nobody up; its unfinished files go, those of others stay."""
    out, until = tmp_path / "out", tmp_path / "until"
    arguments = ["sweep", waiting, "-p", f"until={tmp_path},{until}", "--workers", "1", "--out", out]
    first = start(*arguments)
    wait_for(lambda: list(out.glob("notebooks/*.json")))
    put_users_files(out)
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert [name for name in os.listdir(out) if re.fullmatch(r"\.part-[0-9a-f]{8}", name) and name not in USERS]
    record = next(out.glob("notebooks/*.json")).read_bytes()
    until.touch()
    assert main([*map(str, arguments), "--resume"]) == 0
    assert "1 of them are there already" in capsys.readouterr().out
    assert record in contents(out).values()
    assert users(out) == USERS
    assert {name for name in os.listdir(out) if name.startswith(".")} == {".part-x", ".part-0123abcd"}


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc to see what is loaded")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("library", ["_multiarray_umath", "libarrow"])
def test_ctrl_c_while_libraries_load(library, number, notebook, tmp_path):
    process = start("run", notebook, "--out", tmp_path / "out")
    wait_for(lambda: library in Path(f"/proc/{process.pid}/maps").read_text())
    process.send_signal(number)
    assert process.communicate()[0] == ""
    assert process.returncode == 130
    assert not (tmp_path / "out").exists()


def test_ctrl_c_in_a_callback_is_not_lost(notebook, tmp_path):
    """Python can't raise it there: it would say so in a traceback, and go on."""
    (tmp_path / "sitecustomize.py").write_text(
        "import gc, sys\ndef lose(*_):\n    if 'distributed' in sys.modules:\n        gc.callbacks.remove(lose)\n"
        "        raise KeyboardInterrupt\ngc.callbacks.append(lose)\n"
    )
    done = batch("run", notebook, "--out", tmp_path / "out", env={**os.environ, "PYTHONPATH": str(tmp_path)})
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_a_reader_that_goes_away_gets_no_traceback(notebook, tmp_path):
    process = start("sweep", notebook, "-p", "seed=0:20000", "--out", tmp_path / "out", "--dry-run")
    process.stdout.readline()
    process.stdout.close()
    assert process.wait() == 1
