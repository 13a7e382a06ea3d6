import numpy as np
import pytest

from helpers.models.products import Products


def test_rows_are_the_products_of_the_images_to_the_last_bit():
    rng = np.random.default_rng(0)
    gray = rng.integers(0, 256, (150, 1024), np.uint8)  # not a whole number of blocks
    gray[:3] = 255  # their sums are beyond what float32 can count, without MIDDLE: 1024 * 255**2 > 2**24
    gray[3:6] = 0
    products = Products(gray / 255, 7)
    for labeled in ([4, 0], [4, 0, 1], [4, 0, 1, 149, 7, 2, 3]):
        products.add(np.array(labeled))
    whole = gray[[4, 0, 1, 149, 7, 2, 3]].astype(int) @ gray.T.astype(int)
    assert np.array_equal(products.rows, whole / 255**2 + 1)
    assert np.array_equal(products.among_labeled, products.rows[:, [4, 0, 1, 149, 7, 2, 3]])


@pytest.mark.parametrize("x", [np.random.default_rng(1).normal(size=(90, 5)), np.ones((90, 1025))])
def test_features_and_many_pixels_are_multiplied_as_they_are(x):
    products = Products(x, 3)
    products.add(np.array([5, 80, 1]))
    assert np.allclose(products.rows, x[[5, 80, 1]] @ x.T + 1, rtol=1e-14)
    assert np.array_equal(products.among_labeled, products.rows[:, [5, 80, 1]])
