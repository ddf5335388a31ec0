"""Looks at what the customer's pages, and their own scripts, hand to a browser."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from conformance.model import Inconclusive
from conformance.probes.browse import Fetched, fetch, origin
from conformance.probes.identity import page_hashes
from conformance.probes.identity.client import IdentityClient, spellings, verifying_context
from conformance.probes.key_material import key_material
from conformance.probes.preflight import reach
from conformance.records.identity import Page, status_words
from conformance.sentence import Own, Sentence, counted, say

MOST_SCRIPTS = 20
MOST_CALLS = 10
NOT_THERE = (404, 410)


@dataclass(slots=True)
class _Texts:
    """What a page consists of, by URL or what else it is, and what could not be read of it."""

    texts: dict[str, str] = field(default_factory=dict)
    unread: list[Sentence] = field(default_factory=list)


class _Scripts(HTMLParser):
    """Finds a page's scripts, the inline ones too."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.sources: list[str] = []
        self.inline: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self._inside = tag == "script"
        if tag == "script" and named.get("src"):
            self.sources.append(named["src"] or "")
        if tag == "link" and named.get("href") and {"modulepreload"} & set((named.get("rel") or "").lower().split()):
            self.sources.append(named["href"] or "")

    def handle_endtag(self, _tag: str) -> None:
        self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.inline.append(data)


def look_at_pages(client: IdentityClient) -> tuple[Page, ...]:
    """Read every declared page: as the client who is signed in and as nobody, in this order, then those for nobody.

    What a shared cache keeps of a client's page is so received by nobody.
    """
    identity, vault = client.identity, client.bench.vault
    signed_in = [
        replace(
            _look(client, page.url, {"Cookie": vault[page.cookie].reveal()}, page.uid),
            nobody=_look(client, page.url, {}, ""),
        )
        for page in identity.signed_in_pages
    ]
    return (*(_look(client, url, {}, "") for url in identity.site_pages), *signed_in)


def _look(client: IdentityClient, url: str, headers: dict[str, str], uid: str) -> Page:
    try:
        reach(client.bench, url)
    except Inconclusive as reason:
        return Page(url, uid, trouble=reason.reason)
    context = verifying_context(client.bench, client.identity.ca_file, also_system=True)
    seen = fetch(client.bench, url, headers, context)
    landed = "" if seen.url == url else _bare(seen.url)
    if seen.trouble or not 200 <= seen.status < 300:
        page = Page(url, uid, seen.status, seen.trouble, landed=landed)
        return replace(page, carries=_carried(client, uid, "\n".join((seen.text, seen.head, seen.before))))
    found = _Texts()
    found.texts[url] = _whole(seen, found.unread)
    found.texts[say("{url} (headers)", url=Own(url))] = "\n".join((seen.head, seen.before))
    scripts = _Scripts()
    scripts.feed(found.texts[url])

    def read(links: list[str], unread: list[Sentence]) -> list[str]:
        return _read(lambda link: fetch(client.bench, link, headers, context), links, found.texts, unread)

    links = [urljoin(seen.url, source) for source in scripts.sources]
    own = [link for link in dict.fromkeys(links) if origin(link) == origin(seen.url)]
    if len(own) > MOST_SCRIPTS:
        found.unread.append(counted("{n} more script", "{n} more scripts", len(own) - MOST_SCRIPTS))
    code = [*scripts.inline, *read(own[:MOST_SCRIPTS], found.unread)]
    called, more = page_hashes.calls("\n".join(code))
    called = tuple(link for call in called if origin(link := urljoin(seen.url, call)) == origin(seen.url))
    untold: list[Sentence] = []
    read(list(called[:MOST_CALLS]), untold)
    page = Page(url, uid, seen.status, landed=landed, more_calls=more or len(called) > MOST_CALLS or bool(untold))
    return _page(client, page, found, code, links)


def _read(
    fetched: Callable[[str], Fetched], links: list[str], texts: dict[str, str], unread: list[Sentence]
) -> list[str]:
    """Return what stands at `links`, and keep it in `texts`; what cannot be read is named in `unread`."""
    for link in links:
        seen = fetched(link)
        if seen.trouble or not (200 <= seen.status < 300 or seen.status in NOT_THERE):
            why = seen.trouble or status_words(seen.status)
            unread.append(say("{url}: {why}", url=Own(_bare(link)), why=why))
        else:
            texts[link] = _whole(seen, unread)
    return [texts[link] for link in links if link in texts]


def _bare(url: str) -> str:
    """Return a URL without its query, which may hold a session."""
    return urlsplit(url)._replace(query="", fragment="").geturl()


def _page(client: IdentityClient, page: Page, found: _Texts, code: list[str], links: list[str]) -> Page:
    forms = spellings(client.key) if client.key else {}
    secret_in = tuple(
        say("{place}: {how}", place=place if isinstance(place, Sentence) else Own(place), how=how)
        for place, text in found.texts.items()
        for how, known in forms.items()
        if any(form in said for said in {text.lower(), html.unescape(text).lower()} for form in known)
    )
    read = page_hashes.readings("\n".join(found.texts.values()))
    carries = _carried(client, page.uid, read)
    return replace(
        page,
        scripts=tuple(link for link in links if link in found.texts),
        foreign_scripts=tuple(link for link in links if origin(link) != origin(page.url)),
        secret_in=secret_in,
        hash="right" if page_hashes.OWN in carries else "some" if carries else "none",
        key_material=tuple(quote for script in code for quote in key_material(script, client.key)),
        unread=tuple(found.unread),
        carries=carries,
        hands_over=bool(page.uid) and page_hashes.hands_over(read, page.uid, client.identity.uid_pointer),
        shows_uid=page_hashes.shows(read, page.uid),
        password_field=page_hashes.asks_for_password(found.texts[page.url]),
    )


def _carried(client: IdentityClient, uid: str, text: str) -> tuple[str, ...]:
    read = page_hashes.readings(text)
    return page_hashes.carried(read, uid, client.known_hashes(), client.identity.hash_pointer)


def _whole(seen: Fetched, unread: list[Sentence]) -> str:
    if seen.cut:
        unread.append(say("{url}: only its first {size} KiB were read", url=Own(seen.url), size=len(seen.text) >> 10))
    return seen.text
