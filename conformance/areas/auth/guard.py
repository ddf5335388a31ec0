"""Asks for every declared API path without a token, in many ways, and compares with what the administrator gets."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

from conformance.areas.acc.plain import words
from conformance.areas.auth.likeness import TELLING, alike, content, repeated
from conformance.areas.auth.nodes import addresses
from conformance.areas.auth.record import Form, Guarded, GuardObservation, Posted, Stranger
from conformance.areas.auth.replies import form, noted
from conformance.areas.auth.spellings import REWRITTEN, spellings
from conformance.bench import Bench
from conformance.engine.observatory import Probe
from conformance.inputs.target import Webapp
from conformance.model import Inconclusive
from conformance.origin import onward, target_of
from conformance.sentence import NOTHING, Own, Sentence, say
from conformance.web.accounts import Session, administrator
from conformance.web.api import USERS
from conformance.web.exchange import Exchange
from conformance.web.http import exchange, webapp_context
from conformance.web.preflight import reach

METHODS = ("GET", "HEAD")

_HOPS = 3
_AGAIN = 2
"""How often a path is asked for again at the declared name: several nodes may stand behind it."""

_MADE_UP = "PORTERO"
_HARMLESS = {"POST": (b"{}", "write"), "PATCH": (b"{}", "write"), "PUT": (b"[]", "destructive")}
"""Methods that do something: with which body they do nothing where somebody reads it, and what consent they need."""

_OVERRIDE = {"X-HTTP-Method-Override": "GET", "X-Method-Override": "GET", "X-HTTP-Method": "GET"}
_NOT_THERE = (404, 405, 501)
_SHORT = 12
_REFUSES = re.compile(
    r"\b(denied|forbidden|unauthori[sz]ed|unauthenticated|not[ _](authori[sz]ed|authenticated|allowed|permitted)"
    r"|authentication[ _](is )?(required|needed|failed)|(invalid|missing|no|wrong)[ _](access )?(token|credentials))\b",
    re.IGNORECASE,
)


@dataclass
class _Strangers:
    """Asks without a token; what it asked for more than one comparison is asked for once."""

    bench: Bench
    nowhere: str = field(default_factory=lambda: f"portero-{secrets.token_hex(6)}")
    _known: dict[tuple[str, str], Exchange] = field(default_factory=dict)

    @cached_property
    def url(self) -> str:
        webapp = self.bench.target.webapp
        assert webapp is not None  # noqa: S101 - the engine starts this probe for a declared section only
        return webapp.url.rstrip("/")

    def ask(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        address: str | None = None,
    ) -> Exchange:
        sent = {"Content-Type": "application/json"} if body is not None else {}
        context = webapp_context(self.bench)
        headers = sent | dict(headers or {})
        return exchange(
            self.bench, method, self.url + path, headers=headers, body=body, context=context, address=address
        )

    def beside(self, path: str) -> str:
        """Return a path that is not there, below the same first step."""
        return f"/{path.split('/')[1]}/{self.nowhere}"

    def known(self, method: str, path: str) -> Exchange:
        """Ask for something that serves as a comparison."""
        if (method, path) not in self._known:
            body = _HARMLESS[method][0] if method in _HARMLESS else None
            self._known[method, path] = self.ask(method, path, body=body)
        return self._known[method, path]

    def all_of(self, asked: Iterable[Callable[[], Exchange]]) -> list[Exchange]:
        """Ask side by side."""
        with ThreadPoolExecutor(min(8, self.bench.target.limits.connections)) as pool:
            return list(pool.map(lambda ask: ask(), asked))


def _look(bench: Bench) -> GuardObservation:
    webapp = bench.target.declared(Webapp)
    reach(bench, webapp.url)
    strangers = _Strangers(bench)
    bare = {path: {method: strangers.ask(method, path) for method in METHODS} for path in webapp.api_paths}
    posted = {path: strangers.ask("POST", path, body=_HARMLESS["POST"][0]) for path in webapp.post_paths}
    landed = {path: _landed(strangers, seen["GET"]) for path, seen in bare.items()}
    looks = [_Path(strangers, path, bare, landed[path]) for path in bare]
    try:
        with administrator(bench) as admin:
            for look in looks:
                look.allow(admin)
            paths = {look.path: look.with_strangers(admin) for look in looks}
            posts = {path: _posted(strangers, admin, path, seen) for path, seen in posted.items()}
            return GuardObservation(paths, NOTHING, posts)
    except Inconclusive as reason:
        alone = {look.path: look.alone() for look in looks}
        return GuardObservation(alone, reason.reason, {path: Posted(noted(seen)) for path, seen in posted.items()})


def _landed(strangers: _Strangers, seen: Exchange) -> Exchange | None:
    """Follow a redirect as far as it stays on the origin; None where there was none to follow."""
    landed = None
    for _ in range(_HOPS):
        location = next(iter(seen.values("Location")), "")
        there = onward(seen.url, location)
        if not seen.redirects or not location or there is None:
            break
        landed = seen = strangers.ask("GET", target_of(there))
    return landed


@dataclass
class _Path:
    """One declared path: what strangers get there, and what the administrator does."""

    strangers: _Strangers
    path: str
    bare: dict[str, dict[str, Exchange]]
    landed: Exchange | None
    admin: dict[str, Exchange] = field(default_factory=dict)
    lost: Exchange | None = None
    content: list[str] = field(default_factory=list)

    def allow(self, admin: Session) -> None:
        """Let the administrator ask, and settle by what its answer is known again: not by what refusals say too."""
        self.admin = {method: admin.ask(method, self.path) for method in METHODS}
        self.lost = admin.ask("GET", self.strangers.beside(self.path))
        if 200 <= self.admin["GET"].status < 300:
            refusals = self.others() if form(self.lost) is not Form.ERRORS and self.lost.status < 300 else self._all()
            self.content = content(self.admin["GET"], refusals)

    def others(self) -> list[Exchange]:
        """List what strangers are told on other paths: on one that is not there first."""
        declared = [seen["GET"] for path, seen in self.bare.items() if path != self.path]
        known = self.strangers.known
        return [known("GET", self.strangers.beside(self.path)), known("GET", USERS), *declared]

    def _all(self) -> list[Exchange]:
        return [*self.others(), *([self.lost] if self.lost else [])]

    def alone(self) -> Guarded:
        """Return what is to be said without the administrator."""
        own = self.bare[self.path]
        return Guarded(
            bare={method.lower(): replace(noted(seen), denied=self.denied(seen)) for method, seen in own.items()},
            admin={},
            landed=replace(noted(self.landed), said="") if self.landed else None,
        )

    def with_strangers(self, admin: Session) -> Guarded:
        """Compare, and let strangers ask in more ways."""
        own, mine = self.bare[self.path]["GET"], self.admin["GET"]
        nowhere = self.others()[0]
        guarded = replace(
            self.alone(),
            admin={method.lower(): noted(seen) for method, seen in self.admin.items()},
            repeated=repeated(self.content, self.landed or own),
            everywhere=200 <= own.status < 300 and alike(own, nowhere) and alike(own, mine),
            again=self._again(),
        )
        if not 200 <= mine.status < 300:
            return guarded
        methods, untried = self._methods(admin)
        respelt = self._respelt()
        return replace(
            guarded, methods=methods, untried=untried, respelt=respelt, last=noted(admin.ask("GET", self.path))
        )

    def denied(self, seen: Exchange) -> bool:
        """Tell whether a success is none: said on other paths as well, or no more than that nobody is let in."""
        if not 200 <= seen.status < 300 or form(seen) in (Form.NOTHING, Form.ERRORS):
            return False
        if self.admin and alike(seen, self.admin["GET"]):
            return False
        told = words(seen.body)
        plain = len(told) <= _SHORT and _REFUSES.search(seen.body) is not None and not repeated(self.content, seen)
        return plain or any(alike(seen, other) for other in self.others())

    def share(self, seen: Exchange) -> float:
        """Return how much of the administrator's answer an answer holds; of a short one, all or nothing."""
        if len(self.content) >= TELLING:
            return repeated(self.content, seen)
        return float(alike(seen, self.admin["GET"]) and not alike(seen, self.others()[0]))

    def _stranger(self, what: Sentence, seen: Exchange, *, does: bool = False) -> Stranger:
        reply = replace(noted(seen), said="", denied=self.denied(seen))
        if does and reply.taken:
            like = [self.bare[self.path]["GET"], self.strangers.known(seen.method, self.strangers.beside(self.path))]
            reply = replace(reply, denied=any(alike(seen, other) for other in like))
        return Stranger(what, reply, self.share(seen), does)

    def _again(self) -> tuple[Stranger, ...]:
        bench = self.strangers.bench
        webapp = bench.target.webapp
        several = addresses(bench, webapp) if webapp else ()
        asked: list[str | None] = [*[None] * _AGAIN, *(each for each in several if each)]
        again = tuple(
            self._stranger(
                say("GET {path} after the administrator, at {address}", path=Own(self.path), address=Own(address))
                if address
                else say("GET {path} after the administrator", path=Own(self.path)),
                self.strangers.ask("GET", self.path, address=address),
            )
            for address in asked
        )
        declared = bool(webapp and webapp.addresses)
        return again if declared else tuple(each for each in again if not each.reply.trouble) or again

    def _methods(self, admin: Session) -> tuple[tuple[Stranger, ...], tuple[str, ...]]:
        """Ask by other methods: by those that the path knows, as far as consent goes, and by one that is made up."""
        permits = self.strangers.bench.target.permits
        allowed = _allowed(admin.ask("OPTIONS", self.path))
        known = [method for method in _HARMLESS if not allowed or method in allowed]
        tried = [method for method in known if permits(_HARMLESS[method][1])]
        untried = [method for method in known if method not in tried and (allowed or method != "PUT")]
        seen = [
            self._stranger(say("{method} {path}", method=Own(method), path=Own(self.path)), answer, does=does)
            for method, answer, does in (
                *((method, self.strangers.ask(method, self.path), False) for method in ("OPTIONS", _MADE_UP)),
                *((m, self.strangers.ask(m, self.path, body=_HARMLESS[m][0]), True) for m in tried),
            )
        ]
        if permits("write"):
            answer = self.strangers.ask("POST", self.path, headers=_OVERRIDE, body=b"{}")
            what = say("POST {path} that calls itself a GET", path=Own(self.path))
            seen.append(self._stranger(what, answer, does=True))
        return tuple(seen), tuple(untried)

    def _respelt(self) -> tuple[Stranger, ...]:
        webapp = self.strangers.bench.target.webapp
        public = next((path for path in (webapp.admin_paths if webapp else ()) if len(path) > 1), "/portero")
        paths = spellings(self.path, public)
        asked = [partial(self.strangers.ask, "GET", path) for path in paths]
        asked += [partial(self.strangers.ask, "GET", public, headers={name: self.path}) for name in REWRITTEN]
        told = [say("GET {path}", path=Own(path)) for path in paths]
        told += [
            say("GET {page} with {header}: {path}", page=Own(public), header=Own(name), path=Own(self.path))
            for name in REWRITTEN
        ]
        answers = self.strangers.all_of(asked)
        return tuple(self._stranger(what, seen) for what, seen in zip(told, answers, strict=True))


def _allowed(seen: Exchange) -> set[str]:
    """Return the methods that a path says it knows (RFC 9110, 10.2.1); none where it does not say."""
    named = ",".join(seen.values("Allow"))
    return {method.strip().upper() for method in named.split(",") if method.strip()}


def _posted(strangers: _Strangers, admin: Session, path: str, bare: Exchange) -> Posted:
    """See whether a path that takes POST alone is there: by the same request, or without consent by harmless ones."""
    if not strangers.bench.target.permits("write"):
        allowed = _allowed(admin.ask("OPTIONS", path))
        if allowed:
            return Posted(noted(bare), "POST" in allowed)
        status = admin.ask("GET", path).status
        return Posted(noted(bare), {404: None, 405: True}.get(status))
    mine = admin.ask("POST", path, body=_HARMLESS["POST"][0])
    nowhere = strangers.known("POST", strangers.beside(path))
    like_admin, like_nowhere = alike(bare, mine), alike(bare, nowhere)
    denied = 200 <= bare.status < 300 and (like_nowhere or _REFUSES.search(bare.body) is not None) and not like_admin
    there = None if mine.trouble else mine.status not in _NOT_THERE
    return Posted(replace(noted(bare), denied=denied), there, noted(mine), like_admin and not like_nowhere)


guard = Probe("auth-guard", GuardObservation, _look)
