"""Which groups a server agrees on, by elimination."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from conformance.handshake import registry
from conformance.handshake.caller import Caller
from conformance.handshake.registry import Family
from conformance.handshake.versions import hello, offer
from conformance.handshake.wire import Hello

_COOKIE = 44  # extension of a HelloRetryRequest (RFC 8446, 4.2.2)


@dataclass(frozen=True, slots=True)
class Groups:
    """The numbers of the groups that were agreed on; not `complete` where the server did not refuse the rest.

    `hidden_behind` names a certificate's curve that the server may prefer to groups that cannot be seen then.
    """

    numbers: tuple[int, ...] = ()
    complete: bool = True
    hidden_behind: str = ""

    @property
    def names(self) -> tuple[str, ...] | None:
        """Name the groups; None where nothing is known of them."""
        return tuple(map(registry.group_name, self.numbers)) if self.numbers or self.complete else None


def groups_tls13(caller: Caller) -> Groups:
    """Return the groups that a TLS 1.3 server names when it is brought no key share."""
    found, complete = _eliminate(caller, hello(caller, "tls-1.3", offer("tls-1.3")), registry.groups("tls-1.3"))
    return Groups(tuple(found), complete)


def groups_below(caller: Caller, version: str, accepted: Iterable[int], curve: int | None) -> Groups:
    """Return the groups of ECDHE under one version below TLS 1.3.

    `accepted` are the suites of that version, `curve` the group of an ECDSA certificate's key: a server shows that
    certificate only to a client that lists its curve as well, so it stays in every hello.
    """
    suites = [number for number in accepted if registry.key_exchange(number) == "ecdhe"]
    if not suites or version == "ssl-3.0":
        return Groups()
    free = [number for number in suites if registry.family(number) is not Family.ECDSA]
    always = None if free else curve
    bare = hello(caller, version, free or suites)
    found, complete = _eliminate(caller, bare, (n for n in registry.groups(version) if n != always), always)
    if not complete or always is None or _client_chooses(caller, bare, found, always):
        return Groups(tuple(found), complete)
    return Groups(tuple(found), complete, registry.group_name(always))


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
            # A HelloRetryRequest that asks for no other share and brings no cookie would change nothing, and every
            # client has to give up on it (RFC 8446, 4.1.4).
            return found, bare.version == "tls-1.3" and _COOKIE not in reply.extensions
        if reply.group not in found:
            found.append(reply.group)
        if reply.group not in left:
            break
        left.remove(reply.group)
    return found, True
