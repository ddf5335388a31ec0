"""A headless Firefox that is told what to do over Marionette: JSON messages on a socket, their length before each."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.webservers import installed

PATIENCE = 60.0
# What Firefox asks of the internet by itself; where names are led to a test's server, that server would hear it.
_QUIET = {
    "app.normandy.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
}


class Firefox:
    """A browser with a profile of its own, and `preferences` in it."""

    def __init__(self, profile: Path, preferences: dict[str, Any]) -> None:
        chosen = {"marionette.port": 0, **_QUIET, **preferences}
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in chosen.items()]
        (profile / "user.js").write_text("".join(lines), encoding="utf-8")
        argv = [installed("firefox-esr"), "--headless", "--no-remote", "--profile", str(profile)]
        argv += ["--marionette", "--remote-allow-system-access", "about:blank"]
        quiet = subprocess.DEVNULL
        # A profile below a home of its own: nothing is left in the home of whoever runs the tests.
        environ = {**os.environ, "HOME": str(profile), "MOZ_CRASHREPORTER_DISABLE": "1"}
        self._process = subprocess.Popen(
            argv, stdin=quiet, stdout=quiet, stderr=quiet, env=environ, start_new_session=True
        )
        try:
            self._socket = socket.create_connection(("127.0.0.1", self._port(profile)), PATIENCE)
            self._answers = self._socket.makefile("rb")
            self._number = 0
            self._read()  # a greeting
            self.ask("WebDriver:NewSession", capabilities={"alwaysMatch": {"pageLoadStrategy": "none"}})
        except BaseException:
            self.close()
            raise

    def _port(self, profile: Path) -> int:
        """Return the port that the browser listens at, once it has written it down."""
        path, ends = profile / "MarionetteActivePort", time.monotonic() + PATIENCE
        while not (path.is_file() and (text := path.read_text())):
            assert time.monotonic() < ends, "the browser is silent"
            assert self._process.poll() is None, "the browser is gone"
            time.sleep(0.02)  # between two looks at a file that another program writes
        return int(text)

    def close(self) -> None:
        """End the browser and everything that it has started."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for opened in ("_answers", "_socket"):
            if hasattr(self, opened):
                getattr(self, opened).close()

    def ask(self, command: str, **parameters: Any) -> Any:
        """Give a command of Marionette and return its result."""
        self._number += 1
        message = json.dumps([0, self._number, command, parameters])
        self._socket.sendall(f"{len(message)}:{message}".encode())
        _, _, trouble, result = self._read()
        assert trouble is None, trouble
        return result

    def trust(self, authority: str) -> None:
        """Take a certificate, as PEM without its first and last line, for an authority of web servers."""
        self.ask("Marionette:SetContext", value="chrome")
        script = """Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB)
            .addCertFromBase64(arguments[0], "CT,,")"""
        self.ask("WebDriver:ExecuteScript", script=script, args=[authority])
        self.ask("Marionette:SetContext", value="content")

    def visit(self, url: str) -> None:
        """Begin to load a page, and wait for nothing."""
        self.ask("WebDriver:Navigate", url=url)

    def _read(self) -> Any:
        length = b""
        while (digit := self._answers.read(1)) != b":":
            assert digit, "the browser is gone"
            length += digit
        return json.loads(self._answers.read(int(length)))


@contextmanager
def browsing(preferences: dict[str, Any]) -> Iterator[Firefox]:
    """Run a browser with an empty profile."""
    with tempfile.TemporaryDirectory(prefix="portero-firefox-", ignore_cleanup_errors=True) as profile:
        browser = Firefox(Path(profile), preferences)
        try:
            yield browser
        finally:
            browser.close()
