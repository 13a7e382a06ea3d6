import pytest

from helpers import notebook as module
from helpers.notebook import progress


class Screen:
    """Stands for the notebook: what `display` drew, and how it was replaced."""

    def __init__(self):
        self.drawn = []

    def display(self, content, raw, display_id):
        assert raw
        assert display_id is True
        self.drawn.append(content["text/plain"])
        return self

    def update(self, content, raw):
        assert raw
        self.drawn.append(content["text/plain"])


@pytest.fixture
def screen(monkeypatch):
    screen = Screen()
    monkeypatch.setattr(module, "display", screen.display)
    monkeypatch.setattr(module, "get_ipython", lambda: "a notebook's")
    return screen


def clock(monkeypatch, seconds):
    """Each look at the clock finds it `seconds` later."""
    times = iter(i * seconds for i in range(10_000))
    monkeypatch.setattr(module.time, "monotonic", lambda: next(times))


def test_bar_counts_what_is_done(screen, monkeypatch):
    clock(monkeypatch, 1)
    assert list(progress(range(3), "3 rounds")) == [0, 1, 2]
    assert screen.drawn == [
        "3 rounds",
        "3 rounds [..............................] 0 of 3",
        "3 rounds [##########....................] 1 of 3",
        "3 rounds [####################..........] 2 of 3",
        "3 rounds",
    ]


def test_slow_and_fast_leave_the_same(screen, monkeypatch):
    clock(monkeypatch, 1e-4)
    list(progress(range(100), "fast"))
    assert screen.drawn == ["fast", "fast"]


def test_bar_is_drawn_five_times_a_second_not_for_each_item(screen, monkeypatch):
    clock(monkeypatch, 0.01)
    list(progress(range(1000), "many"))
    assert 40 <= len(screen.drawn) <= 60


def test_items_come_one_by_one_also_where_they_have_no_length(screen):
    def letters():
        for letter in "abc":
            made.append(letter)
            yield letter

    made = []
    items = progress(letters(), "letters", total=3)
    assert next(items) == "a"
    assert made == ["a"]  # not all of them beforehand: each may take seconds
    assert screen.drawn == ["letters"]
    assert list(items) == ["b", "c"]
    assert list(progress([], "nothing")) == []


def test_without_a_notebook_the_items_still_come_and_nothing_is_printed(monkeypatch, capsys):
    clock(monkeypatch, 1)
    assert list(progress(range(3), "3 rounds")) == [0, 1, 2]
    assert capsys.readouterr() == ("", "")
