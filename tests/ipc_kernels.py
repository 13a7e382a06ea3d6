"""Kernels that talk through files of their own: two that start at the same moment can be given the same port."""

import tempfile

from jupyter_client import KernelManager

start = KernelManager.__init__


def start_without_ports(self, *args, **options):
    start(self, *args, **{"transport": "ipc", "ip": f"{tempfile.mkdtemp(prefix='kernel-')}/ipc"} | options)


KernelManager.__init__ = start_without_ports
