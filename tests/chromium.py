"""A headless Chromium to look at pages with; tests that need one are skipped, by name, where there is none."""

from __future__ import annotations

import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.webservers import lacking

JENKINS = "default-src 'none'; img-src 'self'; style-src 'self'"
PATIENCE = 60.0
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
    return next((path for name in _NAMES if (path := shutil.which(name))), None) or lacking("chromium is not installed")


def axe() -> str:
    """Return the source of axe-core, from the npm package beside a `node_modules/.bin` in the PATH."""
    folders = (Path(folder).parent for folder in os.environ["PATH"].split(os.pathsep))
    found = (folder / "axe-core" / "axe.min.js" for folder in folders)
    path = next((path for path in found if path.is_file()), None) or lacking("axe-core is not installed")
    return path.read_text(encoding="utf-8")


def dump(url: str, profile: Path, *flags: str) -> str:
    """Return the page's DOM once its load is over, from a browser of its own."""
    argv = [chromium(), *_FLAGS, f"--user-data-dir={profile}", *flags, "--dump-dom", url]
    return subprocess.run(argv, capture_output=True, text=True, timeout=PATIENCE, check=True).stdout


class Browser:
    """A browser that is told what to do over its debugging pipe: JSON messages, a zero byte after each."""

    def __init__(self, profile: Path, *flags: str) -> None:
        # The browser reads from descriptor 3 and writes to 4, so ours must not lie there when it is started.
        theirs_in, self._into = map(_moved_up, os.pipe())
        self._out, theirs_out = map(_moved_up, os.pipe())
        quiet = [(os.POSIX_SPAWN_OPEN, n, os.devnull, os.O_RDWR, 0) for n in range(3)]
        pipes = [(os.POSIX_SPAWN_DUP2, theirs_in, 3), (os.POSIX_SPAWN_DUP2, theirs_out, 4)]
        path = chromium()
        argv = [path, *_FLAGS, f"--user-data-dir={profile}", *flags, "--remote-debugging-pipe", "about:blank"]
        self._pid = os.posix_spawn(path, argv, os.environ, file_actions=[*quiet, *pipes], setpgroup=0)
        os.close(theirs_in)
        os.close(theirs_out)
        self._number = 0
        self._unread = b""

    def close(self) -> None:
        """End the browser and everything that it has started."""
        os.killpg(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._into)
        os.close(self._out)

    def ask(self, method: str, session: str = "", **parameters: Any) -> dict[str, Any]:
        """Give a command of the DevTools protocol and return its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        text = json.dumps(message | ({"sessionId": session} if session else {})).encode() + b"\0"
        while text:
            text = text[os.write(self._into, text) :]
        while (answer := self._read()).get("id") != self._number:
            pass
        assert "error" not in answer, answer
        result: dict[str, Any] = answer["result"]
        return result

    def wait_for(self, event: str) -> None:
        """Wait until something happens that the browser tells."""
        while self._read().get("method") != event:
            pass

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._unread:
            assert select.select([self._out], [], [], PATIENCE)[0], "the browser is silent"
            got = os.read(self._out, 1 << 20)
            assert got, "the browser is gone"
            self._unread += got
        message, self._unread = self._unread.split(b"\0", 1)
        found: dict[str, Any] = json.loads(message)
        return found

    def visit(self, url: str) -> None:
        """Begin to load a page, and wait for nothing."""
        self.ask("Target.createTarget", url=url)

    @contextmanager
    def page(self, url: str, width: int = 1280, *, dark: bool = False, scripts: bool = True) -> Iterator[Page]:
        """Open a page of so many pixels, in light or dark; without `scripts` none runs while it is loaded."""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        page = Page(self, self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"])
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        page.ask("Emulation.setEmulatedMedia", features=[scheme])
        page.ask("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=False)
        page.ask("Emulation.setScriptExecutionDisabled", value=not scripts)
        page.ask("Page.enable")
        page.ask("Page.navigate", url=url)
        self.wait_for("Page.loadEventFired")
        page.ask("Emulation.setScriptExecutionDisabled", value=False)  # else axe's timers would wait forever
        yield page
        self.ask("Target.closeTarget", targetId=target)


class Page:
    """A page that is open, its load over."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Give a command of the DevTools protocol that is about this page."""
        return self._browser.ask(method, self._session, **parameters)

    def evaluate(self, expression: str) -> Any:
        """Return what an expression comes to, promises awaited; no policy of the page keeps it from being run."""
        told = self.ask("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")


def _moved_up(descriptor: int) -> int:
    """Return a copy of a descriptor that is out of the way of the low ones, in place of it."""
    copy = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 10)
    os.close(descriptor)
    return copy


@contextmanager
def browsing(*flags: str) -> Iterator[Browser]:
    """Run a browser with an empty profile."""
    with tempfile.TemporaryDirectory(prefix="portero-browser-", ignore_cleanup_errors=True) as profile:
        browser = Browser(Path(profile), *flags)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def served(folder: Path, policy: str = "") -> Iterator[str]:
    """Serve a folder on loopback, its pages under a content security policy."""
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
        if self._policy:
            self.send_header("Content-Security-Policy", self._policy)
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's own name
        pass
