"""JupyterLab as a user starts it, and Chromium in front of it."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
from playwright.sync_api import sync_playwright

CHROMIUM = shutil.which("chromium")
needs_chromium = pytest.mark.skipif(not CHROMIUM, reason="needs Chromium")


@contextmanager
def a_page(**options):
    """A page of a fresh browser."""
    quiet = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=quiet)
        page = browser.new_page(**options)
        page.set_default_timeout(120_000)
        yield page
        browser.close()


@contextmanager
def a_lab(project, folder):
    """Start it as a new user would, from another folder; gives what it said so far, and the process."""
    variables = {**os.environ, "HOME": str(folder / "home"), "JUPYTER_CONFIG_DIR": str(folder / "home/config")}
    command = [sys.executable, project / "tutorial.py", "lab", "--no-browser", "--port=0"]
    with open(folder / "said", "w+") as said:
        process = subprocess.Popen(command, cwd=folder, env=variables, stdout=said, stderr=said)
        try:
            yield lambda: (folder / "said").read_text(), process
        finally:
            process.terminate()
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:  # it was told while it started, and has not noticed
                process.kill()
                process.wait()


def address(lab):
    """The address that a started JupyterLab prints, once it answers there: it prints before it listens."""
    said, process = lab
    while process.poll() is None:
        if found := re.search(r"(http://127\.0\.0\.1:(\d+)/\S+)\n", said()):
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", int(found.group(2)))) == 0:
                    return found.group(1)
        time.sleep(0.1)
    raise AssertionError(said())
