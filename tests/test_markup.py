"""Equations and colors that a page can't show as they are meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbconvert.filters import ansi2html
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from helpers.batch import markup
from helpers.batch.html import notebook_html
from helpers.batch.runner import _page

CODES = st.sampled_from(
    ["\x1b[31m", "\x1b[1m", "\x1b[0m", "\x1b[m", "\x1b[38;5;9m", "\x1b[2K", "a", "<b>", "\n", "\x1b"]
)


@pytest.mark.parametrize("equation", ["x^", r"\begin{x}", r"\sqrt", r"\left( x", "x_1_2", "_"])
def test_an_equation_that_cannot_be_read_is_shown_as_written(equation):
    html = notebook_html(new_notebook(cells=[new_markdown_cell(f"before ${equation}$ $$x^2$$ after")]), "a")
    assert "before" in html
    assert "<msup>" in html  # the other is one
    assert equation in html


@given(st.lists(CODES))
def test_colors_are_those_of_nbconvert(pieces):
    text = "".join(pieces)
    assert markup.colored(text) == ansi2html(text)


def test_too_many_colors_for_nbconvert(monkeypatch):
    """Its time grows with the square of their number: it gets none with so many."""
    given = []
    monkeypatch.setattr(markup, "ansi2html", lambda text: given.append(text.count("\x1b[")) or text)
    text = "\x1b[31mred\x1b[0m" * 3000 + "\x1b[31m\x1b[32mx" * 3000
    cell = new_code_cell("print()", outputs=[new_output("stream", name="stdout", text=text)])
    assert "x" * 3000 in notebook_html(new_notebook(cells=[cell]), "a")
    assert max(given) <= 1000
    assert given.count(2) == 3000


def test_a_notebook_that_is_no_page_says_why():
    page = _page(new_notebook(cells=[new_markdown_cell("![x](attachment:no.png)")]), "my <notebook>")
    assert "my &lt;notebook&gt;.ipynb can&#x27;t be shown as a page. InvalidNotebook: missing attachment" in page
