"""What depends on the operating system, in one place. Its tests run on Linux, and simulate Windows and macOS there."""

import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

WINDOWS, LINUX = sys.platform == "win32", sys.platform == "linux"
if WINDOWS:
    import msvcrt
else:
    import fcntl
    import resource

SOCKET_PATH = 103  # bytes of a Unix socket's path on macOS; Linux takes 107
IN_A_FOLDER = len("/tmpabcdefgh/kernel-ipc-5")  # what a kernel's socket adds to the folder for temporary files
BEYOND = 2**30  # Windows locks bytes, and nobody else can read them: one behind the text
PATIENCE = 5  # seconds that another program may have a file open


def can_fork():
    """Whether processes may be forked, and be waited for by others than their parent."""
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError):  # not Linux, an old one, or a container that forbids it
        return False
    return LINUX


class Forked:
    """What Jupyter uses of `subprocess.Popen`, for a process that is not our own child."""

    stdin = stdout = stderr = None

    def __init__(self, pid):
        self.pid = pid
        try:
            self._handle = os.pidfd_open(pid)
        except ProcessLookupError:
            self._handle = None

    def poll(self):
        """None while it lives; then 1, since only its parent could know better."""
        alive = self._handle is not None and not select.select([self._handle], [], [], 0)[0]
        return None if alive else 1

    def wait(self):
        if self._handle is not None:
            select.select([self._handle], [], [])
            os.close(self._handle)
            self._handle = None
        return 1

    def send_signal(self, number):
        if self._handle is not None:
            signal.pidfd_send_signal(self._handle, number)

    def terminate(self):
        self.send_signal(signal.SIGTERM)

    def kill(self):
        self.send_signal(signal.SIGKILL)


def limit_memory(process, size):
    """Allow a process at most `size` bytes of data, where the system can do that to a process that runs (Linux)."""
    if LINUX:
        with suppress(ProcessLookupError):  # it has ended already
            resource.prlimit(process, resource.RLIMIT_DATA, (size, size))


@contextmanager
def postponing_interrupts():
    """Ctrl-C does nothing to processes that are started inside; it is for the process that starts them, at the end.

    Those ignore it because this one does, which therefore hears of none. A process that still ends with it tells.
    SIGTERM waits for the end as well: processes that are just starting would print why they can't.
    """
    if threading.current_thread() is not threading.main_thread():  # others can't say what a signal does
        yield
        return
    command = [sys.executable, "-I", "-S", "-c", "import sys; sys.stdin.read()"]
    terminated = []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as teller:
        before = {signal.SIGINT: signal.signal(signal.SIGINT, signal.SIG_IGN)}
        before[signal.SIGTERM] = signal.signal(signal.SIGTERM, lambda *_: terminated.append(True))
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
    if terminated:
        signal.raise_signal(signal.SIGTERM)
    if teller.returncode:  # it ended before its input did
        raise KeyboardInterrupt


@contextmanager
def socket_folder():
    """A folder for a kernel's Unix sockets, for this account alone; None where none is short enough, as on Windows."""
    folders = [] if WINDOWS else [tempfile.gettempdir(), os.environ.get("XDG_RUNTIME_DIR", ""), "/tmp", "/var/tmp"]
    fits = (folder for folder in folders if len(os.fsencode(folder)) + IN_A_FOLDER <= SOCKET_PATH)
    parent = next((folder for folder in fits if os.access(folder, os.W_OK | os.X_OK)), None)
    if parent is None:
        yield None
        return
    with tempfile.TemporaryDirectory(dir=parent) as folder:
        yield folder


def replace(source, target):
    """Rename a file, over another one if there is one. On Windows that has to wait while a program has either open."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return os.replace(source, target)
        except PermissionError:
            if not WINDOWS or time.monotonic() > until:
                raise
            time.sleep(0.05)


def lock(file):
    """Lock an open file for this process; False if another has it. Its lock ends when it is closed, or with us."""
    try:
        if WINDOWS:
            file.seek(BEYOND)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def remove_locked(file):
    """Remove a file that this process has locked, and end the lock."""
    path = Path(file.name)
    if WINDOWS:  # there an open file can't be removed, not even by another that waits for it
        file.close()
        with suppress(PermissionError, FileNotFoundError):
            path.unlink()
    else:
        with file:
            path.unlink(missing_ok=True)


def is_at_its_path(file):
    """Whether an open file is still the one at its path: another process may have removed it meanwhile."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), os.stat(file.name))
    except FileNotFoundError:
        return False
