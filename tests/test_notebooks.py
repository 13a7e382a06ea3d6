"""The notebooks, as readers, teachers and batch users meet them."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import papermill
import pytest
from nbclient import NotebookClient
from test_lessons import SMALL_STUDY

from helpers.article import PROTOCOL, PUBLISHED
from helpers.data import load
from helpers.lessons import contents
from helpers.lessons.stored import in_kept_form
from helpers.notebook import recorded

PROJECT = Path(__file__).parent.parent
NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.ipynb"))  # 0 is the start, so a number is also a position
ARTICLE, STUDIES = NOTEBOOKS[1:7], NOTEBOOKS[7:]  # a study takes minutes; here it runs on fewer and smaller pools
every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
every_article_notebook = pytest.mark.parametrize("path", ARTICLE, ids=lambda path: path.stem)

# One thread and TensorFlow's own kernels, where the defaults are one thread a core and oneDNN's.
OTHER_ARITHMETIC = {"TF_NUM_INTRAOP_THREADS": "1", "OMP_NUM_THREADS": "1", "TF_ENABLE_ONEDNN_OPTS": "0"}
ENVIRONMENTS = [
    pytest.param({}, id="default"),
    pytest.param(OTHER_ARITHMETIC, id="one thread, no oneDNN", marks=pytest.mark.long),
]


def read(path):
    return nbformat.read(path, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def prose(notebook):
    """What the text claims: not what it asks, and not the meaning of terms."""
    asks = {"predict", "exercise", "glossary", "references", "navigation"}
    told = (cell for cell in notebook.cells if not asks.intersection(cell.metadata.get("tags", [])))
    return "\n\n".join(cell.source for cell in told if cell.cell_type == "markdown")


def solutions_of(notebook):
    """The code of the solutions: of cells with that tag, or in Markdown."""
    tagged = [cell.source for cell in code_cells(notebook) if "solution" in cell.metadata.get("tags", [])]
    return tagged + re.findall(
        r"<details><summary>Solution.*?```python\n(.*?)```.*?</details>", prose(notebook), flags=re.S
    )


def text_of(cell):
    """All text that a code cell shows; the alt text of a figure is not seen."""
    return "\n".join(contents.text_of(output) for output in cell.outputs if "image/png" not in output.get("data", {}))


def text(notebook):
    return "\n".join(text_of(cell) for cell in code_cells(notebook))


def with_parameters(path, **values):
    """The notebook with other values in its parameters cell."""
    notebook = read(path)
    parameters = code_cells(notebook)[0]
    for name, value in values.items():
        parameters.source = re.sub(rf"^{name}\b.*", f"{name} = {value!r}", parameters.source, flags=re.M)
    return notebook


def run(notebook):
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    return notebook


# --- what is committed ---


@every_notebook
def test_is_committed_as_executed_from_top_to_bottom(path):
    cells = code_cells(read(path))
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert any("image/png" in output.get("data", {}) for cell in cells for output in cell.outputs)


@every_notebook
def test_stored_output_is_clean(path):
    notebook = read(path)
    outputs = [output for cell in code_cells(notebook) for output in cell.outputs]
    assert all(output.output_type != "error" and output.get("name") != "stderr" for output in outputs)
    assert not re.search(r"0x[0-9a-f]{6}|/home/|/tmp/|np\.(float|int)\d*\(|Warning", text(notebook))
    assert not any(str(folder) in text(notebook) for folder in (Path.home(), PROJECT))


@every_notebook
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_fresh_run_gives_the_stored_text(path, environment, tmp_path):
    if environment and path.stem == "10_better_models":
        pytest.skip("it counts rows that are the same to the last digit, and a network's depend on its kernels")
    copy = tmp_path / path.name
    nbformat.write(with_parameters(path, figures=str(tmp_path)), copy)
    plugins = ["-p", "no:xdist", "-p", "no:cacheprovider", "-p", "ipc_kernels"]
    sanitized = tmp_path / "sanitize.cfg"  # it skips images, but not those that stand in HTML
    sanitized.write_text('[figure]\nregex: data:image/png;base64,[^"]*\nreplace: figure\n')
    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-sanitize-with", sanitized, *plugins]
    environment = os.environ | environment | {"PYTHONPATH": str(Path(__file__).parent)}
    done = subprocess.run([*command, copy], env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-5000:]
    assert f"{len(code_cells(read(path)))} passed" in done.stdout


@every_notebook
def test_figure_of_the_readme_is_the_notebooks_own(path):
    assert (PROJECT / "figures" / f"{path.stem}.png").is_file()


@every_notebook
def test_key_figure_has_its_finding_as_alt_text(path):
    for cell in code_cells(read(path)):
        for image, sentence in zip(cell.outputs, cell.outputs[1:], strict=False):
            if "image/png" in image.get("data", {}) and "text/markdown" in sentence.get("data", {}):
                assert sentence.data["text/markdown"] == f"**{image.metadata['image/png']['alt']}**"
                return
    pytest.fail("no figure with its finding below")


@pytest.mark.parametrize("path", NOTEBOOKS[1:], ids=lambda path: path.stem)
def test_ends_as_a_lesson_does(path):
    words = prose(read(path))
    assert len(solutions_of(read(path))) == 3
    for heading in ("## Exercises", "## In this notebook we", "**When this fails in practice.**", "**Next:**"):
        assert heading in words


@every_notebook
def test_links_lead_to_a_file(path):
    """And to no place within it: JupyterLab scrolls before it has drawn the cells."""
    links = [link for link in re.findall(r"\]\(([^)]+)\)", prose(read(path))) if "://" not in link]
    assert links
    assert all((path.parent / target).is_file() for target in links), links


@every_notebook
def test_is_kept_as_jupyterlab_saves_it(path):
    kept = path.read_bytes()
    notebook = read(path)
    in_kept_form(notebook)
    assert nbformat.writes(notebook).encode() + b"\n" == kept


def test_recipe_for_your_own_data_makes_a_file_that_notebooks_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    recipe = re.search(r"## Your own data.*?```python\n(.*?)```", prose(read(NOTEBOOKS[0])), flags=re.S)[1]
    y = np.arange(60) % 3
    exec(recipe, {"x": np.full((60, 9, 9), 100 * y[:, None, None], dtype=np.uint8), "y": y})
    data = load("mine.npz", n_pool=40, n_stop=12)
    assert data.n_classes == 3
    assert np.allclose(data.x_pool[:, 0, 0] * 2.55, data.y_pool)


# What a number in the prose is that is no result: code, formulas, links, titles, times, exercises, notebooks, years.
NO_RESULT = r"```.*?```|`[^`]*`|\$\$.*?\$\$|\$[^$]*\$|\[[^]]*\]\([^)]*\)|^#+ \d+ ·|^Reading:[^\n]*|^\*\*\d\."
NO_RESULT += r"|[Nn]otebooks? \d+(?:(?:, \d+)* (?:to|and) \d+)?|\([^()]* \d{4}\)"
MNIST_SIZES = {"60000", "10000", "70000"}

# Numbers that no output shows, and why.
OTHER_NUMBERS = {
    "00_start": {},
    "01_data": {"2018": "the article's year"},
    "03_kmeans_centroids": {"2.16": "a version of TensorFlow"},
    "README": {"2018": "the article's year"},
}


def numbers(words):
    """As they are written, but 4,000 as 4000."""
    return {number.replace(",", "") for number in re.findall(r"(?<![\w.])\d+(?:,\d{3})*(?:\.\d+)?%?", words)}


def without_sign(quoted):
    """95% as 95: columns of a table have the sign in their head, if at all."""
    return {number.rstrip("%") for number in quoted}


@every_notebook
def test_numbers_in_the_prose_stand_on_the_page(path):
    """In an output, in the code, or in an output of a notebook that the prose names; or they are the article's."""
    notebook = read(path)
    words = prose(notebook)
    named = [NOTEBOOKS[int(n)] for n in set(re.findall(r"[Nn]otebook (\d+)", words))]
    shown = numbers(" ".join([text(notebook), *(cell.source for cell in code_cells(notebook))]))
    shown |= numbers(" ".join(text(read(other)) for other in named))
    shown |= {f"{accuracy:.2%}" for accuracy in PUBLISHED.values()} | MNIST_SIZES
    quoted = numbers(re.sub(NO_RESULT, "", words, flags=re.DOTALL | re.MULTILINE))
    assert quoted
    assert quoted - shown - without_sign(shown) == set(OTHER_NUMBERS.get(path.stem, {}))


def test_numbers_in_the_readme_stand_in_an_output():
    results = (PROJECT / "README.md").read_text(encoding="utf-8").split("## The notebooks")[0]
    quoted = numbers(re.sub(r"```.*?```|`[^`]*`|\]\([^)]*\)|Python 3[\d. to]*", "", results, flags=re.DOTALL))
    shown = numbers(" ".join(text(read(path)) for path in NOTEBOOKS)) | MNIST_SIZES
    assert without_sign(quoted) - without_sign(shown) == set(OTHER_NUMBERS["README"])


# --- the article's numbers, copied here from the article and from nowhere else ---


def stored(name):
    return text(read(PROJECT / "notebooks" / f"{name}.ipynb"))


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("01_data", "(4000, 28, 28) (4000,) (400, 28, 28) (400,)"),
        ("02_baseline", "all labeled: 92.25% (the article: 92.25%)"),
        ("04_random_labeling", "random: 83.75% (the article: 83.75%)"),
        ("05_active_learning", "10 labels: 38.00%"),
        ("05_active_learning", "active learning: 89.75% (the article: 89.75%)"),
        ("06_auto_labeling", "auto-label all at once: 89.75% (the article: 89.75%)"),
        ("06_auto_labeling", "\nat 3550 labels, 3150 of them auto-labels: 90.00%\n"),
        ("06_auto_labeling", "\nat 3880 labels, 3480 of them auto-labels: 90.50%\n"),
        ("06_auto_labeling", "auto-label most confident first: 90.50% (the article: 90.50%)"),
    ],
)
def test_published_number(name, line):
    assert line in stored(name)


def test_all_forty_published_rounds():
    published = """
        0.38 0.4975 0.535 0.5475 0.59 0.64 0.6475 0.6925 0.6975 0.73 0.745 0.7625 0.7725 0.7725 0.7725 0.7875 0.7875
        0.8175 0.8225 0.8225 0.825 0.8425 0.8425 0.845 0.8525 0.8525 0.8525 0.8525 0.8525 0.8525 0.86 0.86 0.86 0.86
        0.865 0.8775 0.8825 0.8825 0.885 0.8975"""
    table = re.search(r"^ +\+0 .*?(?=^equal)", stored("05_active_learning"), flags=re.M | re.S)[0]
    shown = [float(percent) / 100 for percent in re.findall(r"(\d\d\.\d\d)%", table)]
    assert np.allclose(shown, [float(number) for number in published.split()], atol=1e-9)


def test_auto_labeling_changes_the_accuracy_only_twice():
    assert re.findall(r"^at (\d+) labels", stored("06_auto_labeling"), flags=re.M) == ["3550", "3880"]


def test_inertia_is_no_worse_than_the_articles():
    inertia = re.search(r"^inertia: ([\d,]+)", stored("03_kmeans_centroids"), flags=re.M).group(1)
    assert float(inertia.replace(",", "")) <= 154_262.86


# --- exercises ---

# The idea that a notebook spells out, against the helper that later notebooks call.
SAME_AS_HELPER = {
    "02_baseline": """
check = SoftmaxRegression(data.n_features, data.n_classes, learning_rate, patience)
check.fit(data.x_pool, data.y_pool, data.x_stop, data.y_stop)
assert np.allclose(best_weights, check.weights, atol=1e-3) and np.allclose(best_bias, check.bias, atol=1e-3)""",
    "03_kmeans_centroids": """
from helpers.kmeans import kmeans
assert np.isclose(inertia, kmeans(data.x_pool, clusters, start_seed, passes).inertia)""",
    "05_active_learning": "assert run(least_confident_first) == accuracies",
    "06_auto_labeling": """
from helpers.loop import auto_labeling
spend_the_budget()
learner = Learner(model, pool, data.x_stop, data.y_stop)
assert [fit.accuracy for fit in auto_labeling(learner, batch_size)] == accuracies""",
}


FEWER_ROUNDS = {"06_auto_labeling": {"n_pool": 1200}}


LONG = {"11_other_worlds": pytest.mark.long}  # its small studies alone take a minute


@pytest.mark.parametrize(
    "path", [pytest.param(path, id=path.stem, marks=LONG.get(path.stem, ())) for path in NOTEBOOKS]
)
def test_solutions_run_and_do_what_they_say(path, tmp_path, request):
    if path.stem == "10_better_models":
        small = {"pools": 3, "few_pools": 3}  # these runs ship; smaller pools would train networks for minutes
    elif path in STUDIES:
        small = SMALL_STUDY | {"store": str(tmp_path), "scheduler": request.getfixturevalue("scheduler")}
    else:
        small = FEWER_ROUNDS.get(path.stem, {})
    notebook = with_parameters(path, figures=str(tmp_path), **small)
    cells = []
    for cell in notebook.cells:
        cells.append(cell)
        if cell.cell_type == "markdown":
            found = solutions_of(nbformat.v4.new_notebook(cells=[cell]))
            cells += [nbformat.v4.new_code_cell(code, metadata={"tags": ["solution"]}) for code in found]
    notebook.cells = [*cells, nbformat.v4.new_code_cell(SAME_AS_HELPER.get(path.stem, ""))]
    solutions = [cell for cell in code_cells(notebook) if "solution" in cell.metadata.get("tags", [])]
    assert len(solutions) == (3 if path.name[:2] != "00" else 1)
    run(notebook)
    verdicts = [text_of(cell) for cell in solutions if "check" in cell.source]
    assert all("Right.\n" in verdict for verdict in verdicts), verdicts
    assert len(verdicts) == len(solutions)


# --- other parameters ---

SMALL = {"n_pool": 300, "n_stop": 90, "batch_size": 7, "rounds": 5, "repeats": 3, "labels": 60, "clusters": 6}
SMALL |= {"passes": 3, "seed": 11, "learning_rate": 0.05, "patience": 4}


def parameters_of(path, **values):
    known = papermill.inspect_notebook(str(path))
    return {name: value for name, value in values.items() if name in known}


def execute(path, tmp_path, **values):
    parameters = parameters_of(path, **values) | {"figures": str(tmp_path / "figures")}
    return papermill.execute_notebook(path, tmp_path / path.name, parameters, progress_bar=False)


@pytest.fixture(scope="session")
def small_npz(tmp_path_factory):
    """Images of 5 x 9 pixels in three classes, made here: a bright bar in one of three places, in noise."""
    rng = np.random.default_rng(0)

    def part(n):
        y = np.arange(n) % 3
        x = rng.integers(0, 120, (n, 5, 9))
        x[np.arange(n), :, 3 * y] += 130
        return x.astype(np.uint8), y

    (x_train, y_train), (x_test, y_test) = part(200), part(60)
    path = tmp_path_factory.mktemp("data") / "bars.npz"
    np.savez(path, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    return path


@every_article_notebook
def test_runs_on_other_images_and_compares_with_nothing_published(path, tmp_path, small_npz):
    values = SMALL | {"n_pool": 150, "n_stop": 60, "data_file": str(small_npz), "clusters": 3}
    executed = execute(path, tmp_path, **values)  # n_stop is all that the file has: none are left to judge
    assert not re.search("nan|the article", text(executed))
    assert (tmp_path / "figures" / f"{path.stem}.png").is_file()
    assert recorded(executed) != recorded(read(path))


@every_notebook
def test_parameters_are_typed_explained_and_the_same_everywhere(path):
    defaults = {name: value if name != "seed" else None for name, value in PROTOCOL.items()}
    for name, parameter in papermill.inspect_notebook(str(path)).items():
        assert parameter["inferred_type_name"] in ("int", "float", "str", "bool", "Optional[int]"), name
        assert parameter["help"], name
        if name in defaults:
            assert parameter["default"] == json.dumps(defaults[name]).replace("null", "None"), name


BAD = [
    ("n_pool", 0, "n_pool must be a whole number, from "),
    ("n_pool", 70_000, "n_pool must be a whole number, from "),
    ("n_pool", "many", "n_pool must be a whole number, from "),
    ("n_stop", 0, "n_stop must be a whole number, from "),
    ("n_stop", 10_001, "n_stop must be a whole number, from "),
    ("n_stop", 12.5, "n_stop must be a whole number, from "),
    ("seed", -1, "seed (if not None) must be a whole number, 0 or more"),
    ("seed", "x", "seed (if not None) must be a whole number, 0 or more"),
    ("batch_size", 0, "batch_size must be a whole number, from 1 to "),
    ("batch_size", 4001, "batch_size must be a whole number, from 1 to "),
    ("rounds", 0, "rounds must be a whole number, "),
    ("rounds", 4001, "rounds must be from 1 to "),
    ("labels", 4001, "labels must be a whole number, from 1 to 4000"),
    ("repeats", 1, "repeats must be a whole number, 2 or more"),
    ("clusters", 0, "clusters must be a whole number, from 1 to 4000"),
    ("passes", 0, "passes must be a whole number, 1 or more"),
    ("start_seed", -1, "start_seed must be a whole number, 0 or more"),
    ("learning_rate", 0, "learning_rate must be a number above 0"),
    ("learning_rate", float("nan"), "learning_rate must be a number above 0"),
    ("patience", 0, "patience must be a whole number, 1 or more"),
    ("pools", 2, "pools must be a whole number, 3 or more"),
    ("few_pools", 31, "few_pools must be a whole number, from 3 to "),
    ("my_pools", 2, "my_pools must be a whole number, 3 or more"),
    ("n_labels", 405, "n_labels must be a whole number, from 100 to 2000, a multiple of 10"),
    ("threshold", 1.5, "threshold must be a number between 0 and 1"),
    ("target", "high", "target must be a number between 0 and 1"),
    ("wage", 0, "wage must be a number above 0"),
    ("setup", float("inf"), "setup must be a number above 0"),
    ("price", -1, "price must be a number above 0"),
    ("seconds", "4", "seconds must be a number above 0"),
    ("figures", 3, "figures must be the path of a folder"),
    ("figures", "/dev/null/x", "figures must be a folder that can be written"),
]


@pytest.mark.parametrize(
    ("path", "name", "value", "sentence"),
    [(path, *bad) for path in NOTEBOOKS for bad in BAD if parameters_of(path, **{bad[0]: bad[1]})],
    ids=lambda value: value.stem if isinstance(value, Path) else str(value)[:20],
)
def test_second_cell_refuses_an_impossible_value(path, name, value, sentence, tmp_path):
    parameters, setup = code_cells(read(path))[:2]
    namespace = {}
    exec(parameters.source, namespace)
    namespace |= {"figures": str(tmp_path), name: value}
    with pytest.raises(ValueError, match=re.escape(sentence)):
        exec(setup.source, namespace)


def test_notebook_of_data_needs_no_tensorflow(tmp_path):
    notebook = with_parameters(NOTEBOOKS[1], figures=str(tmp_path))
    notebook.cells.append(nbformat.v4.new_code_cell("import sys; assert 'tensorflow' not in sys.modules"))
    run(notebook)
