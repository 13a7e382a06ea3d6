"""Kernels that talk through files: two that start at the same moment can be given the same port, and one dies."""

from functools import partialmethod

from jupyter_client import KernelManager

KernelManager.__init__ = partialmethod(KernelManager.__init__, transport="ipc")
