"""A reader's own strategy, model and data in the race: in a study, through notebook 8, and from files."""

import json
import os
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import papermill
import psutil
import pytest
from PIL import Image
from scipy.stats import ttest_rel
from tiny import batch, write_notebook

from helpers.batch import race
from helpers.batch.race import alike
from helpers.data import save_data
from helpers.notebook import recorded
from helpers.strategies.by_probability import margin
from helpers.studies import compare
from helpers.studies.study import grid, study
from helpers.studies.trials import strategy_trial
from helpers.system import WINDOWS

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "08_query_strategies.ipynb"
FIFTH = NOTEBOOK.with_name("05_active_learning.ipynb")
SMALL = {"n_pool": 300, "n_labels": 40}


def smallest_margin(proba):
    second, first = np.sort(proba, axis=1)[:, -2:].T
    return np.argsort(first - second, kind="stable")


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    settings = grid(strategy=["random", "margin"], seed=range(3), **SMALL)
    return study(strategy_trial, settings, "a race", store=tmp_path_factory.mktemp("store"), workers=2)


def test_a_function_of_ones_own_that_is_margin_runs_as_margin(runs, tmp_path):
    both = compare.race(smallest_margin, runs, pools=2, store=tmp_path, workers=1)
    _, curves = compare.curves_of(both)
    assert set(curves) == {"random", "margin", "smallest_margin"}
    assert np.array_equal(curves["smallest_margin"], curves["margin"])
    assert len(curves["margin"]) == 2


def test_a_second_race_without_an_edit_computes_nothing(runs, tmp_path, monkeypatch):
    first = compare.race(smallest_margin, runs, pools=2, store=tmp_path, workers=1)
    monkeypatch.setattr("helpers.studies.study.dask_client", None)
    pd.testing.assert_frame_equal(compare.race(smallest_margin, runs, pools=2, store=tmp_path), first)
    with pytest.raises(TypeError):  # an edited one would run: there is no client
        compare.race(lambda proba: margin(proba)[::-1], runs, pools=2, store=tmp_path)


@pytest.mark.parametrize(
    ("strategy", "says"),
    [
        (lambda proba, labels: margin(proba), "asks for labels. A strategy can ask for proba, images"),
        ("margins", "A strategy is a function or one of random"),
    ],
)
def test_what_is_no_strategy_is_refused_before_anything_runs(runs, tmp_path, strategy, says):
    with pytest.raises(ValueError, match=says):
        compare.race(strategy, runs, store=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("order", "says"),
    [
        (lambda n: np.zeros((n, 2), int), "a row of positions, not an array of shape"),
        (lambda n: np.full(n, np.nan), "there is NaN in it"),
        (lambda n: np.linspace(0, 1, n), "whole numbers, not float64. Scores become an order by np.argsort"),
        (lambda n: np.arange(3), "at least the first 10, not 3"),
        (lambda n: np.arange(1, n + 1), "positions from 0 to"),
        (lambda n: np.zeros(n, int), "some positions repeat"),
        (lambda n: None, "a row of positions"),
    ],
)
def test_what_is_no_order_is_refused_with_a_sentence(order, says):
    with pytest.raises(ValueError, match=says):
        strategy_trial(lambda proba: order(len(proba)), 0, **SMALL)


def test_differences_are_those_of_paired_t_tests_adjusted_for_their_number():
    rng = np.random.default_rng(0)
    values = {name: rng.random(12) for name in ("random", "a", "b")}
    table = compare.differences(values)
    small, large = sorted(ttest_rel(values[name], values["random"]).pvalue for name in ("a", "b"))
    assert sorted(table.p) == pytest.approx([min(1, 2 * small), min(1, max(2 * small, large))])
    assert table.difference["a"] == pytest.approx(100 * (values["a"] - values["random"]).mean())


class Constant:
    """A model without a fast path: the class of most labels."""

    def __init__(self, data, seed):
        self.k = data.n_classes

    def reset(self):
        self.counts = np.zeros(self.k)

    def fit(self, x, y):
        self.counts = np.bincount(y, minlength=self.k)

    def predict_proba(self, x):
        return np.tile((self.counts + 1) / (self.counts + 1).sum(), (len(x), 1))


def test_a_model_of_ones_own_runs_on_workers(tmp_path):
    settings = grid(strategy="margin", seed=range(2), model=Constant, **SMALL)
    table = study(strategy_trial, settings, "a model", store=tmp_path, workers=2)
    assert table.model.unique().tolist() == ["Constant"]
    assert table.accuracy.between(0.05, 0.2).all()


def two_classes(folder, reference):
    rng, y = np.random.default_rng(0), np.arange(900) % 2
    x = rng.integers(0, 120, (900, 8, 8))
    x[np.arange(900), :, 4 * y] += 130
    np.savez(folder / "mine.npz", x=x.astype(np.uint8), y=y)
    return folder / "mine.npz"


def features_of_26_classes(folder, reference):
    y = np.arange(900) % 26
    x = np.eye(26)[y] + np.random.default_rng(0).normal(0, 0.4, (900, 26))
    np.savez(folder / "mine.npz", x=x.astype(np.float32), y=y)
    return folder / "mine.npz"


def digits_of_64_pixels(folder, reference):
    digits = reference("reference_digits.py")
    save_data(folder / "mine.npz", digits["x"] / 16, digits["y"])
    return folder / "mine.npz"


def pictures_of_three_classes(folder, reference):
    """Color, larger than asked for, of several sizes; one is broken."""
    rng = np.random.default_rng(0)
    for k, name in enumerate(["Äpfel", "pears", "a b"]):
        (folder / "mine" / name).mkdir(parents=True)
        for i in range(150):
            x = rng.integers(0, 120, (30 + i % 3, 40, 3))
            x[:, 13 * k : 13 * k + 13] += 130
            Image.fromarray(x.astype(np.uint8)).save(folder / "mine" / name / f"{i}.png")
    (folder / "mine" / "pears" / "broken.png").write_bytes(b"no picture")
    return folder / "mine"


OWN = [pictures_of_three_classes, digits_of_64_pixels, features_of_26_classes, two_classes]


@pytest.mark.long
@pytest.mark.parametrize("make", OWN)
def test_notebook_8_races_on_data_of_ones_own(tmp_path, make, reference):
    parameters = {"pools": 3, "few_pools": 3, "my_pools": 3, "n_pool": 250, "n_labels": 100}
    parameters |= {"data_file": str(make(tmp_path, reference)), "store": str(tmp_path / "store")}
    parameters |= {"figures": str(tmp_path)}
    executed = papermill.execute_notebook(NOTEBOOK, tmp_path / "out.ipynb", parameters, progress_bar=False)
    assert recorded(executed)["labels"] == list(range(10, 101, 10))
    assert (tmp_path / "08_query_strategies.png").is_file()


@pytest.mark.parametrize("make", [OWN[0], *(pytest.param(make, marks=pytest.mark.long) for make in OWN[1:3])])
def test_notebook_5_learns_data_of_ones_own(tmp_path, make, reference):
    parameters = {"n_pool": 200, "n_stop": 60, "rounds": 8, "data_file": str(make(tmp_path, reference))}
    parameters |= {"figures": str(tmp_path)}
    executed = papermill.execute_notebook(FIFTH, tmp_path / "out.ipynb", parameters, progress_bar=False)
    assert recorded(executed)["labels"][-1] == 80
    assert (tmp_path / f"{FIFTH.stem}.png").is_file()


def test_files_race_and_those_that_fail_have_a_sentence(tmp_path):
    folder = tmp_path / "Klasse ä 1"
    folder.mkdir()
    (folder / "anna.py").write_text(
        "import numpy as np\nprint('x' * 100_000)\ndef my_strategy(proba):\n    return np.argsort(proba.max(axis=1))\n"
    )
    (folder / "ben <b>.py").write_text("import os\nos._exit(3)\n")
    (folder / "carl.py").write_text("def my_strategy(proba):\n    return [0] * 10**10\n")
    (folder / "dora.py").write_text("def my_strategy(proba):\n    raise RuntimeError('no idea')\n")
    (folder / "emil.py").write_text("strategy = (\n")
    (folder / "fritz.py").write_text("x = 1\n")
    cells = ["%matplotlib inline\nimport numpy as np", "1 / 0", "SMALL = 1"]
    cells += ["def my_strategy(proba):\n    return next_to_none(proba)"]
    cells += ["def next_to_none(proba):\n    return np.argsort(proba.max(axis=1))"]
    write_notebook(folder / "gül.ipynb", *cells)
    (folder / "ida.py").write_text("import sys\nsys.stderr.write('x' * 10**7)\nraise OSError('ß')\n")
    out = tmp_path / "out"
    done = batch("race", folder, "--pools", 3, "--labels", 20, "--memory", 2000, "--out", out)
    assert done.returncode == 1
    assert "runs the code of 8 files with your rights" in done.stdout
    for sentence in (
        "ben <b>.py: its process ended with status 3.",
        "carl.py: MemoryError",
        "dora.py: RuntimeError: no idea",
        "emil.py: SyntaxError",
        "fritz.py: ValueError: fritz.py defines no function my_strategy.",
        "ida.py: OSError: ß",
    ):
        assert sentence in done.stdout
    page = (out / "race.html").read_text(encoding="utf-8")
    assert "anna" in page
    assert "ben &lt;b&gt;" in page
    assert page.count("<svg") == 3  # anna, gül and margin
    found = json.loads((out / "race.json").read_text(encoding="utf-8"))["accuracies"]
    assert found[str(folder / "anna.py")] == found[str(folder / "gül.ipynb")]
    assert np.shape(found["random"]) == (3, 2)


def test_a_file_that_takes_too_long_is_ended_with_what_it_has_started(tmp_path):
    started = tmp_path / "started"
    sleeper = f"open({str(started)!r}, 'w').write(str(os.getpid())); time.sleep(1000)"
    lines = f"subprocess.Popen([sys.executable, '-c', {f'import os, time; {sleeper}'!r}])\nwhile True:\n    pass\n"
    (tmp_path / "ben.py").write_text(f"import subprocess, sys\n{lines}")
    seconds = 1
    while not started.exists() or not started.read_text():  # a busy machine had no time for it
        seconds *= 2
        said = race._in_its_process(str(tmp_path / "ben.py"), {"memory": 0}, seconds, set())
        assert said == f"it took longer than {seconds} seconds."
    with suppress(psutil.NoSuchProcess):
        process, until = psutil.Process(int(started.read_text())), time.monotonic() + 60
        while process.status() != psutil.STATUS_ZOMBIE:
            assert time.monotonic() < until
            time.sleep(0.05)


@pytest.mark.skipif(WINDOWS, reason="a process can send itself no Ctrl-C there")
def test_ctrl_c_ends_the_race(tmp_path, monkeypatch):
    """Files that waited for their turn used to run all the same."""
    monkeypatch.setattr(race, "RIVALS", ())
    started, second, files = tmp_path / "started", tmp_path / "second", [tmp_path / "ben.py", tmp_path / "eva.py"]
    files[0].write_text(f"import os, time\nopen({str(started)!r}, 'w').write(str(os.getpid()))\ntime.sleep(1000)\n")
    files[1].write_text(f"open({str(second)!r}, 'w')\n")

    def interrupt():
        while not started.exists() or not started.read_text():
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        race.race(files, pools=3, n_labels=20, seconds=100, memory=0, workers=1)
    assert not psutil.pid_exists(int(started.read_text()))
    assert not second.exists()


def test_who_can_not_be_told_apart_is_said_of_all_pairs():
    rng = np.random.default_rng(0)
    a = rng.normal(0.8, 0.01, 10)
    c = a - 0.1 - rng.normal(0, 0.001, 10)
    found = alike({"a": a, "b": a + rng.normal(0, 0.001, 10), "c": c, "the same as c": c})
    assert found == {"a": ["b"], "b": ["a"], "c": ["the same as c"], "the same as c": ["c"]}


def test_a_bad_request_for_a_race_ends_at_once(tmp_path):
    for arguments, sentence in (
        ([tmp_path / "nothing.py"], "is no Python file or notebook"),
        ([tmp_path], "There is no Python file or notebook"),
        ([tmp_path, "--pools", 2], "--pools must be a whole number, from 3 to 1000"),
    ):
        done = batch("race", *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert sentence in done.stderr
