"""A cluster of one's own that talks TLS, as docs/batch.md shows it."""

import os
import re
import subprocess
import sys
import threading

import pytest

from helpers.batch import keys

ASK = """
import sys
from helpers.workers import dask_client
try:
    with dask_client(sys.argv[1], 0) as client:
        print(client.submit(abs, -1).result())
except ValueError as error:
    print(error)
"""


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "my keys"
    assert keys.main([str(folder)]) == 0
    return folder


def test_keys_are_for_their_owner_alone(capsys, folder):
    assert f"DASK_CONFIG={folder}" in capsys.readouterr().out
    assert sorted(path.name for path in folder.iterdir()) == ["cert.pem", "dask.yaml", "key.pem"]
    for path in (folder, *folder.iterdir()):
        assert path.stat().st_mode & 0o077 == 0


def test_keys_are_never_replaced(capsys, folder):
    before = (folder / "key.pem").read_bytes()
    assert keys.main([str(folder)]) == 2
    assert "my keys must be a new folder: File exists." in capsys.readouterr().err
    assert (folder / "key.pem").read_bytes() == before


def test_a_cluster_with_keys_takes_work_from_who_has_them(folder):
    environment = {**os.environ, "DASK_CONFIG": str(folder)}
    processes = []

    def start(*arguments):
        command = [sys.executable, "-m", "dask", *arguments, "--host", "127.0.0.1", "--no-dashboard"]
        processes.append(subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment))
        return processes[-1]

    def ask(scheduler, variables):
        command = [sys.executable, "-c", ASK, scheduler]
        return subprocess.run(command, capture_output=True, text=True, check=True, env=variables).stdout

    try:
        scheduler = start("scheduler", "--port", "0")
        address = next(m[1] for line in scheduler.stderr if (m := re.search(r"Scheduler at: *(\S+)", line)))
        start("worker", address, "--nthreads", "1", "--no-nanny")
        for process in processes:
            threading.Thread(target=process.stderr.read, daemon=True).start()  # so that no pipe runs full
        assert address.startswith("tls://127.0.0.1:")
        assert ask(address, environment) == "1\n"
        for without in (address, address.replace("tls", "tcp")):
            assert f"No Dask scheduler answers at {without}" in ask(without, os.environ)
    finally:
        for process in reversed(processes):
            process.terminate()
            process.wait()
