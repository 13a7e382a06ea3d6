"""tutorial.py lab, seen in a browser."""

import re

import pytest
import tiny_project
from browsing import a_lab, a_page, address, needs_chromium
from tiny import write_notebook

from setup import system

pytestmark = needs_chromium


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "Eigene Übungen" / "tutorial"
    tiny_project.make_ready_project(folder)
    for name in ("01_data", "00_start"):
        write_notebook(folder / f"notebooks/{name}.ipynb", "# " + name, "print(1)")
    return folder


@pytest.fixture
def page():
    with a_page() as page:
        yield page


@pytest.fixture
def lab(project, tmp_path):
    with a_lab(project, tmp_path) as lab:
        yield lab


def test_it_opens_the_first_notebook_of_the_project_and_asks_nothing(lab, page, project):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address(lab))
    page.wait_for_selector(".jp-NotebookPanel .jp-RenderedHTMLCommon h1")  # the notebook is drawn
    assert page.locator(".lm-DockPanel-tabBar .lm-TabBar-tabLabel").all_inner_texts() == ["00_start.ipynb"]
    page.locator(".jp-BreadCrumbs-home").click()
    page.wait_for_selector(".jp-DirListing-itemText >> text=tutorial.py")  # its root is the project
    # Whoever is asked is so once settings are read and the kernel has started.
    page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]")
    page.wait_for_load_state("networkidle")
    assert page.locator(".jp-Dialog, .Toastify__toast").all_inner_texts() == []
    assert [url for url in asked if not url.startswith(("http://127.0.0.1:", "data:", "blob:"))] == []
    assert [url for url in asked if "api/news" in url or "api/update" in url] == []


@pytest.mark.skipif(not system.is_root(), reason="needs root")
def test_as_root_it_starts_and_says_how_to_go_on(lab):
    """As in a container: JupyterLab refuses root unless told that it is meant."""
    address(lab)
    assert "This is root" in lab[0]()
    assert re.search(r"container.*--ip=0\.0\.0\.0", lab[0](), flags=re.S)
