"""Dask clients: of processes on this machine, or of a cluster that exists."""

import logging
import os
import socket
import tempfile
from contextlib import ExitStack, contextmanager

import dask
from distributed import Client, LocalCluster, Security

from helpers.checks import shown, whole_number
from helpers.system import postponing_interrupts

HOST = "127.0.0.1"
MOST_A_CORE = 16  # workers; each takes a second to start, and 0.1 GB
ONE_THREAD = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}  # Dask sets the others, such as OpenMP's
SETTINGS = {
    # Dask would have malloc return every freed array to the system: some trials then take nearly twice as long.
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None,
    # Web pages about the work, which any account of this machine could read.
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
}


@contextmanager
def dask_client(scheduler, workers):
    """A client of the running scheduler at this address; "": of `workers` processes of one thread each, which end with
    it, listen to this machine only, and to nobody there who lacks the keys that are made for them.

    Raises ValueError if no scheduler answers, if this machine can't reach itself, or for too many workers.
    """
    with _remote(scheduler) if scheduler else _local(workers) as client:
        yield client


@contextmanager
def _local(workers):
    whole_number("workers", workers, 1, MOST_A_CORE * os.cpu_count())
    _check_loopback()
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # `silence_logs` ends with the cluster, its talk later
    environment = ONE_THREAD | dict(os.environ)  # who sets it differently means it
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="dask-", ignore_cleanup_errors=True))
        # Dask also imports from its folder for temporary files. Its own choice is one that another account may own.
        stack.enter_context(dask.config.set(SETTINGS | {"temporary-directory": folder}))
        with postponing_interrupts():
            cluster = LocalCluster(
                n_workers=workers, threads_per_worker=1, host=HOST, dashboard_address=f"{HOST}:0", protocol="tls",
                security=Security.temporary(), env=environment, silence_logs=logging.CRITICAL,
            )  # fmt: skip
            stack.enter_context(cluster)
            client = stack.enter_context(Client(cluster))
        yield client


def _check_loopback():
    """Dask would try for a minute."""
    try:
        with socket.create_server((HOST, 0)) as server, socket.create_connection(server.getsockname(), timeout=5):
            pass
    except OSError as error:
        what = f"This machine can't reach itself at {HOST} ({error.strerror or error}), as the workers have to."
        raise ValueError(f"{what} Start its loopback interface: ip link set lo up.") from error


def _remote(scheduler):
    if not isinstance(scheduler, str):
        raise ValueError(f'scheduler must be an address such as tls://name:8786, or "", not {shown(scheduler)}.')
    try:
        return Client(scheduler, timeout=10)
    except (OSError, ValueError, TypeError) as error:
        keys = " for a client with these keys" if scheduler.startswith("tls:") else ""
        raise ValueError(f"No Dask scheduler answers at {scheduler}{keys}.") from error
