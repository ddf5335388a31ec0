"""Looks from two vantage points with many connections, and says how long that took."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from conformance.areas.net.look import network
from conformance.bench import Bench
from conformance.bench.budget import Budget
from conformance.inputs import target
from conformance.secrecy.redact import Redactor
from conformance.secrecy.secret import Vault
from reference_server import Gateway

CONNECTIONS = 2000
FIRST_PORT = 20_000
LIMITS = {"connections": 400, "requests_per_second": 4000}


def look_around() -> tuple[float, int]:
    """Return the seconds and the connections of one look; LookupError says why this machine has no networks."""
    with Gateway(costly=["net"]) as gateway:
        if "network" in gateway.without:
            raise LookupError(gateway.without["network"])
        aim = target.parse({"schema": 1, "name": "many", "limits": LIMITS, "network": _two(gateway.document())})
        budget, vault = Budget(aim.limits), Vault({})
        began = time.perf_counter()
        seen = network.look(Bench(aim, vault, budget, Redactor(vault), Path()))
        seconds = time.perf_counter() - began
    if troubles := [vantage.trouble for vantage in seen.vantages if vantage.trouble]:
        raise LookupError("; ".join(troubles))
    return seconds, budget.connections_opened


def _two(document: dict[str, Any]) -> dict[str, Any]:
    """Return a [network] in which two places each look at as many ports of the hosts that they name."""
    table = document["network"]
    vantages = [one for one in table["vantage"] if one["name"] in ("client", "peer")]
    reach = [one for one in table["reach"] if one["from"] in ("client", "peer")]
    pairs = {(one["from"], one["to"].partition(":")[0]) for one in reach}
    ports = range(FIRST_PORT, FIRST_PORT + CONNECTIONS // len(pairs))
    # What a look costs besides: the hosts' own ports, controls, and addresses that nobody has, one for each port.
    return {"vantage": vantages, "reach": reach, "ports": list(ports)}
