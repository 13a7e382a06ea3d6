"""The executed notebooks as a small site: a cover, a page for each, and search. Static files with relative links only,
so that it opens from disk, can be moved, and can be published as it is.
"""

from itertools import pairwise
from pathlib import Path
from urllib.parse import quote

import nbformat

from helpers.article import PUBLISHED
from helpers.batch.html import asset, cells_html, environment, for_reading
from helpers.batch.search import index_js, places
from helpers.notebook import short

TUTORIAL, QUESTION = "Active learning on MNIST", "what does choosing your labels save?"
LABELS = {
    "all labeled": "4,000: the whole pool",
    "random": "400: the first of the pool",
    "active learning": "400: those that the model asks for",
    "auto-label all at once": "the same 400; the model labels the others, all at once",
    "auto-label most confident first": "the same 400; the model labels the others, 10 a round",
}
FIGURES = {
    "07_does_it_hold": "What is left of the gain?",
    "08_query_strategies": "Which strategy wins?",
}  # on the cover
ASSETS = ("style.css", "page.js", "search.js")
FILES = ("index.html", "assets/index.js", *(f"assets/{name}" for name in ASSETS))  # besides the chapters' pages


def check(runs):
    """Raise ValueError if the page of one of these `Run`s would have the cover's name."""
    if any(run.name == "index" for run in runs):
        raise ValueError("index.ipynb would get the page index.html, which is the cover. Rename the notebook.")


def of_run(out, sources, records, url=""):
    """The site of the executed notebooks in the folder `out`. sources: the `Notebook`s that were to run. url: where the
    notebooks are if not in the folder; then the cover leads there, and they have no pages.
    """
    folders = {source.path.stem: source.path.parent for source in sources}
    missing = [name for name in folders if name not in {record["name"] for record in records}]
    paths = {} if url else {record["name"]: Path(out, f"{record['name']}.ipynb") for record in records}
    notebooks = {name: nbformat.read(path, as_version=4) for name, path in paths.items() if path.exists()}
    return pages(records, notebooks, folders, missing, url)


def pages(records, notebooks, folders=None, missing=(), url=""):
    """The files of the site, name -> text.

    records: one for each run, as `runner.record_of` gives them. notebooks: name -> executed notebook (an nbformat
    node), for those that left one. folders: name -> where the notebook is from, for the pictures in its text.
    missing: names of notebooks that were to run and did not. url: where the notebooks without a page are.
    """
    names = {"index", *notebooks}
    chapters = [Chapter(r, notebooks.get(r["name"]), names, (folders or {}).get(r["name"]), url) for r in records]
    shown = [chapter for chapter in chapters if chapter.cells]
    published, figures = _published(records), [figure for chapter in shown for figure in _figures(chapter)]
    tutorial = bool(published or figures)  # not a reader's own notebooks
    name = TUTORIAL if tutorial else "Executed notebooks"
    title = f"{name}: {QUESTION}" if tutorial else name

    def page(template, title, **parts):
        parts |= {"site": True, "site_name": name, "chapters": chapters, "title": title}
        return environment().get_template(template).render(**parts)

    texts = {f"assets/{name}": asset(name) for name in ASSETS}
    texts["assets/index.js"] = index_js((chapter.href, chapter.title, chapter.places) for chapter in shown)
    for before, chapter, after in zip([None, *shown], shown, [*shown[1:], None], strict=False):
        steps = {"before": before, "chapter": chapter, "after": after}
        texts[f"{chapter.name}.html"] = page("chapter.html.j2", chapter.title, **steps)
    texts["index.html"] = page(
        "cover.html.j2", title, tutorial=tutorial, published=published, figures=figures,
        failed=[chapter for chapter in chapters if chapter.record["error"]], missing=missing,
        start=shown[0] if shown else None, versions=records[0]["versions"], short=short,
    )  # fmt: skip
    return texts


class Chapter:
    """One notebook of the site; `cells` is empty if its run left none.

    record, notebook, folder, url: as `pages` gets them. names: of the pages that its links can lead to.
    """

    def __init__(self, record, notebook, names, folder, url):
        self.record, self.name, self.file = record, record["name"], quote(f"{record['name']}.ipynb")
        self.href = quote(f"{self.name}.html") if notebook else f"{url}/{self.file}" if url else ""
        self.notebook = for_reading(notebook) if notebook else None
        self.cells = cells_html(self.notebook, names, folder) if notebook else ""
        self.places = places(self.cells)
        titles = [place.heading for place in self.places if place.level == 1]
        self.has_title, self.title = bool(titles), titles[0] if titles else self.name
        self.headings = [place for place in self.places if place.level == 2]
        lines = [line for cell in self.notebook.cells[:1] for line in cell.source.split("\n")] if notebook else []
        self.minutes = next((line for line in lines if line.startswith("Reading:")), "")


def _published(records):
    """A row for each of the article's experiments; none if these notebooks measured none of them."""
    ours = {}
    for record in records:
        ours |= {name: value for name, value in record["results"].items() if isinstance(value, float)}
    keys = {experiment: experiment.replace(" ", "_").replace("-", "_") for experiment in PUBLISHED}
    if not ours.keys() & set(keys.values()):
        return []
    return [
        {"experiment": experiment, "labels": LABELS[experiment], "article": article, "ours": ours.get(keys[experiment])}
        for experiment, article in PUBLISHED.items()
    ]


def _figures(chapter):
    """The key figure of a chapter that the cover shows: the one with its finding, the alternative text, below it."""
    if chapter.name not in FIGURES:
        return
    for cell in chapter.notebook.cells:
        outputs = cell.get("outputs", [])
        for figure, below in pairwise(outputs):
            finding = figure.get("metadata", {}).get("image/png", {}).get("alt")
            if finding and finding in below.get("data", {}).get("text/markdown", ""):
                title = FIGURES[chapter.name]
                yield {"title": title, "png": figure.data["image/png"], "finding": finding, "chapter": chapter}
