"""`python -m helpers.batch`: Ctrl-C ends it with status 130 and without a traceback, also while it loads and ends.

A batch system asks to stop with SIGTERM: that is the same.
"""

import _thread
import atexit
import os
import signal
import sys
import threading

SIGNALS = (signal.SIGINT, signal.SIGTERM)
INTERRUPTED = 130
SOON = 0.05  # seconds


def _on_signals(handler):
    for number in SIGNALS:
        signal.signal(number, handler)


def _hand_on(unraisable):
    """A KeyboardInterrupt that comes within a destructor or a garbage collector's callback is lost: again, a bit later.

    Dask has such callbacks, and they run at any time.
    """
    if issubclass(unraisable.exc_type, KeyboardInterrupt):
        threading.Timer(SOON, _thread.interrupt_main).start()
    else:
        sys.__unraisablehook__(unraisable)


if __name__ == "__main__":
    sys.unraisablehook = _hand_on
    _on_signals(lambda *_: os._exit(INTERRUPTED))  # libraries would swallow a KeyboardInterrupt, or print it
    from distributed.deploy.spec import close_clusters

    from helpers.batch.command import main

    atexit.unregister(close_clusters)  # ours are closed already, but one interrupted in its start ends in a traceback
    try:
        _on_signals(signal.default_int_handler)
        status = main()
    except KeyboardInterrupt:
        status = INTERRUPTED
    sys.stdout.flush()
    _on_signals(lambda *_: os._exit(status))
    sys.exit(status)
