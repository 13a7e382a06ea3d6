from pathlib import Path

import numpy as np
import pytest

from helpers import checks

NO_NUMBERS = [None, "3", "", [3], True, False, np.True_, 3 + 0j, np.array([3, 4]), float("nan")]


@pytest.mark.parametrize("value", [2, 5, np.int64(3), np.uint8(3)])
def test_whole_number_comes_back_as_int(value):
    checked = checks.whole_number("n", value, 2, 5)
    assert checked == value
    assert type(checked) is int


@pytest.mark.parametrize("value", [1, 6, -3, 10**30, 3.0, np.float64(3), *NO_NUMBERS])
def test_whole_number_refuses_what_is_none_or_out_of_range(value):
    with pytest.raises(ValueError, match=r"^n must be a whole number, from 2 to 5, not "):
        checks.whole_number("n", value, 2, 5)


def test_whole_number_without_upper_limit():
    assert checks.whole_number("n", 10**30, 0) == 10**30
    with pytest.raises(ValueError, match=r"^n must be a whole number, 0 or more, not -1\.$"):
        checks.whole_number("n", -1, 0)


@pytest.mark.parametrize("value", [1, 0.1, 1e-300, np.float32(0.5), np.int64(2)])
def test_positive_number_comes_back_as_float(value):
    checked = checks.positive_number("rate", value)
    assert checked == value
    assert type(checked) is float


@pytest.mark.parametrize("value", [0, 0.0, -0.1, float("inf"), float("-inf"), np.float64("nan"), *NO_NUMBERS])
def test_positive_number_refuses_the_rest(value):
    with pytest.raises(ValueError, match=r"^rate must be a number above 0, not "):
        checks.positive_number("rate", value)


@pytest.mark.parametrize("value", [None, 0, 7, np.int64(7)])
def test_seed_may_be_none_or_whole(value):
    assert checks.seed_or_none(value) == value


@pytest.mark.parametrize("value", [-1, 1.0, *NO_NUMBERS[1:]])
def test_other_seeds_are_refused(value):
    with pytest.raises(ValueError, match=r"^seed \(if not None\) must be a whole number, 0 or more, not "):
        checks.seed_or_none(value)


@pytest.mark.parametrize(("n_pool", "batch_size", "rounds"), [(10, 3, 3), (10, 10, 1), (10, 1, 10), (1, 1, 1)])
def test_budget_is_what_the_rounds_cost(n_pool, batch_size, rounds):
    assert checks.budget(n_pool, batch_size, rounds) == batch_size * rounds


@pytest.mark.parametrize(
    ("batch_size", "rounds", "sentence"),
    [
        (3, 4, "rounds must be from 1 to 3, not 4: each takes batch_size = 3 of the 10 images"),
        (11, 1, "batch_size must be a whole number, from 1 to 10, not 11"),
        (0, 1, "batch_size must be a whole number, from 1 to 10, not 0"),
        (3, 0, "rounds must be a whole number, 1 or more, not 0"),
        (True, 1, "batch_size must be"),
        (3, 1.5, "rounds must be"),
    ],
)
def test_budget_beyond_the_pool_is_refused(batch_size, rounds, sentence):
    with pytest.raises(ValueError, match=sentence):
        checks.budget(10, batch_size, rounds)


@pytest.mark.parametrize("kind", [str, Path])
def test_folder_is_made_with_its_parents_and_may_exist(tmp_path, kind):
    for _ in range(2):
        assert checks.folder("figures", kind(tmp_path / "a/b")) == tmp_path / "a/b"
    assert (tmp_path / "a/b").is_dir()


def test_folder_in_the_way_of_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("here")
    for path in (tmp_path / "file", tmp_path / "file/below", str(tmp_path / ("long" * 99))):
        with pytest.raises(ValueError, match=r"^figures must be a folder that can be written; "):
            checks.folder("figures", path)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder that nobody can write to")
def test_a_folder_that_can_not_be_written_is_found_at_once():
    with pytest.raises(ValueError, match=r"^figures must be a folder that can be written; '/proc/self' can't: "):
        checks.folder("figures", Path("/proc/self"))


@pytest.mark.parametrize("path", ["", None, 3, True, ["a"]])
def test_folder_must_be_a_path(path):
    with pytest.raises(ValueError, match=r"^figures must be the path of a folder, not "):
        checks.folder("figures", path)
