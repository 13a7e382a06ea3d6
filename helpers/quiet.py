"""TensorFlow without its greeting: `from helpers.quiet import tf`. It takes seconds, so only models import this."""

import os
from contextlib import contextmanager


@contextmanager
def _no_log_lines():
    """Nothing reaches file descriptor 2, where C++ writes and Jupyter reads. TensorFlow's log level can't do that: the
    lines about oneDNN are written before it is read. Errors are raised as ever.
    """
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


with _no_log_lines():
    import tensorflow as tf  # noqa: F401 (others import it from here)
