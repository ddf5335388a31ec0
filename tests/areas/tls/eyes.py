"""Looks at one TLS port of this machine, with all of the probe or with the raw hellos alone."""

from __future__ import annotations

import ssl
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

from conformance.areas.tls import look
from conformance.bench import Bench
from conformance.bench.budget import Budget
from conformance.handshake.caller import Caller
from conformance.handshake.enumerate import HelloFindings, enumerate_all
from conformance.handshake.record import Answer, TlsObservation
from conformance.handshake.versions import live_versions
from conformance.inputs import target
from conformance.secrecy.redact import Redactor
from conformance.secrecy.secret import open_vault

LIMITS = {"connections": 32, "requests_per_second": 2000}


def bench(
    port: int,
    environ: dict[str, str] | None = None,
    folder: Path = Path(),
    limits: dict[str, int] | None = None,
    **webapp: Any,
) -> Bench:
    document = {
        "schema": 1,
        "name": "t",
        "limits": limits or LIMITS,
        "webapp": {"url": f"https://localhost:{port}", **webapp},
    }
    aim = target.parse(document)
    vault = open_vault(aim.secret_refs(), environ or {}, folder)
    return Bench(aim, vault, Budget(aim.limits), Redactor(vault), folder)


def observe(port: int, at: Bench | None = None) -> TlsObservation:
    return look.scan.look(at or bench(port))


def ask(port: int, at: Bench | None = None) -> tuple[dict[str, Answer], HelloFindings]:
    with ThreadPoolExecutor(6) as pool:
        caller = Caller(at or bench(port), f"https://localhost:{port}")
        versions = live_versions(caller, pool)
        live = [version for version, answer in versions.items() if answer.outcome == "offered"]
        return versions, enumerate_all(caller, live, pool)


def offered(versions: dict[str, Answer]) -> list[str]:
    return [version for version, answer in versions.items() if answer.outcome == "offered"]


@cache
def _openssl_names() -> dict[int, str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    return {cipher["id"] & 0xFFFF: cipher["name"] for cipher in context.get_ciphers()}


def openssl_name(number: int) -> str | None:
    """Return what this machine's OpenSSL calls a suite; None for one that it does not have."""
    return _openssl_names().get(number)
