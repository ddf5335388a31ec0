"""Looks at what the customer's pages, and their own scripts, hand to a browser."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from conformance.areas.idv import page_hashes
from conformance.areas.idv.client import IdentityClient, spellings
from conformance.areas.idv.key_material import key_material
from conformance.areas.idv.record import Page, status_words
from conformance.model import Inconclusive
from conformance.origin import joined, onward, same
from conformance.sentence import Own, Sentence, counted, say
from conformance.web import markup
from conformance.web.browse import Fetched, fetch
from conformance.web.preflight import reach
from conformance.web.trust import identity_trust

MOST_SCRIPTS = 20  # each is a request to the site
MOST_INLINE = 1000
MOST_LINKS = 1000
MOST_CALLS = 10  # each is a request to the site
MOST_QUOTED = 20  # a page full of finds proves no more than these
MOST_TEXT = 16 << 20
"""How much of a page, with its scripts and what these call, is looked at, in characters."""

NOT_THERE = (404, 410)


@dataclass(slots=True)
class _Texts:
    """What a page consists of, by URL or what else it is, and what could not be read of it.

    `left` is the room that there is, in characters.
    """

    left: int
    texts: dict[Own | Sentence, str] = field(default_factory=dict)
    unread: list[Sentence] = field(default_factory=list)

    def keep(self, place: Own | Sentence, text: str) -> str:
        """Keep what there is room for, and return it."""
        kept = text[: self.left]
        if len(kept) < len(text):
            self.unread.append(_only(place, kept))
        self.left -= len(kept)
        self.texts[place] = kept
        return kept

    def some(self, scripts: list[str], most: int) -> list[str]:
        """Return the first `most` scripts."""
        if len(scripts) > most:
            self.unread.append(counted("{n} more script", "{n} more scripts", len(scripts) - most))
        return scripts[:most]


def look_at_pages(client: IdentityClient) -> tuple[Page, ...]:
    """Read every declared page: as the client who is signed in and as nobody, in this order, then those for nobody.

    What a shared cache keeps of a client's page is so received by nobody.
    """
    identity, vault = client.identity, client.bench.vault
    ends = time.monotonic() + client.bench.left() / 2

    def look(url: str, headers: dict[str, str], uid: str) -> Page:
        if time.monotonic() > ends:
            return Page(url, uid, trouble=say("the pages before it took too long"))
        return _look(client, url, headers, uid)

    signed_in = [
        replace(
            look(page.url, {"Cookie": vault[page.cookie].reveal()}, page.uid),
            nobody=look(page.url, {}, ""),
        )
        for page in identity.signed_in_pages
    ]
    return (*(look(url, {}, "") for url in identity.site_pages), *signed_in)


def _look(client: IdentityClient, url: str, headers: dict[str, str], uid: str) -> Page:
    try:
        reach(client.bench, url)
    except Inconclusive as trouble:
        return Page(url, uid, trouble=trouble.reason)
    context = identity_trust(client.bench, client.identity.ca_file, also_system=True)
    seen = fetch(client.bench, url, headers, context)
    landed = "" if seen.url == url else _bare(seen.url)
    found = _Texts(MOST_TEXT)
    if seen.cut:
        found.unread.append(_only(Own(seen.url), seen.text))
    text = found.keep(Own(url), seen.text)
    found.keep(say("{url} (headers)", url=Own(url)), "\n".join((seen.head, seen.before)))
    if not seen.ok:
        carries = _traces(client, uid, found).carries
        return Page(url, uid, seen.status, seen.trouble, landed=landed, carries=carries, unread=tuple(found.unread))
    scripts = markup.scripts(text)

    def read(links: list[str], unread: list[Sentence]) -> list[str]:
        return _read(lambda link: fetch(client.bench, link, headers, context), links, found, unread)

    links = [link for source in found.some(scripts.sources, MOST_LINKS) if (link := joined(seen.url, source))]
    own = [link for link in dict.fromkeys(links) if same(link, seen.url)]
    code = [*found.some(scripts.inline, MOST_INLINE), *read(found.some(own, MOST_SCRIPTS), found.unread)]
    called, more = page_hashes.calls("\n".join(code))
    called = tuple(link for call in called if (link := onward(seen.url, call)))
    untold: list[Sentence] = []
    read(list(called[:MOST_CALLS]), untold)
    page = Page(url, uid, seen.status, landed=landed, more_calls=more or len(called) > MOST_CALLS or bool(untold))
    return _page(client, page, found, code, links)


def _read(fetched: Callable[[str], Fetched], links: list[str], found: _Texts, unread: list[Sentence]) -> list[str]:
    """Return what stands at `links`, and keep it in `found`; what cannot be read is named in `unread`."""
    for link in links:
        seen = fetched(link)
        if not (seen.ok or seen.status in NOT_THERE):
            why = seen.trouble or status_words(seen.status)
            unread.append(say("{url}: {why}", url=Own(_bare(link)), why=why))
            continue
        if seen.cut:
            unread.append(_only(Own(seen.url), seen.text))
        found.keep(Own(link), seen.text)
    return [found.texts[Own(link)] for link in links if link in found.texts]


def _only(place: Own | Sentence, text: str) -> Sentence:
    return say("{place}: only its first {size} KiB were read", place=place, size=len(text) >> 10)


def _bare(url: str) -> str:
    """Return a URL without its query, which may hold a session."""
    return urlsplit(url)._replace(query="", fragment="").geturl()


def _page(client: IdentityClient, page: Page, found: _Texts, code: list[str], links: list[str]) -> Page:
    forms = spellings(client.key) if client.key else {}
    secret_in = tuple(
        say("{place}: {how}", place=place, how=how)
        for place, text in found.texts.items()
        for how, known in forms.items()
        if any(form in said for said in {text.lower(), markup.unescaped(text).lower()} for form in known)
    )
    traces = _traces(client, page.uid, found)
    return replace(
        page,
        scripts=tuple(link for link in links if link in found.texts),
        foreign_scripts=tuple(link for link in links if not same(link, page.url)),
        secret_in=secret_in,
        hash="right" if page_hashes.OWN in traces.carries else "some" if traces.carries else "none",
        key_material=tuple(quote for script in code for quote in key_material(script, client.key))[:MOST_QUOTED],
        unread=tuple(found.unread),
        carries=traces.carries,
        hands_over=traces.hands_over,
        shows_uid=traces.shows_uid,
        password_field=page_hashes.asks_for_password(found.texts[Own(page.url)]),
    )


@dataclass(frozen=True, slots=True)
class _Traces:
    """What a page's texts hold of clients: see Page."""

    carries: tuple[str, ...]
    hands_over: bool
    shows_uid: bool


def _traces(client: IdentityClient, uid: str, found: _Texts) -> _Traces:
    """Look through one text after the other: the readings of all of them at once would take several times the room."""
    carries: set[str] = set()
    hands_over = shows_uid = False
    known, identity = client.known_hashes(), client.identity
    for text in found.texts.values():
        read = page_hashes.readings(text)
        carries.update(page_hashes.carried(page_hashes.readings(read), uid, known, identity.hash_pointer))
        hands_over = hands_over or (bool(uid) and page_hashes.hands_over(read, uid, identity.uid_pointer))
        shows_uid = shows_uid or page_hashes.shows(read, uid)
    return _Traces(tuple(sorted(carries)), hands_over, shows_uid)
