"""The kernel of batch runs, started by its path in place of `python -m ipykernel_launcher`.

Not as a module: that would import `helpers`, which sets variables for TensorFlow, before the notebook does.
"""

import sys

if __name__ == "__main__":
    del sys.path[0]  # this folder: its files are not to be imported in place of libraries

import zmq
from ipykernel.kernelapp import IPKernelApp


class Kernel(IPKernelApp):
    """A kernel that waits while its output can't be taken, where ipykernel would drop some of it and say nothing."""

    def init_iopub(self, context):
        context.setsockopt(zmq.XPUB_NODROP, 1)  # for the sockets that are made from here on; others ignore it
        super().init_iopub(context)


if __name__ == "__main__":
    Kernel.launch_instance()
