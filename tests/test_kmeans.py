import numpy as np
import pytest

from helpers.data import load_mnist
from helpers.kmeans import kmeans, start

SEEDS = range(6)
ARTICLE = 154_262.86  # the article's inertia after its ten passes


@pytest.fixture(scope="module")
def images():
    return load_mnist().x_pool


@pytest.fixture(scope="module")
def ours(images):
    return [kmeans(images, 10, seed) for seed in SEEDS]


@pytest.fixture(scope="module")
def sklearn(images, reference):
    x = images.reshape(len(images), -1).astype(np.float64)
    return reference("reference_kmeans.py", x=x, starts=[start(x, 10, seed).numpy() for seed in SEEDS], seeds=SEEDS)


def test_from_the_same_start_scikit_learn_ends_at_the_same_clusters(ours, sklearn):
    for clusters, inertia, labels, centroids in zip(
        ours, sklearn["same_start"], sklearn["labels"], sklearn["centroids"], strict=True
    ):
        assert clusters.inertia == pytest.approx(inertia, rel=1e-9)
        assert np.array_equal(clusters.assignment, labels)
        assert clusters.centroids.reshape(10, -1) == pytest.approx(centroids, abs=1e-9)


def test_own_starts_are_as_good_as_scikit_learn_s(ours, sklearn):
    assert np.mean([c.inertia for c in ours]) == pytest.approx(np.mean(sklearn["own_start"]), rel=0.01)
    assert min(c.inertia for c in ours) == pytest.approx(min(sklearn["own_start"]), rel=0.01)


def test_seed_0_is_no_worse_than_the_article_and_converges(ours):
    assert ours[0].inertia <= ARTICLE
    assert len(ours[0].inertias) < 300
    assert (np.diff(ours[0].inertias) < 1e-6).all()


def test_a_pass_by_hand():
    # Four images of one pixel, centroids at two of them: {0, 1} and {9, 10} whatever the start.
    images = np.array([0, 1, 9, 10], dtype=np.float32).reshape(4, 1, 1)
    clusters = kmeans(images, 2, seed=0)
    assert sorted(clusters.centroids.ravel()) == [0.5, 9.5]
    assert clusters.inertia == 4 * 0.25
    assert clusters.assignment[0] == clusters.assignment[1] != clusters.assignment[2] == clusters.assignment[3]


def test_an_empty_cluster_gets_the_farthest_image(monkeypatch):
    # Both centroids start in one place: every image goes to the first of them.
    monkeypatch.setattr("helpers.kmeans.start", lambda x, k, seed: np.full((k, 1), 4.0))
    images = np.array([4, 4, 4, 5], dtype=np.float32).reshape(4, 1, 1)
    clusters = kmeans(images, 2, seed=0)
    assert clusters.centroids.ravel().tolist() == [4, 5]
    assert clusters.inertia == 0


def test_equal_images_can_fill_fewer_clusters_than_asked_for():
    clusters = kmeans(np.array([0, 0, 0, 5], dtype=np.float32).reshape(4, 1, 1), 3, seed=0)
    assert clusters.inertia == 0
    assert np.isfinite(clusters.centroids).all()


def test_max_passes_ends_it_early(images):
    assert len(kmeans(images[:200], 10, 0, max_passes=2).inertias) == 3


@pytest.mark.parametrize(("k", "max_passes", "named"), [(0, 5, "k"), (11, 5, "k"), (2, 0, "max_passes")])
def test_impossible_numbers_are_refused(k, max_passes, named):
    with pytest.raises(ValueError, match=f"{named} must be a whole number"):
        kmeans(np.zeros((10, 2, 2), np.float32), k, 0, max_passes)
