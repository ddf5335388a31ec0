"""One sslyze scan, run in a child process through a relay, and what it brought home."""

from __future__ import annotations

import contextlib
import json
import math
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from conformance.bench import Bench
from conformance.handshake.caller import PATIENCE, Caller
from conformance.handshake.relay import Relay
from conformance.handshake.wire import is_address
from conformance.sentence import NOTHING, Own, Sentence, say
from conformance.web.http import key_file, server_name

CONNECTIONS = 10  # at once, at most
# For the control hellos, and for other probes of the same host.
_LEFT_FREE = 2
_LOOK_AGAIN = 2.0  # seconds between looks at whether the run is over
_ROBOT_UNTOLD = {
    "no-rsa": say("none of its own suites with RSA key exchange is accepted"),
    "contradictory": say("the server's answers contradict each other"),
}


@dataclass(frozen=True, slots=True)
class SslyzeFindings:
    """What sslyze says. `trouble` is not empty where none of it can be relied upon; `unfinished` names its commands."""

    trouble: Sentence = NOTHING
    unfinished: dict[str, Sentence] = field(default_factory=dict)
    suites: dict[str, list[str]] = field(default_factory=dict)
    findings: dict[str, bool | None] = field(default_factory=dict)

    def disbelieved(self, trouble: Sentence) -> SslyzeFindings:
        """Return what is left when the endpoint did not answer all along: what was seen, not what was missed."""
        seen: dict[str, bool | None] = {name: True for name, answer in self.findings.items() if answer}
        return replace(self, trouble=trouble, findings=seen)


class SslyzeChild:
    """The child process: it starts to import sslyze at once, and waits for its job. Killed at the block's end."""

    def __enter__(self) -> Self:
        """Start the process."""
        # By path and without the script's folder in front of the search path, where its neighbours would hide the
        # standard library's `http`.
        script = Path(__file__).with_name("sslyze_child.py")
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-P", str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Kill the process, and wait until it is gone."""
        self._process.kill()
        with contextlib.suppress(ValueError, OSError):
            self._process.communicate()

    def scan(
        self,
        bench: Bench,
        caller: Caller,
        versions: list[str],
        ends: float,
        still_there: Callable[[], bool],
        *,
        suites_only: bool = False,
    ) -> SslyzeFindings:
        """Scan with the commands that the live `versions` need, until `ends` on the monotonic clock.

        Asks `still_there` every two seconds and gives up when the target is not. `suites_only` leaves out all but the
        suites, and shows no client certificate.
        """
        limits = bench.target.limits
        connections = min(CONNECTIONS, max(1, limits.connections - _LEFT_FREE))
        files = nullcontext(("", "")) if suites_only else _client_files(bench)
        with Relay(caller, bench.budget) as relay, files as (certificate, key):
            job = {
                "port": relay.port,
                "server_name": server_name(caller.host),
                "is_address": is_address(caller.host),
                "versions": versions,
                "suites_only": suites_only,
                "connections": connections,
                "patience": math.ceil(PATIENCE + 2 * connections / limits.requests_per_second),
                "client_cert": certificate,
                "client_key": key,
            }
            findings = self._talk(json.dumps(job), ends, still_there)
        return findings.disbelieved(relay.trouble) if relay.trouble else findings

    def _talk(self, job: str, ends: float, still_there: Callable[[], bool]) -> SslyzeFindings:
        pending: str | None = job
        while time.monotonic() < ends:
            try:
                out, err = self._process.communicate(pending, timeout=min(_LOOK_AGAIN, ends - time.monotonic()))
            except subprocess.TimeoutExpired:
                pending = None
                if not still_there():
                    return SslyzeFindings(say("the endpoint stopped answering while sslyze looked"))
            else:
                if self._process.returncode:
                    lines = err.strip().splitlines()
                    last = Own(lines[-1]) if lines else say("no message")
                    return SslyzeFindings(say("sslyze stopped with an error: {error}", error=last))
                return _understood(json.loads(out))
        return SslyzeFindings(say("sslyze did not finish in time (limits.requests_per_second sets its pace)"))


def _understood(told: dict[str, Any]) -> SslyzeFindings:
    """Put what the child says into sentences."""
    if "refused" in told:
        return SslyzeFindings(say("sslyze could not shake hands: {why}", why=_why(told["refused"])))
    unfinished = {name: _why(words) for name, words in told.pop("unfinished").items()}
    if robot := told.pop("robot", None):
        unfinished["robot"] = _ROBOT_UNTOLD[robot]
    return SslyzeFindings(unfinished=unfinished, **told)


def _why(words: str | None) -> Sentence:
    """Return sslyze's own words for what went wrong, or ours where they mean something only inside of it."""
    if words and "is not a valid TlsHandshakeTypeByte" in words:
        return say(
            "its own reader takes no handshake message longer than a record: the chain of certificates is too long"
        )
    return say("not scheduled") if words is None else say("{words}", words=Own(words))


@contextmanager
def _client_files(bench: Bench) -> Iterator[tuple[str, str]]:
    """Yield the paths of the client certificate and its key, empty where there is none."""
    webapp = bench.target.webapp
    if webapp is None or webapp.client_cert is None or webapp.client_key is None:
        yield "", ""
        return
    with key_file(bench.vault[webapp.client_key]) as key:
        yield str(bench.file(webapp.client_cert).absolute()), str(key)
