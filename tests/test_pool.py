import numpy as np
import pytest

from helpers.pool import BY_HAND, BY_MACHINE, UNLABELED, Pool

TRUE = np.array([3, 1, 4, 1, 5, 9], dtype=np.int32)


@pytest.fixture
def images():
    return np.arange(6 * 4, dtype=np.float32).reshape(6, 2, 2)


@pytest.fixture
def pool(images):
    return Pool(images, TRUE)


def test_new_pool_has_no_labels(pool):
    assert pool.unlabeled.tolist() == [0, 1, 2, 3, 4, 5]
    assert pool.source.tolist() == [UNLABELED] * 6
    assert len(pool.labeled) == len(pool.x_labeled) == len(pool.y_labeled) == pool.n_wrong == 0


def test_labeled_images_stand_in_the_order_of_labeling(pool, images):
    pool.label_manually([4, 1])
    pool.label_automatically([5, 0], [9, 7])  # the first right, the second wrong
    pool.label_manually(np.array([2]))
    assert pool.labeled.tolist() == [4, 1, 5, 0, 2]
    assert pool.y_labeled.tolist() == [5, 1, 9, 7, 4]
    assert np.array_equal(pool.x_labeled, images[[4, 1, 5, 0, 2]])
    assert pool.unlabeled.tolist() == [3]
    assert pool.source.tolist() == [BY_MACHINE, BY_HAND, BY_HAND, UNLABELED, BY_HAND, BY_MACHINE]
    assert pool.n_wrong == 1


def test_nothing_is_deleted_and_the_caller_s_arrays_stay(pool, images):
    before = images.copy()
    pool.label_automatically(pool.unlabeled, np.zeros(6, int))
    assert pool.images is images
    assert np.array_equal(images, before)
    assert TRUE.tolist() == [3, 1, 4, 1, 5, 9]
    assert pool.n_wrong == 6


def test_reset_forgets_every_label(pool):
    pool.label_manually([0, 1])
    pool.label_automatically([2], [0])
    pool.reset()
    assert pool.unlabeled.tolist() == [0, 1, 2, 3, 4, 5]
    assert pool.n_wrong == 0
    pool.label_manually([1])
    assert pool.labeled.tolist() == [1]
    assert pool.y_labeled.tolist() == [1]


def test_labeled_images_lie_where_tensorflow_reads_them_in_place(pool):
    pool.label_manually([3, 2])
    assert pool.x_labeled.dtype == np.float32
    assert pool.x_labeled.ctypes.data % 64 == 0
    assert pool.x_labeled.flags.c_contiguous


def test_an_empty_batch_changes_nothing(pool):
    pool.label_manually([])
    pool.label_automatically(np.array([], int), np.array([], int))
    assert len(pool.labeled) == 0


TWICE = "An image is labeled once"
CHOSEN = "Images are chosen by a list of indices from 0 to 5"


@pytest.mark.parametrize(
    ("indices", "sentence"),
    [
        ([0, 2], TWICE),  # 2 has a label
        ([0, 0], TWICE),
        ([6], CHOSEN),
        ([0, -1], CHOSEN),  # or 5 could get two labels: as 5 and as -1
        ([0.0, 1.0], CHOSEN),
        ([True, False, True, False, False, False], CHOSEN),
        (0, CHOSEN),
        ([[0, 1]], CHOSEN),
        (["0"], CHOSEN),
    ],
)
def test_bad_indices_are_refused_and_leave_the_pool_as_it_was(pool, indices, sentence):
    pool.label_manually([2])
    for label in (lambda: pool.label_manually(indices), lambda: pool.label_automatically(indices, indices)):
        with pytest.raises(ValueError, match=sentence):
            label()
    assert pool.labeled.tolist() == [2]
    assert pool.y_labeled.tolist() == [4]
    assert pool.unlabeled.tolist() == [0, 1, 3, 4, 5]


@pytest.mark.parametrize("labels", [[1], [1, 2, 3], 1, [[1, 2]]])
def test_each_image_needs_one_label(pool, labels):
    with pytest.raises(ValueError, match="2 images need one label each"):
        pool.label_automatically([0, 1], labels)
    assert len(pool.labeled) == 0


def test_images_and_labels_must_agree(images):
    with pytest.raises(ValueError, match="6 images, but 5 labels"):
        Pool(images, TRUE[:5])
