"""Results at a URL, through papermill's handlers: tried before any run starts, and a write that fails loses nothing."""

import json
import re
import secrets
import sys
import threading
from concurrent.futures import Future
from pathlib import PurePosixPath

import requests
from papermill import iorw

PROBE_SECONDS, WRITE_SECONDS = 30, 300  # after that a host counts as one that doesn't answer
NOTE = "Written to see whether results can be written here. It may be removed."


def is_url(text):
    """Whether an output is a URL; C:/runs is none."""
    return bool(re.match(r"[A-Za-z][A-Za-z0-9+.-]+:/", text))


def name(url):
    """A folder's name for what stays here: the last part of the URL."""
    return re.sub(r"[^\w.=+-]", "_", PurePosixPath(url).name).lstrip(".") or "url"


def check(url):
    """Write and remove a small object. Raises ValueError if it can't be written."""
    probe = f"{url}/write-test-{secrets.token_hex(4)}.json"
    if isinstance(iorw.papermill_io.get_handler(probe), iorw.LocalHandler):
        known = ", ".join(scheme for scheme, _ in iorw.papermill_io._handlers[::-1] if scheme.endswith("//"))
        raise ValueError(f"Nothing can be written to {url}. --out is the path of a folder, or a URL: {known}.")
    if reason := _failure(json.dumps({"note": NOTE}), probe, PROBE_SECONDS):
        raise ValueError(f"Nothing can be written to {url}: {reason}")
    try:
        _within(PROBE_SECONDS, _remove, probe)
    except Exception as error:  # each library has its own
        print(f"{probe} can't be removed ({_sentence(error)}). Nothing needs it.", file=sys.stderr)


def send(text, record, url):
    """Write an executed notebook and its record. Return {}, or {"unsent": why, "text": the notebook} if that failed."""
    target = f"{url}/{record['name']}"
    reason = _failure(text, f"{target}.ipynb") or _failure(json.dumps(record), f"{target}.json")
    return {"unsent": reason, "text": text} if reason else {}


def send_again(output):
    """Write what could not be written before, so that it need not run again. Raises OSError if it still can't."""
    for record in output.unsent:
        path = output.path / f"{record['name']}.ipynb"
        sent = {key: value for key, value in record.items() if key != "unsent"} | {"error": None, "files": {}}
        if again := send(path.read_text(encoding="utf-8"), sent, output.url):
            raise OSError(f"Nothing can be written to {output.url}: {again['unsent']}. {path} is kept.")
        output.keep(sent)
        path.unlink()
        output.done[sent["name"]] = sent


def _failure(text, url, seconds=WRITE_SECONDS):
    """Write a text; why that failed, or None."""
    try:
        _within(seconds, iorw.papermill_io.write, text, url)
    except Exception as error:  # each library has its own
        return _sentence(error)
    return None


def _remove(url):
    scheme, _, rest = url.partition("://")
    if scheme in ("http", "https"):
        requests.delete(url, timeout=PROBE_SECONDS).raise_for_status()
    elif scheme == "s3":
        bucket, _, key = rest.partition("/")
        iorw.S3().s3.Object(bucket, key).delete()
    elif scheme == "gs":
        iorw.GCSFileSystem().rm(url)
    else:
        raise NotImplementedError(f"papermill removes nothing at {scheme}://")


def _within(seconds, function, *arguments):
    """Call a function, but don't wait longer for it: some libraries wait for ever."""
    future = Future()

    def call():
        try:
            future.set_result(function(*arguments))
        except Exception as error:  # raised again by result()
            future.set_exception(error)

    threading.Thread(target=call, daemon=True).start()
    try:
        return future.result(seconds)
    except TimeoutError as error:
        raise TimeoutError(str(error) or f"no answer within {seconds} seconds") from error


def _sentence(error):
    of_system = re.search(r"\[Errno -?\d+\] [^'\")]+", str(error))  # requests wraps it in addresses of its objects
    return f"{type(error).__name__}: {of_system[0] if of_system else error}".split("\n")[0][:300]
