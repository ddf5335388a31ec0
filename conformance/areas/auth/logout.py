"""Logs a user of the run's own in twice and out once, and asks every node what it thinks of both tokens."""

from __future__ import annotations

from dataclasses import replace

from conformance.areas.auth.nodes import addresses
from conformance.areas.auth.record import LogoutObservation, Node, Reply
from conformance.areas.auth.replies import noted
from conformance.areas.auth.tokens import Way, ways
from conformance.bench import Bench
from conformance.engine.observatory import Probe
from conformance.model import Inconclusive
from conformance.web.accounts import Session, administrator, signed_in, throw_away

TIMES = 6
"""How often an address is asked, before and after: of two nodes that take turns at random, one is missed once in 32."""


def _look(bench: Bench) -> LogoutObservation:
    with (
        administrator(bench) as admin,
        throw_away(admin) as user,
        signed_in(admin, user) as first,
        signed_in(admin, user) as second,
    ):
        seen = LogoutObservation(same_token=first.token == second.token)
        try:
            way = next(ways(second))
        except Inconclusive as reason:
            return replace(seen, stopped=reason.reason)
        asked = addresses(bench, admin.api.webapp)
        nodes = [Node(address or "", before=_both(way, first, second, address)) for address in asked]
        if not admin.api.webapp.addresses:  # behind a name there may be addresses that nothing listens on
            nodes = [node for node in nodes if not all(reply.trouble for reply in node.before)] or nodes
        logout = noted(first.log_out())
        nodes = [_after(node, way, first, second) for node in nodes]
        return replace(seen, bare=way.noted(way.bare), logout=logout, nodes=tuple(nodes))


def _both(way: Way, first: Session, second: Session, address: str | None) -> tuple[Reply, Reply]:
    mine, other = (way.noted(each.ask("GET", way.path, address=address)) for each in (first, second))
    return mine, other


def _after(node: Node, way: Way, first: Session, second: Session) -> Node:
    """Ask with the token that was logged out until it is taken, and with the other one until it is not."""
    address = node.address or None
    ended, other = until_taken(way, first, address), []
    for _ in range(TIMES):
        other.append(way.noted(second.ask("GET", way.path, address=address)))
        if not other[-1].taken:
            break
    return replace(node, ended=ended, other=tuple(other))


def until_taken(way: Way, session: Session, address: str | None) -> tuple[Reply, ...]:
    """Ask with a session's token until it is taken, several times at most: of nodes each may know of other ends."""
    replies: list[Reply] = []
    while len(replies) < TIMES and not any(reply.taken for reply in replies):
        replies.append(way.noted(session.ask("GET", way.path, address=address)))
    return tuple(replies)


logout = Probe("auth-logout", LogoutObservation, _look)
