import os
import subprocess
from pathlib import Path

# Before NumPy is imported, here and in the processes that tests start: a process a core, one thread each.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import helpers.batch  # noqa: F401 (before nbformat: it says why)

# isort: split
import ipc_kernels  # noqa: F401 (its import is its effect)
import numpy as np
import pytest
from distributed import LocalCluster

from setup import system

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def reference(tmp_path_factory):
    """Run a script of this folder in an environment of its own: named arrays in, a dictionary of arrays out."""

    def run(script, environment="reference", **arrays):
        folder = tmp_path_factory.mktemp("reference")
        np.savez(folder / "in.npz", **arrays)
        python = system.executable(HERE.parent / f".venv-{environment}", "python")
        assert os.path.exists(python), "python tutorial.py setup --reference"
        subprocess.run([python, HERE / script, folder / "in.npz", folder / "out.npz"], check=True)
        with np.load(folder / "out.npz") as file:
            return dict(file)

    return run


@pytest.fixture(scope="session")
def scheduler():
    """Of one worker for all studies here: a cluster for each takes longer to start than these small studies take."""
    with LocalCluster(1, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0") as cluster:
        yield cluster.scheduler_address


@pytest.fixture
def unprivileged():
    """For root, too, permissions count."""
    if not hasattr(os, "seteuid"):
        pytest.skip("no permissions of this kind on this system")
    mine = os.geteuid()
    if mine == 0:
        os.seteuid(65534)
    yield
    os.seteuid(mine)
