"""Looks at the gateway's services from every vantage point, side by side, by names as they resolve there."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from conformance.areas.net.answers import Question, protocol, questions
from conformance.areas.net.record import SPARE_PORT, Came, Look, NetworkObservation, Seen, VantageLook
from conformance.areas.net.vantage import START, FarDone, FarLook, FarSeen, run
from conformance.bench import Bench
from conformance.engine.observatory import Probe
from conformance.inputs.target import Network, Target, Vantage
from conformance.model import Inconclusive
from conformance.origin import Origin
from conformance.sentence import NOTHING, Own, Sentence, say

CONNECTING = 3.0
"""Long enough for two repeated first packets, which Linux sends after one second and three."""

ANSWERING = 5.0  # seconds
RESOLVING = 5.0  # seconds
LONGEST = 120.0  # seconds: what one vantage point may take at most
MOST_VANTAGES_AT_ONCE = 16
MOST_NOWHERE = 64  # ports: their looks are the control, and cost as much as the others

# What the far side says that is no error of a system's own.
_FAR_WORDS = {
    str(words): words
    for words in (
        NOTHING,
        say("no answer within {seconds:g} s", seconds=CONNECTING),
        say("the resolver did not answer within {seconds:g} s", seconds=RESOLVING),
        say("the limit of connections a run was reached"),
    )
}

_CONTROL, _NOWHERE = "control", "nowhere"
# RFC 5737, RFC 2544 and RFC 3849, RFC 9637; a laboratory may well use one of them.
_NOBODY = {
    "4": [("192.0.2.", "192.0.2.213"), ("198.51.100.", "198.51.100.213"), ("203.0.113.", "203.0.113.213")],
    "6": [("2001:db8:", "2001:db8:ffff:213::213"), ("3fff:", "3fff:fff:213::213")],
}
_NOBODY["4"].append(("198.18.", "198.18.213.213"))


@dataclass(slots=True)
class _Plan:
    """What a vantage point is to look at: host and port, and what to ask there, by key of the result."""

    vantage: Vantage
    wanted: dict[str, tuple[str, int, tuple[Question, ...]]] = field(default_factory=dict)

    def add(self, key: str, endpoint: str, services: set[str] | None) -> None:
        """Add a look, once; `services` are expected there, and None asks nothing."""
        host, port = parted(endpoint)
        self.wanted.setdefault(key, (host, port, () if services is None else questions(host, port, services)))

    def hosts(self) -> Counter[str]:
        """Count the looks at each host."""
        return Counter(host for host, _, _ in self.wanted.values())


def parted(endpoint: str) -> tuple[str, int]:
    """Return host and port of `host:port` as a target file spells it."""
    origin = Origin.of(f"//{endpoint}")
    return origin.host, origin.port


def _network(bench: Bench) -> NetworkObservation:
    network = _declared(bench.target)
    plans = [_plan(network, vantage) for vantage in network.vantage]
    with ThreadPoolExecutor(MOST_VANTAGES_AT_ONCE) as pool:
        looks = list(pool.map(lambda plan: _from(bench, plan), plans))
        known = _addresses(looks)
        again = pool.map(lambda plan, first: _by_address(bench, plan, first, known), plans, looks)
        return NetworkObservation(tuple(again))


def _declared(target: Target) -> Network:
    return target.declared(Network)


def _plan(network: Network, vantage: Vantage) -> _Plan:
    """Collect what the target file expects from this vantage point, and all its ports on the hosts named there."""
    plan = _Plan(vantage)
    own = [reach for reach in network.reach if reach.from_ == vantage.name]
    services: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
    for reach in own:
        services[parted(reach.to)].add(reach.service)
    if vantage.reachable:
        plan.add(_CONTROL, vantage.reachable, services[parted(vantage.reachable)])
    for reach in own:
        plan.add(f"look {reach.to}", reach.to, services[parted(reach.to)])
    for host in dict.fromkeys(reach.to.rpartition(":")[0] for reach in own):
        for port in network.ports:
            endpoint = f"{host}:{port}"
            plan.add(f"look {endpoint}", endpoint, services[parted(endpoint)])
        plan.add(f"spare {host}", f"{host}:{SPARE_PORT}", None)
    return plan


def _from(bench: Bench, plan: _Plan, known: dict[str, list[str]] | None = None) -> VantageLook:
    """Look from one vantage point; with `known`, at these addresses of the hosts that it names, and at nothing else."""
    shown = VantageLook(plan.vantage.name, plan.vantage.command)
    try:
        looks, done = _run(bench, plan, known or {})
    except Inconclusive as reason:
        return replace(shown, trouble=reason.reason)
    found = {look.key: _look(look, plan) for look in looks if look.key in plan.wanted}
    return replace(
        shown,
        python=done.python,
        control=found.get(_CONTROL),
        nowhere=tuple(_look(look, plan) for look in looks if look.key == _NOWHERE),
        looks=_below("look ", found),
        spares=_below("spare ", found),
    )


def _below(prefix: str, found: dict[str, Look]) -> dict[str, Look]:
    return {key.removeprefix(prefix): look for key, look in sorted(found.items()) if key.startswith(prefix)}


def _run(bench: Bench, plan: _Plan, known: dict[str, list[str]]) -> tuple[list[FarLook], FarDone]:
    wanted = {key: look for key, look in plan.wanted.items() if not known or look[0] in known}
    hosts = Counter(host for host, _, _ in wanted.values())
    width, rate = _share(bench.target)
    every = list(dict.fromkeys(question for _, _, asked in wanted.values() for question in asked))
    number = {question: n for n, question in enumerate(every)}
    job = {
        "questions": [question.as_job() for question in every],
        "looks": [
            {
                "key": key,
                "host": host,
                "port": port,
                "addresses": known.get(host, []),
                "questions": [number[question] for question in asked],
            }
            for key, (host, port, asked) in wanted.items()
        ],
        "expected": len(wanted),
        "nowhere": {} if known else _NOBODY,
        "nowhere_ports": [] if known else _watched(wanted.values()),
        "width": width,
        "rate": rate,
        "most": max(0, bench.target.limits.requests - bench.budget.connections_opened),
        "connecting": CONNECTING,
        "answering": ANSWERING,
        "resolving": RESOLVING,
        "seconds": _longest(hosts, width, rate),
    }
    with ExitStack() as held:
        for host, count in sorted(hosts.items()):
            held.enter_context(bench.budget.batch(host, count, width))
        looks, done = run(bench, plan.vantage, job)
    bench.budget.count(max(0, done.opened - hosts.total()))
    return looks, done


def _watched(wanted: Iterable[tuple[str, int, tuple[Question, ...]]]) -> list[int]:
    """Return the ports to try where nobody is: a middlebox may take connections to some ports alone."""
    return list(dict.fromkeys(port for _, port, asked in wanted if asked))[:MOST_NOWHERE]


def _share(target: Target) -> tuple[int, float]:
    """Return how many connections to one host a vantage point may have open, and how many it may open a second.

    All together take up to one half of what [limits] allows at once: other probes look at the same hosts.
    """
    vantages = len(_declared(target).vantage)
    return max(1, target.limits.connections // (2 * vantages)), target.limits.requests_per_second / vantages


def _longest(hosts: Counter[str], width: int, rate: float) -> float:
    """Return the seconds after which a vantage point gives up: when every port of the busiest host stays silent."""
    most = max(hosts.values(), default=0)
    return min(LONGEST, RESOLVING + math.ceil(most / width) * CONNECTING + 2 * ANSWERING + 2 * most / rate + 5)


def _look(far: FarLook, plan: _Plan) -> Look:
    asked = plan.wanted[far.key][2] if far.key in plan.wanted else ()
    return Look(far.host, far.port, tuple(_seen(one, asked) for one in far.seen), _far_words(far.unresolved))


def _far_words(words: str) -> Sentence:
    return _FAR_WORDS.get(words, say("{error}", error=Own(words)))


def _seen(far: FarSeen, asked: tuple[Question, ...]) -> Seen:
    if far.came != "open":
        return Seen(far.address, Came(far.came), detail=_far_words(far.detail), seconds=far.seconds)
    spoke, why = protocol(far.heard, asked)
    came = Came.ANSWERED if spoke else Came.ACCEPTED
    return Seen(far.address, came, spoke, why, far.seconds)


def _addresses(looks: Iterable[VantageLook]) -> dict[str, list[str]]:
    """Return the addresses that each host has at any vantage point."""
    known: defaultdict[str, list[str]] = defaultdict(list)
    for vantage in looks:
        for look in vantage.looks.values():
            known[look.host] += [seen.address for seen in look.seen if seen.address not in known[look.host]]
    return {host: addresses for host, addresses in known.items() if addresses}


def _by_address(bench: Bench, plan: _Plan, first: VantageLook, known: dict[str, list[str]]) -> VantageLook:
    """Look again, by address, at hosts whose name only others resolve: an unknown name keeps nobody out."""
    nameless = {look.host for look in first.looks.values() if look.unresolved} & known.keys()
    if not nameless:
        return first
    second = _from(bench, plan, {host: known[host] for host in nameless})
    if second.trouble:
        return replace(first, trouble=second.trouble)
    return replace(
        first,
        looks=_merged(first.looks, second.looks),
        spares=_merged(first.spares, second.spares),
    )


def _merged(first: dict[str, Look], second: dict[str, Look]) -> dict[str, Look]:
    return {
        key: replace(second[key], unresolved=look.unresolved) if key in second else look for key, look in first.items()
    }


def _deadline(target: Target) -> float:
    network = _declared(target)
    width, rate = _share(target) if network.vantage else (1, 1.0)
    return max((_longest(_plan(network, one).hosts(), width, rate) + START for one in network.vantage), default=0) + 20


network = Probe("network", NetworkObservation, _network, deadline=_deadline)
