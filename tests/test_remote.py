"""Results at a URL: refused before anything runs if they can't be written; kept here if a write fails at the end."""

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import nbformat
import pytest
from tiny import FIGURE, RECORD, write_notebook

from helpers.batch import remote
from helpers.batch.command import main


class ObjectStore(BaseHTTPRequestHandler):
    """Takes what is PUT, unless its name holds one of `refused`; removes what is DELETEd."""

    def do_PUT(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if any(part in self.path for part in self.server.refused):
            self.send_response(503)
        else:
            self.server.objects[self.path] = body
            self.send_response(200)
        self.end_headers()

    def do_DELETE(self):
        found = self.server.can_delete and self.server.objects.pop(self.path, None)
        self.send_response(200 if found else 405)
        self.end_headers()

    def log_message(self, *arguments):
        pass


@pytest.fixture
def store(tmp_path, monkeypatch):
    """A server; what stays here goes into tmp_path/runs."""
    monkeypatch.setattr("helpers.batch.command.PROJECT", tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), ObjectStore) as server:
        server.objects, server.refused, server.can_delete = {}, [], True
        server.url = f"http://127.0.0.1:{server.server_port}/bucket"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def notebook(tmp_path):
    """Leaves a file beside itself for each time it was executed."""
    count = f"import secrets\nfrom pathlib import Path\nPath({str(tmp_path)!r}, secrets.token_hex() + '.ran').touch()"
    parameters = 'seed: int = 0\nfigures: str = ""'
    return write_notebook(tmp_path / "learn.ipynb", count, FIGURE, RECORD, "print(figures)", parameters=parameters)


def ran(folder):
    return len(list(folder.glob("*.ran")))


def sweep(notebook, url, *more):
    return main(["sweep", str(notebook), "-p", "seed=0,1", "--workers", "1", "--out", url, *more])


def test_notebooks_and_records_go_to_the_url_and_tables_come_here(notebook, tmp_path, store, capsys):
    url = f"{store.url}/seeds"
    assert sweep(notebook, url) == 0
    names = [f"/bucket/seeds/notebooks/learn-seed={seed}" for seed in (0, 1)]
    assert sorted(store.objects) == sorted(f"{name}.{kind}" for name in names for kind in ("ipynb", "json"))
    stored = nbformat.reads(store.objects[f"{names[1]}.ipynb"].decode(), as_version=4)
    assert any("image/png" in output.get("data", {}) for cell in stored.cells for output in cell.get("outputs", []))
    assert ".part-" not in nbformat.writes(stored)
    local = tmp_path / "runs/seeds"
    assert json.loads((local / "notebooks/learn-seed=1.json").read_text()) == json.loads(
        store.objects[f"{names[1]}.json"]
    )
    assert f'href="{url}/notebooks/learn-seed=1.ipynb"' in (local / "report.html").read_text()
    assert not list(local.rglob("*.ipynb"))
    assert not capsys.readouterr().err.count("removed")
    # `run` does the same, and makes no folder that is called like a URL.
    assert main(["run", str(notebook), "--workers", "1", "--out", f"{store.url}/latest/"]) == 0
    assert {"/bucket/latest/learn.ipynb", "/bucket/latest/learn.json"} <= store.objects.keys()
    assert f'href="{store.url}/latest/learn.ipynb"' in (tmp_path / "runs/latest/index.html").read_text()


@pytest.mark.parametrize("command", ["run", "sweep"])
@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("s3://bucket/x", "boto3"),
        ("https://github.com/a/b", "not supported"),
        ("http://127.0.0.1:9/x", "Connection refused"),
    ],
)
def test_a_url_that_can_not_be_written_is_refused_before_anything_runs(
    command, url, sentence, notebook, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr("helpers.batch.command.PROJECT", tmp_path)
    monkeypatch.chdir(tmp_path)
    assert main([command, str(notebook), "--out", url]) == 2
    said = capsys.readouterr().err
    assert f"Nothing can be written to {url}" in said
    assert sentence in said
    assert ran(tmp_path) == 0
    assert sorted(path.name for path in tmp_path.rglob("*") if path.name != "runs") == ["learn.ipynb"]


def test_a_host_that_never_answers_is_given_up(notebook, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("helpers.batch.command.PROJECT", tmp_path)
    monkeypatch.setattr(remote, "PROBE_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert sweep(notebook, f"http://127.0.0.1:{silent.getsockname()[1]}/x") == 2
    assert "no answer within 0.2 seconds" in capsys.readouterr().err


def test_a_store_that_removes_nothing_is_no_obstacle(notebook, tmp_path, store, capsys):
    store.can_delete = False
    assert main(["run", str(notebook), "--workers", "1", "--out", store.url]) == 0
    [probe] = [name for name in store.objects if "write-test" in name]
    assert f"{store.url}/{probe.rpartition('/')[2]} can't be removed" in capsys.readouterr().err


def test_what_could_not_be_written_is_kept_and_written_by_the_next_resume(notebook, tmp_path, store, capsys):
    url, local = f"{store.url}/seeds", tmp_path / "runs/seeds"
    store.refused = ["seed=1.ipynb"]
    assert sweep(notebook, url) == 1
    kept = local / "notebooks/learn-seed=1.ipynb"
    assert f"503 Server Error: Service Unavailable for url: {url}" in capsys.readouterr().out.replace("%3D", "=")
    executed = nbformat.read(kept, as_version=4)
    assert any("image/png" in output.get("data", {}) for cell in executed.cells for output in cell.get("outputs", []))
    assert 'href="notebooks/learn-seed%3D1.ipynb"' in (local / "report.html").read_text()
    assert str(kept) in (local / "results.csv").read_text()
    # Still refused: nothing is lost. Then written, without running again.
    store.refused = ["seed=1.json"]
    assert sweep(notebook, url, "--resume") == 1
    assert f"{kept} is kept" in capsys.readouterr().err
    store.refused = []
    assert sweep(notebook, url, "--resume") == 0
    assert ran(tmp_path) == 2
    assert not kept.exists()
    assert nbformat.reads(store.objects["/bucket/seeds/notebooks/learn-seed=1.ipynb"].decode(), 4) == executed
    assert json.loads(store.objects["/bucket/seeds/notebooks/learn-seed=1.json"])["error"] is None


def test_two_urls_that_end_alike_are_not_taken_for_one(notebook, store, capsys):
    assert sweep(notebook, f"{store.url}/a/seeds") == 0
    assert sweep(notebook, f"{store.url}/b/seeds", "--resume") == 2
    assert "seeds" in capsys.readouterr().err
