"""Which groups a server agrees on, by elimination."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from conformance.probes.hello import registry
from conformance.probes.hello.caller import Caller
from conformance.probes.hello.registry import Family
from conformance.probes.hello.versions import hello, offer
from conformance.probes.hello.wire import Hello


def groups_tls13(caller: Caller) -> tuple[str, ...] | None:
    """Return the groups that a TLS 1.3 server names when it is brought no key share; None when it fell silent."""
    found, complete = _eliminate(caller, hello(caller, "tls-1.3", offer("tls-1.3")), registry.groups("tls-1.3"))
    return tuple(registry.group_name(number) for number in found) if complete else None


def groups_below(
    caller: Caller, version: str, accepted: Iterable[int], curve: int | None
) -> tuple[tuple[str, ...] | None, str]:
    """Return the groups of ECDHE below TLS 1.3, and a sentence about what may have been missed.

    `accepted` are the suites of that version, `curve` the group of an ECDSA certificate's key: a server shows that
    certificate only to a client that lists its curve as well, so it stays in every hello.
    """
    suites = [number for number in accepted if registry.key_exchange(number) == "ecdhe"]
    if not suites or version == "ssl-3.0":
        return (), ""
    free = [number for number in suites if registry.family(number) is not Family.ECDSA]
    if free or curve is None:
        found, complete = _eliminate(caller, hello(caller, version, free or suites), registry.groups(version))
        return (tuple(registry.group_name(number) for number in found) if complete else None), ""
    bare = hello(caller, version, suites)
    others = tuple(number for number in registry.groups(version) if number != curve)
    found, complete = _eliminate(caller, bare, others, always=curve)
    names = tuple(registry.group_name(number) for number in found)
    if not complete:
        return None, ""
    return names, "" if _client_chooses(caller, bare, found, curve) else (
        f"{version} groups that the server ranks behind {registry.group_name(curve)}, its certificate's own, "
        "cannot be seen"
    )


def _client_chooses(caller: Caller, bare: Hello, found: list[int], curve: int) -> bool:
    """Tell whether the server follows the client's order, so that nothing hides behind the certificate's curve."""
    other = next((number for number in found if number != curve), None)
    if other is None:
        return False
    return caller.ask_surely(replace(bare, groups=(curve, other))).group == curve


def _eliminate(
    caller: Caller, bare: Hello, numbers: Iterable[int], always: int | None = None
) -> tuple[list[int], bool]:
    """Return the groups found, and whether the server refused the rest rather than falling silent."""
    left, found = list(numbers), list[int]()
    while left:
        groups = (*left, *((always,) if always else ()))
        reply = caller.ask_surely(replace(bare, groups=groups))
        if not reply.offered:
            return found, reply.outcome in ("alert", "closed", "other-version")
        if reply.group is None:
            return found, False
        if reply.group not in found:
            found.append(reply.group)
        if reply.group not in left:
            break
        left.remove(reply.group)
    return found, True
