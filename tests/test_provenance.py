import inspect
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell

from helpers import provenance
from helpers.files import write
from helpers.models.convex import ConvexSoftmax
from helpers.provenance import code_sha256, fingerprint, versions
from helpers.strategies.by_probability import entropy, margin
from helpers.studies import study
from helpers.studies.article import article_trial
from helpers.studies.trials import random_trial, strategy_trial, tuning_trial


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A copy of `helpers` that fingerprints are taken of, to change a file in it."""
    shutil.copytree(provenance.PACKAGE, tmp_path / "helpers", ignore=shutil.ignore_patterns("*.npz", "__pycache__"))
    monkeypatch.setattr(provenance, "PACKAGE", tmp_path / "helpers")
    return tmp_path / "helpers"


def change(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


# A line of each file that a trial needs, some several imports away.
NEEDED = [
    (
        strategy_trial,
        "studies/trials.py",
        "n_pool=4000, n_labels=400, batch_size=10",
        "n_pool=4000, n_labels=400, batch_size=11",
    ),
    (strategy_trial, "models/solver.py", "1e-12", "1e-13"),
    (strategy_trial, "models/products.py", "MIDDLE, MOST_PIXELS = 128", "MIDDLE, MOST_PIXELS = 127"),
    (strategy_trial, "pool.py", "np.int8", "np.int16"),
    (strategy_trial, "checks.py", "value < low", "value <= low"),
    (strategy_trial, "studies/stats.py", "chance == 1", "chance >= 1"),
    (strategy_trial, "__init__.py", '"TF_ENABLE_ONEDNN_OPTS", "1"', '"TF_ENABLE_ONEDNN_OPTS", "0"'),
    (tuning_trial, "models/solver.py", "1e-12", "1e-13"),  # it finds its model by name
    (article_trial, "models/softmax.py", "1e-8", "1e-7"),
    (article_trial, "loop.py", "batch_size, False", "batch_size, True"),
]


@pytest.mark.parametrize(("trial", "file", "old", "new"), NEEDED)
def test_one_changed_line_that_a_trial_needs_changes_its_fingerprint(copy, trial, file, old, new):
    before = fingerprint(trial)
    change(copy / file, old, new)
    assert fingerprint(trial) != before


def test_what_a_trial_does_not_use_does_not_count(copy):
    before = [fingerprint(trial) for trial in (strategy_trial, article_trial, random_trial)]
    change(copy / "article.py", "PUBLISHED_INERTIA = ", "A_NEW_LINE = 1\nPUBLISHED_INERTIA = ")
    change(copy / "models/solver.py", "TOLERANCE = 1e-11", "# a comment\nTOLERANCE = 1e-11")
    change(copy / "models/solver.py", '    """The coefficients (...', '    """They (...')
    change(copy / "lessons/figure.py", "Okabe", "Ito")
    change(copy / "lessons/figure.py", "def new_figure(", "def unused():\n    pass\n\n\ndef new_figure(")
    assert [fingerprint(trial) for trial in (strategy_trial, article_trial, random_trial)] == before


def test_of_data_the_content_counts_and_how_pools_are_drawn_not_how_it_is_read(copy, monkeypatch):
    def key():
        monkeypatch.setattr(study, "_fingerprint_once", fingerprint)
        return study.key_of(random_trial, {"seed": 1, "sizes": (10,)})

    before = key()
    change(copy / "sources/pictures.py", "Left out", "Skipped")
    change(copy / "sources/arrays.py", "CHUNK = 2**20", "CHUNK = 2**21")
    assert key() == before
    assert not {"PIL", "IPython"} & libraries_of(random_trial)
    change(copy / "data.py", "permutation(self.max_pool)[:n]", "permutation(self.max_pool)[-n:]")
    assert key() != before


def libraries_of(function):
    trail = provenance._Trail()
    trail.follow_object(inspect.unwrap(function))
    return trail.libraries


def test_a_changed_strategy_changes_what_uses_it_and_no_other(copy):
    before = fingerprint(margin), fingerprint(entropy)
    change(copy / "strategies/by_probability.py", "np.argsort(best - second", "np.argsort(second - best")
    assert fingerprint(margin) != before[0]
    assert fingerprint(entropy) == before[1]


def test_libraries_that_a_trial_uses_are_in_it(monkeypatch):
    before = fingerprint(article_trial), fingerprint(random_trial)
    real = provenance.version
    monkeypatch.setattr(provenance, "version", lambda name: "9.9" if name.startswith("tensorflow") else real(name))
    assert fingerprint(article_trial) != before[0]
    assert fingerprint(random_trial) == before[1]
    assert versions(["tensorflow", "sys", "nothing"]) == {"tensorflow": "9.9"}


def test_code_of_every_room_counts_for_a_notebook_but_that_of_batch(copy):
    before = code_sha256(copy)
    change(copy / "batch/report.py", "def _table", "def _tables")
    assert code_sha256(copy) == before
    change(copy / "studies/stats.py", "return float(low)", "return 1 * float(low)")
    assert code_sha256(copy) != before


SCALE = 1.0


def half(proba):
    return SCALE * proba


def my_strategy(proba):
    return np.argsort(half(proba).max(axis=1))


def test_a_readers_function_counts_with_all_that_it_uses(monkeypatch, tmp_path):
    before = fingerprint(my_strategy)
    assert fingerprint(my_strategy) == before
    monkeypatch.setattr(sys.modules[__name__], "SCALE", 2.0)
    assert fingerprint(my_strategy) != before


def module_of(text, folder, name):
    (folder / f"{name}.py").write_text(text)
    spec = __import__("importlib.util").util.spec_from_file_location(name, folder / f"{name}.py")
    module = __import__("importlib.util").util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def test_a_comment_in_a_readers_function_does_not_count(tmp_path):
    plain = module_of("def f(proba):\n    return proba[::-1]\n", tmp_path, "mine")
    before = fingerprint(plain.f)
    (tmp_path / "b").mkdir()
    commented = module_of('def f(proba):\n    """What?"""\n    return proba[::-1]  # why\n', tmp_path / "b", "mine")
    assert fingerprint(commented.f) == before
    (tmp_path / "c").mkdir()
    assert fingerprint(module_of("def f(proba):\n    return proba\n", tmp_path / "c", "mine").f) != before


def test_a_model_class_counts_with_its_methods():
    class Mine:
        def fit(self, x, y):
            return ConvexSoftmax(2, SCALE).fit(x, y)

    class Other:
        def fit(self, x, y):
            return ConvexSoftmax(2, 2 * SCALE).fit(x, y)

    assert fingerprint(Mine) != fingerprint(Other)


def test_a_class_of_a_notebook_counts_with_its_parts():
    def defined(line):
        shell = InteractiveShell()
        shell.run_cell(f"class Mine:\n    k = 3\n\n    def fit(self, x, y):\n        {line}\n", store_history=True)
        return fingerprint(shell.user_ns["Mine"])

    assert defined("return x  # why") == defined("return x")
    assert defined("return y") != defined("return x")


def test_a_function_without_source_is_refused():
    space = {}
    exec("def f(proba):\n    return proba", space)
    space["f"].__module__ = "nowhere"
    with pytest.raises(ValueError, match="source of f"):
        fingerprint(space["f"])


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    write("first", tmp_path / "new" / "a.txt")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        write("second", tmp_path / "folder")
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == ["a.txt"]
    assert Path(tmp_path, "new", "a.txt").read_text() == "first"
