"""The process that warm kernels are forked from: `python -m helpers.batch.warm MODULE ...`. See kernel.py."""

import json
import os
import random
import signal
import sys
from contextlib import suppress
from importlib import import_module

from helpers.batch.launcher import Kernel


def serve(modules):
    """Import `modules`, then fork a kernel for each line that comes in; end with the input."""
    for module in modules:
        with suppress(ImportError):  # the notebook will say so, in the cell that imports it
            import_module(module)
    safe = len(os.listdir("/proc/self/task")) == 1
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody has to wait for a kernel that has ended
    print("ready" if safe else "unsafe", flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        if pid := os.fork():
            print(pid, flush=True)
        else:
            _become_kernel(**request)


def _become_kernel(arguments, environment, folder):
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    Kernel.launch_instance(arguments, parent_handle=os.getppid())
    sys.exit()


if __name__ == "__main__":
    serve(sys.argv[1:])
