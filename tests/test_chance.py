"""The picture of what a p-value is."""

import numpy as np
import pytest

from helpers.lessons.figure import png_of
from helpers.studies import chance


def test_signs_by_a_coin_give_the_share_that_counting_gives():
    """Of the eight ways to give 1, 2 and 4 a sign, two have a mean as far from 0 as all plus."""
    means = chance.by_chance(np.array([1.0, 2.0, 4.0]))
    assert set(np.round(3 * np.unique(means))) == {-7, -5, -3, -1, 1, 3, 5, 7}
    assert np.mean(np.abs(means) >= 7 / 3 - 1e-9) == pytest.approx(2 / 8, abs=0.02)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("points", "p"), [([0.0, 0.0, 0.0], 1.0), ([2.0, 2.0, 2.0], 0.0)])
def test_pools_that_are_all_alike_are_drawn(points, p):
    means = chance.by_chance(np.array(points))
    assert png_of(chance.p_values(means, points[0], {"margin": p, "DBAL": 0.01}, {"margin": p, "DBAL": 0.02}))
