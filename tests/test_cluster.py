import os

import psutil

from helpers.workers import dask_client


def test_nothing_listens_beyond_this_machine():
    """Neither scheduler nor worker, nor the web server that Dask starts in each."""
    before = psutil.Process().net_connections()
    with dask_client("", workers=1):
        here = psutil.Process()
        families = [here, *here.children(recursive=True)]
        sockets = [socket for process in families for socket in process.net_connections() if socket.status == "LISTEN"]
        assert len(sockets) >= 3
        assert {socket.laddr.ip for socket in sockets if socket not in before} == {"127.0.0.1"}


def test_workers_keep_the_memory_of_freed_arrays(monkeypatch):
    """Dask's own setting would nearly double the time of a trial."""
    monkeypatch.delenv("MALLOC_TRIM_THRESHOLD_", raising=False)  # other clusters leave it behind
    with dask_client("", workers=1) as client:
        assert [*client.run(os.environ.get, "MALLOC_TRIM_THRESHOLD_").values()] == [None]
