"""Query strategies: what a model should ask next.

A strategy is a function of what it names, in any order:

proba: (n, n_classes) the model's probabilities for the n unlabeled images; all equal before the first label.
images: (n, ...) these images. known: (m, ...) the labeled images.
probas: (members, n, n_classes) the probabilities of a committee, computed only if named.
batch_size: how many it will be asked for. rng: a NumPy generator, for all that is drawn.

It returns an order of the n images, most wanted first; positions from 0 to n - 1, at least the first `batch_size`.
Parameters with a default are its constants.
"""

import inspect

import numpy as np

from helpers.strategies.by_committee import committee, power_bald, vote_margin
from helpers.strategies.by_coverage import k_center, max_herding, typiclust, u_herding
from helpers.strategies.by_diversity import dbal, dbal_of_200, random_of_small_margins, representatives
from helpers.strategies.by_gradient import badge
from helpers.strategies.by_probability import entropy, in_order, least_confident, margin

STRATEGIES = {
    "random": in_order,  # a pool is shuffled
    "least confident": least_confident,
    "margin": margin,
    "entropy": entropy,
    "DBAL": dbal,
    "DBAL of 200": dbal_of_200,
    "random of small margins": random_of_small_margins,
    "k-means": representatives,
    "committee": committee,
    "vote margin": vote_margin,
    "PowerBALD": power_bald,
    "BADGE": badge,
    "k-center": k_center,
    "MaxHerding": max_herding,
    "UHerding": u_herding,
    "TypiClust": typiclust,
}
OFFERED = ("proba", "images", "known", "probas", "batch_size", "rng")


def find(strategy):
    """The function of a name in STRATEGIES; a function stays as it is. Raises ValueError for anything else."""
    if isinstance(strategy, str) and strategy in STRATEGIES:
        return STRATEGIES[strategy]
    if callable(strategy):
        return strategy
    raise ValueError(f"A strategy is a function or one of {', '.join(STRATEGIES)}, not {strategy!r}.")


def checked_strategy(strategy):
    """The names among OFFERED that a strategy asks for; ValueError if it is no function or asks for something else."""
    if not callable(strategy):
        raise ValueError(f"A strategy is a function, not {strategy!r}.")
    parameters = inspect.signature(strategy).parameters.values()
    needed = [one.name for one in parameters if one.default is one.empty and one.kind not in (2, 4)]
    unknown = [name for name in needed if name not in OFFERED]
    if unknown:
        raise ValueError(
            f"{name_of(strategy)} asks for {', '.join(unknown)}. A strategy can ask for {', '.join(OFFERED)}."
        )
    return [one.name for one in parameters if one.name in OFFERED]


def ask(strategy, learner, batch_size, seed, blind=False):
    """The order that a strategy gives of the unlabeled images of the learner's pool, checked.

    seed: of what is drawn, a list of whole numbers. blind: there is no fitted model yet.
    """
    pool = learner.pool
    rest = pool.unlabeled
    nothing_known = np.full((len(rest), 2), 0.5)  # without a model
    offers = {
        "proba": lambda: learner.proba[rest] if not blind else nothing_known,
        "images": lambda: pool.images[rest],
        "known": lambda: pool.x_labeled,
        "probas": lambda: learner.probas(np.random.default_rng(seed))[:, rest] if not blind else nothing_known[None],
        "batch_size": lambda: min(batch_size, len(rest)),
        "rng": lambda: np.random.default_rng([*seed, 1]),
    }
    order = strategy(**{name: offers[name]() for name in checked_strategy(strategy)})
    return checked_order(order, len(rest), batch_size, name_of(strategy))


def checked_order(order, n, batch_size, name):
    """What a strategy returned, as an array; ValueError that says why it is no order of n images."""
    order = np.asarray(order)
    says = f"{name} must return an order of the {n} unlabeled images:"
    if order.dtype == object or order.ndim != 1:
        raise ValueError(f"{says} a row of positions, not an array of shape {order.shape}.")
    if order.dtype.kind == "f" and np.isnan(order).any():
        raise ValueError(f"{says} there is NaN in it.")
    if order.dtype.kind not in "iu":
        raise ValueError(f"{says} whole numbers, not {order.dtype}. Scores become an order by np.argsort.")
    if len(order) < min(batch_size, n):
        raise ValueError(f"{says} at least the first {min(batch_size, n)}, not {len(order)}.")
    if len(order) and (order.min() < 0 or order.max() >= n):
        raise ValueError(f"{says} positions from 0 to {n - 1}; there are some from {order.min()} to {order.max()}.")
    if len(np.unique(order)) < len(order):
        raise ValueError(f"{says} each once; some positions repeat.")
    return order


def name_of(strategy):
    """What a strategy is called in tables and figures."""
    names = (name for name, function in STRATEGIES.items() if function is strategy)
    return next(names, getattr(strategy, "__name__", str(strategy)))
