"""The workers that studies and batches start, and who may use them."""

import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import pytest
from distributed import Security
from distributed.comm import connect

from helpers.workers import dask_client


@pytest.fixture(scope="module")
def client():
    with dask_client("", workers=1) as client:
        yield client


def test_nothing_listens_beyond_this_machine():
    """Neither scheduler nor worker, nor the web server that Dask starts in each."""
    before = psutil.Process().net_connections()
    with dask_client("", workers=1):
        here = psutil.Process()
        families = [here, *here.children(recursive=True)]
        sockets = [socket for process in families for socket in process.net_connections() if socket.status == "LISTEN"]
        assert len(sockets) >= 3
        assert {socket.laddr.ip for socket in sockets if socket not in before} == {"127.0.0.1"}


def no_certificate(ca):
    context = ssl.create_default_context(cadata=ca)
    context.check_hostname = False
    return {"ssl_context": context}


@pytest.mark.parametrize(
    ("scheme", "arguments"),
    [
        ("tcp", lambda ca: {}),
        ("tls", no_certificate),
        ("tls", lambda ca: Security.temporary().get_connection_args("client")),
    ],
    ids=["no TLS", "no certificate", "other keys"],
)
def test_who_lacks_the_keys_can_use_nothing(client, scheme, arguments):
    """As another account of this machine would try: who reaches a scheduler, a worker or a nanny has it run code."""
    workers = client.scheduler_info()["workers"]
    addresses = [client.scheduler.address, *workers, *(worker["nanny"] for worker in workers.values())]

    async def ask(address):
        comm = await connect(address, timeout=2, **arguments(client.security.tls_ca_file))
        await comm.write({"op": "identity", "reply": True})
        return await comm.read()

    assert len(addresses) == 3
    for address in addresses:
        with pytest.raises(OSError):  # noqa: PT011 (what it says depends on the system)
            client.sync(ask, f"{scheme}://{address.split('://')[1]}")
    assert client.submit(abs, -1).result() == 1


def test_no_page_tells_about_the_work(client):
    info = client.scheduler_info()
    ports = [info["services"]["dashboard"], *(worker["services"]["dashboard"] for worker in info["workers"].values())]
    for port in ports:
        for page in ("health", "info/main/workers.html", "info/logs.html", "metrics", "json/counts.json"):
            with pytest.raises(urllib.error.HTTPError, match="404"):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/{page}", timeout=30)


def test_modules_are_imported_from_no_folder_that_others_can_write(client):
    """Dask puts its folder for temporary files first in the path of modules: here, and in each worker."""
    temporary = Path(tempfile.gettempdir())
    paths = [*sys.path, *next(iter(client.run(lambda: sys.path).values()))]
    inside = {temporary / Path(path).relative_to(temporary).parts[0] for path in paths if _is_below(path, temporary)}
    inside = {folder for folder in inside if "pytest" not in folder.name}
    assert inside
    for folder in inside:
        assert folder.stat().st_mode & 0o077 == 0
        assert folder.stat().st_uid == os.getuid()


def _is_below(path, folder):
    return Path(path).is_relative_to(folder) and Path(path) != folder


def test_workers_keep_the_memory_of_freed_arrays(client):
    """Dask's own setting would nearly double the time of a trial."""
    assert [*client.run(os.environ.get, "MALLOC_TRIM_THRESHOLD_").values()] == [None]


def test_workers_start_from_any_thread():
    """A cell's callbacks, for one, run beside the main thread."""
    results = []

    def compute():
        with dask_client("", workers=1) as client:
            results.append(client.submit(abs, -1).result())

    thread = threading.Thread(target=compute)
    thread.start()
    thread.join()
    assert results == [1]


@pytest.mark.parametrize(
    ("scheduler", "message"),
    [
        (5, 'scheduler must be an address such as tls://name:8786, or "", not 5'),
        ("elsewhere", "No Dask scheduler answers at elsewhere"),
        ("foo://127.0.0.1:1", "No Dask scheduler answers at foo://127.0.0.1:1"),
        ("tls://127.0.0.1:1", "No Dask scheduler answers at tls://127.0.0.1:1.*keys"),
    ],
)
def test_a_scheduler_that_is_none_is_refused(scheduler, message):
    with pytest.raises(ValueError, match=message), dask_client(scheduler, 1):
        pass


def _unshare_works():
    return bool(shutil.which("unshare")) and subprocess.run(["unshare", "-rn", "true"], check=False).returncode == 0


@pytest.mark.skipif(not _unshare_works(), reason="needs unshare, and the right to make a network namespace")
def test_a_machine_that_cannot_reach_itself_says_so():
    """Dask would try for a minute, then fail with a traceback."""
    code = "from helpers.workers import dask_client\ntry:\n    dask_client('', 1).__enter__()\n"
    code += "except ValueError as error:\n    print(error)"
    said = subprocess.run(["unshare", "-rn", sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "This machine can't reach itself at 127.0.0.1" in said.stdout
    assert "loopback" in said.stdout


def test_more_workers_than_a_machine_can_start_are_refused():
    said = r"workers must be a whole number, from 1 to \d+, not 1000000"
    with pytest.raises(ValueError, match=said), dask_client("", workers=10**6):
        pytest.fail("they are there")
