"""The model against an independent reference in NumPy, and cases small enough to follow by hand."""

from itertools import pairwise

import numpy as np
import pytest
from reference_adam import Reference

from helpers.data import aligned_empty
from helpers.models.softmax import Fit, SoftmaxRegression

ONE = np.ones((1, 1), np.float32)  # one image of one pixel


def noisy_blobs(seed, n, n_classes=4, shape=(3, 5)):
    """Images of classes that overlap, so that no model gets all of them right."""
    rng = np.random.default_rng(seed)
    centers = np.random.default_rng(0).random((n_classes, *shape))
    y = rng.integers(n_classes, size=n)
    return (centers[y] + rng.normal(scale=0.6, size=(n, *shape))).astype(np.float32), y.astype(np.int32)


X, Y = noisy_blobs(3, 60)
X_STOP, Y_STOP = noisy_blobs(4, 400)


def both(dtype="float64", learning_rate=0.02, patience=5):
    settings = X[0].size, 4, learning_rate, patience
    return SoftmaxRegression(*settings, dtype=dtype), Reference(*settings)


def assert_same(model, reference, tolerance):
    for variable, expected in zip((model.weights, model.bias), reference.parameters, strict=True):
        np.testing.assert_allclose(variable.numpy(), expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 1e-4)])
def test_fits_in_a_row_equal_the_reference(dtype, tolerance):
    model, reference = both(dtype)
    for n in (10, 11, 25, 60):  # warm starts: weights, Adam's moments and its count of steps all go on
        fit = model.fit(X[:n], Y[:n], X_STOP, Y_STOP)
        correct, losses = reference.fit(X[:n], Y[:n], X_STOP, Y_STOP)
        np.testing.assert_array_equal(fit.accuracies, np.array(correct) / len(Y_STOP))
        np.testing.assert_allclose(fit.losses, losses, rtol=tolerance)
        assert fit.losses.dtype == model.weights.dtype == dtype
        assert_same(model, reference, tolerance)
        np.testing.assert_allclose(model.predict_proba(X), reference.proba(X), atol=tolerance)
    assert len(losses) < reference.steps  # Adam's count was not set back by a new fit


def test_the_gradient_is_that_of_the_loss():
    """The first moment after one step is a tenth of the gradient: compare it with differences of the loss."""
    model, reference = both(patience=1)
    model.fit(X, Y, X_STOP, np.zeros(400, int))  # at zero weights all are 0: no step improves, so there is one
    for moments, parameter in zip(model._moments, reference.parameters, strict=True):
        slopes = np.empty_like(parameter)
        for i in np.ndindex(parameter.shape):
            parameter[i] = 1e-5
            above = reference.loss(X, Y)
            parameter[i] = -1e-5
            slopes[i] = (above - reference.loss(X, Y)) / 2e-5
            parameter[i] = 0
        np.testing.assert_allclose(moments[0].numpy() * 10, slopes, atol=1e-9)


def test_the_stopping_rule_on_a_fit_that_improves_late_and_ties():
    """The reference holds the rule; this makes sure that the data above really tries it."""
    model, _ = both()
    fits = [model.fit(X[:n], Y[:n], X_STOP, Y_STOP) for n in (10, 11, 25, 60)]
    for fit in fits:
        before = fit.accuracies[: fit.best_step]
        assert len(fit.losses) == len(fit.accuracies) - 1 == fit.best_step + 5
        assert (before < fit.accuracy).all()
        assert (fit.accuracies[fit.best_step :] <= fit.accuracy).all()
    for fit, after in pairwise(fits):
        assert after.accuracies[0] == fit.accuracy  # the weights of the best step, not the last
    gains = [np.flatnonzero(np.diff(np.maximum.accumulate(fit.accuracies))) for fit in fits]
    assert any((np.diff(steps) >= 3).any() for steps in gains)
    assert any((fit.accuracies[fit.best_step + 1 :] == fit.accuracy).any() for fit in fits)  # a tie, not taken


def test_without_improvement_the_weights_stay_and_adam_goes_on():
    model = SoftmaxRegression(1, 2, learning_rate=0.1, patience=3)
    fit = model.fit(ONE, [1], ONE, [0])  # at zero weights argmax says 0, which is right; training says 1
    assert fit.accuracies.tolist() == [1, 0, 0, 0]
    assert (fit.best_step, fit.accuracy) == (0, 1)
    assert not model.weights.numpy().any()
    assert not model.bias.numpy().any()
    assert model._step.numpy() == 3


def test_first_step_of_adam_moves_by_the_learning_rate_and_its_weights_are_kept():
    model = SoftmaxRegression(1, 2, learning_rate=0.25, patience=2)
    fit = model.fit(ONE, [1], ONE, [1])
    assert fit.accuracies.tolist() == [0, 1, 1, 1]  # all right can only be equaled, which is no improvement
    assert fit.losses[0] == pytest.approx(np.log(2))
    for variable in (model.weights, model.bias):
        np.testing.assert_allclose(variable.numpy().ravel(), [-0.25, 0.25], rtol=1e-5)


def test_reset_equals_a_new_model():
    model, _ = both("float32")
    first = [model.fit(X[:n], Y[:n], X_STOP, Y_STOP) for n in (10, 60)]
    model.reset()
    assert not any(variable.numpy().any() for variable in model.variables)
    for n, before in zip((10, 60), first, strict=True):
        again = model.fit(X[:n], Y[:n], X_STOP, Y_STOP)
        np.testing.assert_array_equal(again.accuracies, before.accuracies)
        np.testing.assert_array_equal(again.losses, before.losses)


def test_any_number_of_images_is_one_graph():
    model, _ = both("float32", patience=1)
    for n in range(1, 30):
        model.fit(X[:n], Y[:n], X_STOP[: n + 1], Y_STOP[: n + 1])
        model.predict_proba(X[:n])
    assert model._fit_graph.experimental_get_tracing_count() == 1
    assert model._proba_graph.experimental_get_tracing_count() == 1


@pytest.mark.parametrize("form", ["aligned", "unaligned", "reversed", "float64", "list"])
def test_images_in_any_memory_give_the_same_and_stay_as_they_are(form):
    aligned = aligned_empty(X.shape)
    aligned[:] = X
    shifted = aligned_empty((X.size + 1,))[1:].reshape(X.shape)
    shifted[:] = X
    x = {
        "aligned": aligned,
        "unaligned": shifted,
        "reversed": X[::-1].copy()[::-1],
        "float64": X.astype(np.float64),
        "list": X.tolist(),
    }[form]
    results = []
    for images in (X, x):
        model, _ = both("float32")
        results.append(model.fit(images, Y, X_STOP, Y_STOP).losses)
        results.append(model.predict_proba(images))
    np.testing.assert_array_equal(results[0], results[2])
    np.testing.assert_array_equal(results[1], results[3])
    np.testing.assert_array_equal(x, X)


def test_what_was_predicted_does_not_change_with_the_images():
    """Images are read in place, so what comes back must not lie in their memory."""
    model, _ = both("float32")
    images = aligned_empty(X.shape)
    images[:] = X
    model.fit(images, Y, X_STOP, Y_STOP)
    proba = model.predict_proba(images)
    before = proba.copy()
    images[:] = 0
    np.testing.assert_array_equal(proba, before)


def test_accuracy_and_probabilities():
    model, _ = both("float32")
    model.fit(X, Y, X_STOP, Y_STOP)
    proba = model.predict_proba(X_STOP)
    assert proba.shape == (400, 4)
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-5)
    assert model.accuracy(X_STOP, proba.argmax(axis=1)) == 1
    assert model.accuracy(X_STOP[:4], (proba[:4].argmax(axis=1) + np.array([0, 0, 0, 1])) % 4) == 0.75


def test_the_first_of_equal_accuracies_is_the_best_step():
    fit = Fit(np.array([0.1, 0.5, 0.4, 0.5]), np.zeros(3))
    assert (fit.best_step, fit.accuracy) == (1, 0.5)


@pytest.mark.parametrize("learning_rate", [0, -0.1, float("nan"), float("inf"), "0.1", True, None])
def test_learning_rate_is_a_number_above_zero(learning_rate):
    with pytest.raises(ValueError, match="learning_rate must be a number above 0"):
        SoftmaxRegression(1, 2, learning_rate, 10)


@pytest.mark.parametrize("patience", [0, -1, 1.5, "10", True, None])
def test_patience_is_a_whole_number_above_zero(patience):
    with pytest.raises(ValueError, match="patience must be a whole number, 1 or more"):
        SoftmaxRegression(1, 2, 0.1, patience)


@pytest.mark.parametrize("label", [-1, 4])
def test_a_label_out_of_range_is_refused(label):
    model, _ = both("float32")
    with pytest.raises(Exception, match=rf"label value of {label}.*outside the valid range of \[0, 4\)"):
        model.fit(X[:2], [0, label], X_STOP, Y_STOP)


@pytest.mark.parametrize("learning_rate", [1e37, 1e38])
def test_training_that_is_not_finite_is_an_error(learning_rate):
    model, _ = both("float32", learning_rate)
    with pytest.raises(ValueError, match=r"the loss is (nan|inf) in step 2. learning_rate = 1e\+3\d is"):
        model.fit(X, Y, X_STOP, Y_STOP)
    model.reset()
    np.testing.assert_array_equal(model.predict_proba(X), 0.25)
