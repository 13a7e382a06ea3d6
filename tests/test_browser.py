"""The notebooks as their readers meet them: in JupyterLab, in Chromium."""

import re
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
import tiny_project
from browsing import a_lab, a_page, address, needs_chromium
from playwright.sync_api import expect

PROJECT = tiny_project.PROJECT
NAMES = sorted(path.stem for path in PROJECT.glob("notebooks/[0-9][0-9]_*.ipynb"))
SHOWN = ".jp-NotebookPanel:not(.lm-mod-hidden)"
FAILED = "[data-mime-type='application/vnd.jupyter.error'], [data-mime-type='application/vnd.jupyter.stderr']"
VIEWS = {".ipynb": ".jp-NotebookPanel", ".md": ".jp-MarkdownViewer"}
FOLDED = ".jp-OutputPlaceholder"
TAB = ".lm-DockPanel-tabBar .lm-TabBar-tab"
NOT_INSTALLED = "/lsp/status"  # JupyterLab asks for language servers, and works without
RAN = f"""() => [...document.querySelectorAll("{SHOWN} .jp-CodeCell")]
  .every((cell) => /^\\[\\d+\\]:$/.test(cell.querySelector(".jp-InputPrompt").textContent)
    || cell.querySelector("{FAILED}"))"""

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The committed files, in a folder with blanks and umlauts."""
    folder = tmp_path_factory.mktemp("lab") / "Eigene Übungen" / "tutorial"
    tiny_project.make_ready_project(folder)
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def lab(copy):
    with a_lab(copy, copy.parents[1]) as started:
        yield address(started)


@contextmanager
def opened(lab, name):
    """The page with a notebook. In the end no error may be in the console, and no request have failed."""
    wrong = []

    def note(message):
        if message.type == "error" and NOT_INSTALLED not in message.location["url"]:
            wrong.append(message.text)

    def note_answer(answer):
        if answer.status >= 400 and NOT_INSTALLED not in answer.url:
            wrong.append(f"{answer.status} {answer.url}")

    with a_page() as page:
        page.on("console", note)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("response", note_answer)
        page.goto(lab.replace("00_start", name) + "&reset")
        wait_for(page, name)
        yield page
        assert wrong == []


def stored(name):
    return nbformat.read(PROJECT / f"notebooks/{name}.ipynb", as_version=4).cells


def written_links(name):
    """The targets of all links in the texts of a notebook, and in what its cells show unfolded."""
    texts = [cell.source for cell in stored(name) if cell.cell_type == "markdown"]
    for cell in stored(name):
        if not cell.metadata.get("jupyter", {}).get("outputs_hidden"):
            texts += [output.get("data", {}).get("text/markdown", "") for output in cell.get("outputs", [])]
    return [target for text in texts for target in re.findall(r"\]\(([^)\s]+)\)", text)]


def wait_for(page, name):
    """Wait until a notebook is in front, with all its cells (JupyterLab attaches them one by one) and a kernel."""
    expect(page.locator(f"{TAB}.lm-mod-current")).to_contain_text(f"{name}.ipynb", timeout=120_000)
    expect(page.locator(f"{SHOWN} .jp-Cell")).to_have_count(len(stored(name)), timeout=120_000)
    page.wait_for_selector(f"{SHOWN} .jp-Notebook-ExecutionIndicator[data-status=idle]")


def run_all(page):
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.locator(".lm-Menu-itemLabel").get_by_text("Run All Cells", exact=True).click()
    page.wait_for_function(RAN, timeout=300_000)
    page.wait_for_selector(f"{SHOWN} .jp-Notebook-ExecutionIndicator[data-status=idle]")


def forget_outputs(page):
    """So that what is there afterwards comes from this run."""
    page.get_by_role("menuitem", name="Edit", exact=True).click()
    page.locator(".lm-Menu-itemLabel").get_by_text("Clear Outputs of All Cells", exact=True).click()
    expect(page.locator(f"{SHOWN} .jp-OutputArea-output img")).to_have_count(0)


def check_run(page, name):
    """All that a reader sees of a notebook that they run: folded answers, figures, no error."""
    answers = sum("answer" in cell.metadata.get("tags", []) for cell in stored(name))
    folded = page.locator(f"{SHOWN} {FOLDED}")
    expect(folded).to_have_count(answers)
    forget_outputs(page)
    run_all(page)
    assert page.locator(f"{SHOWN} :is({FAILED})").all_inner_texts() == []
    for left in range(folded.count(), 0, -1):  # a click unfolds one
        folded.first.click()
        expect(folded).to_have_count(left - 1)
    outputs = [output for cell in stored(name) for output in cell.get("outputs", [])]
    figures = page.locator(f"{SHOWN} .jp-OutputArea-output img[alt]:not([alt=''])")
    expect(figures).to_have_count(sum("image/png" in output.get("data", {}) for output in outputs))
    assert all(width > 0 for width in figures.evaluate_all("all => all.map((image) => image.naturalWidth)"))


def save(page, name):
    """Save the notebook in front, as JupyterLab does by itself every two minutes if it has anything to add."""
    with page.expect_response(lambda answer: answer.request.method == "PUT" and name in answer.url):
        page.keyboard.press("Control+s")


def test_a_reader_starts_runs_the_first_notebook_and_comes_back(lab, copy):
    with opened(lab, "00_start") as page:
        page.locator(f"{SHOWN} .jp-MarkdownCell").get_by_role("link", name="1 · data").first.click()
        wait_for(page, "01_data")
        check_run(page, "01_data")
        page.locator(SHOWN).get_by_role("link", name="contents").last.click()
        wait_for(page, "00_start")
        save(page, "00_start")
    start = "notebooks/00_start.ipynb"
    assert (copy / start).read_bytes() == (PROJECT / start).read_bytes()  # who only looks has changed nothing


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES[2:7])
def test_a_notebook_runs(lab, name):
    with opened(lab, name) as page:
        check_run(page, name)


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_every_link_opens_what_it_names(lab, name):
    with opened(lab, name) as page:
        links = page.locator(f"{SHOWN} .jp-RenderedHTMLCommon a[href]:not(.jp-InternalAnchorLink)")
        expect(links).to_have_count(len(written_links(name)), timeout=120_000)  # drawn one by one
        folded = page.locator(f"{SHOWN} details:not([open]) > summary")
        for left in range(folded.count(), 0, -1):
            folded.first.click()
            expect(folded).to_have_count(left - 1)
        for link in links.all():
            url = urlsplit(link.evaluate("a => a.href"))
            if url.netloc != urlsplit(lab).netloc:
                assert url.scheme in ("http", "https"), url
                assert "." in url.netloc, url
                continue
            file = PurePosixPath(unquote(url.path)).name
            assert link.text_content() != "contents" or file == "00_start.ipynb"
            follow(page, link, file)
            page.locator(TAB, has_text=f"{name}.ipynb").click()
            expect(page.locator(f"{TAB}.lm-mod-current")).to_contain_text(f"{name}.ipynb")


def follow(page, link, file):
    """Click a link, which opens the file in front: a notebook and a text as such, another in the editor."""
    link.click()
    expect(page.locator(f"{TAB}.lm-mod-current")).to_contain_text(file, timeout=120_000)
    shown = page.locator(VIEWS.get(PurePosixPath(file).suffix, ".jp-FileEditor")).filter(visible=True)
    expect(shown).to_have_count(1, timeout=120_000)
    assert page.locator(".jp-Dialog").all_inner_texts() == []
