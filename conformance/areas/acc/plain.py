"""Speaks plain HTTP to the web app's ports, and measures how much of what HTTPS serves comes back."""

from __future__ import annotations

import re
import secrets
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Any
from urllib.parse import urlsplit

from conformance import pointers
from conformance.areas.acc.chain import addresses_of
from conformance.areas.acc.record import PlainLook, PlainObservation
from conformance.bench import Bench
from conformance.engine.observatory import Probe
from conformance.inputs.target import Webapp
from conformance.origin import Origin
from conformance.sentence import say
from conformance.web.api import LOGIN
from conformance.web.exchange import UNREACHABLE, Exchange
from conformance.web.http import exchange, webapp_context

SHOWN = 2 << 10
"""How much of a body the record keeps, in characters."""

_NOBODY = (say("connection refused"), UNREACHABLE)
_ALIKE = 0.5  # of all the words of both pages: pages carry tokens and dates that differ each time
_DIGIT = re.compile(r"\d")
_WORDS_COMPARED = 1500  # bounds a comparison whose cost grows with the square of it
_RUN = 3  # words in a row: shorter runs are common to any two pages
_UNSEEN = re.compile(  # what is never closed reaches to the end: searching once more for every start takes minutes
    r"<(script|style|head)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)|<[^<>]*>", re.DOTALL | re.IGNORECASE
)
_PASSWORD = re.compile(r"<input\b[^<>]*\btype\s*=\s*[\"']?password", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Question:
    """A request that is asked in plain HTTP and, where its answer calls for it, over HTTPS."""

    method: str
    path: str
    of_api: bool = False

    def ask(self, bench: Bench, origin: str, **where: Any) -> Exchange:
        """Ask; a body is one that nothing can be done with."""
        body, headers = (None, {}) if self.method == "GET" else (b"{", {"Content-Type": "application/json"})
        return exchange(bench, self.method, origin + self.path, body=body, headers=headers, **where)


def _questions(webapp: Webapp) -> list[_Question]:
    """Return every declared path, and other methods where they can change nothing: a front may tell them apart."""
    pages = [_Question("GET", path) for path in webapp.admin_paths]
    if not webapp.api_paths:
        return pages or [_Question("GET", "/")]
    nothing = f"{urlsplit(webapp.api_paths[0]).path.rstrip('/')}/{_unheard_of()}"
    return [
        *pages,
        *(_Question("GET", path, of_api=True) for path in webapp.api_paths),
        *(_Question("POST", path, of_api=True) for path in dict.fromkeys((LOGIN, *webapp.api_paths))),
        *(_Question(method, nothing, of_api=True) for method in ("PUT", "PATCH", "DELETE")),
    ]


def _unheard_of() -> str:
    return f"portero-{secrets.token_hex(6)}"


def _plain(bench: Bench) -> PlainObservation:
    webapp = bench.target.declared(Webapp)
    ports = (Origin.of(webapp.url).port, *webapp.http_ports)
    addresses = webapp.addresses or addresses_of(webapp.url)
    with ThreadPoolExecutor(min(16, bench.target.limits.connections)) as pool:
        look = _Look(bench, pool, _questions(webapp))
        return PlainObservation(
            {str(port): tuple(one for address in addresses for one in look.at(address, port)) for port in ports}
        )


class _Look:
    """Asks in plain HTTP, and over HTTPS no more than what has to be compared."""

    def __init__(self, bench: Bench, pool: Executor, questions: list[_Question]) -> None:
        self._bench, self._pool, self._questions = bench, pool, questions
        self._origin = bench.target.declared(Webapp).url.rstrip("/")
        self._context = webapp_context(bench)
        self._secure: dict[_Question, Future[Exchange]] = {}
        self._twin(questions[0])

    def _twin(self, question: _Question) -> Future[Exchange]:
        if question not in self._secure:
            self._secure[question] = self._pool.submit(question.ask, self._bench, self._origin, context=self._context)
        return self._secure[question]

    def at(self, address: str, port: int) -> list[PlainLook]:
        """Ask one port of one address everything, or only once where nobody takes a connection."""
        origin = f"http://{Origin.of(self._origin).bracketed}:{port}"
        first, *others = self._questions
        answers = [first.ask(self._bench, origin, address=address)]
        if answers[0].trouble not in _NOBODY:
            asked = [self._pool.submit(each.ask, self._bench, origin, address=address) for each in others]
            answers += [each.result() for each in asked]
        pairs = list(zip(self._questions, answers, strict=False))
        for question, answer in pairs:
            if answer.body or answer.status >= 400:
                self._twin(question)
        controls: dict[str, Exchange] = {}
        looks = []
        for question, answer in pairs:
            https = self._twin(question if question in self._secure else first).result()
            look = compare(answer, https, address=address, of_api=question.of_api)
            if look.alike and question.of_api:
                nowhere = _Question(question.method, f"/{_unheard_of()}")
                if question.method not in controls:
                    controls[question.method] = nowhere.ask(self._bench, origin, address=address)
                look = replace(look, everywhere=alike(controls[question.method], answer))
            looks.append(look)
        return looks


def compare(plain: Exchange, https: Exchange, *, address: str = "", of_api: bool = False) -> PlainLook:
    """Measure a plain answer against what HTTPS answers to the same request."""
    return PlainLook(
        exchange=replace(plain, body=plain.body[:SHOWN]),
        https_status=https.status,
        https_trouble=https.trouble,
        shared=shared(https.body, plain.body),
        password_field=_PASSWORD.search(plain.body) is not None,
        address=address,
        of_api=of_api,
        alike=alike(plain, https),
    )


def alike(one: Exchange, other: Exchange) -> bool:
    """Tell whether two refusals are of one make: status, and what is asked for or how the body is built.

    Two answers are never equal byte for byte where each has an id and a time of its own.
    """
    if one.trouble or other.trouble or one.status != other.status or not 400 <= one.status < 500:
        return False
    if challenges := _challenges(one):
        return challenges == _challenges(other)
    ours, theirs = _built_of(one.body), _built_of(other.body)
    return len(ours & theirs) >= _ALIKE * len(ours | theirs)


def _challenges(seen: Exchange) -> set[str]:
    return {value.split(None, 1)[0].lower() for value in seen.values("WWW-Authenticate") if value.strip()}


def _built_of(body: str) -> set[str]:
    """Return the places of a JSON document, or the words of any other body but those that look like ids."""
    found = {re.sub(r"/\d+", "/0", at) for at, _ in pointers.leaves_of(body)} - {""}
    return found or {word.lower() for word in words(body) if not _DIGIT.search(word)}


def shared(served: str, seen: str) -> float:
    """Return the part of `served`'s visible words, 0 to 1, that stand in `seen` in runs of three and more.

    Fewer than three words say little: they count only where the bodies are equal.
    """
    ours, theirs = words(served), words(seen)
    if len(ours) < _RUN:
        return float(bool(served.strip()) and served.strip() == seen.strip())
    blocks = SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks()
    return round(sum(block.size for block in blocks if block.size >= _RUN) / len(ours), 3)


def words(body: str) -> list[str]:
    """Return the words that a reader of a page sees; of anything else, all of them."""
    return re.findall(r"\w+", _UNSEEN.sub(" ", body))[:_WORDS_COMPARED]


plain = Probe("plain", PlainObservation, _plain)
