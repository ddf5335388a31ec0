"""Looks at the identity service: the way to it, the customer's pages, and what it does with initialisations."""

from __future__ import annotations

from conformance import pointers
from conformance.areas.idv import forgery
from conformance.areas.idv.bindings import bind_others, respell, sign_other_spelling
from conformance.areas.idv.client import THE_SERVICE, IdentityClient
from conformance.areas.idv.pages import look_at_pages
from conformance.areas.idv.paths import look_at_other_paths
from conformance.areas.idv.record import IdentityObservation, Transport, Trials
from conformance.areas.idv.transport import look_at_transport
from conformance.areas.idv.trials import Stop, TrialRun
from conformance.bench import Bench
from conformance.engine.observatory import Probe
from conformance.model import Inconclusive
from conformance.sentence import NOTHING, Sentence, say

PUBLIC_VALUES = 8


def _look(bench: Bench) -> IdentityObservation:
    client = IdentityClient(bench)
    with bench.budget.alone(THE_SERVICE):
        transport = look_at_transport(client)
        return IdentityObservation(transport, look_at_pages(client), _try(client, transport))


def _try(client: IdentityClient, transport: Transport) -> Trials:
    if why := unfit(client, transport):
        return Trials(stopped=why)
    run = TrialRun(client)
    try:
        run.open()
        run.find_control()
        victim = run.victim
        run.forge(_ground(client, victim))
        bind_others(run, victim)
        run.compare_refusals()
        run.welcome()
        run.control()
        respell(run)
        sign_other_spelling(run)
        run.control()
        run.others = look_at_other_paths(run)
    except (Stop, Inconclusive) as reason:
        return run.record(reason.reason)
    return run.record(NOTHING)


def unfit(client: IdentityClient, transport: Transport) -> Sentence:
    """Return why no initialisation can be sent, or nothing."""
    if not client.bench.target.permits("write"):
        return say('no initialisation was sent: it needs consent "write"')
    if not client.key or not client.identity.uids:
        return say("no initialisation was sent: the target file lacks identity.secret or identity.uids")
    if transport.detail:
        return say("no hash was sent: {why}", why=transport.detail)
    return NOTHING


def _ground(client: IdentityClient, uid: str) -> forgery.Ground:
    identity, vault = client.identity, client.bench.vault
    texts = dict.fromkeys(v for _, v in pointers.leaves(identity.body) if isinstance(v, str) and v)
    return forgery.Ground(
        client.key,
        uid,
        tuple(texts)[:PUBLIC_VALUES],
        tuple(vault[reference].reveal() for reference in identity.previous_secrets),
        tuple(vault[reference].reveal() for reference in identity.other_secrets),
    )


identity = Probe("identity", IdentityObservation, _look, deadline=240.0)
