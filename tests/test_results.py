import json
import random
import re
from importlib import import_module

import pandas as pd
import pytest
from tiny import write_notebook

from helpers.files import sha256
from helpers.studies import __main__ as make_study
from helpers.studies import results
from helpers.studies import study as study_module
from helpers.studies.results import check_a_few, collect, compare, path_of, replace, settings_of, shipped
from helpers.studies.study import grid, key_of, study
from helpers.studies.trials import random_trial
from helpers.system import lock

NAMES = sorted(path.stem for path in results.RESULTS.glob("*.parquet"))
SETTINGS = grid(seed=range(4), sizes=(10, 20), n_pool=100)


def trial_of(name, folder=results.RESULTS):
    module, _, function = json.loads(path_of(name, folder).with_suffix(".json").read_text())["trial"].rpartition(".")
    return getattr(import_module(module), function)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder like results/ with one small study in it."""
    folder = tmp_path_factory.mktemp("results")
    tables = {key_of(random_trial, s): pd.DataFrame(random_trial(**s)) for s in SETTINGS}
    collect(
        folder, "tiny study", random_trial, dict(zip(tables, SETTINGS, strict=True)), tables, dict.fromkeys(tables, 1.0)
    )
    return folder


@pytest.fixture
def copy(folder, tmp_path, monkeypatch):
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(results, "RESULTS", tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", NAMES)
def test_every_shipped_run_belongs_to_the_code_of_today(name):
    trial, settings = trial_of(name), settings_of(name)
    assert settings
    assert {key: key_of(trial, setting) for key, setting in settings.items()} == {key: key for key in settings}
    assert shipped(name).keys() == settings.keys()


def recomputed(name, keys):
    trial, settings, stored = trial_of(name), settings_of(name), shipped(name)
    return [compare(pd.DataFrame(trial(**settings[key])), stored[key]) for key in keys]


# Notebook 10 computes a part of one of its runs in front of the reader, and its test with it.
TAKES_LONG = {"better_models": pytest.mark.long}


@pytest.mark.parametrize("name", [pytest.param(name, marks=TAKES_LONG.get(name, ())) for name in NAMES])
def test_a_sample_of_every_shipped_study_computed_again_is_the_same(name):
    keys = random.Random(name).sample(sorted(settings_of(name)), 2)
    assert [one["rows"] - one["same"] for one in recomputed(name, keys)] == [0, 0]


@pytest.mark.study
@pytest.mark.parametrize("name", NAMES)
def test_every_shipped_run_computed_again_is_the_same(name):
    different = [one for one in recomputed(name, settings_of(name)) if one["same"] < one["rows"]]
    assert different == []


def test_shipped_runs_are_used_and_what_is_missing_is_computed(copy, tmp_path, monkeypatch):
    ran = []

    def run(trial, missing, *_):
        ran.extend(missing.values())
        return ((key, (trial(**setting), 0.1)) for key, setting in missing.items())

    monkeypatch.setattr(study_module, "_run", run)
    more = [*SETTINGS, *grid(seed=range(4, 6), sizes=(10, 20), n_pool=100)]
    table = study(random_trial, more, "tiny study", store=tmp_path / "store")
    assert [setting["seed"] for setting in ran] == [4, 5]
    rows = [row for setting in more for row in random_trial(**setting)]
    assert table.accuracy.tolist() == [row["accuracy"] for row in rows]
    study(random_trial, SETTINGS[:1], "tiny study", store=tmp_path / "store", recompute=True)
    assert len(ran) == 3


SQUARES = """
from pathlib import Path
from helpers.studies.study import grid, study

def square(seed):
    with open(Path(figures).parent / f"ran-{seed}", "a") as file:
        file.write("x")
    return [{"square": seed**2, "accuracy": seed / 8}]

study(square, grid(seed=range(2)), "squares", store=store, scheduler=scheduler, recompute=recompute)
"""
THEN = """
later = Path(figures).parent.parent / "later"
study(square, grid(seed=range(2 + later.exists())), "squares", store=store, scheduler=scheduler, recompute=recompute)
assert later.exists(), "too early"
"""


def test_a_study_of_all_goes_on_where_it_was_interrupted_and_replaces_what_is_shipped(copy, monkeypatch, capsys):
    parameters = 'recompute: bool = False\nstore: str = ""\nfigures: str = ""\nscheduler: str = ""'
    write_notebook(copy / "07_squares.ipynb", SQUARES, THEN, parameters=parameters)
    folder = copy / ".study"
    for name, value in {"NOTEBOOKS": copy, "FOLDER": folder, "SUMMARY": copy / "summary.csv"}.items():
        monkeypatch.setattr(make_study, name, value)
    monkeypatch.setattr(make_study, "summary", lambda: pd.DataFrame())
    monkeypatch.setattr(results.replace, "__defaults__", (copy,))
    monkeypatch.setenv(results.COLLECT, "")
    assert make_study.main([]) == 1
    assert "too early" in capsys.readouterr().err
    assert shipped("squares") == {}
    (copy / "later").touch()
    assert make_study.main([]) == 0
    assert "interrupted" in capsys.readouterr().out
    assert sorted(table.square[0] for table in shipped("squares").values()) == [0, 1, 4]
    assert not folder.exists()


def test_one_study_of_all_at_a_time(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(make_study, "FOLDER", tmp_path)
    with (tmp_path / "lock").open("a") as file:
        assert lock(file)
        assert make_study.main([]) == 2
    assert "Another `make study` is at work" in capsys.readouterr().err


@pytest.mark.parametrize("harm", ["a byte", "no manifest", "the manifest lies", "no JSON", "half"])
def test_a_file_that_is_not_what_its_manifest_says_is_not_used(copy, caplog, harm):
    path = path_of("tiny study", copy)
    manifest, content = path.with_suffix(".json"), path.read_bytes()
    if harm == "a byte":
        path.write_bytes(content[:100] + bytes([content[100] ^ 1]) + content[101:])
    elif harm == "half":
        path.write_bytes(content[: len(content) // 2])
        manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"sha256": sha256(path.read_bytes())}))
    elif harm == "no manifest":
        manifest.unlink()
    elif harm == "no JSON":
        manifest.write_text("[")
    else:
        manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"sha256": "0" * 64}))
    assert shipped("tiny study") == {}
    assert "is not what its manifest says" in caplog.text


def test_a_missing_file_is_no_study(copy):
    assert shipped("no such study") == {}


def plant(copy, points):
    """Add points to an accuracy, and make the manifest agree with it."""
    path = path_of("tiny study", copy)
    table = pd.read_parquet(path)
    table.loc[0, "accuracy"] += points / 100
    table.to_parquet(path, index=False)
    manifest = path.with_suffix(".json")
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"sha256": sha256(path.read_bytes())}))


def test_a_check_in_front_of_the_reader_finds_a_planted_row(copy, capsys):
    check_a_few(random_trial, SETTINGS, "tiny study", n=4, folder=copy)
    assert re.search(
        r"4 of 4 runs computed again just now; rows the same to the last digit: all\n$", capsys.readouterr().out
    )
    plant(copy, 3)
    check_a_few(random_trial, SETTINGS, "tiny study", n=4, folder=copy)
    shown = capsys.readouterr().out
    assert "rows the same to the last digit: 7 of 8" in shown
    assert "farthest off: 3.00 points" in shown
    assert "another processor" not in shown


def test_on_another_processor_it_says_so_and_goes_on(copy, capsys, monkeypatch):
    plant(copy, 0.01)
    monkeypatch.setattr(results, "processor", lambda: "arm64 Apple")
    check_a_few(random_trial, SETTINGS, "tiny study", n=4, folder=copy)
    assert "this is arm64 Apple" in capsys.readouterr().out


def test_other_parameters_have_nothing_shipped(copy, capsys):
    check_a_few(random_trial, grid(seed=[0], sizes=(10,), n_pool=50), "tiny study", folder=copy)
    assert "nothing is shipped for these parameters" in capsys.readouterr().out


def test_writing_results_anew_changes_no_byte_where_no_row_changed(copy, folder, tmp_path_factory):
    before = {path.name: path.read_bytes() for path in copy.glob("tiny*")}
    assert list(replace(folder, copy)) == ["tiny_study: 4 of 4 runs are the shipped ones, 0 are gone"]
    assert {path.name: path.read_bytes() for path in copy.glob("tiny*")} == before
    plant(copy, 1)
    assert list(replace(folder, copy)) == ["tiny_study: 3 of 4 runs are the shipped ones, 0 are gone"]
    assert {path.name: path.read_bytes() for path in copy.glob("tiny*")} == before
    empty = tmp_path_factory.mktemp("empty")
    assert list(replace(empty, copy)) == ["tiny_study: 0 of 0 runs are the shipped ones, 4 are gone"]
    assert list(copy.glob("tiny*")) == []
