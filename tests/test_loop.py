"""The loops with a model that writes down what it is given. Image i of the pool is i / 100, test image i is 5 + i."""

from types import SimpleNamespace

import numpy as np
import pytest

from helpers.loop import MEMBERS, Learner, active_learning, auto_labeling
from helpers.pool import BY_HAND, BY_MACHINE, Pool

TRUE = np.array([0, 1, 0, 1, 1, 0, 1])
DATA = SimpleNamespace(x_stop=np.arange(5, 8, dtype=np.float32).reshape(3, 1, 1), y_stop=np.array([0, 1, 1]))

# The probability of class 1 for each image of the pool: until the second fit, and from then on.
EARLY = [0.5, 0.5, 0.9, 0.4, 0.6, 0.55, 0.7]
LATE = [0.5, 0.5, 0.5, 0.5, 0.8, 0.5, 0.2]


class FakeModel:
    def __init__(self, best_step=1):
        self.fits, self.predictions, self.best_step = [], 0, best_step

    def fit(self, x, y, x_stop, y_stop):
        indices = np.rint(x[:, 0, 0] * 100).astype(int).tolist()
        self.fits.append(SimpleNamespace(indices=indices, y=y.tolist(), x_stop=x_stop, y_stop=y_stop))
        return SimpleNamespace(number=len(self.fits), best_step=self.best_step)

    def predict_proba(self, x):
        self.predictions += 1
        assert np.array_equal(np.rint(x[:, 0, 0] * 100), np.arange(7))  # the whole pool, and only the pool
        of_1 = np.array(EARLY if len(self.fits) < 2 else LATE)
        return np.stack([1 - of_1, of_1], axis=1)


def learn(model, pool):
    return Learner(model, pool, DATA.x_stop, DATA.y_stop)


@pytest.fixture
def pool():
    return Pool((np.arange(7) / 100).astype(np.float32).reshape(7, 1, 1), TRUE)


def test_active_learning_asks_for_the_least_confident_after_each_fit(pool):
    model = FakeModel()
    fits = list(active_learning(learn(model, pool), batch_size=2, n_labels=6))
    # First the first two. Then 5 (0.55), and 3 before 4 (both 0.6). Then, by LATE, 2 (0.5), and 4 before 6 (both 0.8).
    assert [fit.indices for fit in model.fits] == [[0, 1], [0, 1, 5, 3], [0, 1, 5, 3, 2, 4]]
    assert [fit.number for fit in fits] == [1, 2, 3]
    assert [fit.y for fit in model.fits] == [TRUE[fit.indices].tolist() for fit in model.fits]
    assert (pool.source[[0, 1, 5, 3, 2, 4]] == BY_HAND).all()
    assert pool.unlabeled.tolist() == [6]


def test_test_images_go_to_the_stopping_arguments_only(pool):
    model = FakeModel()
    list(active_learning(learn(model, pool), 2, 4))
    list(auto_labeling(learn(model, pool), 2))
    for fit in model.fits:
        assert fit.x_stop is DATA.x_stop
        assert fit.y_stop is DATA.y_stop
        assert max(fit.indices) < 7  # a test image would be 500 or more


def test_strategy_sees_the_unlabeled_images_and_decides(pool):
    seen = []

    def last_first(proba):
        seen.append(proba[:, 1].tolist())
        return np.arange(len(proba))[::-1]

    model = FakeModel()
    list(active_learning(learn(model, pool), 3, 6, last_first))
    assert model.fits[-1].indices == [0, 1, 2, 6, 5, 4]
    assert seen == [pytest.approx(EARLY[3:])]  # asked once: after the last round there is nothing to choose


def test_a_budget_that_is_no_whole_number_of_batches_ends_with_a_smaller_one(pool):
    model = FakeModel()
    list(active_learning(learn(model, pool), 3, 5))
    assert [len(fit.indices) for fit in model.fits] == [3, 5]


def test_the_first_batch_may_have_a_size_and_a_strategy_of_its_own(pool):
    model = FakeModel()
    learning = active_learning(learn(model, pool), 2, 5, n_first=3, first=lambda images: np.arange(len(images))[::-1])
    list(learning)
    assert [fit.indices[:3] for fit in model.fits] == [[6, 5, 4], [6, 5, 4]]
    assert len(model.fits[1].indices) == 5


def test_a_committee_is_fitted_to_halves_and_the_model_is_as_before(pool):
    class Counting(FakeModel):
        resets = 0

        def reset(self):
            self.resets += 1

    model, shapes = Counting(), []

    def by_committee(probas):
        shapes.append(probas.shape)
        return np.arange(probas.shape[1])

    list(active_learning(learn(model, pool), 2, 6, by_committee, n_first=4))
    assert shapes == [(MEMBERS, 3, 2)]
    halves = model.fits[1 : 1 + MEMBERS]
    assert all(len(fit.indices) == 2 and set(fit.indices) < {0, 1, 2, 3} for fit in halves)
    assert len({tuple(fit.indices) for fit in halves}) > 1
    assert model.fits[1 + MEMBERS].indices == [0, 1, 2, 3]
    assert model.resets == MEMBERS + 1


def test_the_whole_pool_can_be_the_budget(pool):
    def never_empty(proba):
        assert len(proba)
        return np.arange(len(proba))

    model = FakeModel()
    assert len(list(active_learning(learn(model, pool), 1, 7, never_empty))) == 7
    assert model.fits[-1].indices == [0, 1, 2, 3, 4, 5, 6]


def test_active_learning_goes_on_from_the_labels_there_are(pool):
    pool.label_manually([0, 2])
    model = FakeModel()
    list(active_learning(learn(model, pool), 2, 4))
    assert model.fits[0].indices == [0, 2, 1, 3]


def test_auto_labeling_takes_the_most_confident_first_to_the_last_partial_batch(pool):
    pool.label_manually([0, 1])
    model = FakeModel()
    fits = list(auto_labeling(learn(model, pool), batch_size=2))
    # By EARLY: 2 (0.9), 6 (0.7); then, still by EARLY, 3 before 4 (both 0.6). Then what is left.
    assert [fit.indices for fit in model.fits] == [[0, 1, 2, 6], [0, 1, 2, 6, 3, 4], [0, 1, 2, 6, 3, 4, 5]]
    # Its guesses: 1 for 2 (wrong), 1 for 6 (right), 0 for 3 (wrong), 1 for 4 (right), 0 for 5 (right; a tie by LATE).
    assert model.fits[-1].y == [0, 1, 1, 1, 0, 1, 0]
    assert pool.n_wrong == 2
    assert [fit.number for fit in fits] == [1, 2, 3]
    assert pool.source.tolist() == [BY_HAND, BY_HAND, *[BY_MACHINE] * 5]


@pytest.mark.parametrize(("best_step", "predictions"), [(1, 3), (0, 1)])
def test_auto_labeling_predicts_anew_where_the_weights_changed(pool, best_step, predictions):
    pool.label_manually([0, 1])
    model = FakeModel(best_step)
    list(auto_labeling(learn(model, pool), batch_size=2))
    assert model.predictions == predictions


def test_auto_labeling_of_a_labeled_pool_does_nothing(pool):
    pool.label_manually(pool.unlabeled)
    assert list(auto_labeling(learn(FakeModel(), pool), 2)) == []
