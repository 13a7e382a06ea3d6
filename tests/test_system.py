"""What depends on the operating system. Windows and macOS are simulated as far as that goes."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import nbformat
import pytest
from tiny import write_notebook

import setup.system
from helpers import system
from helpers.batch.kernel import Parent
from helpers.batch.runner import run_notebook


@pytest.fixture
def long_folder(tmp_path, monkeypatch):
    """The folder for temporary files has a path that is too long for sockets."""
    folder = tmp_path / ("x" * 120)
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_sockets_get_a_short_path_of_their_own(long_folder):
    with system.socket_folder() as folder:
        assert len(f"{folder}/kernel-ipc-5") <= 103
        assert not Path(folder).is_relative_to(long_folder)
        assert Path(folder).stat().st_mode & 0o077 == 0
    assert not Path(folder).exists()


@pytest.mark.parametrize("short", [True, False])
def test_a_notebook_runs_where_temporary_files_have_long_paths(long_folder, tmp_path, monkeypatch, short):
    """It used to wait for ever. Where no path is short enough, its kernel listens at ports, as on Windows."""
    if not short:
        monkeypatch.setattr(system, "SOCKET_PATH", 20)
        with system.socket_folder() as folder:
            assert folder is None
    path = write_notebook(tmp_path / "a.ipynb", "print(6 * 7)", parameters="")
    notebook, error = run_notebook(path)
    assert error is None
    assert notebook.cells[0].outputs[0].text == "42\n"


@pytest.mark.parametrize("module", [system, setup.system])
def test_a_file_that_is_open_elsewhere_is_replaced_when_it_is_closed(tmp_path, monkeypatch, module):
    """Windows refuses to replace a file while a virus scanner or an editor reads it."""
    refusals = iter([PermissionError(13, "in use"), PermissionError(13, "in use")])
    replace = os.replace

    def refuse_twice(source, target):
        for refusal in refusals:
            raise refusal
        replace(source, target)

    monkeypatch.setattr(module, "WINDOWS", True)
    monkeypatch.setattr(os, "replace", refuse_twice)
    (tmp_path / "new").write_text("new")
    (tmp_path / "old").write_text("old")
    module.replace(tmp_path / "new", tmp_path / "old")
    assert (tmp_path / "old").read_text() == "new"


@pytest.mark.parametrize("windows", [True, False])
def test_a_file_that_stays_open_elsewhere_is_an_error(monkeypatch, windows):
    def refuse(source, target):
        raise PermissionError(13, "in use")

    monkeypatch.setattr(system, "WINDOWS", windows)
    monkeypatch.setattr(system, "PATIENCE", 0)
    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(PermissionError):
        system.replace("new", "old")


def test_where_processes_cannot_be_waited_for_none_is_forked(monkeypatch):
    def forbidden(pid):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "pidfd_open", forbidden, raising=False)
    assert not system.can_fork()
    monkeypatch.delattr(os, "pidfd_open")
    assert not system.can_fork()


@pytest.mark.skipif(not system.can_fork(), reason="kernels are forked on Linux only")
def test_a_parent_that_was_killed_forks_none():
    parent = Parent("")
    assert parent.can_fork
    parent._process.kill()
    parent._process.wait()
    assert parent.fork([], {}, ".") is None
    parent.close()


# What needs more than its name to work on another system, and the files where it may stand.
SYSTEM_DEPENDENT = re.compile(
    r"os\.(name|fork|kill|killpg|replace|rename|setsid|getuid|geteuid|sysconf|pidfd_open|symlink|startfile)\b"
    r"|sys\.platform|import (resource|fcntl|msvcrt|pwd|winreg)|AF_UNIX|signal\.(SIGKILL|SIGCHLD|pidfd)|Proactor"
)
PLACES = {
    "setup/system.py": "before the environment exists",
    "helpers/system.py": "in it",
    "helpers/batch/warm.py": "runs where `can_fork` alone",
}


def test_what_depends_on_the_system_stands_in_its_place():
    project = Path(__file__).parents[1]
    paths = [
        project / "tutorial.py",
        *(p for name in ("helpers", "kit", "setup") for p in project.glob(f"{name}/**/*.py")),
    ]
    texts = {path.relative_to(project).as_posix(): path.read_text(encoding="utf-8") for path in paths}
    for notebook in sorted(project.glob("notebooks/*.ipynb")):
        cells = nbformat.read(notebook, as_version=4).cells
        texts[notebook.name] = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    found = {name for name, text in texts.items() if SYSTEM_DEPENDENT.search(text)}
    assert found == set(PLACES)


def test_a_process_that_has_ended_needs_no_limit():
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    system.limit_memory(process.pid, 10**9)


def test_interrupts_wait_where_that_can_be_said():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have started us in the background
    with system.postponing_interrupts():
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    said = []

    def elsewhere():
        with system.postponing_interrupts():
            said.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    signal.signal(signal.SIGINT, before)
    assert said == [signal.default_int_handler]


INTERRUPTED = """
import os, signal, subprocess, sys, time
from helpers.system import postponing_interrupts
signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    with postponing_interrupts():
        child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
        os.killpg(0, signal.SIGINT)
        print("went on")
except KeyboardInterrupt:
    print("and ended")
child.communicate()
print("child", child.returncode)
"""


@pytest.mark.skipif(system.WINDOWS, reason="signals reach a group of processes elsewhere")
def test_ctrl_c_while_processes_start_comes_after_that():
    """To the whole group, as from a terminal. It used to be lost."""
    command = [sys.executable, "-c", INTERRUPTED]
    result = subprocess.run(command, capture_output=True, text=True, check=False, start_new_session=True)
    assert (result.stdout, result.stderr) == ("went on\nand ended\nchild 0\n", "")


def test_a_request_to_end_while_processes_start_comes_after_that():
    heard = []
    before = signal.signal(signal.SIGTERM, lambda *_: heard.append(True))
    with system.postponing_interrupts():
        signal.raise_signal(signal.SIGTERM)
        assert not heard
    signal.signal(signal.SIGTERM, before)
    assert heard
