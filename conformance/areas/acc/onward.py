"""Looks where HTTPS sends whoever asks: by redirects, and by the forms and scripts of its pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

from conformance.areas.acc.chain import addresses_of
from conformance.areas.acc.record import Lead, OnwardAnswer, OnwardObservation
from conformance.bench import Bench
from conformance.engine.observatory import Probe
from conformance.inputs.target import Webapp
from conformance.model import Inconclusive
from conformance.origin import joined, same, target_of
from conformance.sentence import NOTHING, Sentence
from conformance.web import markup
from conformance.web.accounts import administrator
from conformance.web.exchange import Exchange
from conformance.web.http import exchange, webapp_context
from conformance.web.preflight import reach
from conformance.web.trust import webapp_trust

_HOPS = 5
_MOST_LEADS = 20
_SENT = ("form", "button", "input")
_LOADED = {"script": "src", "iframe": "src", "frame": "src", "embed": "src", "object": "data"}
_SHEETS = ("stylesheet", "modulepreload", "import", "manifest")

Ask = Callable[[str, str, str], Exchange]
"""Asks by a method for a path at an address."""


@dataclass(frozen=True, slots=True)
class _Question:
    who: str
    ask: Ask
    method: str
    path: str
    address: str


def _look(bench: Bench) -> OnwardObservation:
    webapp = bench.target.declared(Webapp)
    reach(bench, webapp.url)
    addresses = webapp.addresses or addresses_of(webapp.url)
    nobody = _asker(bench, {})
    visitor = _asker(bench, bench.vault.revealed(webapp.page_headers)) if webapp.page_headers else nobody
    questions = [
        *(_Question("visitor", visitor, *of, at) for at in addresses for of in _of_pages(webapp)),
        *(_Question("nobody", nobody, *of, at) for at in addresses for of in _of_api(webapp)),
    ]
    with ThreadPoolExecutor(min(8, bench.target.limits.connections)) as pool:
        ways = pool.map(lambda each: _followed(each, webapp.url), questions)
        answers = [answer for way in ways for answer in way]
        as_admin, not_admin = _as_admin(bench, webapp, addresses)
    return OnwardObservation((*answers, *as_admin), not_admin)


def _of_pages(webapp: Webapp) -> Iterator[tuple[str, str]]:
    """Ask for every page as it is declared, and with a slash more or less: that redirect is a server's own."""
    for path in webapp.admin_paths:
        yield "GET", path
        yield "HEAD", path
        stem = urlsplit(path).path
        if stem != "/":
            yield "GET", stem.rstrip("/") if stem.endswith("/") else f"{stem}/"


def _of_api(webapp: Webapp) -> Iterator[tuple[str, str]]:
    return ((method, path) for path in webapp.api_paths for method in ("GET", "HEAD"))


def _asker(bench: Bench, headers: Mapping[str, str]) -> Ask:
    origin = bench.target.declared(Webapp).url.rstrip("/")
    context = webapp_trust(bench) if headers else webapp_context(bench)  # what lets in goes to nobody else
    return lambda method, path, address: exchange(
        bench, method, origin + path, headers=headers, context=context, address=address
    )


def _as_admin(bench: Bench, webapp: Webapp, addresses: tuple[str, ...]) -> tuple[tuple[OnwardAnswer, ...], Sentence]:
    """Ask the API in the administrator's name; without a login return why there is none."""
    try:
        with administrator(bench) as session:
            questions = ((at, path) for at in addresses for path in webapp.api_paths)
            found = (_noted("administrator", path, at, session.ask("GET", path, address=at)) for at, path in questions)
            return tuple(found), NOTHING
    except Inconclusive as reason:
        return (), reason.reason


def _followed(question: _Question, url: str) -> list[OnwardAnswer]:
    """Ask, and go where redirects lead as long as they stay at the declared origin and lead somewhere new."""
    way: list[OnwardAnswer] = []
    path: str | None = question.path
    while path is not None and path not in (step.path for step in way) and len(way) < _HOPS:
        answer = question.ask(question.method, path, question.address)
        way.append(_noted(question.who, path, question.address, answer))
        aim = next((lead.target for lead in way[-1].leads if lead.by == "redirect"), "")
        path = target_of(aim) if same(aim, url) else None
    return way


def _noted(who: str, path: str, address: str, seen: Exchange) -> OnwardAnswer:
    leads: list[Lead] = []
    if seen.redirects and (locations := seen.values("Location")):
        leads += _lead("redirect", seen.url, locations[0])
    if refresh := next(iter(seen.values("Refresh")), ""):
        leads += _refreshed(seen.url, refresh)
    page = seen.ok and _is_page(seen)
    if page:
        leads += _of_page(seen)
    return OnwardAnswer(
        who=who,
        method=seen.method,
        path=path,
        address=address,
        status=seen.status,
        trouble=seen.trouble,
        page=page and bool(seen.body),
        whole=not seen.incomplete,
        leads=tuple(dict.fromkeys(leads))[:_MOST_LEADS],
    )


def _is_page(seen: Exchange) -> bool:
    """Tell whether a browser shows it as a page: what is sent without a type is looked into."""
    return seen.is_html or (not any(seen.values("Content-Type")) and seen.body.lstrip()[:1] == "<")


def _of_page(seen: Exchange) -> Iterator[Lead]:
    """List where a page's forms, scripts and frames lead: as a browser reads them, which may ask by https instead."""
    base, upgraded = seen.url, _upgrades(seen)
    for tag in markup.tags(seen.body):
        found = tag.attributes
        if tag.name == "base" and base == seen.url and found.get("href"):
            base = joined(seen.url, found["href"]) or base
        elif tag.name == "meta" and found.get("http-equiv", "").lower() == "refresh":
            yield from _refreshed(base, found.get("content", ""))
        elif upgraded:
            continue
        elif tag.name in _SENT:
            yield from _lead("form", base, found.get("action" if tag.name == "form" else "formaction", ""))
        elif tag.name in _LOADED:
            yield from _lead("script", base, found.get(_LOADED[tag.name], ""))
        elif tag.name == "link" and set(found.get("rel", "").lower().split()) & set(_SHEETS):
            yield from _lead("script", base, found.get("href", ""))


def _upgrades(seen: Exchange) -> bool:
    policies = ";".join(seen.values("Content-Security-Policy")).replace(",", ";").lower()
    return "upgrade-insecure-requests" in (directive.strip() for directive in policies.split(";"))


def _refreshed(base: str, refresh: str) -> Iterator[Lead]:
    """Read `5; url=…`, as a header and a meta tag have it."""
    _, _, rest = refresh.replace(",", ";", 1).partition(";")
    name, _, aim = rest.strip().partition("=")
    if name.strip().lower() == "url":
        yield from _lead("redirect", base, aim.strip().strip("\"'"))


def _lead(by: str, base: str, aim: str) -> Iterator[Lead]:
    """Say where an address leads; one that is none leads nowhere."""
    target = joined(base, aim.strip()) if aim.strip() else None
    if target and target.lower().startswith(("http:", "https:")):
        yield Lead(by, target)


onward = Probe("onward", OnwardObservation, _look)
