"""A headless Chromium to look at pages with; tests that need one are skipped, by name, where there is none."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

JENKINS = "default-src 'none'; img-src 'self'; style-src 'self'"
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)


def chromium() -> str:
    """Return the browser's path; skips, or fails where the environment requires everything to be there."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if found is None:
        if os.environ.get("PORTERO_REQUIRE_SERVERS") == "1":
            pytest.fail("chromium is not installed, and PORTERO_REQUIRE_SERVERS=1 wants it")
        pytest.skip("chromium is not installed")
    return found


def dump(url: str, profile: Path, *flags: str) -> str:
    """Return the page's DOM once its load is over."""
    argv = [chromium(), *_FLAGS, f"--user-data-dir={profile}", *flags, "--dump-dom", url]
    return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=True).stdout


@contextmanager
def served(folder: Path, policy: str = "") -> Iterator[str]:
    """Serve a folder on loopback, pages other than `look.html` under a content security policy."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(folder), policy=policy))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, *args: Any, policy: str, **kwargs: Any) -> None:
        self._policy = policy
        super().__init__(*args, **kwargs)

    def end_headers(self) -> None:
        if self._policy and not self.path.startswith("/look.html"):
            self.send_header("Content-Security-Policy", self._policy)
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's own name
        pass
