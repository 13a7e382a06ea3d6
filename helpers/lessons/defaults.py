"""The parameters with which each notebook is stored: its text speaks about them. A test compares them with its cell."""

from helpers.article import PROTOCOL

TRAINING = ("n_pool", "n_stop", "seed", "data_file", "learning_rate", "patience")
LOOP = (*TRAINING, "batch_size", "rounds")

STUDY = {"pools": 30, "data_file": "", "recompute": False}
SIZES = {"n_pool": 4000, "n_labels": 400}
PRICES = {"price": 0.05, "wage": 43.0, "compute_price": 0.2, "round_seconds": 30.0}
PRICES |= {"setup": 50.0, "test_labels": 400}


def _article(names, **others):
    """The article's values of these parameters, and those of `others`."""
    return {name: PROTOCOL[name] for name in names} | others


DEFAULTS = {
    "00_start": {},
    "01_data": _article(TRAINING[:4], price=0.05, seconds=4.0),
    "02_baseline": _article(TRAINING),
    "03_kmeans_centroids": _article(TRAINING[:4], clusters=10, passes=10, start_seed=0),
    "04_random_labeling": _article(TRAINING, labels=400, repeats=20),
    "05_active_learning": _article(LOOP, repeats=5),
    "06_auto_labeling": _article(LOOP),
    "07_does_it_hold": _article(("n_pool", "n_stop", "batch_size", "rounds", "learning_rate", "patience"), **STUDY),
    "08_query_strategies": STUDY | SIZES | {"few_pools": 10, "my_pools": 10},
    "09_what_it_saves": STUDY | SIZES | {"few_pools": 10, "threshold": 0.7, "target": 0.85} | PRICES,
    "10_better_models": STUDY | SIZES | {"few_pools": 10, "target": 0.9225},
    "11_other_worlds": STUDY | SIZES | {"few_pools": 10},
}


def changed(name, values):
    """What differs from the parameters with which the notebook `name` is stored: name -> (here, stored).

    values: name -> value of all its parameters, as its `globals()` has them. Where figures and finished runs are kept
    does not count.
    """
    return {key: (values[key], stored) for key, stored in DEFAULTS[name].items() if values[key] != stored}
