"""Everything that depends on the system, and nothing else: what is refused, where things lie, how a command starts.

It runs on Python 3.6 too: an old Python is told what to do by these lines.
"""

import collections
import contextlib
import ctypes
import errno
import hashlib
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
import webbrowser

if os.name == "nt":
    import msvcrt
else:
    import fcntl

WINDOWS = os.name == "nt"
BIN, EXE = ("Scripts", ".exe") if WINDOWS else ("bin", "")

LONGEST = 60  # a path of this length leaves 200 characters of Windows' 260 for the longest name in .venv

# What the wheels of the lock exist for. platform.machine() names one processor differently on each system.
WHEELS = {("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64"), ("win32", "amd64")}
ONLINE = "Without an installation: Codespaces or Binder, see README.md."

# What would send an installation elsewhere, or bring another environment's packages into this one.
FOREIGN = re.compile(
    r"(PYTHON(HOME|PATH|USERBASE|STARTUP|IOENCODING)|PIP_(TARGET|PREFIX|ROOT|USER)"
    r"|UV_(PYTHON|TARGET|PREFIX|SYSTEM_PYTHON|BREAK_SYSTEM_PACKAGES|PROJECT_ENVIRONMENT|WORKING_DIR(ECTORY)?)"
    r"|VIRTUAL_ENV|CONDA_PREFIX|__PYVENV_LAUNCHER__)$"
)

Host = collections.namedtuple("Host", "platform machine version bits implementation free_threaded musl")


def host():
    """What this Python runs on."""
    return Host(
        platform=sys.platform,
        machine=platform.machine().lower(),
        version=tuple(sys.version_info[:2]),
        bits=64 if sys.maxsize > 2**32 else 32,
        implementation=platform.python_implementation(),
        free_threaded=bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
        musl="musl" in (sysconfig.get_config_var("HOST_GNU_TYPE") or ""),
    )


def supported_pythons(project):
    """The first Python version that works and the first that doesn't any more, as pyproject.toml has them."""
    with open(os.path.join(project, "pyproject.toml"), encoding="utf-8") as file:
        found = re.search(r'^requires-python = ">=3\.(\d+),<3\.(\d+)"', file.read(), flags=re.M)
    return (3, int(found.group(1))), (3, int(found.group(2)))


def refusal(host, supported):
    """Why the project can't be set up on this host, and what to do instead: a sentence or two, or None."""
    first, end = supported
    if (host.platform, host.machine) not in WHEELS or host.musl:
        return _no_wheels(host) + " " + ONLINE
    wanted = f"Install a 64-bit CPython {first[0]}.{first[1]} to {end[0]}.{end[1] - 1} from python.org"
    wanted += " or your package manager, and start tutorial.py with it."
    if not first <= host.version < end:
        return "This is Python {}.{}, which TensorFlow has no packages for. ".format(*host.version) + wanted
    if host.bits != 64:
        return "This is a 32-bit Python, which TensorFlow has no packages for. " + wanted
    if host.implementation != "CPython":
        return f"This is {host.implementation}, which TensorFlow has no packages for. {wanted}"
    if host.free_threaded:
        return "This is a free-threaded Python, which TensorFlow has no packages for. " + wanted
    return None


def _no_wheels(host):
    if (host.platform, host.machine) == ("darwin", "x86_64"):
        return (
            "This Python is for Macs with an Intel processor, which TensorFlow has no packages for any more. On a Mac"
            " with an Apple processor install the Python for it (universal2 from python.org), and start it from a"
            " terminal that does not use Rosetta."
        )
    if (host.platform, host.machine) == ("win32", "arm64"):
        return (
            "This is Windows on ARM, which two of the packages are not made for. In the Windows Subsystem for Linux"
            " (wsl --install) all of them exist: use the project there."
        )
    if (host.platform, host.machine) == ("win32", "x86"):
        return "This is a 32-bit Windows, which TensorFlow has no packages for."
    libc = " with musl" if host.musl else ""
    return f"TensorFlow has no packages for {host.platform} on {host.machine}{libc}."


def another_python(supported):
    """The command of a Python on this machine that works, as a list, or None."""
    first, end = supported
    ask = (
        f"import sys; sys.path.insert(0, {os.path.dirname(os.path.dirname(os.path.abspath(__file__)))!r});"
        f"from setup import system; sys.exit(bool(system.refusal(system.host(), {supported!r})))"
    )
    for minor in range(end[1] - 1, first[1] - 1, -1):
        for command in ([f"python3.{minor}"], ["py", f"-3.{minor}"]):
            if shutil.which(command[0]):
                done = subprocess.call([*command, "-c", ask], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                if done == 0:
                    return command
    return None


def base_python():
    """The Python that environments are made from: this one, or the one behind it if this is itself in one."""
    if sys.prefix == sys.base_prefix:
        return sys.executable
    return getattr(sys, "_base_executable", None) or sys.executable


def executable(environment, name):
    """A program of an environment, such as python."""
    return os.path.join(environment, BIN, name + EXE)


def clean_environment():
    """The environment variables of this process, without those that mean other Pythons' packages."""
    variables = {name: value for name, value in os.environ.items() if not FOREIGN.match(name)}
    variables["PYTHONUTF8"] = "1"  # in a process's output too, whatever the console has
    return variables


def run(command, env=None, cwd="."):
    """Let a command take this process's place: its output, its signals, its exit status."""
    command = [str(part) for part in command]
    if not WINDOWS:
        sys.stdout.flush()
        os.chdir(cwd)
        os.execvpe(command[0], command, env or os.environ)
    # Windows has no exec that waits. Ctrl-C reaches both processes there: this one leaves it to the other.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return subprocess.call(command, env=env, cwd=cwd)


def replace(source, target):
    """Rename a file, over another one if there is one. On Windows that has to wait while a program has either open."""
    for patience in range(100, -1, -1):
        try:
            return os.replace(source, target)
        except PermissionError:
            if not WINDOWS or not patience:
                raise
            time.sleep(0.05)


NO_NETWORK = (
    r"connection (broken|refused|reset|error|aborted)|NewConnectionError|error sending request|dns error|timed out"
    r"|resolve host|could not connect|unreachable"
)


def explanation(status, output, free, project):
    """A sentence on why a command of the set-up failed: its exit status, what it printed, the free bytes, where."""
    if import_remedy(status, output):
        return import_remedy(status, output)
    if free < 1e9 or "No space left" in output:
        return f"There is too little room on the disk: {free / 1e9:.1f} GB are free."
    if re.search(NO_NETWORK, output, flags=re.I):
        return "The package index can't be reached: is there a network? Behind a proxy set HTTPS_PROXY."
    if WINDOWS and len(str(project)) > LONGEST:
        return (
            f"The path of this folder is long ({len(str(project))} characters, {LONGEST} are safe): Windows allows 260"
            " for a file. Move it to a shorter one, such as C:\\tutorial."
        )
    return "What it said last is above."


def import_remedy(status, output):
    """What helps where a library can't be imported though it is there; None if that isn't known."""
    if status in (-signal.SIGILL, 0xC000001D) or "AVX" in output:
        return "TensorFlow needs a processor with AVX, and this one, or the virtual machine, has none. " + ONLINE
    if "DLL load failed" in output:
        return "Install the Microsoft Visual C++ Redistributable (x64) from Microsoft, restart, and try again."
    return None


def memory():
    """Bytes of this machine's memory; 0 if the system doesn't say."""
    if WINDOWS:
        status = (ctypes.c_ulonglong * 8)(64)  # MEMORYSTATUSEX: its own length, then the total as the second of eight
        ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))
        return status[1]
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def digest(project):
    """The lock in hex digits, whatever the line ends."""
    with open(os.path.join(project, "requirements.txt"), "rb") as file:
        return hashlib.sha256(file.read().replace(b"\r\n", b"\n")).hexdigest()


def has_browser():
    """Whether a page can be opened in a browser here."""
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True


def is_root():
    """Whether this is the account that may do all; JupyterLab has to be told that this is meant."""
    return not WINDOWS and os.geteuid() == 0


@contextlib.contextmanager
def one_at_a_time(path, say):
    """Hold a lock that ends with its holder, however that ends; `say` one sentence if another process has it.

    Gives what subprocess needs so that programs started meanwhile hold it too: a set-up whose first process was killed
    goes on until the program that it waited for has ended.
    """
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        said = False
        while not _locked(file):
            if not said:
                os.lseek(file, 0, os.SEEK_SET)
                say("Another set-up is at work here (" + os.read(file, 200).decode() + "). Waiting for it to end ...")
            said = True
            time.sleep(0.2)
        os.ftruncate(file, 0)
        os.lseek(file, 0, os.SEEK_SET)
        os.write(file, "process {}, since {}".format(os.getpid(), time.strftime("%H:%M:%S")).encode())
        yield {} if WINDOWS else {"pass_fds": [file]}
    finally:
        os.close(file)


def _locked(file):
    try:
        if WINDOWS:  # a byte far behind the text: what is locked can't be read there
            os.lseek(file, 1 << 20, os.SEEK_SET)
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
            return False
        raise
    return True
