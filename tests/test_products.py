import numpy as np

from helpers.products import Products


def test_rows_are_the_products_of_the_images_to_the_last_bit():
    rng = np.random.default_rng(0)
    gray = rng.integers(0, 256, (50, 784), np.uint8)
    gray[:3] = 255  # their sums are beyond what float32 can count: 784 * 255**2 > 2**24
    products = Products(gray)
    for batch in ([4, 0], [1], [49, 7, 2]):
        products.add(np.array(batch))
    whole = gray[[4, 0, 1, 49, 7, 2]].astype(int) @ gray.T.astype(int)
    assert np.array_equal(products.rows, whole / 255**2 + 1)
