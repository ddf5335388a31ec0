"""Judges what the customer's site hands over: the right hash to the client who is signed in, none to anybody else."""

from __future__ import annotations

from urllib.parse import urlsplit

from conformance.judges.identity import declared
from conformance.model import Case, Inconclusive, NotApplicable, Verdict, conforms, verdict, violates
from conformance.policy import Policy
from conformance.records.identity import IdentityObservation, Page

OWN, OTHERS, UNKNOWN = "own", "another client's", "unknown"
RENEW = "renew the session that the page's cookie names"


def right_hash_for_its_client(seen: IdentityObservation, policy: Policy, case: Case) -> Verdict:
    """Judge IDV-09 on one page: of a client, the same for nobody, or a page of the site."""
    own = [(f"/pages/{number}", page) for number, page in enumerate(seen.pages) if page.uid]
    site = [(f"/pages/{number}", page) for number, page in enumerate(seen.pages) if not page.uid]
    if case.name == "site-page" and not case.value:
        raise NotApplicable("the target file names no identity.site_pages")
    where, page = (site if case.name == "site-page" else own)[int(case.id.rpartition("-")[2]) - 1]
    if case.name == "signed-in":
        return _for_its_client(page, where)
    if case.name == "site-page":
        return _for_nobody(page, policy, where, [page for _, page in own])
    if page.nobody is None:
        raise Inconclusive(f"{_name(page)} was not looked at without its cookie")
    return _for_nobody(page.nobody, policy, f"{where}/nobody", [page])


def _name(page: Page) -> str:
    return urlsplit(page.url)._replace(query="", fragment="").geturl()


def _for_its_client(page: Page, where: str) -> Verdict:
    expected = "the page carries the right hash of the client who is signed in, and no other client's"
    if OWN in page.carries:
        other = OTHERS in page.carries
        if page.unread and not other:
            raise Inconclusive(f"not everything could be read: {'; '.join(page.unread)}")
        told = "carries the right hash" + (", and another client's as well" if other else "")
        return verdict(not other, expected, f'{_name(page)} {told} ("{page.uid}" is signed in)', f"{where}/carries")
    _require_session(page)
    if page.carries:
        whose = "another client's hash" if OTHERS in page.carries else "a hash that is not that of the client"
        told = f'{_name(page)} carries {whose} ("{page.uid}" is signed in)'
        return violates(expected, told, f"{where}/carries")
    if page.key_material:
        raise Inconclusive(f"{_name(page)} carries no hash: a script computes one ({'; '.join(page.key_material)})")
    if page.unread:
        raise Inconclusive(f"{_name(page)} carries no hash as far as it could be read: {'; '.join(page.unread)}")
    if page.more_calls and not page.hands_over:
        raise Inconclusive(
            f"{_name(page)} carries no hash, and its scripts make calls that were not followed: declare the URL that "
            "answers with the hash as the page in [[identity.signed_in_pages]]"
        )
    return violates(expected, f'{_name(page)} carries no hash ("{page.uid}" is signed in)', where)


def _require_session(page: Page) -> None:
    """Raise Inconclusive unless the page was received as the client who is signed in receives it."""
    if page.trouble or not 200 <= page.status < 300:
        told = page.trouble or f"status {page.status}" + (" leads away" if 300 <= page.status < 400 else "")
        raise Inconclusive(f"{_name(page)} could not be read with its cookie: {told}; {RENEW}")
    nobody = page.nobody
    known = page.hands_over or page.shows_uid
    unlike = nobody is not None and (nobody.status, nobody.landed) != (page.status, page.landed)
    if not known and (page.password_field or not unlike):
        where = f"leads to {page.landed}" if page.landed else "looks the same"
        raise Inconclusive(
            f"{_name(page)} {where} with the cookie as without it, or asks for a password, and does not name "
            f'"{page.uid}": the session seems to have ended; {RENEW}'
        )


def _for_nobody(page: Page, policy: Policy, where: str, clients: list[Page]) -> Verdict:
    """Judge a page as somebody receives it who is not signed in; `clients` are pages that should carry a hash."""
    expected = "a visitor who is not signed in receives nobody's hash"
    if OTHERS in page.carries or OWN in page.carries:
        return violates(expected, f"{_name(page)} carries a declared client's right hash", f"{where}/carries")
    if UNKNOWN in page.carries and _telling(declared(policy).hash_pointer.rpartition("/")[2]):
        return violates(expected, f"{_name(page)} carries a hash", f"{where}/carries")
    if page.trouble or page.status >= 500 or page.status == 429:
        raise Inconclusive(f"{_name(page)} could not be read: {page.trouble or f'status {page.status}'}")
    if page.unread:
        raise Inconclusive(f"not everything could be read: {'; '.join(page.unread)}")
    if not any(OWN in client.carries for client in clients):
        raise Inconclusive(
            "no page of a client who is signed in carries the right hash, so that none here proves nothing"
        )
    led = f" leads to {page.landed}, which" if page.landed else ""
    return conforms(expected, f"{_name(page)}{led} carries none (status {page.status})", where)


def _telling(name: str) -> bool:
    """Tell whether a name of a hash has several words: `hash` alone may stand over any digest, a file's say."""
    return "_" in name or "-" in name or not (name.islower() or name.isupper())
