"""The teacher's laptop as the network of the room: a static, read-only server of what learners may have."""

import socket
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from kit import KitError

PORT = 8800
LOOPBACK = "127.0.0.1"
HANDED_OUT = ("index.html", "learner.zip", "offline")  # not the solutions, nor the slides, which hold answers


class Handler(SimpleHTTPRequestHandler):
    """Serves some parts of a folder, to read."""

    def __init__(self, *arguments, parts, **options):
        self.parts = parts
        super().__init__(*arguments, **options)

    def send_head(self):
        names = Path(self.translate_path(self.path)).relative_to(self.directory).parts
        if any(name.startswith(".") for name in names) or (names and names[0] not in self.parts):
            self.send_error(404)
            return None
        return super().send_head()

    def log_message(self, *_):
        pass


def local_address():
    """This machine's address in the local network, or the loopback's if there is no network. Sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address that belongs to nobody: the system only picks a way to it
        except OSError:
            return LOOPBACK
        return probe.getsockname()[0]


def server(out, address, port=PORT, also=()):
    """A server of `out` at an address of this machine. also: more parts to hand out, such as "solutions.zip"."""
    if not (out / "learner.zip").is_file():
        raise KitError(f"There is no kit in {out} yet: build it first, without --serve.")
    missing = [name for name in also if not (out / name).exists()]
    if missing:
        raise KitError(f"There is no {missing[0]} in {out}.")
    handler = partial(Handler, directory=str(out), parts={*HANDED_OUT, *also})
    try:
        return ThreadingHTTPServer((address, port), handler)
    except OSError as error:
        raise KitError(f"No server at {address}, port {port}: {error.strerror}.") from error


def serve(out, address, also=()):
    """Serve until Ctrl-C, and say where."""
    with server(out, address or local_address(), also=also) as running:
        host, port = running.server_address
        reach = "this machine alone can" if host.startswith("127.") else "everyone in this network can"
        print(f"http://{host}:{port}/  ({reach} read what is handed out there; Ctrl-C ends it)")
        print(f"Learners type: python tutorial.py setup --wheels http://{host}:{port}/offline/wheels")
        running.serve_forever()
