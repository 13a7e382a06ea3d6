"""The kit's offline folder: what is fetched and kept, on a server here that breaks off."""

import hashlib
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import tiny_project

from kit import KitError, download, offline, serve

CONTENT = bytes(range(256)) * 400


@pytest.fixture
def server(monkeypatch):
    """Serves CONTENT, but at most `limit` bytes an answer; notes from which byte each answer started."""
    monkeypatch.setattr(download, "PAUSE", 0)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked = self.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-")
            start = int(asked) if http.resumes else 0
            http.starts.append(start)
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(CONTENT) - start))
            self.end_headers()
            self.wfile.write(http.content[start : start + http.limit])

        def log_message(self, *_):
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.starts, http.limit, http.resumes, http.content = [], len(CONTENT), True, CONTENT
    threading.Thread(target=http.serve_forever, daemon=True).start()
    yield http
    http.shutdown()
    http.server_close()


def wheel_of(server):
    url = f"http://127.0.0.1:{server.server_port}/one-1-py3-none-any.whl"
    return offline.Wheel("one-1-py3-none-any.whl", url, len(CONTENT), hashlib.sha256(CONTENT).hexdigest())


def test_a_download_goes_on_where_it_broke_and_is_not_done_twice(server, tmp_path):
    server.limit = 30_000
    wheel = wheel_of(server)
    for _ in range(2):
        download.download([wheel], tmp_path)
        assert (tmp_path / wheel.name).read_bytes() == CONTENT
        assert server.starts == [0, 30_000, 60_000, 90_000]
    assert [path.name for path in tmp_path.iterdir()] == [wheel.name]


def test_a_download_that_was_interrupted_goes_on_even_if_the_server_starts_again(server, tmp_path):
    wheel = wheel_of(server)
    (tmp_path / f"{wheel.name}.part").write_bytes(CONTENT[:1000])
    server.resumes = False
    download.download([wheel], tmp_path)
    assert (tmp_path / wheel.name).read_bytes() == CONTENT


@pytest.mark.parametrize("damaged", [b"x" * 1000, CONTENT + b"more"])
def test_what_lies_there_damaged_is_fetched_again(server, tmp_path, damaged):
    wheel = wheel_of(server)
    (tmp_path / wheel.name).write_bytes(damaged)
    (tmp_path / f"{wheel.name}.part").write_bytes(damaged)
    download.download([wheel], tmp_path)
    assert (tmp_path / wheel.name).read_bytes() == CONTENT


def test_a_file_with_another_hash_is_never_kept(server, tmp_path):
    wheel = wheel_of(server)
    server.content = CONTENT[::-1]
    with pytest.raises(KitError, match=r"one-1-py3-none-any.whl can't be fetched: its SHA-256 is not"):
        download.download([wheel], tmp_path)
    assert not (tmp_path / wheel.name).exists()


def test_without_a_network_a_sentence_says_so_and_what_was_fetched_stays(server, tmp_path):
    wheel = wheel_of(server)
    server.limit = 0
    (tmp_path / f"{wheel.name}.part").write_bytes(CONTENT[:1000])
    with pytest.raises(KitError, match=r"the connection broke. What was fetched is kept"):
        download.download([wheel], tmp_path)
    assert (tmp_path / f"{wheel.name}.part").read_bytes() == CONTENT[:1000]


def make_wheel(folder, name, tag, text=""):
    name = f"{name}-{tag}.whl"
    info = "-".join(name.split("-")[:2]) + ".dist-info"
    project, version = name.split("-")[:2]
    with zipfile.ZipFile(folder / name, "w") as wheel:
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {project}\nVersion: {version}\n{text}\n")
        wheel.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n")
        wheel.writestr(f"{info}/RECORD", "")
    return hashlib.sha256((folder / name).read_bytes()).hexdigest()


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A folder with blanks that uv takes for the package index, and the lock of two packages in it."""
    folder = tmp_path / "Räder und mehr"
    folder.mkdir()
    make_wheel(folder, "uv-0.13.9", "py3-none-any")
    for tag in ("cp312-cp312-win_amd64", "cp312-cp312-manylinux_2_17_x86_64", "cp311-abi3-macosx_11_0_arm64"):
        make_wheel(folder, "tiny_one-1", tag, tag)
    make_wheel(folder, "tiny_one-1", "py3-none-any")
    make_wheel(folder, "tiny_win-2", "py3-none-any")
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_NO_CACHE", "1")
    monkeypatch.setenv("UV_FIND_LINKS", folder.as_uri())
    lock = tmp_path / "requirements.txt"
    lock.write_text("tiny-one==1\ntiny-win==2 ; sys_platform == 'win32'\n")
    return lock


@pytest.mark.parametrize(
    ("platform", "names"),
    [
        ("linux", ["tiny_one-1-cp312-cp312-manylinux_2_17_x86_64.whl"]),
        ("macos", ["tiny_one-1-cp311-abi3-macosx_11_0_arm64.whl"]),
        ("windows", ["tiny_one-1-cp312-cp312-win_amd64.whl", "tiny_win-2-py3-none-any.whl"]),
    ],
)
def test_each_system_gets_its_own_wheels_whatever_this_one_is(index, platform, names):
    found = offline.resolve(index, [platform], ["3.12"])
    assert [wheel.name for wheel in found] == [*names, "uv-0.13.9-py3-none-any.whl"]


def test_the_list_of_hashes_names_every_wheel_of_every_system(index, tmp_path):
    wheels = offline.resolve(index, ["linux", "windows"], ["3.12"])
    download.download(wheels, tmp_path / "kit")
    lines = offline.hashes(index, wheels, ["linux", "windows"], ["3.12"]).splitlines()
    assert lines[0] == "# Linux x86-64, Windows x64; Python 3.12"
    for wheel in wheels:
        digest = hashlib.sha256((tmp_path / "kit" / wheel.name).read_bytes()).hexdigest()
        assert [line.split("==")[0] for line in lines if digest in line] == [wheel.name.split("-")[0].replace("_", "-")]


def test_a_lock_without_wheels_for_a_system_is_refused_with_what_uv_says(index):
    index.write_text("tiny-three==1\n")
    with pytest.raises(KitError, match=r"(?s)tiny-three.*No set of wheels was found for macOS arm64 with Python 3.12"):
        offline.resolve(index, ["macos"], ["3.12"])


# --- the learner's side ---


@pytest.fixture
def learner(tmp_path):
    """A tiny project as a learner unpacks it, with the folder `offline` beside it."""
    wheels = tmp_path / "Kurs Übung/offline/wheels"
    wheels.mkdir(parents=True)
    tiny_project.make_wheels(wheels)
    project = tiny_project.make_project(tmp_path / "Kurs Übung/learner")
    there = [offline.Wheel(path.name, "", 0, download.sha256(path)) for path in wheels.glob("*.whl")]
    lines = offline.hashes(project / "requirements.txt", there, ["linux"], ["3.12"])
    (wheels / "sha256.txt").write_text(lines, encoding="utf-8")
    return project, wheels


NOWHERE = dict.fromkeys(["PIP_INDEX_URL", "UV_DEFAULT_INDEX"], "http://127.0.0.1:9/")


def test_a_set_up_takes_the_packages_beside_it_and_asks_no_index(learner):
    project, wheels = learner
    result = tiny_project.tutorial(project, "setup", **NOWHERE)
    assert result.returncode == 0, result.stderr
    assert f"Setting up .venv from {wheels} (Linux x86-64; Python 3.12), once" in result.stdout
    assert {"tiny-one", "tiny-two"} <= tiny_project.installed(project)


def test_a_package_that_was_damaged_on_the_way_is_refused(learner):
    project, wheels = learner
    tiny_project.make_wheel(wheels, "tiny_two", "1", "print('damaged')")
    result = tiny_project.tutorial(project, "setup", **NOWHERE, UV_NO_CACHE="1")
    assert result.returncode == 1
    assert "Hash mismatch for `tiny-two==1`" in result.stderr


def test_a_set_up_from_the_teachers_server(learner):
    project, wheels = learner
    out = wheels.parents[1]
    (out / "learner.zip").touch()
    server = serve.server(out, "127.0.0.1", port=0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    elsewhere = project.rename(out.parent / "learner")
    address = f"http://127.0.0.1:{server.server_port}/offline/wheels"
    result = tiny_project.tutorial(elsewhere, "setup", "--wheels", address, **NOWHERE, UV_NO_CACHE="1")
    server.shutdown()
    server.server_close()
    assert result.returncode == 0, result.stderr
    assert {"tiny-one", "tiny-two"} <= tiny_project.installed(elsewhere)
