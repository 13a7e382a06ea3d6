import numpy as np
import pytest
from PIL import Image

from helpers import notebook as module
from helpers.notebook import progress, remark


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


# --- remark


@pytest.fixture
def said(monkeypatch):
    """The sentences that `remark` displayed."""
    sentences = []
    monkeypatch.setattr(module, "display", lambda markdown: sentences.append(markdown.data))
    return sentences


STORED = {"n_pool": 4000, "n_stop": 400, "seed": None, "data_file": "", "price": 0.05, "seconds": 4.0, "figures": ""}


def test_stored_parameters_need_no_remark_whatever_else_the_notebook_holds(said):
    assert remark("01_data", STORED | {"rounds": 3, "figures": "elsewhere"}) == {}
    assert said == []


def test_changed_parameters_are_named_once_with_the_stored_ones(said):
    assert remark("01_data", STORED | {"seed": 1, "price": 2.0}) == {"seed": (1, None), "price": (2.0, 0.05)}
    (sentence,) = said
    assert "`seed = 1` (stored: `None`), `price = 2.0` (stored: `0.05`)" in sentence
    assert "runs/figures" in sentence


def test_remark_does_not_speak_of_a_folder_that_is_not_used(said):
    remark("01_data", STORED | {"seed": 1, "figures": "mine"})
    assert "runs/figures" not in said[0]


def test_of_a_readers_own_data_it_says_what_they_are_and_what_is_left_out(said, tmp_path):
    rng = np.random.default_rng(0)
    for name in ("cats", "dogs"):
        (tmp_path / "mine" / name).mkdir(parents=True)
        for i in range(30):
            Image.fromarray(rng.integers(0, 256, (9, 9), dtype=np.uint8)).save(tmp_path / "mine" / name / f"{i}.png")
    (tmp_path / "mine" / "cats" / "broken.png").write_bytes(b"no picture")
    remark("01_data", STORED | {"data_file": str(tmp_path / "mine")})
    assert said[-1].startswith("**Your data:** 60 images of 28 x 28 pixels, 2 classes: `cats`, `dogs`. ")
    assert "cats/broken.png" in said[-1]
    assert "12 of the 60 labeled images are kept for judging" in said[-1]
    np.savez(tmp_path / "rows.npz", x=rng.normal(size=(60, 3)).astype(np.float32), y=np.arange(60) % 12)
    remark("01_data", STORED | {"data_file": str(tmp_path / "rows.npz")})
    assert "60 rows of 3 features, 12 classes: `0`, " in said[-1]
    assert "`9`, ..." in said[-1]
