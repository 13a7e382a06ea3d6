"""The article's training in NumPy and float64, written from its description; shares no code with helpers.model."""

import numpy as np


class Reference:
    def __init__(self, n_features, n_classes, learning_rate, patience):
        self.learning_rate, self.patience = learning_rate, patience
        self.parameters = [np.zeros((n_features, n_classes)), np.zeros(n_classes)]  # weights, bias
        self.m = [np.zeros_like(p) for p in self.parameters]
        self.v = [np.zeros_like(p) for p in self.parameters]
        self.steps = 0

    def logits(self, x):
        weights, bias = self.parameters
        return x.reshape(len(x), -1).astype(np.float64) @ weights + bias

    def proba(self, x):
        e = np.exp(self.logits(x))
        return e / e.sum(axis=1, keepdims=True)

    def loss(self, x, y):
        return -np.log(self.proba(x)[np.arange(len(y)), y]).mean()

    def correct(self, x, y):
        return int((self.logits(x).argmax(axis=1) == y).sum())

    def step(self, x, y):
        error = self.proba(x)
        error[np.arange(len(y)), y] -= 1
        error /= len(y)
        self.steps += 1
        for i, slope in enumerate((x.reshape(len(x), -1).T.astype(np.float64) @ error, error.sum(axis=0))):
            self.m[i] = 0.9 * self.m[i] + 0.1 * slope
            self.v[i] = 0.999 * self.v[i] + 0.001 * slope**2
            # TensorFlow's form of Adam, "epsilon hat" in Kingma and Ba 2015, section 2.
            rate = self.learning_rate * np.sqrt(1 - 0.999**self.steps) / (1 - 0.9**self.steps)
            self.parameters[i] = self.parameters[i] - rate * self.m[i] / (np.sqrt(self.v[i]) + 1e-8)

    def fit(self, x, y, x_stop, y_stop):
        """Correct images of the stopping set before the first step and after each; the loss before each step."""
        correct, losses = [self.correct(x_stop, y_stop)], []
        best, kept = 0, list(self.parameters)
        while len(correct) - 1 - best < self.patience:
            losses.append(self.loss(x, y))
            self.step(x, y)
            correct.append(self.correct(x_stop, y_stop))
            if correct[-1] > correct[best]:
                best, kept = len(correct) - 1, list(self.parameters)
        self.parameters = kept
        return correct, losses
