import numpy as np
import pytest
from scipy.special import softmax

from helpers.studies.calibration import calibration_error, fit_temperature, reliability, scaled


def test_temperature_divides_the_logits():
    logits = np.array([[1.0, 2.0, 4.0], [0.0, 0.0, 9.0]])
    assert scaled(softmax(logits, axis=1), 2.5) == pytest.approx(softmax(logits / 2.5, axis=1))
    assert scaled(np.array([[1.0, 0.0]]), 2.0) == pytest.approx(np.array([[1.0, 0.0]]))


def test_the_fitted_temperature_is_the_one_that_made_the_labels():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(20_000, 5))
    true = softmax(logits, axis=1)
    y = (true.cumsum(axis=1) > rng.random((len(true), 1))).argmax(axis=1)
    overconfident = softmax(logits * 3, axis=1)
    assert fit_temperature(overconfident, y) == pytest.approx(3, rel=0.05)


def test_reliability_by_hand():
    proba = np.array([[0.72, 0.28], [0.78, 0.22], [0.09, 0.91], [1.0, 0.0]])
    rows = reliability(proba, np.array([0, 1, 1, 0]))
    assert [(row["low"], row["high"], row["images"], row["right"]) for row in rows] == [
        (0.7, 0.8, 2, 0.5),
        (0.9, 0.95, 1, 1.0),
        (0.99, 1, 1, 1.0),
    ]
    assert [row["confidence"] for row in rows] == pytest.approx([0.75, 0.91, 1.0])


def test_calibration_error_by_hand():
    # 3 images off by 0.1 and 1 off by 0.3.
    assert calibration_error([3, 1], [0.8, 0.9], [0.7, 0.6]) == pytest.approx((3 * 0.1 + 0.3) / 4)
