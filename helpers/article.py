"""The article's protocol and its published numbers, to set ours beside them.

Andy Bosyi, "Active Learning on MNIST - Saving on Labeling", MindCraft, 12 November 2018.
"""

PROTOCOL = {
    "n_pool": 4000,
    "n_stop": 400,
    "seed": None,
    "data_file": "",
    "learning_rate": 0.1,
    "patience": 10,
    "batch_size": 10,
    "rounds": 40,
}

# Accuracy on the 400 test images.
PUBLISHED = {
    "all labeled": 0.9225,
    "random": 0.8375,
    "active learning": 0.8975,
    "auto-label all at once": 0.8975,
    "auto-label most confident first": 0.9050,
}

# Accuracy after 10, 20, ... 400 labels of active learning.
PUBLISHED_ROUNDS = [
    0.38, 0.4975, 0.535, 0.5475, 0.59, 0.64, 0.6475, 0.6925, 0.6975, 0.73,
    0.745, 0.7625, 0.7725, 0.7725, 0.7725, 0.7875, 0.7875, 0.8175, 0.8225, 0.8225,
    0.825, 0.8425, 0.8425, 0.845, 0.8525, 0.8525, 0.8525, 0.8525, 0.8525, 0.8525,
    0.86, 0.86, 0.86, 0.86, 0.865, 0.8775, 0.8825, 0.8825, 0.885, 0.8975,
]  # fmt: skip

PUBLISHED_INERTIA = 154_262.86  # of its ten k-means centroids


def is_followed(parameters):
    """True if these parameters, by name, are the article's: only then can its numbers be expected. Names that are not
    in PROTOCOL are passed over, so a notebook can give its `globals()`.
    """
    return all(parameters[name] == value for name, value in PROTOCOL.items() if name in parameters)


def beside(experiment, accuracy, followed):
    """Our accuracy as text; with the article's beside it if its protocol was `followed`."""
    ours = f"{experiment}: {accuracy:.2%}"
    return f"{ours} (the article: {PUBLISHED[experiment]:.2%})" if followed else ours
