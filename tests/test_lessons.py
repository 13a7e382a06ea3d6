"""What makes a notebook a lesson: the way through, predictions, exercises, and cells that survive a reader."""

import base64
import re
import struct
from pathlib import Path

import nbformat
import papermill
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from helpers.lessons import contents, defaults
from helpers.lessons.contents import text_of

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))
START = NOTEBOOKS[0]
every_lesson = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path):
    return nbformat.read(path, as_version=4)


def tags(cell):
    return set(cell.metadata.get("tags", []))


def tagged(notebook, tag, kind="markdown"):
    """Positions of the cells of this kind with this tag."""
    return [i for i, cell in enumerate(notebook.cells) if cell.cell_type == kind and tag in tags(cell)]


def shown(cell):
    """All text of a cell's outputs; what it prints may come in several parts."""
    return "".join(text_of(output) + "\n" * (output.output_type != "stream") for output in cell.outputs)


# --- the way through ---


@every_lesson
def test_first_and_last_cell_lead_back_to_the_contents_and_on(path):
    cells = read(path).cells
    assert re.fullmatch(r"# \d+ · [^\n]*\?", cells[0].source.split("\n")[0])
    assert all(tags(cell) == {"navigation"} and cell.cell_type == "markdown" for cell in (cells[0], cells[-1]))
    links = cells[0].source.split("\n\n")[-1]
    assert cells[-1].source == links
    here = NOTEBOOKS.index(path)
    wanted = [NOTEBOOKS[here - 1].name] * (here > 1) + [START.name] * (here > 0)
    wanted += [path.name for path in NOTEBOOKS[here + 1 : here + 2]]
    assert re.findall(r"\]\(([^)]*)\)", links) == wanted


@every_lesson
def test_says_what_you_will_be_able_to_do_and_what_it_builds_on(path):
    source = read(path).cells[1].source
    assert source.count("\n- ") == 3
    assert "It builds on" in source


@every_lesson
def test_minutes_in_the_header_are_those_of_the_count(path):
    reading, exercises = contents.minutes(read(path))
    header = read(path).cells[0].source
    line = rf"^Reading: {reading} minutes? · exercises: {exercises} minutes? · running: \d+ seconds"
    assert re.search(line, header, flags=re.M), f"python tutorial.py refresh notebooks/{path.name}"


def test_contents_have_every_notebook_with_its_minutes():
    rows = re.findall(r"^\| \[(\d+)\]\((\S+)\) \| (.*\?) \| (\d+) \| (\d*) \|$", everything(read(START)), flags=re.M)
    assert [row[1] for row in rows] == [path.name for path in NOTEBOOKS[1:]]
    for (_, name, question, reading, exercises), path in zip(rows, NOTEBOOKS[1:], strict=True):
        assert name == path.name
        assert question in read(path).cells[0].source
        counted = (int(reading), int(exercises or 0)) == contents.minutes(read(path))
        assert counted, "python tutorial.py refresh notebooks/00_start.ipynb"


def everything(notebook):
    return "\n".join([cell.source + "\n" + shown(cell) for cell in notebook.cells if cell.cell_type == "code"])


def test_minutes_by_hand():
    """150 words are a minute, a line of code 8 seconds, a line of output 3; exercises announce their own."""
    two_lines = new_output("stream", name="stdout", text="one\n\ntwo\n")
    cells = [
        new_markdown_cell("# 5 · Not counted?", metadata={"tags": ["navigation"]}),
        new_markdown_cell("**word** [word](a/link%20of%20words.ipynb) - " + "word " * 298),  # 2 minutes
        new_code_cell("a = 1\n\nb = 2\n" + "c = 3\n" * 4, outputs=[two_lines]),  # 48 + 6 seconds
        new_markdown_cell("**1. One change · 3 minutes.** " + "word " * 900, metadata={"tags": ["exercise"]}),
        new_code_cell("d = 4\n" * 100, metadata={"tags": ["exercise"]}),
        new_markdown_cell("word " * 900, metadata={"tags": ["solution"]}),
        new_markdown_cell("**2. Write your own · 10 minutes.** Do it.", metadata={"tags": ["exercise"]}),
    ]
    assert contents.minutes(new_notebook(cells=cells)) == (3, 13)


def test_refreshed_header_keeps_title_and_running_time(tmp_path):
    for name in ("00_start", "01_one", "02_two_words", "03_three"):
        nbformat.write(new_notebook(), tmp_path / f"{name}.ipynb")
    top, end = (new_markdown_cell(text, metadata={"tags": ["navigation"]}) for text in ("", "old"))
    top.source = "# 2 · Why?\n\nReading: 99 minutes · running: 7 seconds, then 1\n\nold"
    notebook = new_notebook(cells=[top, new_markdown_cell("word " * 150), end])
    contents.dress(notebook, "02_two_words", tmp_path)
    links = "previous: [1 · one](01_one.ipynb) · [contents](00_start.ipynb) · next: [3 · three](03_three.ipynb)"
    minutes = "Reading: 1 minute · exercises: 0 minutes · running: 7 seconds, then 1"
    assert top.source == f"# 2 · Why?\n\n{minutes}\n\n{links}"
    assert end.source == links


def test_glossary_terms_are_explained_in_the_notebook_that_they_name():
    (position,) = tagged(read(START), "glossary")
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \| \[(\d+)\]\((\S+)\) \|$", read(START).cells[position].source, re.M)
    assert len(rows) > 30
    for terms, _, number, name in rows:
        words = "\n".join(cell.source for cell in read(START.parent / name).cells if cell.cell_type == "markdown")
        assert int(name[:2]) == int(number)
        for term in terms.split(" / "):
            assert re.search(rf"\*\*{term}s?\*\*", words, flags=re.I), f"{term} in {name}"


# --- predictions and figures ---


@every_lesson
def test_answer_to_each_prediction_is_folded(path):
    notebook = read(path)
    prompts, answers = tagged(notebook, "predict"), tagged(notebook, "answer", "code")
    assert answers == [prompt + 1 for prompt in prompts]
    assert len(prompts) >= (3 if path != START else 1)
    for prompt in prompts:
        assert notebook.cells[prompt].source.startswith("**Predict first.**")
        assert notebook.cells[prompt + 1].metadata.jupyter.outputs_hidden is True
        assert not re.search(r"\d|<", first_line(notebook.cells[prompt + 1].outputs[0]))
        assert notebook.cells[prompt + 2].cell_type == "markdown"


def first_line(output):
    """What JupyterLab shows of a folded output: the first line of the first."""
    data = output.get("data", {"text": output.get("text")})
    kinds = ("text/html", "image/svg+xml", "text/markdown", "text/plain", "text")
    return next(filter(None, next(data[kind] for kind in kinds if kind in data).split("\n")))


@every_lesson
def test_three_answers_to_choose_from_are_each_explained(path):
    notebook, choices = read(path), 0
    for prompt in tagged(notebook, "predict"):
        offered = re.findall(r"^- ([A-Z]): ", notebook.cells[prompt].source, flags=re.M)
        if offered:
            assert offered == ["A", "B", "C"]
            folded = re.search(r"<details><summary>Compare.*?</details>", notebook.cells[prompt + 2].source, re.S)[0]
            assert sorted(set(re.findall(r"\*\*([ABC])\b", folded))) == offered
            choices += 1
    assert choices


@every_lesson
def test_every_figure_has_alt_text_and_is_sharp(path):
    for cell in read(path).cells:
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                about = output.metadata["image/png"]
                assert len(about.alt.split()) >= 3, cell.id
                width, height = struct.unpack(">2I", base64.b64decode(output.data["image/png"])[16:24])
                assert (width, height) == (2 * about.width, 2 * about.height)


# --- exercises ---


@every_lesson
def test_exercises_have_minutes_a_level_a_self_check_and_a_solution(path):
    notebook = read(path)
    positions = tagged(notebook, "exercise")
    assert len(positions) == (3 if path != START else 1)
    for position in positions:
        text, code, solution = notebook.cells[position : position + 3]
        assert contents.EXERCISE.match(text.source)
        assert (code.cell_type, tags(code)) == ("code", {"exercise"})
        assert shown(code).endswith("Not answered yet.\n")
        assert tags(solution) == {"solution"}
        assert re.fullmatch(r"<details><summary>Solution</summary>\n.*\n</details>", solution.source, flags=re.S)


# --- cells that survive a reader ---

MINUTES = 10


class Reader:
    """Somebody in front of a notebook, who runs cells in any order."""

    def __init__(self, path, tmp_path, **values):
        self.notebook = read(path)
        self.code = [cell for cell in self.notebook.cells if cell.cell_type == "code"]
        self.set(figures=str(tmp_path), **values)
        self.client = NotebookClient(self.notebook, timeout=60 * MINUTES, kernel_name="python3")

    def set(self, **values):
        for name, value in values.items():
            pattern = rf"^({name}\b(?:: \w+)? = )[^#\n]*"
            assert re.search(pattern, self.code[0].source, flags=re.M), name
            self.code[0].source = re.sub(pattern, lambda m, v=value: f"{m[1]}{v!r}  ", self.code[0].source, flags=re.M)

    def run(self, cell):
        """Run the cell; return the text that it shows."""
        self.client.execute_cell(cell, self.notebook.cells.index(cell))
        return shown(cell)


# Small enough for seconds, large enough for every cell to have something to show.
SMALL_STUDY = {"pools": 3, "few_pools": 3, "n_pool": 1000, "n_labels": 200}
SMALL_STUDY |= {"n_pool": 400, "n_stop": 60, "rounds": 4, "target": 0.7}
SMALLER = {"06_auto_labeling": {"n_pool": 1200}, "10_better_models": {"pools": 3, "few_pools": 3}}  # 10: these ship
OTHER = {"n_pool": 300, "n_stop": 90, "batch_size": 7, "rounds": 5, "repeats": 3, "labels": 60, "clusters": 6}
OTHER |= {"passes": 3, "seed": 11, "learning_rate": 0.05, "patience": 4, "price": 0.3, "seconds": 9.0, "start_seed": 1}
OTHER_STUDY = {"rounds": 3, "target": 0.75, "price": 0.3, "wage": 20.0, "threshold": 0.5, "test_labels": 100}
OTHER_STUDY |= {"my_pools": 3}
ARTICLE, STUDIES = NOTEBOOKS[:7], NOTEBOOKS[7:]
of_the_article = [pytest.param(path, id=path.stem) for path in ARTICLE]
of_a_study = [pytest.param(path, id=path.stem, marks=pytest.mark.long) for path in STUDIES]  # minutes


@pytest.mark.parametrize("path", of_the_article + of_a_study)
def test_cells_give_the_same_twice_and_survive_other_parameters(path, tmp_path, request):
    known = papermill.inspect_notebook(str(path))
    small, other = SMALLER.get(path.stem, {}), OTHER
    if path in STUDIES:
        small, other = small or SMALL_STUDY, OTHER_STUDY
        small = small | {"store": str(tmp_path / "store"), "scheduler": request.getfixturevalue("scheduler")}
    small, other = ({key: value for key, value in values.items() if key in known} for values in (small, other))
    reader = Reader(path, tmp_path, **small)
    with reader.client.setup_kernel():
        for cell in reader.code:
            assert reader.run(cell) == reader.run(cell), cell.source
        reader.set(**other)
        reader.run(reader.code[0])  # and not the second cell, which reads them
        for cell in reader.code[2:-1:3]:
            reader.run(cell)
        for cell in reader.code:  # all of them, in the kernel that has seen it all
            reader.run(cell)


# --- parameters that differ from the stored ones ---


@every_lesson
def test_defaults_are_the_parameters_of_the_cell(path):
    namespace = {}
    exec(next(cell for cell in read(path).cells if "parameters" in tags(cell)).source, namespace)
    stored = {key: value for key, value in namespace.items() if not key.startswith("__")}
    places = {"figures", "store", "scheduler"}  # where something is kept or computed changes no result
    assert defaults.DEFAULTS[path.stem] == {key: value for key, value in stored.items() if key not in places}
