"""Uploads certificates: the present one, by those who may not, what is no good, one of the suite's, the present one.

Nothing is uploaded before it is known that the present certificate can be put back: its file has to hold what is
served and its key, and the gateway has to take it. It is in the journal from then on. Whatever is served or stored
after an upload that must not count is put back before the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from functools import partial
from hashlib import sha256
from typing import Any

from conformance.areas.acc import forged_uploads
from conformance.areas.acc.authority import fetch_authority
from conformance.areas.acc.certificate_file import fitting
from conformance.areas.acc.record import Upload, UploadsObservation
from conformance.bench import Bench
from conformance.bench.journal import Request
from conformance.bench.restoring import Change
from conformance.engine.observatory import Probe
from conformance.inputs.target import Certificate, Target, Webapp
from conformance.model import Inconclusive
from conformance.origin import Origin
from conformance.sentence import NOTHING, Own, Sentence, say
from conformance.web.accounts import ADMINISTRATOR, Session, administrator, declared, signed_in, throw_away
from conformance.web.exchange import Exchange
from conformance.web.http import exchange
from conformance.web.presenting import LONGEST_RESTART, PAUSE, RELOADS, present_again, presented, restart
from conformance.web.restoring import restore
from conformance.web.trust import webapp_trust

PATH = "/v1/certificates/external"
TEXT = {"Content-Type": "text/plain"}
RESTARTS = 5
PATIENCE = 20.0  # seconds: a gateway may check a certificate, and write it, before it answers

# All that looks at the web app's endpoint: it is through before the certificate changes.
EVERYBODY_ELSE = (
    "auth-disclosure",
    "auth-guard",
    "auth-logins",
    "auth-logout",
    "auth-passwords",
    "auth-privileges",
    "auth-throttle",
    "auth-token",
    "declared-level",
    "certificate-authority",
    "chain",
    "headers",
    "nodes",
    "plain",
    "tls",
    "webhooks",
)


class Gate:
    """The way to the endpoint, whichever of the two certificates it presents, and what is uploaded there."""

    def __init__(self, admin: Session, settings: Certificate, bundle: forged_uploads.Bundle, present: str) -> None:
        """Trust the suite's authority beside the declared ones; nothing is uploaded yet."""
        api = admin.api.on(admin.api.bench)
        api.context = webapp_trust(api.bench)
        api.context.load_verify_locations(cadata=bundle.trust)
        self.admin = replace(admin, api=api)
        self.bench = api.bench
        self.settings, self.bundle, self.present = settings, bundle, present
        self.original = self.bench.vault[settings.restore].reveal().encode() + b"\n"
        self.url = api.webapp.url.rstrip("/") + PATH
        self.change: Change

    def journalled(self) -> Request:
        """Return how the operator's certificate is put back after a kill."""
        return Request(
            "POST",
            self.url,
            headers=TEXT,
            login=ADMINISTRATOR,
            body_from=self.settings.restore,
            trust=self.bundle.trust,
            served=self.present,
        )

    def upload(self, body: bytes, token: str) -> Upload:
        """Upload as whoever `token` is of, as nobody without one, and look at what that did."""
        seen = self.change.make(lambda: self._post(body, token, self.bench))
        return self.look(seen)

    def _post(self, body: bytes, token: str, bench: Bench) -> Exchange:
        headers = TEXT | ({"Authorization": f"Bearer {token}"} if token else {})
        context = self.admin.api.context
        return exchange(bench, "POST", self.url, headers=headers, body=body, context=context, timeout=PATIENCE)

    def look(self, after: Exchange) -> Upload:
        """Look at what is presented and stored now, after an answer to an upload."""
        served, unserved = presented(self.bench)
        answer, body = fetch_authority(self.admin)
        stored = f"{answer.status} {sha256(body).hexdigest()}" if answer.status else ""
        failed = answer.status >= 500 or answer.status == 401
        broken = answer.trouble or (say("answered {status}", status=answer.status) if failed else NOTHING)
        return Upload(after.status, after.trouble, served, unserved, stored, broken)

    def served_after(self, body: bytes) -> Upload:
        """Upload as the administrator, restart where that is declared, and look; a reload may need some seconds."""
        made = self.upload(body, self.admin.token)
        if self.settings.restart and made.accepted:
            restart(self.bench, self.settings)
            return self.look(Exchange("POST", self.url, made.status))
        wanted = self.present if body is self.original else self.bundle.sha256
        for _ in range(RELOADS):
            if made.served == wanted or not made.accepted:
                break
            self.bench.clock.wait(PAUSE)
            made = self.look(Exchange("POST", self.url, made.status))
        return made

    def back(self) -> Upload:
        """Upload the operator's file again; raises Inconclusive when its certificate is not served then."""
        made = self.served_after(self.original)
        if made.served != self.present:
            raise Inconclusive(
                say(
                    "the present certificate cannot be put back, so no more is uploaded: "
                    "it was {reply}, and then {then}",
                    reply=made.words(),
                    then=made.unserved or say("another one was served"),
                )
            )
        if not made.accepted:
            raise Inconclusive(
                say(
                    "the present certificate cannot be put back, so no more is uploaded: it was {reply}",
                    reply=made.words(),
                )
            )
        return made

    def restore(self) -> bool:
        """Upload the operator's file once more, and tell whether its certificate is presented."""
        restoring = self.bench.for_restoring()
        seen = self._post(self.original, self.admin.token, restoring)
        if not seen.ok and restore(restoring, [self.journalled()]):
            return False
        return not present_again(restoring, self.present)


def _look(bench: Bench) -> UploadsObservation:
    webapp = bench.target.declared(Webapp)
    assert webapp.certificate is not None  # noqa: S101 - and where this is declared
    with administrator(bench) as admin:
        served, unserved = presented(bench)
        if not served:
            raise Inconclusive(say("no certificate is presented: {why}", why=unserved))
        reference = webapp.certificate.restore
        what = Own(f"webapp.certificate.restore ({reference.label})")
        names = fitting(bench.vault[reference].reveal(), served, what)
        bundle = forged_uploads.make(names or (Origin.of(webapp.url).host or "localhost",))
        return _upload_all(Gate(admin, webapp.certificate, bundle, served))


def _upload_all(gate: Gate) -> UploadsObservation:
    found: dict[str, Any] = {"present": gate.present, "own": gate.bundle.sha256}
    found |= {"restarts": bool(gate.settings.restart), "refused": {}, "left_out": {}}
    try:
        with gate.bench.restorer.changing(
            say("the web app's certificate"), gate.restore, gate.journalled()
        ) as gate.change:
            found["again"] = again = gate.back()
            with closing(_refused(gate, found["left_out"])) as turns:
                for kind, upload in turns:
                    found["refused"][kind] = made = upload()
                    if (made.served, made.stored) != (again.served, again.stored):
                        gate.back()
            found |= _settled(gate)
            found |= _good(gate)
    except Inconclusive as reason:
        found["stopped"] = reason.reason
    return UploadsObservation(**found)


def _refused(gate: Gate, left_out: dict[str, Sentence]) -> Generator[tuple[str, Callable[[], Upload]], None, None]:
    """Make the uploads that must not count, each when its turn has come."""
    yield "unauthenticated", lambda: gate.upload(gate.bundle.whole, "")
    try:
        with _somebody(gate) as token:
            yield "non-admin", lambda: gate.upload(gate.bundle.whole, token)
    except Inconclusive as reason:
        left_out["non-admin"] = reason.reason
    for kind, body in gate.bundle.bad().items():
        yield kind, partial(gate.upload, body, gate.admin.token)


@contextmanager
def _somebody(gate: Gate) -> Iterator[str]:
    """Hold the token of a user who is no administrator; raises Inconclusive where none is to be had."""
    with ExitStack() as stack:
        if gate.admin.api.webapp.user is not None:
            session = stack.enter_context(declared(gate.bench, "webapp.user"))
        else:
            user = stack.enter_context(throw_away(gate.admin))
            session = stack.enter_context(signed_in(gate.admin, user))
        known = session.ask("GET", "/v1/health")
        if not known.ok:
            raise Inconclusive(_not_taken(known))
        yield session.token


def _not_taken(known: Exchange) -> Sentence:
    if known.trouble:
        return say(
            "the token of a user who is no administrator is not taken: GET /v1/health {trouble}", trouble=known.trouble
        )
    return say(
        "the token of a user who is no administrator is not taken: GET /v1/health was answered {status}",
        status=known.status,
    )


def _settled(gate: Gate) -> dict[str, Upload]:
    """Restart once after all that was to be refused, and look again."""
    if not gate.settings.restart:
        return {}
    restart(gate.bench, gate.settings)
    settled = gate.look(Exchange("POST", gate.url))
    if settled.served != gate.present:
        gate.back()
    return {"settled": settled}


def _good(gate: Gate) -> dict[str, Upload]:
    return {"good": gate.served_after(gate.bundle.whole), "back": gate.served_after(gate.original)}


def _deadline(target: Target) -> float:
    """Return seconds: a few for the uploads, and each restart's own."""
    certificate = target.webapp.certificate if target.webapp else None
    return 300.0 + (RESTARTS * LONGEST_RESTART if certificate and certificate.restart else 0)


certificate_uploads = Probe(
    "certificate-uploads", UploadsObservation, _look, _deadline, waits=True, after=EVERYBODY_ELSE
)
