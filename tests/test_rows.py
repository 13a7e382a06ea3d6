"""Files that list the runs of a sweep: what they mean, and what is refused rather than guessed."""

import pytest
from tiny import write_notebook

from helpers.batch import rows as rows_module
from helpers.batch.parameters import Notebook
from helpers.batch.plan import sweep
from helpers.batch.rows import read_rows
from helpers.checks import shown

PARAMETERS = """
seed = None  # type: Optional[int]
batch_size: int = 10
learning_rate: float = 0.1
strategy: str = "margin"
shuffle: bool = False
anything = None
"""


@pytest.fixture
def notebook(tmp_path):
    return Notebook(write_notebook(tmp_path / "05_learn.ipynb", "print(seed)", parameters=PARAMETERS))


@pytest.fixture
def write(tmp_path):
    """Write a file; returns its path."""

    def write(name, text):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def asked(runs):
    return [run.parameters for run in runs]


def test_rows_and_values_combine(notebook, write):
    table = write("sweep.csv", "seed,batch_size\n1,5\n2,\n")
    assert asked(sweep([notebook], ["anything=1,2"], read_rows(table))) == [
        {"seed": 1, "batch_size": 5, "anything": 1},
        {"seed": 1, "batch_size": 5, "anything": 2},
        {"seed": 2, "anything": 1},
        {"seed": 2, "anything": 2},
    ]
    with pytest.raises(ValueError, match="seed is given by -p and in the file"):
        sweep([notebook], ["seed=1"], read_rows(table))


def test_a_csv_cell_keeps_every_character(notebook, write):
    odd = ["two\nlines", "two\r\nlines", "next\x85line", "line\u2028separator", "a,b", 'say "so"', " blanks ", "\x1c"]
    cells = "\r\n".join('"' + text.replace('"', '""') + '"' for text in odd)
    rows = read_rows(write("a.csv", f"\ufeffstrategy\r\n{cells}\r\n"))
    assert [run["strategy"] for run in asked(sweep([notebook], [], rows))] == odd
    assert [row.line for row in rows] == [2, 4, 6, 7, 8, 9, 10, 11]


@pytest.mark.parametrize(
    ("name", "text", "values"),
    [
        ("batch_size", "010", 10),
        ("strategy", "010", "010"),
        ("batch_size", "-3", -3),
        ("learning_rate", "1", 1.0),
        ("learning_rate", "1e-3", 0.001),  # a text in YAML 1.1
        ("strategy", "1:30", "1:30"),
        ("strategy", "no", "no"),
        ("strategy", "2024-01-01", "2024-01-01"),
        ("strategy", "1_000", "1_000"),
        ("strategy", "'5'", "5"),
        ("strategy", '"two\\nlines"', "two\nlines"),
        ("strategy", "''", ""),
        ("shuffle", "true", True),
        ("seed", "null", None),
        ("seed", "", None),
        ("anything", "[1, 2.5, x, '1', null, {a: [true]}]", [1, 2.5, "x", "1", None, {"a": [True]}]),
    ],
)
def test_what_a_value_means_in_yaml(notebook, write, name, text, values):
    (run,) = sweep([notebook], [], read_rows(write("a.yaml", f"- {name}: {text}\n")))
    assert run.parameters == {name: values}
    assert type(run.parameters[name]) is type(values)


def test_yaml_anchors_and_defaults(notebook, write):
    text = "- &first {seed: 1, batch_size: 5}\n- <<: *first\n  seed: 2\n- anything: &x [1]\n  seed: 3\n- anything: *x"
    assert asked(sweep([notebook], [], read_rows(write("a.yml", text)))) == [
        {"seed": 1, "batch_size": 5},
        {"seed": 2, "batch_size": 5},
        {"anything": [1], "seed": 3},
        {"anything": [1]},
    ]


BOMB = "- &a0 {x: [1, 1]}\n" + "".join(f"- &a{n} {{x: [{', '.join([f'*a{n - 1}'] * 10)}]}}\n" for n in range(1, 12))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "seed,batch_size\n1\n", "line 2: every row needs as many cells as the first, 2; here are 1"),
        ("a.csv", "seed\n1,2\n", "line 2: every row needs as many cells"),
        ("a.csv", "seed,batch_size\n", "a.csv has no rows"),
        ("a.csv", "", "a.csv has no rows"),
        ("a.csv", "seed,batch_size,seed\n1,2,3\n", "line 1: seed is the name of 2 columns"),
        ("a.csv", "seed, seed\n1,2\n", "line 1: seed is the name of 2 columns"),
        ("a.csv", "seed,\n1,2\n", "line 1: column 2 has no name"),
        ("a.csv", "seed;batch_size\n1;2\n", "line 1: columns are separated by commas"),
        ("a.csv", 'seed\n1\n"2', "line 3: this is no CSV: unexpected end of data"),
        ("a.csv", 'seed,strategy\n1,"a"b\n', "line 2: this is no CSV"),
        ("a.csv", "strategy\n" + "x" * 200_000, "line 2: this is no CSV: field larger than field limit"),
        ("a.csv", "seed\n1\n".encode("utf-16"), "a.csv is not UTF-8, but perhaps UTF-16"),
        ("a.csv", "seed\n1\n".encode("utf-16-le"), "perhaps UTF-16"),
        ("a.csv", "strategy\nm\xfcller\n".encode("latin-1"), "a.csv, line 2: this is not UTF-8"),
        ("a.yaml", "- {seed: 1}\n".encode("utf-16"), "perhaps UTF-16"),
        ("a.yaml", "", "a.yaml has no rows"),
        ("a.yaml", "[]", "a.yaml has no rows"),
        ("a.yaml", "seed: 1\n", "list with one mapping a run"),
        ("a.yaml", "[1, 2]", "list with one mapping a run"),
        ("a.yaml", "- [1]", "list with one mapping a run"),
        ("a.yaml", "a: [", "list with one mapping a run"),
        ("a.yaml", "- {a: [", "is no YAML"),
        ("a.yaml", "- a: 1\n  b: }", "line 2: this is no YAML"),
        ("a.yaml", "- {seed: 1}\n---\n- {seed: 2}\n", "line 2: a second document"),
        ("a.yaml", "- seed: 1\n  batch_size: 2\n  seed: 3\n", "line 3: seed is there twice"),
        ("a.yaml", "- 1: 2\n", "line 1: the name of a parameter must be a text, not 1"),
        ("a.yaml", "- ? [a]\n  : 1\n", "line 1: the name of a parameter must be a text"),
        ("a.yaml", "- {null: 1}\n", "line 1: the name of a parameter must be a text"),
        ("a.yaml", "- {seed: *none}\n", r"line 1: \*none names nothing that ended before it"),
        ("a.yaml", "- &a {seed: *a}\n", "names nothing that ended before it"),
        ("a.yaml", "- {seed: !!python/object/apply:os.system [ls]}\n", "line 1: tags are not read"),
        ("a.yaml", '- {seed: !!int "1:30"}\n', "line 1: tags are not read"),
        ("a.yaml", "- {anything: " + "[" * 5000, "line 1: these are more than 20 lists and mappings in each other"),
        ("a.yaml", "[" * 5000, "list with one mapping a run|more than 20"),
        ("a.yaml", BOMB, "line 5: a row has more than 10,000 values"),
        ("a.yaml", "- {<<: 1}\n", "<< takes a mapping"),
        ("a.txt", "", r"must be a \.yaml or \.csv file"),
    ],
)
def test_a_file_that_is_no_list_of_runs_is_refused(write, name, text, message):
    with pytest.raises(ValueError, match=message) as error:
        read_rows(write(name, text))
    assert name in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("text", ["batch_size\n5\n1:30\n", "batch_size\n5\nmany\n", "batch_size\n5\n1.5\n"])
def test_a_wrong_value_is_named_with_its_place(notebook, write, text):
    with pytest.raises(ValueError, match=r"a\.csv, line 3: batch_size of 05_learn.ipynb must be int"):
        sweep([notebook], [], read_rows(write("a.csv", text)))


def test_yaml_is_no_place_for_the_other_spellings_of_a_number(notebook, write):
    """90 and 8 in YAML 1.1."""
    for text in ("1:30", "0o10", "0x10", "0b1"):
        with pytest.raises(ValueError, match=r"a\.yaml, line 1: batch_size of 05_learn.ipynb must be int, not"):
            sweep([notebook], [], read_rows(write("a.yaml", f"- batch_size: {text}\n")))


def test_what_is_no_file_is_refused(tmp_path):
    with pytest.raises(ValueError, match="There is no"):
        read_rows(tmp_path / "missing.csv")
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(ValueError, match="is no file"):
        read_rows(tmp_path / "a.csv")


def test_limits_are_stated(write, monkeypatch):
    monkeypatch.setattr(rows_module, "MOST", 2)
    with pytest.raises(ValueError, match="has more than 2 rows"):
        read_rows(write("a.csv", "seed\n1\n2\n3\n"))
    monkeypatch.setattr(rows_module, "LARGEST", 10)
    with pytest.raises(ValueError, match="has 11 bytes; at most 10 are read"):
        read_rows(write("a.csv", "seed\n1\n2\n3\n"))


def test_shown():
    assert shown("a") == "'a'"
    assert shown(10**5000) == "a number of more than 4,300 digits"
    assert len(shown("x" * 1000)) == 80
