"""tutorial.py check: it finds what is broken, says what helps, and never fails a set-up that works."""

import re
import shutil
import subprocess
import sys
import time
from collections import namedtuple

import psutil
import pytest
import tiny_project
from browsing import CHROMIUM, needs_chromium
from tiny_project import tutorial

from setup import check, code, system

CODE = re.compile(r"Your code for the teacher: (\S{4}-\S{4}-\S{4})\n")


def lines(text):
    """State and words of each check."""
    found = re.findall(r"^(OK|FAIL|LATE|-) +(\w+) +(.*)$", text, flags=re.M)
    return {name: (state, words) for state, name, words in found}


def decoded(text):
    return dict(zip(check.CHECKS, code.decode(CODE.search(text).group(1))["checks"], strict=True))


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "Eigene Übungen" / "tutorial"
    tiny_project.make_ready_project(folder)
    return folder


@pytest.fixture
def checked(monkeypatch, capsys):
    """Check a project, on a machine that may have much else to do: the exit status and the text."""
    monkeypatch.setattr(check, "SECONDS", 600)
    monkeypatch.setattr(system, "has_browser", lambda: False)
    return lambda project: (check.main(project, []), capsys.readouterr().out)


def test_all_is_well_where_all_is_well(project, checked):
    status, text = checked(project)
    found = lines(text)
    assert list(found) == list(check.CHECKS)
    assert {state for state, _ in found.values()} == {"OK"}, text
    assert status == 0
    teacher = tutorial(project, "check", "--decode", CODE.search(text).group(1).lower())
    assert teacher.returncode == 0
    assert f"Python 3.{sys.version_info[1]}" in teacher.stdout
    assert "those of this folder" in teacher.stdout
    assert all(re.search(rf"^{state} +{name}$", teacher.stdout, flags=re.M) for name, (state, _) in found.items())


@needs_chromium
def test_a_browser_opens_jupyterlab(project, tmp_path, monkeypatch, capsys):
    profile = tmp_path / "profile"
    command = f"{CHROMIUM} --headless --no-sandbox --user-data-dir={profile} %s &"
    monkeypatch.setattr(check, "SECONDS", 600)
    monkeypatch.setenv("BROWSER", command)
    monkeypatch.setattr(check.Check, "trial", lambda *_: None)
    try:
        check.main(project, [])
    finally:
        for process in psutil.process_iter(["cmdline"]):
            if f"--user-data-dir={profile}" in (process.info["cmdline"] or []):
                process.kill()
    assert lines(capsys.readouterr().out)["JupyterLab"] == ("OK", "opens in the browser; that page can be closed")


def test_a_browser_that_shows_nothing_is_no_failure(project, monkeypatch, capsys):
    monkeypatch.setattr(check.Check, "trial", lambda *_: None)
    monkeypatch.setattr(check.Check, "server", lambda *_: "http://127.0.0.1:9/lab?token=")
    monkeypatch.setattr(check, "SECONDS", 0)
    monkeypatch.setenv("BROWSER", "true %s")
    assert check.main(project, []) == 0
    assert lines(capsys.readouterr().out)["JupyterLab"][0] == "LATE"


def test_half_a_minute_is_for_all_of_it(project, monkeypatch, capsys):
    """What comes first may be slow; only a set-up has its own time."""
    monkeypatch.setattr(check, "SECONDS", 600)
    passed = time.monotonic
    monkeypatch.setattr(
        check.Check, "packages", lambda _: monkeypatch.setattr(time, "monotonic", lambda: passed() + 601)
    )
    assert check.main(project, []) == 0
    found = lines(capsys.readouterr().out)
    assert {found[name][0] for name in check.CHECKS[-3:]} == {"LATE"}


def test_the_code_of_another_version_is_noticed(project):
    text = code.encode(system.host(), 8 * 2**30, 5e9, "00" * 32, ["OK"] * 8)
    assert "OTHER versions" in tutorial(project, "check", "--decode", text).stdout


def test_tensorflow_is_missing(tmp_path, checked):
    tiny_project.make_ready_project(tmp_path, without=("tensorflow",))
    status, text = checked(tmp_path)
    found = lines(text)
    assert status == 1
    assert found["TensorFlow"][0] == "FAIL"
    assert re.search("No module named 'tensorflow'.*tutorial.py setup --again", found["TensorFlow"][1])
    assert found["packages"][0] == "FAIL"
    assert re.search(r"^tensorflow.* Run .*tutorial.py setup --again", found["packages"][1])
    assert {name for name, (state, _) in found.items() if state == "FAIL"} == {"TensorFlow", "packages"}
    assert decoded(text) == {name: state for name, (state, _) in found.items()}


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGILL)", "AVX.*Codespaces or Binder"),
        (
            "raise ImportError('DLL load failed while importing _pywrap_tensorflow_internal')",
            "Visual C.. Redistributable",
        ),
    ],
)
def test_tensorflow_can_not_be_imported(tmp_path, checked, source, words):
    """Simulated: a processor without AVX, a Windows without the Visual C++ runtime."""
    site = tiny_project.make_ready_project(tmp_path, without=("tensorflow",))
    (site / "tensorflow.py").write_text(source)
    state, said = lines(checked(tmp_path)[1])["TensorFlow"]
    assert state == "FAIL"
    assert re.search(words, said)


def test_a_kernel_of_another_environment(project, tmp_path, checked, monkeypatch):
    """A kernel that a user once installed for themselves, and that Jupyter is told to prefer."""
    command = [sys.executable, "-m", "ipykernel", "install", "--prefix", tmp_path / "other", "--name", "python3"]
    subprocess.run(command, check=True, capture_output=True)
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "other/share/jupyter"))
    state, said = lines(checked(project)[1])["notebook"]
    assert state == "FAIL"
    assert "not of" in said


def test_too_little_disk(project, monkeypatch, capsys):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(1e12, 1e12 - 3e8, 3e8))
    shutil.rmtree(project / ".venv")
    assert check.main(project, []) == 1
    found = lines(capsys.readouterr().out)
    assert found["disk"] == ("FAIL", "0.3 GB free Make room: the set-up takes 4 GB, later 0.5 GB are enough.")
    assert not (project / ".venv").exists()
    assert {found[name][0] for name in check.CHECKS[3:]} == {"-"}


def test_a_wrong_python(project, monkeypatch, capsys):
    import tutorial

    monkeypatch.setattr(system, "host", lambda: system.Host("linux", "x86_64", (3, 10), 64, "CPython", False, False))
    monkeypatch.setattr(system, "another_python", lambda supported: None)
    assert tutorial.main(["check"]) == 1
    said = capsys.readouterr().out
    assert re.match(r"FAIL  Python +This is Python 3\.10,.*Install a 64-bit CPython", said)
    assert code.decode(CODE.search(said).group(1))["python"] == 10
    assert decoded(said)["TensorFlow"] == "-"


def test_a_set_up_that_fails(tmp_path):
    project = tiny_project.make_project(tmp_path / "tutorial")
    (project / "requirements.txt").write_text("tiny-one==7\n")
    result = tutorial(project, "check", PIP_RETRIES="1", HTTPS_PROXY="http://127.0.0.1:9")
    assert result.returncode == 1
    state, said = lines(result.stdout)["environment"]
    assert (state, "is there a network?" in said) == ("FAIL", True)
    assert decoded(result.stdout)["environment"] == "FAIL"


def test_what_is_not_done_in_time_is_no_failure(project, monkeypatch, capsys):
    monkeypatch.setattr(check, "SECONDS", 0)
    assert check.main(project, []) == 0
    found = lines(capsys.readouterr().out)
    assert {found[name][0] for name in ("TensorFlow", "notebook", "JupyterLab")} == {"LATE"}


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32", "freebsd14"])
@pytest.mark.parametrize("machine", ["x86_64", "aarch64", "riscv64"])
def test_a_code_says_what_was_found(platform, machine):
    host = system.Host(platform, machine, (3, 13), 64, "CPython", False, False)
    states = ["OK", "FAIL", "LATE", "-", "OK", "OK", "FAIL", "OK"]
    text = code.encode(host, 15.6 * 2**30, 3e12, "ab12", states)
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}", text)
    found = code.decode(text)
    names = {"linux": "Linux", "darwin": "macOS", "win32": "Windows"}
    assert found["platform"] == names.get(platform, "another system")
    assert found["machine"] == {"x86_64": "x86_64", "aarch64": "ARM64"}.get(machine, "another system")
    assert (found["python"], found["memory"], found["disk"], found["lock"]) == (13, 16, 127, 0xAB)
    assert found["checks"] == states


def test_a_mistyped_code_is_refused():
    text = code.encode(system.host(), 8e9, 9e9, "ab12", ["OK"] * 8)
    for place, character in enumerate(text):
        if character != "-":
            wrong = text[:place] + ("7" if character != "7" else "8") + text[place + 1 :]
            with pytest.raises(ValueError, match=r"is no code of tutorial\.py check"):
                code.decode(wrong)
    for wrong in ("", text[:-1], text + "0", "Ü" * 12):
        with pytest.raises(ValueError, match="12 letters and digits"):
            code.decode(wrong)
    read_out = text.replace("-", " ").lower().replace("1", "l").replace("0", "o")
    assert code.decode(read_out) == code.decode(text)
