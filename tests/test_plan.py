"""What a sweep is asked for, before anything runs; and what its table makes of the records, after."""

import csv
import io
import json
from pathlib import Path

import pyarrow.parquet
import pytest
from tiny import write_notebook

from helpers.batch.__main__ import main
from helpers.batch.parameters import Notebook
from helpers.batch.plan import plain, read_rows, sweep
from helpers.batch.report import results_csv, results_parquet

PARAMETERS = """
seed = None  # type: Optional[int] None keeps the order
batch_size: int = 10  # labels a round
learning_rate: float = 0.1
strategy: str = "margin"
shuffle: bool = False
limit = 3
anything = None
figures: str = ""
"""


@pytest.fixture
def notebook(tmp_path):
    return Notebook(write_notebook(tmp_path / "05_learn.ipynb", "print(seed)", parameters=PARAMETERS))


def asked(runs):
    return [run.parameters for run in runs]


def test_every_combination_in_the_order_given(notebook):
    runs = sweep([notebook], ["seed=0:3", "strategy=margin,random"])
    expected = [{"seed": seed, "strategy": strategy} for seed in (0, 1, 2) for strategy in ("margin", "random")]
    assert asked(runs) == expected
    assert runs[0].name == "notebooks/05_learn-seed=0-strategy=margin"
    assert len({run.name for run in runs}) == len({run.figures for run in runs}) == 6


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("seed=None,7", [None, 7]),
        ("seed=4:-1:-2", [4, 2, 0]),
        ("learning_rate=1,1e-3", [1.0, 0.001]),
        ("strategy=0:3,007", ["0:3", "007"]),  # a text stays a text
        ("shuffle=true,False", [True, False]),
        ("limit=5", [5]),  # the type of the default
        ("anything=1,x", [1, "x"]),
    ],
)
def test_values_take_the_type_of_the_parameters_cell(notebook, text, values):
    given = [run[text.split("=")[0]] for run in asked(sweep([notebook], [text]))]
    assert given == values
    assert [type(value) for value in given] == [type(value) for value in values]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sed=1", r"no parameter sed\. Did you mean seed\?"),
        ("bath_size=1", r"Did you mean batch_size\?"),
        ("zzz=1", r"no parameter zzz\. It has seed, batch_size"),
        ("seed=1.5", "seed of 05_learn.ipynb must be int or None, not '1.5'"),
        ("batch_size=None", "must be int, not 'None'"),
        ("batch_size=true", "must be int"),
        ("learning_rate=fast", "must be float"),
        ("learning_rate=nan", "must be float"),
        ("shuffle=1", "must be bool"),
        ("limit=x", "must be int"),
        ("seed=3:3", "empty range"),
        ("seed=0:3:0", "empty range"),
        ("seed", "Write -p name=value"),
        ("seed=", "Write -p name=value"),
        ("figures=x", "set by --out"),
        ("seed=1,1", "would run 2 times"),
    ],
)
def test_a_wrong_parameter_is_refused(notebook, text, message):
    with pytest.raises(ValueError, match=message):
        sweep([notebook], [text])


def test_a_parameter_must_fit_every_notebook(notebook, tmp_path):
    other = Notebook(write_notebook(tmp_path / "06_other.ipynb", parameters="rounds: int = 4"))
    with pytest.raises(ValueError, match=r"06_other.ipynb has no parameter seed\. It has rounds"):
        sweep([notebook, other], ["seed=1"])
    with pytest.raises(ValueError, match="once"):
        sweep([notebook], ["seed=1", "seed=2"])


def test_two_notebooks_of_one_name_are_refused(notebook):
    with pytest.raises(ValueError, match="05_learn would run 2 times"):
        plain([notebook, notebook])


def test_names_stay_short_safe_and_different(notebook):
    runs = sweep([notebook], ["strategy=" + "x" * 300 + "," + "x" * 301, "anything=a/b,a:b,../../c"])
    names = [run.name.removeprefix("notebooks/") for run in runs]
    assert len(set(names)) == 6
    assert all(len(name) < 200 and "/" not in name and ":" not in name for name in names)


def test_rows_of_a_file(notebook, tmp_path):
    table = tmp_path / "sweep.csv"
    table.write_text("seed,batch_size\n1,5\n2,\n")
    assert asked(sweep([notebook], ["limit=1,2"], read_rows(table))) == [
        {"seed": 1, "batch_size": 5, "limit": 1},
        {"seed": 1, "batch_size": 5, "limit": 2},
        {"seed": 2, "limit": 1},
        {"seed": 2, "limit": 2},
    ]
    rows = tmp_path / "sweep.yaml"
    rows.write_text("- {seed: null, learning_rate: 1}\n- {shuffle: true, anything: [1, 2]}\n")
    expected = [{"seed": None, "learning_rate": 1.0}, {"shuffle": True, "anything": [1, 2]}]
    assert asked(sweep([notebook], [], read_rows(rows))) == expected
    with pytest.raises(ValueError, match="by -p and in the file"):
        sweep([notebook], ["seed=1"], read_rows(table))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "seed,batch_size\n1\n", "as many cells"),
        ("a.csv", "seed\n1,2\n", "as many cells"),
        ("a.yaml", "seed: 1\n", "list with one mapping a run"),
        ("a.yaml", "[1, 2]", "list with one mapping a run"),
        ("a.yaml", "a: [", "is no YAML"),
        ("a.txt", "", r"must be a \.yaml or \.csv file"),
    ],
)
def test_a_file_that_is_no_list_of_runs_is_refused(tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=message):
        read_rows(tmp_path / name)


def test_values_of_a_file_are_checked_too(notebook):
    for row in ({"batch_size": "x"}, {"batch_size": True}, {"batch_size": 1.5}, {"strategy": 3}, {"nothing": 1}):
        with pytest.raises(ValueError, match=r"must be|no parameter"):
            sweep([notebook], [], [row])


def test_dry_run_prints_the_plan_and_leaves_nothing(notebook, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["sweep", str(notebook.path), "-p", "seed=0:2", "--out", str(out), "--dry-run"]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == ["05_learn.ipynb seed=0", "05_learn.ipynb seed=1"]
    assert not out.exists()
    assert main(["sweep", str(notebook.path), "-p", "sed=0:2", "--out", str(out)]) == 2
    assert not out.exists()


def record_of(seed, results, error=None):
    about = {"name": f"notebooks/a-seed={seed}", "notebook": "a.ipynb", "sha256": "0", "seconds": 1.5}
    return about | {
        "parameters": {"seed": seed, "seconds": 9}, "results": results, "error": error,
        "versions": {"python": "3", "tensorflow": "2", "helpers": "1"},
    }  # fmt: skip


def test_the_table_of_all_runs():
    failed = {"cell_id": "x", "where": "cell [3]", "what": "ZeroDivisionError: division by zero"}
    records = [
        record_of(0, {"accuracy": 0.5, "curve": [0.25, 0.5], "note": 1, "seed": 0}),
        record_of(None, {"accuracy": 1, "curve": [0.5, 1.0], "note": "one", "seed": 1}),
        record_of(2, {}, failed),
    ]
    rows = list(csv.DictReader(io.StringIO(results_csv(records))))
    table = pyarrow.parquet.read_table(pyarrow.BufferReader(results_parquet(records))).to_pydict()
    assert list(rows[0]) == list(table)
    # A name that is parameter and result, or parameter and ours, says which it is.
    assert table["parameter_seed"] == [0, None, 2]
    assert table["result_seed"] == [0, 1, None]
    assert table["parameter_seconds"] == [9, 9, 9]
    assert table["run_seconds"] == [1.5, 1.5, 1.5]
    assert table["accuracy"] == [0.5, 1.0, None]
    assert table["curve"] == [[0.25, 0.5], [0.5, 1.0], None]
    assert table["note"] == ["1", '"one"', "null"]  # mixed types: JSON
    assert table["status"] == ["ok", "ok", "failed"]
    assert table["error"][2] == "cell [3]: ZeroDivisionError: division by zero"
    assert [row["accuracy"] for row in rows] == ["0.5", "1", ""]
    assert json.loads(rows[0]["curve"]) == [0.25, 0.5]


def test_the_commands_of_the_documentation_are_understood(capsys):
    project = Path(__file__).parents[1]
    lines = "\n".join((project / page).read_text() for page in ("README.md", "docs/batch.md")).splitlines()
    commands = [line.split()[4:] for line in lines if line.startswith(".venv/bin/python -m helpers.batch sweep")]
    assert len(commands) >= 4
    for notebook, *arguments in commands:
        assert main(["sweep", str(project / notebook), *arguments, "--dry-run"]) == 0
        assert "seed=0" in capsys.readouterr().out
