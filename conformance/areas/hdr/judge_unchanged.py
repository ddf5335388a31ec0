"""Judges what becomes of a stored page's protective headers when the server says that it has not changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus

from conformance import pointers
from conformance.areas.hdr import values
from conformance.areas.hdr.pages import Seen, page_of
from conformance.areas.hdr.record import HeadersObservation
from conformance.areas.hdr.sources import beyond
from conformance.areas.hdr.values import FRAMES, SCRIPT_POLICY, SNIFFING, STANDARD_POLICY, TRANSPORT, XSS
from conformance.engine.policy import Policy
from conformance.model import Case, Inconclusive, NotApplicable, Verdict, verdict
from conformance.sentence import By, Sentence, listed, own_list, say
from conformance.web.exchange import Exchange


def no_looser(seen: HeadersObservation, policy: Policy, case: Case) -> Verdict:
    """Judge HDR-12: a 304 takes nothing back of what the page's headers promise."""
    page = page_of(seen, case)
    again = _unchanged(page, seen.admin[case.value].again)
    answer = Seen(again, pointers.build("admin", case.value, "again"))
    stored = _updated(page.exchange, again)
    looser = [name for name, loosens in _LOOSENS.items() if again.values(name) and loosens(page.exchange, stored)]
    notes = []
    if STANDARD_POLICY in looser:
        notes.append(say("A current browser obeys the policy of the 304, for the page that it has stored."))
    if idle := [name for name in (FRAMES, SNIFFING) if name in looser]:
        notes.append(
            say(
                "By RFC 9111 caches take the line of the 304 over; Chromium keeps {headers} as stored.",
                headers=own_list(idle),
            )
        )
    return verdict(
        not looser,
        say("a 304 of the administration sends no looser headers than the page"),
        _told(page, answer, looser) if looser else _kept(page, again),
        page.pointer,
        answer.pointer,
        notes=tuple(notes),
    )


def _unchanged(page: Seen, again: Exchange | None) -> Exchange:
    """Return the 304; raises NotApplicable where the administration sends none, Inconclusive where it was not seen."""
    if again is None:
        if page.exchange.values("ETag") or page.exchange.values("Last-Modified"):
            raise Inconclusive(say("{page} was not asked whether it has changed", page=page.label))
        raise NotApplicable(
            say("{page} sends neither ETag nor Last-Modified: nobody can ask whether it has changed", page=page.label)
        )
    if again.trouble:
        raise Inconclusive(
            say("{page}, asked whether it has changed: {trouble}", page=page.label, trouble=again.trouble)
        )
    if again.status != HTTPStatus.NOT_MODIFIED:
        raise NotApplicable(
            say(
                "{page}, asked whether it has changed, answers {status} and not 304",
                page=page.label,
                status=again.status,
            )
        )
    return again


def _updated(page: Exchange, again: Exchange) -> Exchange:
    """Return the page as it is stored after the 304, whose lines replace all of their name (RFC 9111, 3.2)."""
    new = {name.lower() for name, _ in again.headers}
    kept = tuple((name, value) for name, value in page.headers if name.lower() not in new)
    return replace(page, headers=kept + again.headers)


def _lets_more_run(name: str) -> Callable[[Exchange, Exchange], bool]:
    def loosens(page: Exchange, stored: Exchange) -> bool:
        before, after = values.scripts(page, name), values.scripts(stored, name)
        return bool(after.kinds - before.kinds or after.beyond(before))

    return loosens


def _lets_more_in(page: Exchange, stored: Exchange) -> bool:
    return bool(beyond(values.framers(stored), values.framers(page)))


def _options_let_more_in(page: Exchange, stored: Exchange) -> bool:
    rising = ("deny", "sameorigin", "none")
    before, after = (rising.index(values.framing_by_options(each)) for each in (page, stored))
    return after > before


def _lives_shorter(page: Exchange, stored: Exchange) -> bool:
    if not page.values(TRANSPORT):
        return False
    before, after = values.transport(page), values.transport(stored)
    return bool(before.life) and ((after.life or 0) < (before.life or 0) or before.subdomains > after.subdomains)


_LOOSENS: dict[str, Callable[[Exchange, Exchange], bool]] = {
    SCRIPT_POLICY: _lets_more_run(SCRIPT_POLICY),
    STANDARD_POLICY: lambda page, stored: _lets_more_run(STANDARD_POLICY)(page, stored) or _lets_more_in(page, stored),
    FRAMES: _options_let_more_in,
    XSS: lambda page, stored: values.filters_scripts(page) and not values.filters_scripts(stored),
    SNIFFING: lambda page, stored: values.stops_sniffing(page) and not values.stops_sniffing(stored),
    TRANSPORT: _lives_shorter,
}


def _told(page: Seen, answer: Seen, looser: list[str]) -> Sentence:
    each = [
        say("{before} becomes {after}", before=page.sent(name), after=answer.sent(name))
        if page.exchange.values(name)
        else say("{after} is new", after=answer.sent(name))
        for name in looser
    ]
    return say("by the 304 of {page} {changes}", page=page.label, changes=listed(each, By.CLAUSE))


def _kept(page: Seen, again: Exchange) -> Sentence:
    sent = [name for name in _LOOSENS if again.values(name)]
    if not sent:
        return say("the 304 of {page} leaves the headers as they are stored: it sends none of them", page=page.label)
    return say("the 304 of {page} sends {headers}, none looser", page=page.label, headers=own_list(sent, By.COMMA))
