import os
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest
from distributed import LocalCluster

from helpers.studies import study as study_module
from helpers.studies.study import grid, study
from helpers.studies.trials import random_trial

SETTINGS = grid(seed=range(3), sizes=(10, 20), n_pool=100)

# A study of trials that take a moment and leave a mark each time they run.
SLOW = """
import sys, time
from pathlib import Path
from helpers.studies.study import grid, study

def slow(seed):
    time.sleep(0.2)
    with open(Path(sys.argv[1]) / f"ran-{seed}", "a") as file:
        file.write("x")
    return [{"square": seed**2}]

if __name__ == "__main__":
    table = study(slow, grid(seed=range(12)), "slow trials", store=Path(sys.argv[1]) / "store", workers=2)
    print(table.to_csv(index=False))
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="module")
def table(store):
    return study(random_trial, SETTINGS, "trials", store=store, workers=2)


@pytest.fixture
def nothing_runs(monkeypatch):
    monkeypatch.setattr(study_module, "dask_client", None)


@pytest.fixture
def ran(monkeypatch):
    """Trials run in this process, which is faster; the list says which."""
    settings = []

    def run(trial, missing, *_):
        for key, setting in missing.items():
            settings.append(setting)
            yield key, (trial(**setting), 0.1)

    monkeypatch.setattr(study_module, "_run", run)
    return settings


def test_grid():
    assert grid(a=[1, 2], b=range(2), c=(5, 6)) == [
        {"a": 1, "b": 0, "c": (5, 6)},
        {"a": 1, "b": 1, "c": (5, 6)},
        {"a": 2, "b": 0, "c": (5, 6)},
        {"a": 2, "b": 1, "c": (5, 6)},
    ]


def test_a_study_has_the_rows_of_its_trials_called_one_by_one(table):
    rows = [{"seed": s["seed"], "n_pool": s["n_pool"]} | row for s in SETTINGS for row in random_trial(**s)]
    pd.testing.assert_frame_equal(table, pd.DataFrame(rows), check_exact=True)


def test_a_running_cluster_gives_the_same_rows(table, tmp_path):
    with LocalCluster(n_workers=1, threads_per_worker=2, host="127.0.0.1", dashboard_address=None) as cluster:
        elsewhere = study(random_trial, SETTINGS, "trials", store=tmp_path, scheduler=cluster.scheduler_address)
    pd.testing.assert_frame_equal(elsewhere, table, check_exact=True)


def test_a_finished_trial_is_not_run_again(table, store, nothing_runs):
    again = study(random_trial, SETTINGS[::-1], "trials", store=store)
    pd.testing.assert_frame_equal(again.sort_values(["seed", "labels"], ignore_index=True), table, check_exact=True)


def test_another_setting_is_another_trial(table, store, nothing_runs):
    with pytest.raises(TypeError):  # it would run: there is no client
        study(random_trial, grid(seed=range(3), sizes=(10, 30), n_pool=100), "trials", store=store)


@pytest.mark.parametrize(
    "damage",
    {
        "a digit": lambda text: text.replace(b"10,0.", b"10,1."),
        "its end": lambda text: text[:-9],
        "everything": lambda text: b"",
        "other bytes": lambda text: b"\xff\xfe" + text,
    }.items(),
    ids=lambda item: item[0],
)
def test_a_damaged_entry_is_noticed_and_computed_again(table, store, tmp_path, caplog, ran, damage):
    for path in store.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    broken = min(tmp_path.iterdir())
    whole = broken.read_bytes()
    broken.write_bytes(damage[1](whole))
    assert broken.read_bytes() != whole
    again = study(random_trial, SETTINGS, "trials", store=tmp_path)
    pd.testing.assert_frame_equal(again, table, check_exact=True)
    assert len(ran) == 1
    assert broken.read_text().partition(",")[2] == whole.decode().partition(",")[2]  # before it, the seconds
    assert caplog.messages == [f"{broken.name} is damaged: its trial runs again."]


def test_a_killed_study_continues_where_it_was(tmp_path):
    (tmp_path / "script.py").write_text(SLOW)
    command = [sys.executable, tmp_path / "script.py", tmp_path]
    store = tmp_path / "store"
    process = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL)
    while len(list(store.glob("*.csv"))) < 3:
        assert process.poll() is None
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    kept = {path: path.stat().st_mtime_ns for path in store.glob("*.csv")}
    assert 3 <= len(kept) < 12
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout.split()[-13:] == ["seed,square", *(f"{seed},{seed**2}" for seed in range(12))]
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    runs = [len(path.read_text()) for path in tmp_path.glob("ran-*")]
    assert len(runs) == 12
    assert sum(run > 1 for run in runs) <= 12 - len(kept)
    assert runs.count(1) >= len(kept)


def test_an_error_in_a_trial_is_raised_and_what_was_finished_is_kept(tmp_path):
    with pytest.raises(ValueError, match="n_pool must be a whole number"):
        study(random_trial, [SETTINGS[0], SETTINGS[0] | {"n_pool": 0}], "trials", store=tmp_path, workers=1)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_worker_with_other_code_is_refused():
    with pytest.raises(ValueError, match="another version of helpers"):
        study_module._task(random_trial, SETTINGS[0], "the hash of other code")


def test_workers_and_scheduler_are_checked(tmp_path):
    with pytest.raises(ValueError, match="workers must be a whole number, 0 or more"):
        study(random_trial, SETTINGS, "trials", store=tmp_path, workers=-1)
    with pytest.raises(ValueError, match="No Dask scheduler answers at elsewhere"):
        study(random_trial, SETTINGS, "trials", store=tmp_path, scheduler="elsewhere")


def test_a_second_study_waits_for_the_cores_until_the_first_ends_or_dies(tmp_path):
    code = "from helpers.studies.study import _our_turn; from pathlib import Path; import sys, time\n"
    code += "with _our_turn(Path(sys.argv[1])):\n    print('mine', flush=True)"

    def start(then=""):
        command = [sys.executable, "-c", code + then, tmp_path / "lock"]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    first = start("; time.sleep(600)")
    assert first.stdout.readline() == "mine\n"
    second = start()
    with pytest.raises(subprocess.TimeoutExpired):
        second.wait(timeout=8)
    first.kill()
    assert second.communicate(timeout=60)[0] == "mine\n"


def test_more_runs_than_anybody_waits_for_are_refused_before_they_are_listed():
    with pytest.raises(ValueError, match=r"These are 2,000,000,000 runs; a study takes at most 100,000\."):
        grid(strategy=["random", "margin"], seed=range(10**9))
