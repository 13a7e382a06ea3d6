"""The site of a run as its readers meet it: in Chromium, from disk, without a network."""

import shutil
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from playwright.sync_api import expect, sync_playwright

from helpers.batch import site
from helpers.batch.html import notebook_html
from helpers.batch.report import report_html
from helpers.notebook import recorded

PROJECT = Path(__file__).parents[1]
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="  # a PNG
FINDING = 'Chosen labels are "worth" more < all of them'
HIDDEN = {"outputs_hidden": True}
SECOND = "02_größte%20Fragen.ipynb"
COLORED = "".join(f"\x1b[{color}mcolor {color}\x1b[0m " for color in (31, 32, 33, 34, 35, 36, 37, 90))
WIDE_TABLE = "<table><tr>" + "".join(f"<th>column {i}</th>" for i in range(40)) + "</tr></table>"

CONTRAST = """() => {
  // The worst contrast of a text with its ground (WCAG 2.2, relative luminance), and where it stands.
  const channels = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = (color) => {
    const [r, g, b] = channels(color).slice(0, 3).map((c) => c / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    const color = getComputedStyle(element).backgroundColor;
    return (channels(color)[3] ?? 1) === 1 ? color : ground(element.parentElement);
  };
  let worst = [21, ""];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !element.checkVisibility()) continue;
    const [a, b] = [light(getComputedStyle(element).color), light(ground(element))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < worst[0]) worst = [contrast, element.outerHTML.slice(0, 200)];
  }
  return worst;
}"""


def record_of(name, results=None, error=None):
    about = {"name": name, "notebook": f"{name}.ipynb", "parameters": {}, "results": results or {}, "error": error}
    return about | {"seconds": 1.0, "versions": {"python": "3.11.2"}, "files": {}}


def code(source, *outputs, tag="", **metadata):
    return new_code_cell(source, outputs=list(outputs), metadata={"tags": [tag] * bool(tag), **metadata})


def text(source, tag=""):
    return new_markdown_cell(source, metadata={"tags": [tag] * bool(tag)})


def printed(words):
    return new_output("stream", name="stdout", text=words)


def shown(data, **metadata):
    return new_output("display_data", data, metadata=metadata)


def first_chapter():
    """A notebook with everything that a page may hold."""
    steps = f"[contents](00_start.ipynb) · next: [2 · größte Fragen]({SECOND})"
    links = f"`code`, [a place]({SECOND}#Näher-besehen), [file](../helpers/pool.py), [cover](../README.md)"
    cells = [
        text(f"# 1 · What is &lt;in&gt; it?\n\nReading: 7 minutes · {steps}\n\n{steps}\n\nWords.", "navigation"),
        code("# Parameters\nfigures = '/somewhere/else'", tag="injected-parameters"),
        code('@wraps\ndef f(x: int = 3) -> str:\n    return None if x else f"{x}"  # why', printed(COLORED)),
        text("## Equations\n\n$p_k < 1$, $$\\sum_k p_k = 1" + " + a" * 99 + "$$\n\n\\begin{align}a &= b\\end{align}"),
        text(f"| a | b |\n| --- | --- |\n| {'wide' * 60} | 1 |\n\n{links}, ![a drawing](loop.svg), [top](#Equations)"),
        text("*Predict first: more or fewer?*", "predict"),
        code("count()", printed("the secret is 4711"), tag="answer", jupyter=HIDDEN),
        text("Fewer would be odd.\n\n### A finding"),
        code(
            "draw()",
            shown({"image/png": DOT}, **{"image/png": {"alt": FINDING, "width": 2000}}),
            shown({"text/markdown": f"**{FINDING}**"}),
        ),
        code("table()", shown({"text/html": WIDE_TABLE, "text/plain": "a table"}), printed("word " * 400)),
        text("## Exercises\n\n**1. Do it.**", "exercise"),
        code("mine = 0", tag="exercise"),
        code("mine = 'quokka'", tag="solution", jupyter={"source_hidden": True}),
        text("Because of the okapi.", "solution"),
        text(f"previous: [0 · a](00_start.ipynb) · {steps}", "navigation"),
    ]
    return new_notebook(cells=cells)


def second_chapter():
    error = new_output("error", ename="ValueError", evalue="<b>", traceback=["\x1b[0;31mValueError\x1b[0m: <b>"])
    return new_notebook(cells=[text("# 2 · Größte Fragen"), text("## Näher besehen\n\nEin Zebra."), code("1", error)])


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A site in a folder with blanks and umlauts: a whole chapter, one that failed, one that is lost, one untitled."""
    folder = tmp_path_factory.mktemp("eine Übung") / "site"
    untitled = new_notebook(cells=[text("No title here, but a zebra.")])
    notebooks = {"01_data": first_chapter(), "02_größte Fragen": second_chapter(), "07_does_it_hold": untitled}
    error = {"cell_id": notebooks["02_größte Fragen"].cells[2].id, "where": "cell [1]", "what": "ValueError: <b>"}
    lost = {"cell_id": "", "where": "the start", "what": "KilledWorker: gone"}
    records = [
        record_of("01_data", {"all_labeled": 0.9225, "random": [0.1, 0.2]}),
        record_of("02_größte Fragen", error=error),
        record_of("04_lost", error=lost),
        record_of("07_does_it_hold"),
    ]
    files = site.pages(records, notebooks, missing=["09_never"])
    assert {name for name in files if not name.endswith(".html")} | {"index.html"} == set(site.FILES)
    return fill(folder, files, notebooks)


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """The project's notebooks with the outputs that they are stored with."""
    notebooks = {path.stem: nbformat.read(path, as_version=4) for path in sorted(PROJECT.glob("notebooks/*.ipynb"))}
    records = [record_of(name, recorded(notebook)) for name, notebook in notebooks.items()]
    files = site.pages(records, notebooks, dict.fromkeys(notebooks, PROJECT / "notebooks"))
    return fill(tmp_path_factory.mktemp("site"), files, notebooks)


def fill(folder, files, notebooks):
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    for name, notebook in notebooks.items():  # a run leaves them beside their pages
        nbformat.write(notebook, folder / f"{name}.ipynb")
    return folder


def pages_of(folder):
    return sorted(folder.glob("*.html"))


@pytest.fixture(scope="module")
def chromium():
    program = shutil.which("chromium")
    if not program:
        pytest.skip("needs Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium):
    """Open a file as a reader would. In the end no request may have left, and no error be in the console."""
    seen, contexts = [], []

    def note_request(request):
        if urlsplit(request.url).scheme not in ("file", "data"):
            seen.append(request.url)

    def open_file(path, width=1400, **options):
        contexts.append(chromium.new_context(viewport={"width": width, "height": 900}, **options))
        page = contexts[-1].new_page()
        page.on("request", note_request)
        page.on("console", lambda message: seen.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: seen.append(str(error)))
        page.goto(path.as_uri())
        return page

    yield open_file
    for context in contexts:
        context.close()
    assert seen == []


def follow(page, link):
    """Click a link, and wait until its page is there."""
    with page.expect_navigation(wait_until="load"):
        link.click()


@pytest.mark.parametrize("folder", ["small", "real"])
@pytest.mark.parametrize("width", [400, 1400])
def test_every_page_fits_its_window(folder, width, request, open_page):
    folder = request.getfixturevalue(folder)
    page = open_page(folder / "index.html", width)
    for path in pages_of(folder):
        page.goto(path.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
        assert page.evaluate("[document.documentElement.scrollWidth, scrollX]") == [width, 0], path.name


@pytest.mark.parametrize("folder", ["small", "real"])
def test_every_link_leads_somewhere(folder, request, open_page):
    """To a file that is there, and a place in it; also where the folder stands elsewhere, under a longer path."""
    folder = request.getfixturevalue(folder)
    page = open_page(folder / "index.html")
    places, links = {}, []
    for path in pages_of(folder):
        page.goto(path.as_uri())
        places[path] = {*page.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id)"), ""}
        links += page.evaluate("[...document.querySelectorAll('[href], [src]')].map((e) => e.href ?? e.src)")
        raw = page.evaluate("[...document.querySelectorAll('[href]')].map((e) => e.getAttribute('href'))")
        assert not [url for url in raw if url.startswith(("/", "file:"))]
    parts = [urlsplit(url) for url in links]
    local = {(Path(unquote(part.path)), unquote(part.fragment)) for part in parts if part.scheme == "file"}
    assert [path for path, _ in local if not path.is_relative_to(folder) or not path.is_file()] == []
    assert [link for link in local if link[1] and link[1] not in places[link[0]]] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(small, real, scheme, open_page):
    """4.5 to 1, WCAG's AA: also in what is folded, in what search finds, and after a click on the switch."""
    page = open_page(small / "index.html", color_scheme=scheme)
    for path in pages_of(small) + pages_of(real):
        page.goto(path.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
        for _ in range(2):
            page.get_by_role("searchbox").fill("")
            page.get_by_role("searchbox").fill("zebra" if path.parent == small else "label")
            expect(page.locator("#found")).to_be_visible()
            contrast, where = page.evaluate(CONTRAST)
            assert contrast >= 4.5, f"{path.name}: {contrast:.2f} {where}"
            page.locator("#theme").click()


def test_the_switch_is_kept_from_page_to_page(small, open_page):
    page = open_page(small / "index.html", color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    page.get_by_role("button", name="Light").press("Enter")
    light = page.evaluate(ground)
    assert light == "rgb(255, 255, 255)" != dark
    follow(page, page.get_by_role("link", name="Start:"))
    assert page.evaluate(ground) == light
    page.get_by_role("button", name="Dark").click()
    assert page.evaluate(ground) == dark


@pytest.mark.parametrize("folder", ["small", "real"])
def test_next_and_previous_lead_through_all_chapters(folder, request, open_page):
    folder = request.getfixturevalue(folder)
    chapters = [path for path in pages_of(folder) if path.name != "index.html"]
    page = open_page(folder / "index.html")

    def walk(rel):
        """Follow the first such link, which stands at the top, and look for the same at the end."""
        links = page.locator(f"main a[rel={rel}]")
        while links.count():
            assert len(set(links.evaluate_all("all => all.map((a) => a.href)"))) == 1
            assert links.count() == 2 or (rel == "next" and page.url.endswith("index.html"))
            follow(page, links.last)
            yield Path(unquote(urlsplit(page.url).path))

    assert list(walk("next")) == chapters
    assert list(walk("prev")) == chapters[-2::-1]
    follow(page, page.get_by_role("link", name="Contents").last)
    assert page.url.endswith("index.html")


def test_search_finds_words_in_all_pages_and_leads_there(small, open_page):
    page = open_page(small / "index.html", 400)
    field, found = page.get_by_role("searchbox"), page.locator("#found")
    for words, pages in (
        ("zebra", ["02_größte Fragen", "07_does_it_hold"]),
        ("größte ZEBRA", ["02_größte Fragen"]),
        ("grosste zebra", []),
        ("groBte", []),
        ("naher", ["02_größte Fragen"]),
        ("quokka", ["01_data"]),
        ("worth all", ["01_data"]),  # a figure's alternative text
        ("4711", []),  # the answer to a prediction
        ("<b>", ["02_größte Fragen"]),
    ):
        field.fill(words)
        expect(found).to_be_visible()
        links = found.get_by_role("link").evaluate_all("all => all.map((a) => a.href)")
        assert {Path(unquote(urlsplit(url).path)).stem for url in links} == set(pages), words
        assert page.evaluate("document.documentElement.scrollWidth") == 400
    field.fill("ZEBRA näher")
    expect(page.get_by_role("status")).to_have_text("1 place with zebra and naher")
    field.press("Tab")
    with page.expect_navigation(wait_until="load"):
        page.keyboard.press("Enter")
    assert unquote(page.url).endswith("02_größte Fragen.html#Näher-besehen")
    expect(page.get_by_role("heading", name="Näher besehen")).to_be_in_viewport()
    page.get_by_role("searchbox").fill("okapi")
    follow(page, page.locator("#found").get_by_role("link"))
    expect(page.get_by_text("Because of the okapi.")).to_be_in_viewport()  # although it was folded
    page.get_by_role("searchbox").fill("okapi")
    page.get_by_role("searchbox").press("Escape")
    expect(page.locator("#found")).to_be_hidden()


def test_answers_and_solutions_are_folded(small, open_page):
    page = open_page(small / "01_data.html")
    for words, label in (("the secret is 4711", "Show the answer"), ("Because of the okapi.", "Solution")):
        hidden = page.get_by_text(words, exact=True)
        expect(hidden).to_be_hidden()
        page.get_by_text(label, exact=True).focus()
        page.keyboard.press("Enter")
        expect(hidden).to_be_visible()
    expect(page.get_by_text("quokka")).to_be_visible()  # code and words of a solution open together
    expect(page.get_by_text("count()")).to_be_visible()
    expect(page.get_by_text("Fewer would be odd.")).to_be_visible()


def test_a_page_says_what_it_is_and_nothing_of_this_machine(small, open_page):
    page = open_page(small / "01_data.html")
    expect(page).to_have_title("1 · What is <in> it?")
    content = page.locator("main").inner_text()
    assert "Reading: 7 minutes\n" in content
    assert "größte Fragen" not in content.split("\n", 3)[3].split("A finding")[0].replace("2 · Größte Fragen", "")
    assert "/somewhere" not in page.content()
    assert page.locator("math").count() == 3
    assert page.get_by_role("img", name=FINDING).get_attribute("src") == f"data:image/png;base64,{DOT}"
    assert page.evaluate("[...document.images].every((image) => image.alt)")
    assert page.get_by_role("link", name="file").count() == 0  # it is not part of the site
    expect(page.get_by_text("a drawing")).to_be_visible()  # nor is the picture


def test_the_cover_shows_results_and_what_failed(small, open_page):
    page = open_page(small / "index.html")
    expect(page.get_by_role("heading", level=1)).to_contain_text("what does choosing your labels save?")
    expect(page.get_by_role("row", name="all labeled")).to_contain_text("92.25%\t92.25%")
    expect(page.get_by_role("row", name="auto-label all at once")).to_contain_text("89.75%\tnot run")
    warning = page.locator(".warning").first
    expect(warning).to_contain_text("2 of 4 notebooks failed")
    expect(warning).to_contain_text("04_lost: KilledWorker: gone")
    expect(page.locator(".warning").last).to_contain_text("missing: 09_never")
    expect(page.get_by_text("Reading: 7 minutes", exact=True)).to_be_visible()
    follow(page, warning.get_by_role("link", name="cell [1]"))
    expect(page.locator("pre.error")).to_be_in_viewport()
    expect(page.locator("p.warning")).to_contain_text("failed at cell [1]: ValueError: <b>")


def test_without_notebooks_beside_it_the_cover_leads_to_where_they_are(tmp_path):
    files = site.of_run(tmp_path, [], [record_of("01_größte Daten")], "s3://there/runs")
    assert set(files) == set(site.FILES)
    assert 'href="s3://there/runs/01_gr%C3%B6%C3%9Fte%20Daten.ipynb"' in files["index.html"]


def test_the_real_cover_has_the_ladder_and_the_race(real, open_page):
    page = open_page(real / "index.html")
    figures = page.locator("figure")
    assert figures.locator("a").evaluate_all("all => all.map((a) => a.getAttribute('href'))") == [
        "07_does_it_hold.html",
        "08_query_strategies.html",
    ]
    for figure in figures.all():
        alt = figure.locator("img").get_attribute("alt")
        assert len(alt) > 40
        assert alt in figure.locator("figcaption").inner_text()
    assert page.locator(".chapters").inner_text().count("Reading: ") == len(pages_of(real)) - 1


def test_every_heading_follows_from_the_one_before(small, real, open_page):
    page = open_page(small / "index.html")
    for path in pages_of(small) + pages_of(real):
        page.goto(path.as_uri())
        levels = page.evaluate("[...document.querySelectorAll('h1, h2, h3, h4')].map((h) => Number(h.localName[1]))")
        assert levels[0] == 1, path.name
        assert levels.count(1) == 1, path.name
        assert all(below <= level + 1 for level, below in pairwise(levels)), path.name


def test_the_keyboard_reaches_all_and_shows_where_it_is(small, open_page):
    page = open_page(small / "01_data.html", 400)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    at = "[document.activeElement.outerHTML.slice(0, 80), getComputedStyle(document.activeElement).outlineStyle]"
    reached = []
    while (where := page.evaluate(at)) not in reached:
        assert where[1] == "solid", where
        reached.append(where)
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
    seen = "".join(html for html, _ in reached)
    for part in ("search", "theme", 'rel="next"', "<summary>", "<pre", 'class="wide"', "output wide"):
        assert part in seen, part


def test_a_page_of_a_sweep_opens_alone(tmp_path, open_page):
    """Its links to other notebooks have nowhere to lead: in a sweep each is there many times."""
    run, report = tmp_path / "alone.html", tmp_path / "report.html"
    run.write_text(notebook_html(first_chapter(), "data-seed=1"), encoding="utf-8")
    rows = [record_of("notebooks/data-seed=1", {"labels": [1, 2], "accuracy": [0.5, 0.75], "end": 0.75})]
    report.write_text(report_html(rows, "Sweep: seeds"), encoding="utf-8")
    for path in (run, report):
        for width in (400, 1400):
            page = open_page(path, width)
            assert page.evaluate("document.documentElement.scrollWidth") == width
            for _ in range(2):
                contrast, where = page.evaluate(CONTRAST)
                assert contrast >= 4.5, where
                page.locator("#theme").click()
            own = page.evaluate("[...document.querySelectorAll('[href], [src]')].map((e) => e.getAttribute('href'))")
            outside = {url for url in own if url and not url.startswith(("#", "data:"))}
            assert outside <= {"data-seed%3D1.html", "notebooks/data-seed%3D1.html"}
