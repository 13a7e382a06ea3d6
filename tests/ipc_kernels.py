"""Kernels that talk through files of their own: two that start at the same moment can be given the same port."""

import atexit
import itertools
import os
from contextlib import ExitStack

from jupyter_client import KernelManager

from helpers.system import socket_folder

start = KernelManager.__init__
numbers = itertools.count()
stack = ExitStack()
atexit.register(stack.close)
folder = stack.enter_context(socket_folder())


def start_without_ports(self, *args, **options):
    if folder and not type(self).__module__.startswith("helpers."):  # ours does it itself
        options = {"transport": "ipc", "ip": f"{folder}/{os.getpid()}-{next(numbers)}"} | options
    start(self, *args, **options)


KernelManager.__init__ = start_without_ports
