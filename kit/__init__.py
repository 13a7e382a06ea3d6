"""What builds the workshop from the notebooks: learner's copies, slides, guide, offline installation."""

import helpers.batch  # noqa: F401 (before nbformat: it says why)


class KitError(Exception):
    """The kit can't be built; the text says why, and what to do."""
