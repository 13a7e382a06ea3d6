"""(a) Experiments 5 and 6 as in 2018: the article's protocol through tf.compat.v1 sessions and feed_dict.

usage: sessions.py float64 | float32    what the images are when they are fed; the article's are float64
"""

import json
import sys
import time

import numpy as np

from helpers.article import PROTOCOL
from helpers.data import MNIST

import tensorflow.compat.v1 as tf  # isort: skip  (after helpers, which silences its log)

tf.disable_v2_behavior()
batch_size = PROTOCOL["batch_size"]
with np.load(MNIST) as file:
    dtype = sys.argv[1]
    x_train = (file["x_train"][: PROTOCOL["n_pool"]] / 255).reshape(-1, 784).astype(dtype)
    x_test = (file["x_test"][: PROTOCOL["n_stop"]] / 255).reshape(-1, 784).astype(dtype)
    y_train, y_test = file["y_train"][: len(x_train)], file["y_test"][: len(x_test)]

start = time.perf_counter()
x, y = tf.placeholder(tf.float32, [None, 784]), tf.placeholder(tf.int64, [None])
weights, bias = tf.Variable(tf.zeros([784, 10])), tf.Variable(tf.zeros([10]))
logits = tf.matmul(x, weights) + bias
proba = tf.nn.softmax(logits)
loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
train = tf.train.AdamOptimizer(PROTOCOL["learning_rate"]).minimize(loss)
accuracy = tf.reduce_mean(tf.cast(tf.equal(tf.argmax(logits, 1), y), tf.float32))
session = tf.Session()
session.run(tf.global_variables_initializer())


def fit():
    best = session.run(accuracy, {x: x_test, y: y_test})
    best_weights = session.run([weights, bias])
    without_gain = 0
    while without_gain < PROTOCOL["patience"]:
        session.run(train, {x: x_labeled, y: y_labeled})
        now = session.run(accuracy, {x: x_test, y: y_test})
        without_gain += 1
        if now > best:
            best, best_weights, without_gain = now, session.run([weights, bias]), 0
    for variable, value in zip((weights, bias), best_weights, strict=True):
        variable.load(value, session)
    return float(best)


x_labeled, y_labeled = x_train[:batch_size], y_train[:batch_size]
x_rest, y_rest = x_train[batch_size:], y_train[batch_size:]
accuracies = [fit()]
for _ in range(PROTOCOL["rounds"] - 1):
    order = session.run(proba, {x: x_rest}).max(axis=1).argsort()
    x_rest, y_rest = x_rest[order], y_rest[order]
    x_labeled = np.concatenate([x_labeled, x_rest[:batch_size]])
    y_labeled = np.concatenate([y_labeled, y_rest[:batch_size]])
    x_rest, y_rest = x_rest[batch_size:], y_rest[batch_size:]
    accuracies.append(fit())
middle = time.perf_counter()
while len(x_rest):
    p = session.run(proba, {x: x_rest})
    order = (-p.max(axis=1)).argsort()
    x_rest, p = x_rest[order], p[order]
    x_labeled = np.concatenate([x_labeled, x_rest[:batch_size]])
    y_labeled = np.concatenate([y_labeled, p[:batch_size].argmax(axis=1)])
    x_rest = x_rest[batch_size:]
    accuracies.append(fit())
end = time.perf_counter()
print(json.dumps({"seconds": [middle - start, end - middle], "accuracies": accuracies}))
