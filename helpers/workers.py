"""Dask clients: of processes on this machine, or of a cluster that exists."""

import logging
import os
import signal
from contextlib import contextmanager

import dask
from distributed import Client, LocalCluster

ONE_THREAD = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}  # Dask sets the others, such as OpenMP's
# Dask would have malloc return every freed array to the system: some trials then take nearly twice as long.
KEEP_MEMORY = {"distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None}


@contextmanager
def dask_client(scheduler, workers):
    """A client of the running scheduler at this address; "": of `workers` processes of one thread each, which end with
    it and listen to this machine only. Raises ValueError if no scheduler answers.
    """
    with _remote(scheduler) if scheduler else _local(workers) as client:
        yield client


@contextmanager
def _local(workers):
    environment = ONE_THREAD | dict(os.environ)  # who sets it differently means it
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # workers inherit it: this process stops them after Ctrl-C
    try:
        with dask.config.set(KEEP_MEMORY):
            cluster = LocalCluster(
                n_workers=workers, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0",
                env=environment, silence_logs=logging.CRITICAL,
            )  # fmt: skip
    finally:
        signal.signal(signal.SIGINT, before)
    with cluster, Client(cluster) as client:
        yield client


def _remote(scheduler):
    try:
        return Client(scheduler, timeout=10)
    except (OSError, ValueError) as error:
        raise ValueError(f"No Dask scheduler answers at {scheduler}.") from error
