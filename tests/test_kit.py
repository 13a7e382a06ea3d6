"""The workshop kit as a teacher builds it and as learners get it, from a project of two short notebooks."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from threading import Thread
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
import tiny_workshop
from nbconvert.filters import markdown2html
from nbformat.v4 import new_output
from playwright.sync_api import sync_playwright
from tiny_workshop import PICTURE, SOLVED, kit

from kit import KitError, dist, guide, serve, slides
from kit.lessons import Lesson, lessons
from kit.talk import Talk

chromium = pytest.mark.skipif(not shutil.which("chromium"), reason="needs Chromium")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return tiny_workshop.make(tmp_path_factory.mktemp("teacher") / "Übung für alle")


@pytest.fixture(scope="module")
def workshop(project):
    """What `kit --no-wheels` leaves. Tests only look at it."""
    result = kit(project, "--no-wheels")
    assert result.returncode == 0, result.stdout + result.stderr
    return project / "dist"


@pytest.fixture
def another(project, workshop, tmp_path):
    """A copy of the project that a test may change, with what was measured."""
    return shutil.copytree(project, tmp_path / "another one", ignore=shutil.ignore_patterns("dist"))


def read(path):
    return nbformat.read(path, as_version=4)


def contents(folder):
    """Path -> bytes of all files."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


# --- the learner's copies, and the solutions ---


def test_learners_get_neither_solutions_nor_outputs_nor_running_numbers(workshop):
    for path, content in contents(workshop / "learner").items():
        assert SOLVED.encode() not in content, path
    cells = read(workshop / "learner/notebooks/01_first.ipynb").cells
    assert not any(cell.outputs or cell.execution_count for cell in cells if cell.cell_type == "code")
    sources = [cell.source for cell in cells]
    assert "largest = 0\nprint('Not answered yet.')" in sources
    assert "**1. One change · 4 minutes.** Name the largest number." in sources


def test_solutions_stand_after_their_exercise_and_keep_the_outputs(workshop):
    cells = read(workshop / "solutions/notebooks/01_first.ipynb").cells
    sources = [cell.source for cell in cells]
    assert SOLVED in sources[sources.index("largest = 0\nprint('Not answered yet.')") + 1]
    assert any(out.get("text") == "2\n" for cell in cells for out in cell.get("outputs", []))
    assert not any(cell.get("execution_count") for cell in cells)


@pytest.mark.parametrize("name", ["learner", "solutions"])
def test_the_zip_holds_the_folder_whatever_the_time_and_the_umask(workshop, name, tmp_path):
    with zipfile.ZipFile(workshop / f"{name}.zip") as packed:
        packed.extractall(tmp_path)
        infos = packed.infolist()
    assert contents(tmp_path / name) == contents(workshop / name)
    assert {info.date_time for info in infos} == {(1980, 1, 1, 0, 0, 0)}
    modes = {info.filename: info.external_attr >> 16 & 0o777 for info in infos}
    assert modes[f"{name}/tutorial.py"] == 0o755
    assert modes[f"{name}/README.md"] == 0o644


class Links(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        self.found += [value for name, value in attributes if name in ("href", "src") and value]


def links(page):
    text = page.read_text(encoding="utf-8")
    if page.suffix == ".ipynb":
        text = "\n\n".join(cell.source for cell in read(page).cells if cell.cell_type == "markdown")
    parser = Links()
    parser.feed(text if page.suffix == ".html" else markdown2html(text))
    paths = (unquote(urlsplit(link).path) for link in parser.found if not urlsplit(link).scheme)
    return [path for path in paths if path]


@pytest.mark.parametrize("name", ["learner", "solutions", "slides"])
def test_every_link_leads_somewhere_inside(workshop, name):
    folder = workshop / name
    pages = [path for path in folder.rglob("*") if path.suffix in (".md", ".ipynb", ".html")]
    targets = [(page, (page.parent / link).resolve()) for page in pages for link in links(page)]
    assert len(targets) >= 4
    for page, target in targets:
        assert target.exists(), (page, target)
        assert target.is_relative_to(folder), (page, target)


def test_a_link_that_leads_nowhere_is_named(another):
    cells = [*tiny_workshop.second(), tiny_workshop.markdown("[gone](../docs/gone.md)")]
    tiny_workshop.write(another, "02_second", cells)
    result = kit(another, "--no-wheels")
    assert result.returncode == 1
    assert "notebooks/02_second.ipynb links to ../docs/gone.md, which does not exist." in result.stderr


def test_the_page_of_predictions_has_a_field_for_each(workshop):
    page = (workshop / "learner/predictions.html").read_text(encoding="utf-8")
    assert page.count("<textarea") == 1
    assert "What comes out?" in page


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        (tiny_workshop.markdown("<details><summary>Solution</summary>\n\n42"), "a solution is not closed"),
        (tiny_workshop.markdown("**Predict first.** When?", "predict"), "no cell tagged `answer` follows"),
        (tiny_workshop.code("2", "answer"), "an answer to no prediction"),
    ],
)
def test_tags_that_would_give_a_wrong_kit_are_named(another, cell, sentence):
    tiny_workshop.write(another, "02_second", [*tiny_workshop.second(), cell])
    result = kit(another, "--no-wheels")
    assert result.returncode == 1
    assert f"02_second.ipynb, cell 5: {sentence}" in result.stderr
    assert not (another / "dist").exists()


def test_a_prediction_whose_answer_the_slides_skip_is_named(another):
    answer = tiny_workshop.code("2", "answer")
    answer.metadata["slideshow"] = {"slide_type": "skip"}
    cells = [*tiny_workshop.second(), tiny_workshop.markdown("**Predict first.** When?", "predict"), answer]
    tiny_workshop.write(another, "02_second", cells)
    result = kit(another, "--no-wheels")
    assert result.returncode == 1
    assert "02_second.ipynb, cell 6: the slides ask for this prediction, and skip its answer." in result.stderr


def test_a_solution_without_its_tag_is_taken_from_learners_and_named(another):
    cell = tiny_workshop.markdown(f"Before.\n\n<details><summary>Solution</summary>\n\n{SOLVED}\n</details>\n\nAfter.")
    tiny_workshop.write(another, "02_second", [*tiny_workshop.second(), cell])
    result = kit(another, "--no-wheels")
    assert result.returncode == 0, result.stderr
    assert "02_second.ipynb: solutions without their tag are taken out of cells 5." in result.stderr
    assert read(another / "dist/learner/notebooks/02_second.ipynb").cells[-1].source == "Before.\n\nAfter."
    assert SOLVED in read(another / "dist/solutions/notebooks/02_second.ipynb").cells[-1].source


def test_a_notebook_that_fails_for_learners_is_named_and_nothing_is_left(another):
    tiny_workshop.write(another, "02_second", [*tiny_workshop.second(), tiny_workshop.code("print(largest)")])
    result = kit(another, "--no-wheels")
    assert result.returncode == 1
    assert "02_second.ipynb fails for learners at cell [4]: NameError: name 'largest'" in result.stderr
    assert list((another / "dist").iterdir()) == []


# --- the folder that is left ---


def test_twice_the_same_bytes(project, workshop, tmp_path):
    result = kit(project, "--no-wheels", "--out", tmp_path / "again")
    assert result.returncode == 0, result.stderr
    assert contents(tmp_path / "again") == contents(workshop)


def test_a_second_kit_takes_the_place_of_the_first_and_leaves_all_else_alone(another):
    assert kit(another, "--no-wheels").returncode == 0
    (another / "dist/notes of mine.txt").write_text("mine")
    tiny_workshop.write(another, "02_second", [*tiny_workshop.second(), tiny_workshop.markdown("new")])
    assert kit(another, "--no-wheels").returncode == 0
    assert read(another / "dist/learner/notebooks/02_second.ipynb").cells[-1].source == "new"
    assert (another / "dist/notes of mine.txt").read_text() == "mine"


@pytest.mark.parametrize("name", ["learner/my notes.txt", "learner/notebooks/01_first.ipynb", "guide.html"])
def test_what_the_kit_did_not_write_is_not_touched(another, name):
    assert kit(another, "--no-wheels").returncode == 0
    (another / "dist" / name).write_text("mine")
    before = contents(another / "dist")
    tiny_workshop.write(another, "02_second", [*tiny_workshop.second(), tiny_workshop.markdown("new")])
    result = kit(another, "--no-wheels")
    assert result.returncode == 1
    assert f"{name} was not written by the kit, or was changed since" in result.stderr
    assert contents(another / "dist") == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_kit_leaves_nothing_half_done(another, number):
    endless = tiny_workshop.code("import time\ntime.sleep(600)")
    tiny_workshop.write(another, "02_second", [*tiny_workshop.second(), endless])
    command = [sys.executable, "-P", "-m", "kit", "--no-wheels"]
    variables = {**os.environ, "PYTHONPATH": str(another)}
    process = subprocess.Popen(command, cwd=another, env=variables, stderr=subprocess.PIPE, start_new_session=True)
    parts = another / "dist"
    while not list(parts.glob(".part-*/learner.zip")):
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.05)
    process.send_signal(number)
    process.wait(60)
    assert [path.name for path in parts.iterdir() if not path.name.startswith(".")] == []
    tiny_workshop.write(another, "02_second", tiny_workshop.second())
    assert kit(another, "--no-wheels").returncode == 0
    assert not list(parts.glob(".part-*"))


def test_a_kit_that_was_interrupted_while_it_took_its_place_is_its_own_still(tmp_path, monkeypatch):
    out = tmp_path / "dist"

    def build(text):
        with dist.staging(out, ["one", "two"]) as part:
            for name in ("one", "two"):
                (part / name).mkdir()
                (part / name / "file").write_text(text)

    build("old")
    replace = os.replace

    def interrupted(source, target):
        if Path(source).name == "two" and Path(source).parent != out:
            raise KeyboardInterrupt
        return replace(source, target)

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        build("new")
    monkeypatch.undo()
    assert (out / "one/file").read_text() == "new"
    build("newer")
    assert {path: content.decode() for path, content in contents(out).items() if path != dist.RECORD} == {
        "one/file": "newer",
        "two/file": "newer",
    }


# --- slides and guide, in a browser ---


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser):
    """A page that notes what it asks of the network, and its errors."""
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.asked, page.errors = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", lambda message: page.errors.append(message.text))
    yield page
    assert not [url for url in page.asked if urlsplit(url).scheme not in ("file", "data")]
    assert not page.errors
    page.close()


OUTSIDE = """() => {
  const slide = Reveal.getCurrentSlide(), frame = slide.getBoundingClientRect();
  return [...slide.querySelectorAll("*")].filter((one) => !one.closest("aside")).filter((one) => {
    const box = one.getBoundingClientRect();
    const cut = one.matches("pre, .table, .main, .outputs, .text") &&
      (one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1);
    return box.width && (cut || box.bottom > frame.bottom + 1 || box.right > frame.right + 1 ||
      box.top < frame.top - 1 || box.left < frame.left - 1);
  }).map((one) => `${one.tagName} ${one.className}: ${one.textContent.slice(0, 60)}`);
}"""


def check_slides(page, path):
    """Look at every slide; return the text of each."""
    page.goto(path.as_uri())
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    shown = []
    for number in range(page.evaluate("Reveal.getTotalSlides()")):
        page.evaluate(f"Reveal.slide({number})")
        assert page.evaluate(OUTSIDE) == [], (path.name, number)
        shown.append(page.evaluate("Reveal.getCurrentSlide().innerText"))
    return shown


@chromium
def test_slides_of_each_notebook_fit_and_are_a_talk_of_at_most_a_quarter_of_an_hour(page, tmp_path):
    slides.build(lessons(tiny_workshop.PROJECT), tmp_path / "slides")
    for notebook in sorted((tiny_workshop.PROJECT / "notebooks").glob("*.ipynb")):
        texts = check_slides(page, tmp_path / "slides" / f"{notebook.stem}.html")
        assert 10 <= len(texts) <= 15  # a minute each
        assert not any(len(text.split()) < 3 for text in texts)


@chromium
def test_slides_ask_then_answer_and_fit(workshop, page):
    texts = check_slides(page, workshop / "slides/01_first.html")
    heads = ["1 · What is one and one?", *["Adding"] * 5, "Exercises", "In this notebook we"]
    assert [text.split("\n")[0] for text in texts] == heads
    title, idea, question, answer, figure, cut, exercises, _ = texts
    assert "add." in title
    assert idea.endswith("=\n\N{MATHEMATICAL ITALIC SMALL C}")
    assert "What comes out?" in question
    assert "B: 2" in question
    assert "It is two" not in question
    assert "It is two" in answer
    assert "Nothing is to be seen." in figure
    assert "…" in cut
    assert "Name the largest number." in exercises
    assert SOLVED not in "".join(texts)
    assert page.evaluate("document.querySelectorAll('math').length") >= 1
    assert page.evaluate("document.querySelector('img').alt") == "an empty figure"
    said = page.evaluate("[...document.querySelectorAll('aside.notes')].map((one) => one.textContent).join()")
    assert said.count("More is said.") == 60


@chromium
def test_metadata_of_a_cell_decide_over_its_tags(another, page):
    cells = tiny_workshop.first()
    cells[4].metadata["slideshow"] = {"slide_type": "skip"}
    cells[5].metadata["slideshow"] = {"slide_type": "slide"}
    cells[6].metadata["slideshow"] = {"slide_type": "fragment"}
    cells[9] = tiny_workshop.markdown("Whispered.")
    cells[9].metadata["slideshow"] = {"slide_type": "notes"}
    tiny_workshop.write(another, "01_first", cells)
    assert kit(another, "--no-wheels").returncode == 0
    texts = check_slides(page, another / "dist/slides/01_first.html")
    assert not any("Predict" in text for text in texts)
    assert "print(1 + 1)" in texts[2]
    assert "Yes." in texts[2]
    assert not any("Whispered" in text for text in texts)
    assert "Whispered." in page.content()


def test_each_notebook_of_the_project_is_a_talk_of_10_to_15_minutes():
    talks = {lesson.name: len(Talk(lesson).slides) for lesson in lessons(tiny_workshop.PROJECT)}
    assert {name: n for name, n in talks.items() if not 10 <= n <= 15} == {}  # a slide is a minute


def test_each_prediction_of_the_slides_has_its_answer_on_the_next_one():
    for lesson in lessons(tiny_workshop.PROJECT):
        kinds = [slide.kind for slide in Talk(lesson).slides]
        assert [kinds[n + 1] for n, kind in enumerate(kinds) if kind == "predict"].count("answer") == kinds.count(
            "predict"
        )
        assert "predict" in kinds, lesson.name


def table_of(rows):
    html = "<table>" + "<tr><td>1<td>2</tr>" * rows + "</table>"
    return new_output("execute_result", {"text/html": html, "text/plain": "1 2\n" * rows})


@chromium
def test_a_figure_goes_without_its_code_a_table_shares_its_slide_and_spot_checks_stay_away(another, page):
    cells = tiny_workshop.second()[:2]
    cells += [tiny_workshop.markdown("## A place\n\nWhat the slide says."), tiny_workshop.code(PICTURE)]
    cells += [tiny_workshop.markdown("**Predict first.** How many?", "predict"), tiny_workshop.code("2", "answer")]
    for cell in cells[2:4]:
        cell.metadata["slideshow"] = {"slide_type": "slide"}
    said = "a race: 2 of 120 runs computed again just now; rows the same to the last digit: all\n"
    cells[3].outputs = nbformat.read(another / "notebooks/01_first.ipynb", as_version=4).cells[7].outputs
    cells[5].outputs = [table_of(7), new_output("stream", text="three\nmore\nlines\n"), new_output("stream", text=said)]
    cells.append(tiny_workshop.markdown("Much is to be said about it, in words. " * 4))
    slides.build([Lesson(tiny_workshop.write(another, "02_second", cells))], another / "slides")
    _, place, figure, question, answer = check_slides(page, another / "slides/02_second.html")
    assert "What the slide says." in place
    assert "plt" not in figure
    assert "Nothing is to be seen." in figure
    assert {text.split("\n")[0] for text in (place, figure, question, answer)} == {"A place"}
    assert "three" in answer
    assert "computed again" not in answer


@chromium
def test_the_guide_has_plans_that_fit_and_a_form_on_one_printed_page(workshop, page):
    page.goto((workshop / "guide.html").as_uri())
    plan = page.inner_text("table.plan")
    assert "0:00\t1 · What is one and one? — exercise 1\t8\t4" in plan.replace(" \t", "\t")
    text = page.inner_text("body")
    for said in ("A forgets one.", "Zero", "Is 0 large?", "Because.", "Sleep."):
        assert said in text
    assert SOLVED not in text

    def pages():
        return page.pdf(format="A4", prefer_css_page_size=True).count(b"/Type /Page\n")

    everything = pages()
    page.evaluate("document.querySelector('section.form').remove()")
    assert everything - pages() == 1


OPEN = """
predictions = [{ about = "another", behind = "x", ask = "y" }]
exercises = []
"""


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("the largest", "the smallest"), "01_first: 'the smallest' is about nothing"),
        (("the largest", "the smallest"), "01_first: no entry for '**1. One change"),
        (("\nexercises = []\n", OPEN), "02_second: 'another' is about nothing"),
        (("lessons.02_second", "lessons.03_third"), "nothing about 02_second"),
        (("exercises = [1]", "exercises = [2]"), "'exercises': [2]}, which is not there or announces no minutes"),
        ((', { lesson = "02_second" }', ""), "An hour: each notebook once, as a part or as reading, not 01_first"),
        (("reading = []", 'reading = [{ lesson = "01_first" }]'), "not 01_first, 01_first, 02_second"),
    ],
)
def test_a_guide_that_does_not_fit_the_notebooks_is_named(project, tmp_path, monkeypatch, change, sentence):
    monkeypatch.setattr(guide, "SOURCE", tmp_path / "guide.toml")
    guide.SOURCE.write_text(tiny_workshop.GUIDE.replace(*change), encoding="utf-8")
    with pytest.raises(KitError) as error:
        guide.check(lessons(project))
    assert sentence in str(error.value)


def test_a_prediction_that_nothing_is_said_behind_is_named(project):
    lesson = lessons(project)[0]
    lesson.notebook.cells[6].source = "<details><summary>Compare</summary>\n\nIt is two.\n</details>"
    found = [*guide.problems([lesson], tomllib.loads(tiny_workshop.GUIDE))]
    assert "01_first: no entry for '**Predict first.** What comes out?" in found[0]


def test_a_guide_that_does_not_fit_is_refused_before_the_work(another):
    text = tiny_workshop.GUIDE.replace("the largest", "the smallest")
    (another / "kit/guide.toml").write_text(text, encoding="utf-8")
    result = kit(another, "--no-wheels")
    assert result.returncode == 1
    assert "'the smallest' is about nothing" in result.stderr
    assert not (another / "dist").exists()


def test_the_guide_of_the_project_fits_its_notebooks_and_each_plan_its_hours():
    found = lessons(tiny_workshop.PROJECT)
    guide.check(found)
    talks, seconds = ({lesson.name: n for lesson in found} for n in (15, 40))
    for plan in guide.source()["plans"]:
        minutes = sum(row.minutes for row in guide.rows(plan, found, talks, seconds))
        assert 0.85 * plan["minutes"] <= minutes <= plan["minutes"], plan["name"]


# --- the teacher's laptop as a server ---


@pytest.fixture
def serving(workshop):
    """Serves on the loopback; gives the address and the running server's `also`."""
    running = []

    def start(*also):
        server = serve.server(workshop, "127.0.0.1", port=0, also=also)
        Thread(target=server.serve_forever, daemon=True).start()
        running.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


def status(url, method="GET"):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method=method)) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, b""


def test_the_server_hands_out_what_learners_may_have_and_nothing_else(serving, workshop):
    here = serving()
    assert status(f"{here}/learner.zip") == (200, (workshop / "learner.zip").read_bytes())
    assert b"learner.zip" in status(f"{here}/")[1]
    for hidden in ("solutions.zip", "solutions/README.md", "guide.html", "slides/index.html", ".kit.json"):
        assert status(f"{here}/{hidden}")[0] == 404
        assert status(f"{here}/offline/../{hidden}")[0] == 404
        assert status(f"{here}/offline/%2e%2e/{hidden}")[0] == 404
    assert status(f"{here}/%2e%2e/requirements.txt")[0] == 404
    for method in ("PUT", "POST", "DELETE"):
        assert status(f"{here}/learner.zip", method)[0] == 501


def test_the_server_hands_out_more_if_it_is_named(serving):
    here = serving("solutions.zip")
    assert status(f"{here}/solutions.zip")[0] == 200
    assert status(f"{here}/guide.html")[0] == 404


def test_there_is_nothing_to_serve_before_a_kit_is_built(tmp_path, workshop):
    with pytest.raises(KitError, match="build it first"):
        serve.server(tmp_path, "127.0.0.1")
    with pytest.raises(KitError, match=r"There is no solution.zip"):
        serve.server(workshop, "127.0.0.1", also=["solution.zip"])


def test_the_record_names_every_file_that_was_written(workshop):
    known = json.loads((workshop / dist.RECORD).read_text())
    assert set(known) == set(contents(workshop)) - {dist.RECORD}
