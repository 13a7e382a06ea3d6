"""What builds the workshop from the notebooks: learner's copies, slides, guide, offline installation."""


class KitError(Exception):
    """The kit can't be built; the text says why, and what to do."""
