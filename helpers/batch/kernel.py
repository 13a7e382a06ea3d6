"""Kernels of batch runs: limited in memory, and warm, that is, forked from a process that has done the imports.

Every run still gets a process and a namespace of its own; it only starts with modules loaded. Where forking is not
safe (not on Linux, or a module started threads) kernels start as usual.
"""

import ast
import json
import os
import subprocess
import sys

import nbformat
from jupyter_client import AsyncKernelManager
from traitlets import Integer, Unicode

from helpers import system
from helpers.batch import launcher

# Slow to load, and the same wherever they are loaded. Others may look around for a notebook as they load, as tqdm does.
PRELOADED = ("helpers", "keras", "matplotlib", "numpy", "pandas", "scipy", "sklearn", "tensorflow")
LAUNCHER = [sys.executable, "-m", "ipykernel_launcher"]  # how the kernel `python3` starts


class BatchKernel(AsyncKernelManager):
    """Starts a kernel: forked if `imports` says from what, and with at most `memory` bytes of data."""

    imports = Unicode(help="modules to have loaded, with spaces between; empty: start as usual").tag(config=True)
    memory = Integer(help="bytes; 0: no limit").tag(config=True)

    async def _async_launch_kernel(self, kernel_cmd, **options):
        options_of_python = [part for part in kernel_cmd if part.startswith("-X")]
        start = [part for part in kernel_cmd if part not in options_of_python]
        standard = start[:3] == LAUNCHER
        if standard:
            kernel_cmd = [sys.executable, *options_of_python, launcher.__file__, *start[3:]]
        parent = _parent(self.imports) if self.imports and standard and system.can_fork() else None
        process = parent and parent.fork(start[3:], options["env"], options.get("cwd") or os.getcwd())
        if process:
            self.provisioner.process = process
            self.provisioner.pid = self.provisioner.pgid = process.pid
            self._reconcile_connection_info(self.provisioner.connection_info)
        else:
            await super()._async_launch_kernel(kernel_cmd, **options)
        if self.memory:
            system.limit_memory(self.provisioner.pid, self.memory)


def imports_of(text):
    """Which modules that a notebook (JSON) imports may be loaded before it starts, with spaces between."""
    modules = set()
    for cell in nbformat.reads(text, as_version=4).cells:
        try:
            nodes = list(ast.walk(ast.parse(cell.source))) if cell.cell_type == "code" else []
        except SyntaxError:  # magics, or a mistake that the run will show
            continue
        modules |= {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
        modules |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and not node.level}
    return " ".join(sorted(module for module in modules if module.split(".")[0] in PRELOADED))


class Parent:
    """The process that warm kernels are forked from."""

    def __init__(self, imports):
        self.imports = imports
        command = [sys.executable, "-m", "helpers.batch.warm", *imports.split()]
        environment = os.environ | {
            "OMP_NUM_THREADS": "1",  # threads, here OpenBLAS's own, would make forking unsafe
            "JE_ARROW_MALLOC_CONF": "background_thread:false",  # PyArrow's, which pandas loads, which Keras loads
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",  # read at import; a kernel sets it as well
        }
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment)
        self.can_fork = self._process.stdout.readline() == "ready\n"

    @property
    def is_alive(self):
        return self._process.poll() is None

    def fork(self, arguments, environment, folder):
        """A new kernel, as a `system.Forked`; None if this process can't fork one."""
        if not self.can_fork:
            return None
        request = json.dumps({"arguments": arguments, "environment": environment, "folder": str(folder)})
        try:
            self._process.stdin.write(request + "\n")
            self._process.stdin.flush()
            return system.Forked(int(self._process.stdout.readline()))
        except (BrokenPipeError, ValueError):  # it was killed, say for want of memory
            return None

    def close(self):
        self._process.kill()
        self._process.communicate()


_last = None


def _parent(imports):
    """The parent for these imports. One is kept: a worker mostly runs one notebook many times."""
    global _last
    if _last is None or _last.imports != imports or not _last.is_alive:
        if _last:
            _last.close()
        _last = Parent(imports)
    return _last
