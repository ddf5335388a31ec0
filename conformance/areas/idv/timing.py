"""Measures how long wrong hashes take, interleaved."""

from __future__ import annotations

from conformance.areas.idv import forgery
from conformance.areas.idv.client import THE_SERVICE, IdentityClient
from conformance.areas.idv.look import unfit
from conformance.areas.idv.record import TimingObservation
from conformance.areas.idv.transport import look_at_transport
from conformance.bench import Bench
from conformance.engine.observatory import Probe
from conformance.sentence import NOTHING, say

ROUNDS = 25


def _look(bench: Bench) -> TimingObservation:
    client = IdentityClient(bench)
    with bench.budget.alone(THE_SERVICE):
        if why := unfit(client, look_at_transport(client)):
            return TimingObservation(why)
        uid, accepted = client.identity.uids[0], client.identity.accepted
        right = client.document(uid, client.right(uid))
        if client.answer(b"{").honoured(accepted) or not client.answer(right).honoured(accepted):
            return TimingObservation(say("the first declared uid was not honoured with its right hash alone"))
        first: list[float] = []
        last: list[float] = []
        for turn in range(ROUNDS):
            for bit, times in ((0, first), (255, last))[:: -1 if turn % 2 else 1]:
                body = client.document(uid, forgery.flipped(client.right(uid), (bit,)))
                times.append(round(client.timed(body), 6))
        return TimingObservation(NOTHING, tuple(first), tuple(last))


timing = Probe("identity-timing", TimingObservation, _look, deadline=300.0)
