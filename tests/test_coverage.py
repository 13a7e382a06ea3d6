"""Strategies by coverage and by gradient, the committee's vote margin and PowerBALD: small cases computed by hand."""

import inspect

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from helpers.strategies import STRATEGIES
from helpers.strategies.by_committee import committee, power_bald, vote_margin
from helpers.strategies.by_coverage import k_center, max_herding, typiclust, u_herding
from helpers.strategies.by_gradient import badge
from helpers.strategies.by_probability import entropy, information, lead, least_confident, margin

NONE = np.empty((0, 1))


def rng(seed=0):
    return np.random.default_rng(seed)


def on_a_circle(*degrees):
    """Images of two pixels and length 1, where an angle is what tells them apart."""
    angles = np.deg2rad(degrees)
    return np.column_stack([np.cos(angles), np.sin(angles)])


# --- votes ---


def test_small_lead_in_votes_first_and_the_mean_probability_decides_ties():
    # Votes of three models: image 0: 3 to 0; images 1 and 2: 2 to 1; image 3: 1 to 1 to 1.
    probas = np.array(
        [
            [[0.9, 0.1, 0.0], [0.9, 0.1, 0.0], [0.6, 0.4, 0.0], [0.8, 0.1, 0.1]],
            [[0.9, 0.1, 0.0], [0.9, 0.1, 0.0], [0.6, 0.4, 0.0], [0.1, 0.8, 0.1]],
            [[0.9, 0.1, 0.0], [0.4, 0.6, 0.0], [0.4, 0.6, 0.0], [0.1, 0.1, 0.8]],
        ]
    )
    assert vote_margin(probas).tolist() == [3, 2, 1, 0]
    assert committee(probas).tolist() == [3, 1, 2, 0]  # by the entropy of the votes 1 and 2 are a tie


def test_power_bald_prefers_what_models_disagree_on_to_what_they_are_unsure_of():
    agree_unsure = np.tile([[0.5, 0.5]], (2, 1))
    disagree = np.array([[1.0, 0.0], [0.0, 1.0]])
    agree_sure = np.tile([[1.0, 0.0]], (2, 1))
    probas = np.stack([agree_unsure, disagree, agree_sure], axis=1)
    assert all(power_bald(probas, rng(seed))[0] == 1 for seed in range(20))
    assert sorted(power_bald(probas, rng())) == [0, 1, 2]


def test_power_bald_draws_with_the_chances_of_its_scores():
    # Scores by hand: log 2 where two sure models contradict each other; for 0.75 and 0.25 log 2 less their entropy.
    probas = np.array([[[1.0, 0.0], [0.75, 0.25]], [[0.0, 1.0], [0.25, 0.75]]])
    scores = np.array([np.log(2), np.log(2) + 0.75 * np.log(0.75) + 0.25 * np.log(0.25)])
    firsts = [power_bald(probas, one)[0] for one in [rng(1)] for _ in range(4000)]
    assert np.mean(np.array(firsts) == 0) == pytest.approx(scores[0] / scores.sum(), abs=0.03)
    # To the power of 8, the chances are nearly 1 to 0.
    assert all(power_bald(probas, one, power=8)[0] == 0 for one in [rng(1)] for _ in range(50))


# --- coverage ---


def test_k_center_takes_the_farthest_then_the_farthest_from_that():
    images, known = np.array([[0.1], [0.9], [0.5], [0.85]]), np.array([[0.0]])
    assert k_center(images, known, 3).tolist() == [1, 2, 0]  # 0.9; then 0.5 (0.4 away); then 0.1


def test_k_center_without_labels_starts_with_the_first_image():
    assert k_center(np.array([[0.2], [0.9], [0.3]]), NONE, 2).tolist() == [0, 1]


def test_herding_takes_the_middle_of_the_largest_group_then_of_the_next():
    images = on_a_circle(0, 1, 2, 3, 4, 40, 41, 42, 90)
    assert max_herding(images, NONE[:, [0, 0]], 3, rng(), radius=0.1).tolist() == [2, 6, 8]


def test_herding_leaves_alone_what_is_covered():
    images = on_a_circle(0, 1, 2, 3, 4, 40, 41, 42, 90)
    assert max_herding(images, on_a_circle(2), 2, rng(), radius=0.1).tolist() == [6, 8]


def test_herding_picks_what_covers_most_by_brute_force():
    x = rng(3).random((40, 5))
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    closeness = np.exp(
        -((cdist(unit[5:], unit) / 0.3) ** 2)
    )  # 35 unlabeled by all 40, of which the first 5 are labeled
    chosen = [0, 1, 2, 3, 4]
    for _ in range(6):
        gains = [closeness[:, [*chosen, 5 + i]].max(axis=1).sum() for i in range(35)]
        chosen.append(5 + int(np.argmax(gains)))
    assert (5 + max_herding(x[5:], x[:5], 6, rng(), radius=0.3)).tolist() == chosen[5:]


def test_u_herding_covers_what_is_uncertain():
    images = on_a_circle(0, 1, 2, 3, 4, 40, 41, 42, 90)
    sure, unsure = [1.0, 0.0], [0.5, 0.5]
    known = on_a_circle(180, 186)  # two labeled images, 6 degrees apart: the radius
    assert u_herding(np.array([sure] * 5 + [unsure] * 4), images, known, 2, rng()).tolist() == [6, 8]
    assert u_herding(np.array([unsure] * 5 + [sure] * 4), images, known, 1, rng()).tolist() == [2]


def test_the_radius_of_u_herding_is_the_smallest_distance_of_two_labeled_images():
    # Two neighbors 10 degrees apart weigh 0.6 each, a lonely image weighs 1. A wide radius joins the two: 1.2 is more.
    images = on_a_circle(0, 10, 90)
    proba = np.array([[0.7, 0.3], [0.7, 0.3], [0.5, 0.5]])
    wide, narrow = on_a_circle(180, 240), on_a_circle(180, 181, 240)
    assert u_herding(proba, images, wide, 1, rng())[0] in (0, 1)
    assert u_herding(proba, images, narrow, 1, rng())[0] == 2


def test_herding_of_a_sample_is_that_of_these_images():
    images = rng(5).random((300, 6))
    some = rng(7).permutation(300)[:50]
    alone = max_herding(images[some], NONE[:, [0] * 6], 5, rng(), sample=50)
    picks = max_herding(images, NONE[:, [0] * 6], 5, rng(7), sample=50)
    assert set(picks) <= set(some)
    assert sorted(picks) == sorted(some[alone])


def test_typiclust_asks_the_most_typical_of_the_largest_cluster_without_a_label():
    groups = [0.1 + np.array([0, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06]), 0.5 + np.array([0, 0.01, 0.02, 0.03, 0.04])]
    outlier = [0.95]
    images = np.concatenate([*groups, outlier])[:, None]
    first = [int(typiclust(images, NONE, 1, rng(seed), dimensions=1)[0]) for seed in range(10)]
    assert set(first) <= {5, 6, 7}  # one cluster of all: the middle of the whole, not the outlier
    # With a label in the large group, the other group is asked, at its middle; k-means may start badly, hence most.
    known = np.array([[0.13]])
    picks = [int(typiclust(images, known, 1, rng(seed), dimensions=1)[0]) for seed in range(20)]
    assert np.mean(np.isin(picks, [8, 9, 10])) > 0.7


def test_typiclust_asks_no_outlier_while_there_are_clusters_of_five():
    images = np.concatenate([rng(0).normal(0.3, 0.01, (30, 3)), rng(1).normal(0.7, 0.01, (30, 3)), [[0, 1, 0]]])
    for seed in range(20):
        assert 60 not in typiclust(images, NONE[:, [0, 0, 0]], 3, rng(seed))[:3]


# --- gradients ---


class Watched:
    """A generator that notes the probabilities it is given, and picks the most probable."""

    def __init__(self):
        self.seen = []

    def choice(self, n, p):
        self.seen.append(p)
        return int(p.argmax())


def test_badge_draws_by_distances_among_gradients_that_it_never_builds():
    images, proba = rng(1).random((50, 3, 4)), rng(2).dirichlet(np.ones(5), 50)
    watched = Watched()
    picks = badge(proba, images, 6, watched)
    residuals = proba - np.eye(5)[proba.argmax(axis=1)]
    gradients = (residuals[:, :, None] * images.reshape(50, 1, 12)).reshape(50, 60)
    assert watched.seen[0] == pytest.approx(np.full(50, 1 / 50))  # not by norm: that is in no step of k-means++
    for done in range(1, 6):
        squares = cdist(gradients, gradients[picks[:done]], "sqeuclidean").min(axis=1)
        assert watched.seen[done] == pytest.approx(squares / squares.sum(), abs=1e-5)


def test_badge_seldom_asks_what_the_model_is_sure_of():
    proba = np.array([[1.0, 0.0]] * 90 + [[0.5, 0.5]] * 10)
    picks = badge(proba, rng(1).random((100, 8)), 5, rng(2))
    assert sum(picks >= 90) >= 4  # all but the first, which any image can be


def test_badge_with_gradients_that_are_all_0_draws_among_the_others():
    assert sorted(badge(np.array([[1.0, 0.0]] * 4), rng().random((4, 3)), 4, rng())) == [0, 1, 2, 3]


# --- all of them ---


def arguments(strategy, n=60, m=7, seed=0, batch_size=5):
    given = rng(seed)
    offered = {
        "proba": given.dirichlet(np.full(4, 0.3), n),
        "images": given.random((n, 3, 3)),
        "known": given.random((m, 3, 3)),
        "probas": given.dirichlet(np.full(4, 0.3), (5, n)),
        "batch_size": batch_size,
        "rng": rng(11),
    }
    return {name: offered[name] for name in inspect.signature(strategy).parameters if name in offered}


@pytest.mark.parametrize("name", STRATEGIES)
@pytest.mark.parametrize(("n", "m"), [(60, 7), (60, 0), (5, 30), (3, 1)])
def test_the_first_of_every_strategy_are_different_images(name, n, m):
    order = np.asarray(STRATEGIES[name](**arguments(STRATEGIES[name], n, m)))
    wanted = min(5, n)
    assert len(set(order[:wanted].tolist())) == wanted
    assert order.min() >= 0
    assert order.max() < n


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_seed_gives_the_same_order_and_nothing_is_changed(name):
    first, second = arguments(STRATEGIES[name]), arguments(STRATEGIES[name])
    order = STRATEGIES[name](**first)
    assert np.array_equal(order, STRATEGIES[name](**second))
    for key in set(first) - {"rng", "batch_size"}:
        assert np.array_equal(first[key], arguments(STRATEGIES[name])[key])


@pytest.mark.parametrize("name", STRATEGIES)
def test_images_that_are_all_the_same_are_each_asked_once(name):
    given = arguments(STRATEGIES[name])
    given |= {key: np.full_like(given[key], 0.25) for key in ("images", "known", "proba", "probas") if key in given}
    order = np.asarray(STRATEGIES[name](**given))
    assert len(set(order[:5].tolist())) == 5


@pytest.mark.parametrize("strategy", [margin, least_confident, entropy, u_herding, badge, vote_margin])
def test_the_margins_of_the_picks_are_smaller_than_the_pool_s(strategy):
    """A sign that is wrong would ask for what the model is sure of."""
    given = arguments(strategy, n=400, batch_size=40)
    if "probas" in given:  # a committee that agrees but for noise
        base = rng(3).dirichlet(np.full(4, 0.3), 400)
        noise = rng(4).dirichlet(np.full(4, 0.3), (5, 400))
        given["probas"] = 0.7 * base + 0.3 * noise
    proba = given["proba"] if "proba" in given else given["probas"].mean(axis=0)
    picks = np.asarray(strategy(**given))[:40]
    assert lead(proba)[picks].mean() < lead(proba).mean()


def test_lead_and_information_are_the_scores_that_margin_and_entropy_sort_by():
    proba = rng().dirichlet(np.full(4, 0.3), 100)
    proba[0] = [1, 0, 0, 0]
    assert margin(proba).tolist() == np.argsort(lead(proba), kind="stable").tolist()
    assert entropy(proba).tolist() == np.argsort(-information(proba), kind="stable").tolist()
    assert information(np.array([[1.0, 0.0], [0.5, 0.5]])) == pytest.approx([0, np.log(2)])
