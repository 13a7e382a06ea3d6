import numpy as np
import pytest

from helpers.models.products import Products


def test_rows_are_the_products_of_the_images_to_the_last_bit():
    rng = np.random.default_rng(0)
    gray = rng.integers(0, 256, (150, 1024), np.uint8)  # not a whole number of blocks
    gray[:3] = 255  # their sums are beyond what float32 can count, without MIDDLE: 1024 * 255**2 > 2**24
    gray[3:6] = 0
    products = Products(gray, 7)
    for labeled in ([4, 0], [4, 0, 1], [4, 0, 1, 149, 7, 2, 3]):
        products.add(np.array(labeled))
    whole = gray[[4, 0, 1, 149, 7, 2, 3]].astype(int) @ gray.T.astype(int)
    assert np.array_equal(products.rows, whole / 255**2 + 1)
    assert np.array_equal(products.among_labeled, products.rows[:, [4, 0, 1, 149, 7, 2, 3]])


def test_more_pixels_than_float32_can_count_are_refused():
    with pytest.raises(ValueError, match="number of pixels must be a whole number, from 1 to 1024, not 1025"):
        Products(np.zeros((2, 1025), np.uint8), 1)
