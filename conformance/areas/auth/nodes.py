"""The addresses that a request goes to where one node is not all of them."""

from __future__ import annotations

import contextlib

from conformance.bench import Bench
from conformance.inputs.target import Webapp
from conformance.origin import Origin
from conformance.web.http import TIMEOUT
from conformance.web.preflight import reach
from conformance.web.resolve import resolve

MOST = 8
"""How many addresses of one name are asked."""


def addresses(bench: Bench, webapp: Webapp) -> tuple[str | None, ...]:
    """Return the declared addresses, else those behind the name; None alone stands for the name, which has one.

    Raises Inconclusive where nothing answers at the name.
    """
    if webapp.addresses:
        return webapp.addresses
    reach(bench, webapp.url)
    origin = Origin.of(webapp.url)
    with contextlib.suppress(OSError, UnicodeError):
        found = resolve(origin.host, origin.port, min(TIMEOUT, bench.left()))
        several = tuple(dict.fromkeys(str(address[0]) for _, address in found))[:MOST]
        return several if len(several) > 1 else (None,)
    return (None,)
