"""Which certificate the web app presents, and how it is made to present the one that was uploaded."""

from __future__ import annotations

import subprocess
from hashlib import sha256

from conformance.bench import Bench
from conformance.inputs.target import Certificate
from conformance.model import Inconclusive
from conformance.sentence import NOTHING, Own, Sentence, say
from conformance.web.http import webapp_context
from conformance.web.trust import handshake

TRIES, PAUSE = 60, 1.0  # seconds apart: a gateway may restart to serve another certificate
RELOADS = 5
"""How many seconds a gateway may need to present an upload by itself."""

LONGEST_RESTART = 120.0  # seconds


def presented(bench: Bench) -> tuple[str, Sentence]:
    """Return the SHA-256 of the certificate that is presented, or why there is none."""
    try:
        chain = handshake(bench, webapp_context(bench), None)
    except Inconclusive as trouble:
        return "", trouble.reason
    if not chain:
        return "", say("the handshake showed no certificate")
    return sha256(chain[0]).hexdigest(), NOTHING


def restart(bench: Bench, settings: Certificate) -> None:
    """Run the operator's command, and wait until the endpoint is there again; raises Inconclusive."""
    command = list(settings.restart)
    what = Own(f"webapp.certificate.restart ({command[0]})")
    try:
        done = subprocess.run(  # noqa: S603 - the operator's own command
            command, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=LONGEST_RESTART
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        words = getattr(error, "strerror", None)
        late = say("it was not done after {seconds:.0f} s", seconds=LONGEST_RESTART)
        why = Own(words) if words else late
        raise Inconclusive(say("{command} could not be run: {why}", command=what, why=why)) from error
    if done.returncode:
        raise Inconclusive(say("{command} ended with status {status}", command=what, status=done.returncode))
    for _ in range(TRIES):
        if presented(bench)[0]:
            return
        bench.clock.wait(PAUSE)


def present_again(bench: Bench, wanted: str) -> Sentence:
    """Restart where that is declared and needed; return why the certificate is not presented yet, or nothing."""
    settings = bench.target.webapp.certificate if bench.target.webapp else None
    if presented(bench)[0] == wanted:
        return NOTHING
    if settings and settings.restart:
        restart(bench, settings)
    for _ in range(RELOADS):
        if presented(bench)[0] == wanted:
            return NOTHING
        bench.clock.wait(PAUSE)
    return say("it was uploaded again, and another certificate is still presented: restart the web app")
