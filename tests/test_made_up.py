"""Inputs that nobody thought of (hypothesis): each is taken, or refused with one sentence, and touches no file."""

import string

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tiny import RECORD, write_notebook

from helpers.batch.parameters import Notebook
from helpers.batch.plan import sweep
from helpers.batch.rows import read_rows

PARAMETERS = """
seed: int = 0
rate: float = 0.1
text: str = ""
flag: bool = False
maybe: "int | None" = None
anything = None
figures: str = ""
"""
NAMES = st.sampled_from(["seed", "rate", "text", "flag", "maybe", "anything", "figures", "sed", "", "../x"])
# Characters that mean something in CSV, YAML, Python, a range or a path; and any other.
SYNTAX = st.text(st.sampled_from(string.digits + "-:,.=+eE_ \t\r\n\"'[]{}&*!|>#?%@`~<\\/\x85\u2028\0\udcff\u0660"))
TEXTS = st.one_of(SYNTAX, st.text(), st.integers().map(str), st.floats().map(str))
WHOLE = st.integers(-(10**20), 10**20)
RANGES = st.lists(WHOLE.map(str), min_size=2, max_size=4).map(":".join)
ASKED = st.lists(st.tuples(NAMES, st.one_of(TEXTS, RANGES)).map("=".join) | TEXTS, max_size=3)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
LISTS = st.lists(st.dictionaries(NAMES | st.text(), VALUES, max_size=3), max_size=3).map(
    lambda rows: yaml.safe_dump(rows, allow_unicode=True)
)
LINES = st.lists(st.lists(NAMES | TEXTS, min_size=1, max_size=3).map(",".join), max_size=4).map("\n".join)
FILES = st.one_of(
    st.tuples(st.just(".csv"), LINES | TEXTS),
    st.tuples(st.just(".yaml"), LISTS | SYNTAX | SYNTAX.map("- {{seed: {}}}".format)),
)
many = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made up")
    write_notebook(folder / "learn.ipynb", RECORD, parameters=PARAMETERS)
    (folder / "thesis.txt").write_text("years of work")
    return folder


@pytest.fixture(scope="module")
def notebook(folder):
    return Notebook(folder / "learn.ipynb")


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def check(ask):
    """Whatever is asked for is planned, or refused with one sentence."""
    try:
        runs = ask()
    except ValueError as error:
        said = str(error)
        assert said
        assert len(said) < 1000
        return
    for run, _ in zip(runs, range(20), strict=False):
        kind, _, name = run.name.partition("/")
        assert kind == "notebooks"
        assert "/" not in name
        assert not name.startswith(".")
        assert len(name.encode()) < 200


@many
@given(asked=ASKED)
def test_parameters_and_ranges(folder, notebook, asked):
    before = contents(folder)
    check(lambda: sweep([notebook], asked))
    assert contents(folder) == before


@many
@given(file=FILES, asked=ASKED)
def test_lists_of_runs(folder, notebook, file, asked):
    suffix, text = file
    path = folder / f"list{suffix}"
    path.write_bytes(text.encode("utf-8", errors="surrogatepass"))
    before = contents(folder)
    check(lambda: sweep([notebook], asked, read_rows(path)))
    assert contents(folder) == before


@many
@given(content=st.binary(max_size=200), suffix=st.sampled_from([".csv", ".yaml"]))
def test_files_of_bytes(folder, notebook, content, suffix):
    path = folder / f"bytes{suffix}"
    path.write_bytes(content)
    before = contents(folder)
    check(lambda: sweep([notebook], [], read_rows(path)))
    assert contents(folder) == before
