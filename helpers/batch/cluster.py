"""Runs on Dask: on the cores of this machine, or on a cluster that exists."""

import logging
import os
import signal
from contextlib import contextmanager
from itertools import islice

import dask
from distributed import Client, LocalCluster, as_completed, get_worker
from distributed.scheduler import KilledWorker

from helpers.batch.runner import execute, record_of, versions

THREE_DEATHS = {"distributed.scheduler.allowed-failures": 2}  # the third worker that a run kills is the last
ONE_THREAD = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}  # Dask sets the others, such as OpenMP's


def execute_all(runs, texts, out, workers=None, scheduler=None, timeout=None, warm=False):
    """Execute every `Run` into `out`; yield pairs (record, how many runs are running).

    A run whose worker dies is tried on another, until it has killed three (on a cluster: as its scheduler is set).

    texts: sha256 -> the notebook. workers: processes on this machine, one thread each; None: one a core.
    scheduler: the address of a running Dask scheduler to use instead. timeout: seconds for one cell.
    warm: each notebook runs many times.
    Raises ValueError if the scheduler can't be reached or its workers have other versions.
    """
    if not runs:
        return
    with _remote(scheduler) if scheduler else _local(min(workers or os.cpu_count(), len(runs))) as client:
        waiting, running, finished = iter(runs), {}, as_completed()
        options = {"out": out, "timeout": timeout, "warm": warm}

        def submit():
            # As many as there are workers, so that only the run that a worker works on is blamed for its death.
            free = max(1, sum(client.nthreads().values())) - len(running)
            for run in islice(waiting, max(0, free)):
                future = client.submit(_task, run, texts[run.sha256], **options, pure=False)
                running[future] = run
                finished.add(future)

        submit()
        while running:
            future = next(finished)
            run, error = running.pop(future), future.exception()
            record = _lost(run, error) if error else future.result()
            submit()
            yield record, len(running)


def _task(run, text, **options):
    return execute(run, text, memory=get_worker().memory_manager.memory_limit or 0, **options)


@contextmanager
def _local(workers):
    environment = ONE_THREAD | dict(os.environ)  # who sets it differently means it
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # workers inherit it: this process stops them after Ctrl-C
    try:
        with dask.config.set(THREE_DEATHS):
            cluster = LocalCluster(
                n_workers=workers, threads_per_worker=1, host="127.0.0.1",
                dashboard_address="127.0.0.1:0", env=environment, silence_logs=logging.CRITICAL,
            )  # fmt: skip
    finally:
        signal.signal(signal.SIGINT, before)
    with cluster, Client(cluster) as client:
        yield client


@contextmanager
def _remote(scheduler):
    try:
        client = Client(scheduler, timeout=10)
    except (OSError, ValueError) as error:
        raise ValueError(f"No Dask scheduler answers at {scheduler}.") from error
    with client:
        try:
            found = client.run(versions)
        except ImportError as error:
            raise ValueError(f"The workers of {scheduler} need this project installed: {error}.") from error
        for worker, theirs in found.items():
            if theirs != versions():
                raise ValueError(f"The worker {worker} has {theirs}, this machine {versions()}: results would differ.")
        yield client


def _lost(run, error):
    """The record of a run that could not hand one over."""
    what = f"{type(error).__name__}: {error}"
    if isinstance(error, KilledWorker):
        what = f"killed its worker {error.allowed_failures + 1} times"
    return record_of(run, {}, {"cell_id": "", "where": "no cell", "what": what}, seconds=0)
