"""What `tutorial.py check` found, as twelve letters and digits that can be read out over a telephone.

The bits of the fields below, one after the other, and a checksum, in Crockford's base 32: without I, L, O and U, which
are read as 1, 1, 0 and V. It runs on old Pythons too.
"""

import zlib

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LOOKS_LIKE = str.maketrans("ILOU", "110V")
STATES = ("-", "OK", "FAIL", "LATE")
FIELDS = [("format", 3), ("platform", 2), ("machine", 2), ("python", 5), ("memory", 6), ("disk", 7), ("lock", 8)]
FIELDS += [("checks", 2 * 8)]
CHECKSUM = 5 * 12 - sum(bits for _, bits in FIELDS)
FORMAT = 1
PLATFORMS = ("linux", "darwin", "win32")  # and others
MACHINES = ("x86_64", "aarch64")  # and others; amd64 and arm64 are other names of these
NAMES = {"linux": "Linux", "darwin": "macOS", "win32": "Windows", "aarch64": "ARM64"}


def encode(host, memory, disk, lock, states):
    """The code, as in 8K2M-0XQ4-PZ3A. host: system.Host; memory, disk: bytes; lock: hex digits; states: 8 of STATES."""
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(host.machine, host.machine)
    values = {
        "format": FORMAT,
        "platform": PLATFORMS.index(host.platform) if host.platform in PLATFORMS else 3,
        "machine": MACHINES.index(machine) if machine in MACHINES else 3,
        "python": host.version[1],
        "memory": int(memory / 2**30 + 0.5),
        "disk": int(disk / 1e9),
        "lock": int(lock[:2], 16),
        "checks": sum(STATES.index(state) << (2 * place) for place, state in enumerate(states)),
    }
    number = 0
    for name, bits in FIELDS:
        number = number << bits | min(values[name], 2**bits - 1)
    number = number << CHECKSUM | _checksum(number)
    digits = "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(12)))
    return "-".join((digits[:4], digits[4:8], digits[8:]))


def decode(text):
    """The fields of a code, by name, `checks` as a list of STATES; ValueError with a sentence for what is no code."""
    digits = text.upper().translate(LOOKS_LIKE).replace("-", "").replace(" ", "")
    if len(digits) != 12 or not all(digit in ALPHABET for digit in digits):
        raise ValueError(f"{text!r} is no code of tutorial.py check: those have 12 letters and digits.")
    number = 0
    for digit in digits:
        number = number << 5 | ALPHABET.index(digit)
    found, number = number & (1 << CHECKSUM) - 1, number >> CHECKSUM
    if found != _checksum(number):
        raise ValueError(f"{text!r} is no code of tutorial.py check: a character of it is wrong.")
    values = {}
    for name, bits in reversed(FIELDS):
        values[name], number = number & (1 << bits) - 1, number >> bits
    if values["format"] != FORMAT:
        raise ValueError(f"{text!r} is the code of another version of the tutorial.")
    values["platform"] = _named(PLATFORMS, values["platform"])
    values["machine"] = _named(MACHINES, values["machine"])
    values["checks"] = [STATES[values["checks"] >> 2 * place & 3] for place in range(8)]
    return values


def _named(names, place):
    return NAMES.get(names[place], names[place]) if place < len(names) else "another system"


def _checksum(number):
    return zlib.crc32(str(number).encode()) & (1 << CHECKSUM) - 1
