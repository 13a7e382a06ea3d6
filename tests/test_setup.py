"""The set-up of tutorial.py: in projects of their own, with a lock of tiny packages."""

import contextlib
import errno
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest
import tiny_project
from tiny import texts, write_notebook
from tiny_project import PROJECT, PYPROJECT, in_environment, installed, set_up, tutorial

from setup import commands, system
from setup.environment import Environment

SUPPORTED = ((3, 11), (3, 14))
TINY = {"tiny-one", "tiny-two", "packaging", "tiny-tutorial", "uv"}
DEAD_END = dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"), "http://127.0.0.1:9")


@pytest.fixture(scope="session")
def wheels(tmp_path_factory):
    return tiny_project.make_wheels(tmp_path_factory.mktemp("wheels"))


@pytest.fixture
def project(tmp_path):
    """With a path like a user's."""
    return tiny_project.make_project(tmp_path / "Eigene Übungen" / "tutorial")


def start(project, wheels):
    command = [sys.executable, project / "tutorial.py", "setup", "--wheels", wheels]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen(command, start_new_session=True, **pipes)


def wait_for(path, process):
    while not path.exists():
        assert process.poll() is None, process.communicate()


def test_a_set_up_is_done_once_and_again_when_the_content_of_a_lock_changes(project, wheels):
    assert "Setting up .venv" in set_up(project, wheels)
    assert installed(project) == TINY
    place = in_environment(project, "import helpers; print(helpers.__file__)")
    assert Path(place) == project / "helpers/__init__.py"

    lock = project / "requirements.txt"
    for file in (lock, project / "pyproject.toml"):
        os.utime(file)  # newer, and the same
    (project / "pyproject.toml").write_text(PYPROJECT.replace("120", "100"))  # installs nothing
    assert set_up(project, wheels) == ""

    lock.write_text(lock.read_text().replace("tiny-two==1\n", ""))
    os.utime(lock, (0, 0))  # other, and older
    assert "up to date" in set_up(project, wheels)
    assert installed(project) == TINY - {"tiny-two"}

    assert "up to date" in set_up(project, wheels, "--test")
    assert "tiny-test" in installed(project)
    assert set_up(project, wheels) == ""
    (project / "tests/requirements.txt").write_text("tiny-two==1\n")
    assert "up to date" in set_up(project, wheels)
    assert installed(project) == TINY


def test_a_copied_or_moved_project_sets_up_anew(project, wheels):
    set_up(project, wheels)
    copy = project.with_name("Kopie")
    shutil.copytree(project, copy, symlinks=True)
    moved = project.with_name("verschoben")
    project.rename(moved)
    for place in (copy, moved):
        assert "Setting up .venv" in set_up(place, wheels)
        found = in_environment(place, "import helpers, sys; print(helpers.__file__, sys.prefix, sep='\\n')")
        assert found.splitlines() == [str(place / "helpers/__init__.py"), str(place / ".venv")]


def test_nothing_is_installed_into_the_python_behind_an_environment(project, wheels, tmp_path):
    """uv remembers what a path was when it last looked: here the system's Python, for want of a pyvenv.cfg."""
    base = system.base_python()
    ask = "import sys, importlib.metadata as m; print(sys.prefix, *(d.name for d in m.distributions()))"

    def base_has():
        prefix, *names = subprocess.run(
            [base, "-I", "-c", ask], capture_output=True, text=True, check=True
        ).stdout.split()
        return prefix, {name for name in names if name.startswith("tiny")}

    prefix, before = base_has()
    cache = {"UV_CACHE_DIR": str(tmp_path / "cache")}

    def where_uv_would_install():
        uv = [system.executable(sys.prefix, "uv"), "pip", "install", "--dry-run", "--no-index", "--find-links", wheels]
        command = [*uv, "--python", system.executable(project / ".venv", "python"), "tiny-one==1"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **cache})
        return done.stderr

    set_up(project, wheels)
    (project / ".venv/pyvenv.cfg").unlink()
    assert prefix in where_uv_would_install()
    assert "Setting up .venv" in set_up(project, wheels, **cache)
    assert prefix in where_uv_would_install()  # the trap is still there
    assert installed(project) == TINY
    assert base_has() == (prefix, before) == (prefix, set())


def test_variables_that_mean_other_places_are_without_effect(project, wheels, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/tiny_one.py").write_text("raise ImportError('the wrong one')")
    names = ("PYTHONPATH", "PIP_TARGET", "PIP_PREFIX", "UV_TARGET", "VIRTUAL_ENV", "UV_PYTHON")
    set_up(project, wheels, PIP_USER="1", UV_SYSTEM_PYTHON="1", **dict.fromkeys(names, str(tmp_path / "elsewhere")))
    assert installed(project) == TINY
    assert [path.name for path in (tmp_path / "elsewhere").rglob("*") if path.suffix != ".pyc"] == ["tiny_one.py"]


def test_what_a_link_points_to_is_not_cleared(project, wheels, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").write_text("mine")
    (project / ".venv").symlink_to(tmp_path / "mine")
    set_up(project, wheels)
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.txt"]
    assert installed(project) == TINY


def test_two_set_ups_at_once_are_done_one_after_the_other(project, wheels):
    both = [start(project, wheels) for _ in range(2)]
    said = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert sorted("Setting up" in text for text in said) == [False, True]
    (waited,) = (text for text in said if "Setting up" not in text)
    assert re.search(rf"Another set-up is at work here \(process ({both[0].pid}|{both[1].pid}), since ", waited)
    assert installed(project) == TINY


@pytest.mark.parametrize(
    ("moment", "kill"),
    [
        ("pyvenv.cfg", os.killpg),
        pytest.param("pyvenv.cfg", os.kill, marks=pytest.mark.kill),
        pytest.param("{BIN}/uv{EXE}", os.killpg, marks=pytest.mark.kill),
        ("{SITE}/tiny_one.py", os.killpg),
    ],
)
def test_a_killed_set_up_is_noticed_frees_its_lock_and_is_done_again(project, wheels, moment, kill):
    """kill: with all that it started, or only its first process, whose children the next one waits for."""
    site = "Lib/site-packages" if system.WINDOWS else f"lib/python3.{sys.version_info[1]}/site-packages"
    process = start(project, wheels)
    wait_for(project / ".venv" / moment.format(BIN=system.BIN, EXE=system.EXE, SITE=site), process)
    kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert "Setting up .venv" in set_up(project, wheels)
    assert installed(project) == TINY


@pytest.mark.kill
def test_a_set_up_killed_at_random_moments_is_never_half_done_and_ready(project, wheels):
    """Sixty kills, of the first process or of all; in between the lock changes, so that updates are killed as well."""
    rng, lock = random.Random(0), project / "requirements.txt"
    texts_and_names = [(lock.read_text(), TINY), (lock.read_text().replace("tiny-two==1\n", ""), TINY - {"tiny-two"})]
    began = time.monotonic()
    set_up(project, wheels)
    whole = time.monotonic() - began
    ready = 0
    for number in range(60):
        text, names = texts_and_names[number % 2]
        lock.write_text(text)
        process = start(project, wheels)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=1.2 * whole * rng.random() ** 3)  # an update is shorter than a set-up
        with contextlib.suppress(ProcessLookupError):
            rng.choice([os.kill, os.killpg])(process.pid, signal.SIGKILL)
        process.communicate()
        if Environment(project).is_ready():
            ready += 1
            assert installed(project) == names
    assert 0 < ready < 60
    set_up(project, wheels)
    assert installed(project) == names


def test_a_package_that_can_not_be_imported_makes_no_ready_environment(project, wheels):
    lock = project / "requirements.txt"
    good = lock.read_text()
    lock.write_text(good.replace("tiny-one==1", "tiny-one==2"))
    for _ in range(2):  # the second isn't taken in either
        result = tutorial(project, "setup", "--wheels", wheels)
        assert result.returncode == 1
        assert "ImportError: no luck\nThe set-up of .venv stopped." in result.stderr
    lock.write_text(good)
    set_up(project, wheels)
    assert installed(project) == TINY


@pytest.mark.parametrize("first", [pytest.param("pip", marks=pytest.mark.long), "uv"])
def test_without_a_network_a_sentence_says_so(project, wheels, first):
    """A proxy that nobody answers at. First pip fetches uv: once from the network, once from a folder."""
    local = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels)} if first == "uv" else {"PIP_RETRIES": "1"}
    result = tutorial(project, "setup", **DEAD_END, **local)
    assert result.returncode == 1
    assert "The set-up of .venv stopped. The package index can't be reached: is there a network?" in result.stderr
    assert "Traceback" not in result.stderr
    assert "Setting up" in set_up(project, wheels)


@pytest.mark.parametrize(
    ("status", "output", "free", "words"),
    [
        (-signal.SIGILL, "tensorflow", 9e9, "processor with AVX.*Codespaces or Binder"),
        (3, "compiled to use AVX instructions, but these aren't available", 9e9, "processor with AVX"),
        (1, "ImportError: DLL load failed while importing _pywrap", 9e9, "Visual C.. Redistributable"),
        (1, "", 1e8, "too little room on the disk: 0.1 GB"),
        (1, "No space left on device", 9e9, "too little room"),
        (1, "", 9e9, "said last is above"),
    ],
)
def test_a_failed_set_up_says_what_helps(status, output, free, words):
    assert re.search(words, system.explanation(status, output, free, PROJECT))


def test_on_windows_a_long_path_is_named_as_the_reason(monkeypatch):
    """Simulated."""
    monkeypatch.setattr(system, "WINDOWS", True)
    assert "above" in system.explanation(1, "", 9e9, "C:\\Users\\ada\\tutorial")
    assert re.search(r"path of this folder is long \(80 ch", system.explanation(1, "", 9e9, "C:\\" + "x" * 77))


def test_on_windows_a_command_is_waited_for_and_keeps_its_ctrl_c(monkeypatch):
    """Simulated. exec there ends the caller at once, so the shell would print its prompt into the output."""
    monkeypatch.setattr(system, "WINDOWS", True)
    handlers = []
    monkeypatch.setattr(signal, "signal", lambda *arguments: handlers.append(arguments))
    assert system.run([sys.executable, "-c", "import sys; sys.exit(7)"]) == 7
    assert handlers == [(signal.SIGINT, signal.SIG_IGN)]


def test_on_windows_one_holds_the_lock_and_the_other_reads_whose_it_is(monkeypatch, tmp_path):
    """Simulated: a locked byte can't be read there, and a byte that another holds raises PermissionError."""
    held = []

    class Msvcrt:
        LK_NBLCK = 2

        @staticmethod
        def locking(file, mode, n_bytes):
            place = os.lseek(file, 0, os.SEEK_CUR)
            if (place, n_bytes) in held:
                held.remove((place, n_bytes))  # let go by the other, who was asked once
                raise PermissionError(errno.EACCES, "Permission denied")
            held.append((place, n_bytes))

    monkeypatch.setattr(system, "WINDOWS", True)
    monkeypatch.setattr(system, "msvcrt", Msvcrt, raising=False)
    said = []
    for _ in range(2):
        with system.one_at_a_time(tmp_path / "lock", said.append) as inherited:
            assert inherited == {}
    ((place, _),) = held
    assert place >= (tmp_path / "lock").stat().st_size
    assert [f"(process {os.getpid()}, since" in text for text in said] == [True]


def test_a_path_that_the_console_can_not_show(project, wheels):
    """Neither the printing nor the comparison of paths needs the console's letters."""
    plain = {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
    assert "Setting up" in set_up(project, wheels, **plain)
    assert installed(project) == TINY
    assert set_up(project, wheels, **plain) == set_up(project, wheels) == ""
    result = tutorial(project, "löb", **plain)
    assert (result.returncode, "Traceback" in result.stderr) == (2, False)


HOST = system.Host("linux", "x86_64", (3, 12), 64, "CPython", False, False)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"version": (3, 10)}, r"This is Python 3\.10.*Install a 64-bit CPython 3\.11 to 3\.13"),
        ({"version": (3, 14)}, r"This is Python 3\.14.*Install a 64-bit CPython 3\.11 to 3\.13"),
        ({"bits": 32}, "32-bit Python.*Install a 64-bit"),
        ({"implementation": "PyPy"}, "PyPy.*Install a 64-bit CPython"),
        ({"free_threaded": True}, "free-threaded.*Install"),
        ({"musl": True}, "musl.*Codespaces or Binder"),
        ({"machine": "riscv64"}, "riscv64.*Codespaces or Binder"),
        ({"platform": "darwin"}, "Intel.*On a Mac with an Apple processor.*Rosetta.*Codespaces or Binder"),
        ({"platform": "win32", "machine": "arm64"}, "Windows on ARM.*Subsystem for Linux.*Codespaces or Binder"),
        ({"platform": "win32", "machine": "x86", "bits": 32}, "32-bit Windows.*Codespaces or Binder"),
    ],
)
def test_a_host_without_packages_is_told_what_to_do(changed, words, monkeypatch, capsys):
    """Simulated: none of these was at hand."""
    import tutorial

    monkeypatch.setattr(system, "host", lambda: HOST._replace(**changed))
    monkeypatch.setattr(system, "another_python", lambda supported: None)
    monkeypatch.setattr(commands, "main", None)  # nothing is begun
    assert tutorial.main(["run"]) == 1
    assert re.search(words, capsys.readouterr().err)


@pytest.mark.parametrize(
    "changed",
    [{}, {"machine": "aarch64"}, {"platform": "darwin", "machine": "arm64"}, {"platform": "win32", "machine": "amd64"}],
)
def test_a_host_with_packages_is_not_refused(changed):
    assert system.refusal(HOST._replace(**changed), SUPPORTED) is None


def test_the_supported_pythons_are_those_of_the_project():
    wanted = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["requires-python"]
    first, end = system.supported_pythons(PROJECT)
    assert wanted == f">={first[0]}.{first[1]},<{end[0]}.{end[1]}"
    assert (first, end) == SUPPORTED


def old_python():
    """A Python on this machine that is too old, or None."""
    paths = [*Path.home().glob(".pyenv/versions/3.*/bin/python"), "python3.8", "python3.9", "python3.10"]
    for path in map(shutil.which, map(str, paths)):
        too_old = path and [path, "-c", "import sys; sys.exit(not (3, 6) <= sys.version_info < (3, 11))"]
        if too_old and subprocess.run(too_old, capture_output=True, check=False).returncode == 0:
            return path
    return None


@pytest.mark.skipif(not old_python(), reason="needs a Python before 3.11")
def test_an_old_python_says_so_or_lets_another_one_do_it(project, wheels):
    alone = tutorial(project, "run", python=old_python(), PATH=os.devnull)
    assert alone.returncode == 1
    assert re.fullmatch(r"This is Python 3\.\d+, which TensorFlow .*\n", alone.stderr)
    (project / "bin").mkdir()
    (project / "bin/python3.12").symlink_to(system.base_python())
    helped = tutorial(project, "setup", "--wheels", wheels, python=old_python(), PATH=str(project / "bin"))
    assert helped.returncode == 0, helped.stderr
    assert installed(project) == TINY


@pytest.mark.parametrize("file", ["tutorial.py", "setup/system.py", "setup/check.py", "setup/code.py"])
def test_what_speaks_to_old_pythons_has_their_grammar(file):
    ruff = [sys.executable, "-m", "ruff", "check", "--isolated", "--target-version", "py37", "--select", "E9"]
    done = subprocess.run([*ruff, PROJECT / file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_a_command_that_does_not_exist_is_refused(project):
    result = tutorial(project, "rnu")
    assert result.returncode == 2
    assert "no command 'rnu'" in result.stderr
    assert "usage: python tutorial.py COMMAND" in result.stderr
    assert not (project / ".venv").exists()


@pytest.mark.skipif(system.WINDOWS, reason="start.command is for macOS; any sh reads it")
def test_a_double_click_opens_the_notebooks(tmp_path):
    """From another folder, as macOS starts it; with a Python that says what it was asked for."""
    folder = tmp_path / "Eigene Übungen"
    folder.mkdir()
    shutil.copy(PROJECT / "start.command", folder)
    (tmp_path / "python3").write_text('#!/bin/sh\necho "$PWD" "$@"\n')
    (tmp_path / "python3").chmod(0o755)
    variables = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(
        [folder / "start.command"], capture_output=True, text=True, env=variables, cwd="/", check=True
    )
    assert done.stdout == f"{folder} tutorial.py lab\n"


def test_arguments_are_passed_on_and_paths_are_the_users(tmp_path):
    """From the user's folder, where a file is called like a module of Python."""
    tiny_project.make_ready_project(tmp_path / "tutorial")
    user = tmp_path / "Ada's Übungen"
    user.mkdir()
    (user / "random.py").write_text("raise ImportError('not a library')")
    write_notebook(user / "mine.ipynb", "print(1)", parameters="")
    command = [sys.executable, tmp_path / "tutorial/tutorial.py", "run", "mine.ipynb", "--out", "results here"]
    done = subprocess.run(command, cwd=user, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert texts(user / "results here/mine.ipynb") == ["1\n"]


def test_a_folder_of_wheels_that_is_not_there_is_refused(project):
    result = tutorial(project, "setup", "--wheels", "nowhere")
    assert result.returncode == 2
    assert "there is no folder nowhere" in result.stderr
    assert not (project / ".venv").exists()


@pytest.mark.parametrize(("command", "words"), [("kit", "has no kit"), ("test", "has no tests/requirements.txt")])
def test_what_a_learners_copy_has_not_is_said(project, command, words):
    shutil.rmtree(project / "tests")
    result = tutorial(project, command)
    assert result.returncode == 1
    assert words in result.stderr
    assert not (project / ".venv").exists()


def test_make_run(tmp_path):
    """In a project of its own: fails if a notebook fails, keeps what there is, and installs nothing a second time."""
    project = tmp_path
    tiny_project.make_ready_project(project)
    write_notebook(project / "notebooks/01_good.ipynb", "print(1)")
    write_notebook(project / "notebooks/02_bad.ipynb", "print('before')", "1 / 0")

    def make(*arguments):
        return subprocess.run(["make", *arguments], cwd=project, capture_output=True, text=True, check=False)

    result = make("run")
    assert result.returncode != 0
    assert "Setting up" not in result.stdout
    assert "02_bad" in result.stdout
    assert texts(project / "runs/latest/02_bad.ipynb") == ["before\n"]
    assert texts(project / "runs/latest/01_good.ipynb") == ["1\n"]
    (project / "notebooks/02_bad.ipynb").unlink()
    result = make("run")
    assert result.returncode == 0, result.stderr
    assert "Setting up" not in result.stdout
    assert not (project / "runs/latest/02_bad.ipynb").exists()
