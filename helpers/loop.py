"""The loops of the article."""

from helpers.strategies.by_probability import least_confident, most_confident


def active_learning(model, pool, data, batch_size, rounds, strategy=least_confident):
    """Label the first `batch_size` images of `pool` and fit; then `rounds` - 1 times label the batch that `strategy`
    puts first, and fit. Yields a `Fit` per round.
    """
    for done in range(rounds):
        rest = pool.unlabeled
        if done:
            rest = rest[strategy(model.predict_proba(pool.images)[rest])]
        pool.label_manually(rest[:batch_size])
        yield model.fit(pool.x_labeled, pool.y_labeled, data.x_stop, data.y_stop)


def auto_labeling(model, pool, data, batch_size, strategy=most_confident):
    """Until no image is left: the model labels the batch that `strategy` puts first by itself, and is fitted to all
    labels. Yields a `Fit` per round.
    """
    fit = None
    while len(rest := pool.unlabeled):
        if fit is None or fit.best_step > 0:  # else the weights are what they were, and so is what they predict
            proba = model.predict_proba(pool.images)
        first = rest[strategy(proba[rest])[:batch_size]]
        pool.label_automatically(first, proba[first].argmax(axis=1))
        fit = model.fit(pool.x_labeled, pool.y_labeled, data.x_stop, data.y_stop)
        yield fit
