from nbformat.v4 import new_markdown_cell, new_notebook

from helpers.batch.remaining import Remaining, announced

SAYS = {"short": 5, "long": 100}


def test_what_a_notebook_announces():
    def says(text):
        return announced(new_notebook(cells=[new_markdown_cell(text)]))

    assert says("# 1 · What?\n\nReading: 3 minutes · exercises: 1 minute · running: 20 seconds\n\nnext") == 20
    assert says("# 1 · What?") is None
    assert announced(new_notebook()) is None


def test_long_notebooks_at_the_end_are_not_taken_for_short_ones():
    """One after the other, each as long as announced."""
    left = Remaining(["short", "short", "long"], SAYS, now=0)
    assert left.seconds("short", 5, running=1, now=5) == 105
    assert left.seconds("short", 5, running=1, now=10) == 100
    assert left.seconds("long", 100, running=0, now=110) == 0


def test_a_slow_machine_is_noticed():
    left = Remaining(["short", "long", "long"], SAYS, now=0)
    assert left.seconds("short", 10, running=1, now=10) == 2 * 200
    assert left.seconds("long", 150, running=1, now=160) == 150  # what it took counts, not what it announces


def test_two_at_a_time_and_the_last_one_alone():
    left = Remaining(["long", "short", "short", "long"], SAYS, now=0)
    # The first has run 5 of its 100 seconds; a short one and a long one are to come.
    assert left.seconds("short", 5, running=2, now=5) == (95 + 5 + 100) / 2
    assert left.seconds("short", 5, running=2, now=10) == 100  # the long one that starts now
    assert left.seconds("long", 100, running=1, now=100) == 10
    assert left.seconds("long", 100, running=0, now=110) == 0


def test_one_that_begins_when_all_others_have_ended():
    left = Remaining(["long", "short"], SAYS, now=0)
    assert left.seconds("long", 100, running=0, now=100) == 5
    assert left.seconds("short", 5, running=0, now=105) == 0


def test_without_an_announcement_the_others_tell():
    left = Remaining(["a", "b", "b", "b"], {}, now=0)
    assert left.seconds("a", 4, running=1, now=4) == 12
    assert left.seconds("b", 1, running=1, now=5) == 2
    assert left.seconds("b", 9, running=1, now=14) == 5
