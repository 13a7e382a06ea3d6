"""`python -m helpers.batch`: Ctrl-C ends it with status 130 and without a traceback, also while it loads and ends.

A batch system asks to stop with SIGTERM: that is the same.
"""

import atexit
import os
import signal
import sys

SIGNALS = (signal.SIGINT, signal.SIGTERM)
INTERRUPTED = 130


def _on_signals(handler):
    for number in SIGNALS:
        signal.signal(number, handler)


if __name__ == "__main__":
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
