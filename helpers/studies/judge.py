"""The accuracies of many models on the images that decide nothing; of MNIST the 10,000 test images."""

from functools import cache

import numpy as np

from helpers.models.convex import ConvexSoftmax


def scaled(x):
    """Gray levels from 0 to 255 as float64 from 0 to 1; numbers with a fraction stay as they are."""
    return x / 255 if x.dtype == np.uint8 else x


class Judge:
    """The accuracies of models on the images that decide nothing."""

    def __init__(self, data):
        self._data, self._parameters, self._accuracies = data, [], []

    def note(self, model):
        """Judge the model as it is now."""
        if isinstance(model, ConvexSoftmax):  # many at once take half the time
            self._parameters.append(model.parameters)
            self._pixels = model.pixels
        else:
            x, y = _judging(self._data)
            guess = np.asarray(model.predict_proba(x)).argmax(axis=1)
            self._accuracies.append(float(np.mean(guess == y)))

    def judged(self, rows):
        """The rows, one for each model noted, with its accuracy."""
        accuracies = self._of_convex() if self._parameters else self._accuracies
        return [row | {"accuracy": float(accuracy)} for row, accuracy in zip(rows, accuracies, strict=True)]

    def _of_convex(self):
        """Scores in float32, for all models in one product; where they are close, float64 decides."""
        x, y = _flat_judging(self._data, tuple(self._pixels))
        parameters = np.stack(self._parameters, axis=2)  # (pixels and 1, classes, models)
        weights, bias = parameters[:-1].astype(np.float32), parameters[-1].astype(np.float32)
        scores = (x @ weights.reshape(x.shape[1], -1)).reshape(len(x), *bias.shape) + bias
        every = np.arange(len(x))
        own = scores[every, y]
        scores[every, y] = -np.inf
        lead = own - scores.max(axis=1)
        right = lead > 0
        exact, _ = self._data.judge()
        for image, model in np.argwhere(abs(lead) < 1e-3):
            pixels = scaled(exact[image]).ravel().take(self._pixels)
            right[image, model] = (pixels @ parameters[:-1, :, model] + parameters[-1, :, model]).argmax() == y[image]
        return right.mean(axis=0)


@cache
def _judging(data):
    """The images that decide nothing, in float32, and their labels."""
    x, y = data.judge()
    return scaled(x).astype(np.float32), y


@cache
def _flat_judging(data, pixels):
    """The same, each a row of these pixels."""
    x, y = data.judge()
    return scaled(x.reshape(len(x), -1).take(pixels, axis=1)).astype(np.float32), y


def unpacked(right, n_images):
    """Which images are right, (runs, n_images), 0 or 1, from the texts of `images_trial`."""
    packed = [np.frombuffer(bytes.fromhex(bits), np.uint8) for bits in right]
    return np.unpackbits(packed, axis=1, count=n_images)
