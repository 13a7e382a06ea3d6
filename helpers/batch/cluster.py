"""Runs on Dask: on the cores of this machine, or on a cluster that exists."""

import os
from itertools import islice

from distributed import as_completed, get_client, get_worker

from helpers.batch import remote
from helpers.batch.runner import OUTPUT_LIMIT, execute, record_of, versions
from helpers.workers import dask_client

DEATHS = 3  # a run that has killed so many workers is not tried again


def execute_all(
    runs, texts, out, stage, begin, workers=None, scheduler=None, timeout=None, limit=OUTPUT_LIMIT, warm=False
):
    """Execute every `Run` into `out`; yield pairs (record, how many runs are running).

    A run whose worker dies is tried on another, until it has killed DEATHS.

    texts: sha256 -> the notebook. out, stage: see `execute`. begin: called when all that can be checked is.
    workers: processes on this machine, one thread each; None: one a core.
    scheduler: the address of a running Dask scheduler to use instead. timeout: seconds for one cell.
    limit: characters of a cell's output that are stored. warm: each notebook runs many times.
    Raises ValueError if the scheduler can't be reached, or its workers have other versions or can't write to `out`.
    """
    if not runs:
        return
    with dask_client(scheduler, min(workers or os.cpu_count(), len(runs))) as client:
        _check_versions(client)
        if scheduler:
            _check_output(client, out, stage)
        begin()
        waiting, running, finished = iter(runs), {}, as_completed()
        options = {"out": out, "stage": stage, "timeout": timeout, "output_limit": limit, "warm": warm}

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
            record = _lost(run, f"{type(error).__name__}: {error}") if error else future.result()
            submit()
            yield record, len(running)


def _task(run, text, **options):
    worker = get_worker()
    # Dask's own limit is a setting of the scheduler, which may not be ours.
    deaths = get_client().run_on_scheduler(_deaths, worker.get_current_task())
    if deaths >= DEATHS:
        return _lost(run, f"killed its worker {deaths} times")
    return execute(run, text, memory=worker.memory_manager.memory_limit or 0, **options)


def _deaths(key, dask_scheduler):
    """How many workers died of this task."""
    return dask_scheduler.tasks[key].suspicious


def _check_versions(client):
    try:
        found = client.run(versions)
    except ImportError as error:
        raise ValueError(f"The workers of {client.scheduler.address} need this project installed: {error}.") from error
    for worker, theirs in found.items():
        if theirs != versions():
            raise ValueError(f"The worker {worker} has {theirs}, this machine {versions()}: results would differ.")


def _check_output(client, out, stage):
    """On machines of their own, workers may see other folders, and have other libraries and rights."""
    if not stage:
        client.run(remote.check, out)
        return
    blind = [worker for worker, sees in client.run(os.access, stage, os.W_OK).items() if not sees]
    if blind:
        raise ValueError(f"{blind[0]} can't write to {out}. --out must be a folder that all workers see, or a URL.")


def _lost(run, what):
    """The record of a run that could not hand one over."""
    return record_of(run, {}, {"cell_id": "", "where": "no cell", "what": what}, seconds=0)
