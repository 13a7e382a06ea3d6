"""Runs on Dask: on the cores of this machine."""

from distributed import Client, LocalCluster, as_completed

from helpers.runner import execute


def execute_all(runs, out, workers, timeout=None):
    """Execute every `Run` into the folder `out`, `workers` at a time; yield their records as they come."""
    with (
        LocalCluster(n_workers=workers, threads_per_worker=1, host="127.0.0.1", dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        futures = client.map(execute, runs, out=str(out), timeout=timeout, pure=False)
        for future in as_completed(futures):
            yield future.result()
