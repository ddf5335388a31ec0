"""Judges what the customer's site hands over: the right hash to the client who is signed in, none to anybody else."""

from __future__ import annotations

from urllib.parse import urlsplit

from conformance.areas.idv.judge import declared
from conformance.areas.idv.record import IdentityObservation, Page
from conformance.engine.policy import Policy
from conformance.model import Case, Inconclusive, NotApplicable, Verdict, conforms, violates
from conformance.sentence import By, Own, Sentence, listed, say

OWN, OTHERS, UNKNOWN = "own", "another client's", "unknown"


def right_hash_for_its_client(seen: IdentityObservation, policy: Policy, case: Case) -> Verdict:
    """Judge IDV-09 on one page: of a client, the same for nobody, or a page of the site."""
    own = [(f"/pages/{number}", page) for number, page in enumerate(seen.pages) if page.uid]
    site = [(f"/pages/{number}", page) for number, page in enumerate(seen.pages) if not page.uid]
    if case.name == "site-page" and not case.value:
        raise NotApplicable(say("the target file names no identity.site_pages"))
    where, page = (site if case.name == "site-page" else own)[int(case.id.rpartition("-")[2]) - 1]
    if case.name == "signed-in":
        return _for_its_client(page, where)
    if case.name == "site-page":
        return _for_nobody(page, policy, where, [page for _, page in own])
    if page.nobody is None:
        raise Inconclusive(say("{page} was not looked at without its cookie", page=_name(page)))
    return _for_nobody(page.nobody, policy, f"{where}/nobody", [page])


def _name(page: Page) -> Own:
    return Own(urlsplit(page.url)._replace(query="", fragment="").geturl())


def _for_its_client(page: Page, where: str) -> Verdict:
    expected = say("the page carries the right hash of the client who is signed in, and no other client's")
    name, uid = _name(page), Own(page.uid)
    if OWN in page.carries and OTHERS in page.carries:
        told = say(
            '{page} carries the right hash, and another client\'s as well ("{uid}" is signed in)', page=name, uid=uid
        )
        return violates(expected, told, f"{where}/carries")
    if OWN in page.carries:
        if page.unread:
            raise Inconclusive(say("not everything could be read: {parts}", parts=listed(page.unread, By.CLAUSE)))
        told = say('{page} carries the right hash ("{uid}" is signed in)', page=name, uid=uid)
        return conforms(expected, told, f"{where}/carries")
    _require_session(page)
    if OTHERS in page.carries:
        told = say('{page} carries another client\'s hash ("{uid}" is signed in)', page=name, uid=uid)
        return violates(expected, told, f"{where}/carries")
    if page.carries:
        told = say('{page} carries a hash that is not that of the client ("{uid}" is signed in)', page=name, uid=uid)
        return violates(expected, told, f"{where}/carries")
    if page.key_material:
        signs = listed(page.key_material, By.CLAUSE)
        raise Inconclusive(say("{page} carries no hash: a script computes one ({signs})", page=name, signs=signs))
    if page.unread:
        parts = listed(page.unread, By.CLAUSE)
        raise Inconclusive(say("{page} carries no hash as far as it could be read: {parts}", page=name, parts=parts))
    if page.more_calls and not page.hands_over:
        raise Inconclusive(
            say(
                "{page} carries no hash, and its scripts make calls that were not followed: declare the URL that "
                "answers with the hash as the page in [[identity.signed_in_pages]]",
                page=name,
            )
        )
    return violates(expected, say('{page} carries no hash ("{uid}" is signed in)', page=name, uid=uid), where)


def _require_session(page: Page) -> None:
    """Raise Inconclusive unless the page was received as the client who is signed in receives it."""
    if not page.ok:
        raise Inconclusive(
            say(
                "{page} could not be read with its cookie: {why}; renew the session that the page's cookie names",
                page=_name(page),
                why=_not_read(page),
            )
        )
    nobody = page.nobody
    known = page.hands_over or page.shows_uid
    unlike = nobody is not None and (nobody.status, nobody.landed) != (page.status, page.landed)
    if not known and (page.password_field or not unlike):
        raise Inconclusive(_session_ended(page))


def _not_read(page: Page) -> Sentence:
    if page.redirects:
        return say("status {status} leads away", status=page.status)
    return page.words()


def _session_ended(page: Page) -> Sentence:
    if page.landed:
        return say(
            "{page} leads to {landed} with the cookie as without it, or asks for a password, and does not name "
            '"{uid}": the session seems to have ended; renew the session that the page\'s cookie names',
            page=_name(page),
            landed=Own(page.landed),
            uid=Own(page.uid),
        )
    return say(
        "{page} looks the same with the cookie as without it, or asks for a password, and does not name "
        '"{uid}": the session seems to have ended; renew the session that the page\'s cookie names',
        page=_name(page),
        uid=Own(page.uid),
    )


def _for_nobody(page: Page, policy: Policy, where: str, clients: list[Page]) -> Verdict:
    """Judge a page as somebody receives it who is not signed in; `clients` are pages that should carry a hash."""
    expected = say("a visitor who is not signed in receives nobody's hash")
    name, status = _name(page), page.status
    if OTHERS in page.carries or OWN in page.carries:
        told = say("{page} carries a declared client's right hash", page=name)
        return violates(expected, told, f"{where}/carries")
    if UNKNOWN in page.carries and _telling(declared(policy).hash_pointer.rpartition("/")[2]):
        return violates(expected, say("{page} carries a hash", page=name), f"{where}/carries")
    if page.trouble or status >= 500 or status == 429:
        raise Inconclusive(say("{page} could not be read: {why}", page=name, why=page.words()))
    if page.unread:
        raise Inconclusive(say("not everything could be read: {parts}", parts=listed(page.unread, By.CLAUSE)))
    if not any(OWN in client.carries for client in clients):
        raise Inconclusive(
            say("no page of a client who is signed in carries the right hash, so that none here proves nothing")
        )
    if page.landed:
        told = say(
            "{page} leads to {landed}, which carries none (status {status})",
            page=name,
            landed=Own(page.landed),
            status=status,
        )
    else:
        told = say("{page} carries none (status {status})", page=name, status=status)
    return conforms(expected, told, where)


def _telling(name: str) -> bool:
    """Tell whether a name of a hash has several words: `hash` alone may stand over any digest, a file's say."""
    return "_" in name or "-" in name or not (name.islower() or name.isupper())
