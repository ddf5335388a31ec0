"""Judges authentication: who gets an answer, which logins work, what a token is worth and for how long."""

from __future__ import annotations

import re

from conformance import pointers
from conformance.model import Case, Inconclusive, NotApplicable, Verdict, conforms, verdict, violates
from conformance.policy import Policy
from conformance.records.auth import (
    Forged,
    Form,
    Guarded,
    GuardObservation,
    Lifetime,
    LoginObservation,
    LogoutObservation,
    Reply,
    ThrottleObservation,
    TokenObservation,
    Try,
)

SERVED = 0.5
"""The part of what the administrator gets from which on it counts as served."""

LIFE = 7 * 24 * 3600
SLACK = 300
"""Seconds by which a token's end may be off: clocks, and a login that took its time."""

ZONES = 14 * 3600
"""How far a time without a zone may be from UTC, in seconds."""

_NO_HEAD = (404, 405, 501)
_HINT = re.compile(
    r"new[ _-]?password|nueva contraseña"
    r"|\b(change|update|reset|choose|set|must|cambi\w*|actuali\w*)\W+(\w+\W+){0,4}(password|contraseña)"
    r"|(password|contraseña)\W+(\w+\W+){0,4}(chang|expired|reset|update|due|default|cambi|caduc|venc)",
    re.IGNORECASE,
)


def guarded(seen: GuardObservation, policy: Policy, case: Case) -> Verdict:
    """Judge AUTH-01 on one path, by one method."""
    expected = "without a token the path answers 401 or 403, and nothing of what an authorised caller gets"
    look, method = seen.paths[case.value], case.name
    bare, exhibit = look.bare[method], pointers.build("paths", case.value)
    asked = f"{bare.asked} without a token"
    if _served(look, method):
        share = f" with {look.repeated:.0%} of what the administrator gets" if look.repeated else ""
        return violates(expected, f"{asked} was answered {bare.status}{share}", f"{exhibit}/bare/{method}")
    admin = look.admin.get(method)
    if admin and method == "head" and admin.status in _NO_HEAD and not bare.trouble:
        raise NotApplicable(f"{bare.asked} is answered {admin.status} to the administrator too: there is no HEAD here")
    _must_be_refused(bare, asked)
    if admin is None:
        raise Inconclusive(f"{asked} was {bare.words}; what an authorised caller gets is not known: {seen.stopped}")
    if not 200 <= admin.status < 300 and (admin.status != 404 or bare.status == 404):
        raise Inconclusive(f"{asked} was {bare.words}, which says little: the administrator was {admin.words}")
    notes = () if bare.status in (401, 403) else (f"{asked} was {bare.words}, where 401 or 403 says it plainly.",)
    observed = f"{asked} was {bare.words}; the administrator was {admin.words}"
    return conforms(expected, observed, f"{exhibit}/bare/{method}", f"{exhibit}/admin/{method}", notes=notes)


def _served(look: Guarded, method: str) -> bool:
    """Tell whether a request without a token got what is not for everybody; a HEAD has no body, and goes by the GET."""
    if method == "get":
        return _got(look)
    get, head = (200 <= look.bare[name].status < 300 for name in ("get", "head"))
    return head and (_got(look) or not get)


def _got(look: Guarded) -> bool:
    bare, admin = look.bare["get"], look.admin.get("get")
    if look.repeated >= SERVED:
        return True
    if bare.form is Form.PAGE:
        return 200 <= bare.status < 300 and admin is not None and admin.form is Form.PAGE
    return bare.taken and bare.form is not Form.NOTHING


def _must_be_refused(reply: Reply, what: str) -> None:
    """Raise Inconclusive where an answer neither serves nor refuses."""
    if reply.trouble:
        raise Inconclusive(f"{what}: {reply.trouble}")
    empty = 200 <= reply.status < 300 and reply.form is Form.NOTHING
    if not reply.turned_away and not empty:
        raise Inconclusive(f"{what} was {reply.words}, which is neither an answer nor a refusal")


def _must_be_answered(reply: Reply, what: str) -> None:
    """Raise Inconclusive where a login was put off, or broke."""
    if reply.trouble or reply.status in (408, 429) or reply.status >= 500:
        raise Inconclusive(f"{what} was not decided: {reply.words}")


def wrong_credentials(seen: LoginObservation, policy: Policy, case: Case) -> Verdict:
    """Judge AUTH-02."""
    name = {"wrong-password": "wrong", "unknown-user": "unknown"}[case.name]
    tried: Try = getattr(seen, name)
    what = f"a wrong password of {seen.account}" if name == "wrong" else "a user that nobody made"
    expected = "no token for wrong credentials"
    if tried.token:
        return violates(expected, f"the login with {what} brought a token", f"/{name}")
    reply = _made(tried)
    if not seen.control.token:
        raise Inconclusive(f"{seen.account} could not log in with the right password either")
    _must_be_answered(reply, f"the login with {what}")
    observed = f"the login with {what} was {reply.words}, without a token; with the right password it brings one"
    return conforms(expected, observed, f"/{name}", "/control")


def default_password(seen: LoginObservation, policy: Policy, case: Case) -> Verdict:
    """Judge AUTH-05."""
    expected = "the account admin does not take the password it is delivered with"
    if seen.default.token:
        return violates(expected, "admin logs in with the default password", "/default")
    reply = _made(seen.default)
    if not seen.control.token:
        raise Inconclusive(f"{seen.account} could not log in with the right password, so a refusal says nothing")
    other = seen.wrong.reply or seen.unknown.reply
    if _let_further(reply, other):
        observed = f"the login was {reply.words} and leads on to a change: the default password is still set"
        return violates(expected, observed, "/default", "/wrong")
    _must_be_answered(reply, "the login of admin with the default password")
    return conforms(expected, f"the login was {reply.words}, without a token", "/default", "/control")


def _let_further(reply: Reply, other: Reply | None) -> bool:
    """Tell whether an answer without a token still says that the password was right: it differs from a wrong one's."""
    if other is None or other.trouble or reply.trouble:
        return False
    if reply.taken and not other.taken:
        return True
    return bool(_HINT.search(reply.said)) and not _HINT.search(other.said)


def _made(tried: Try) -> Reply:
    if tried.reply is None:
        raise Inconclusive(tried.withheld or "this login was not made")
    return tried.reply


def forged_tokens(seen: TokenObservation, policy: Policy, case: Case) -> Verdict:
    """Judge AUTH-03 on one kind of forgery."""
    expected = "a token that was not given out is refused"
    if seen.stopped or seen.before is None or seen.after is None or seen.bare is None:
        raise Inconclusive(seen.stopped or "no forgery was sent")
    tried = seen.forged[case.name]
    exhibits = [pointers.build("forged", case.name, number) for number in range(len(tried))]
    if wrong := [(n, each) for n, each in enumerate(tried) if _accepted(each.reply, seen.before)]:
        told = "; ".join(f"{each.what} was {each.reply.words}" for _, each in wrong)
        return violates(expected, told, *(exhibits[n] for n, _ in wrong))
    if not seen.after.taken:
        raise Inconclusive(f"the token itself was {seen.after.words} in the end, so the refusals say nothing")
    for each in tried:
        _refused_forgery(each)
    told = "; ".join(f"{each.what} was {each.reply.words}" for each in tried)
    return conforms(expected, f"{told}; the token itself was {seen.after.words}", *exhibits, "/before", "/after")


def _accepted(reply: Reply, control: Reply) -> bool:
    return reply.taken and (reply.form is control.form or reply.form is Form.DOCUMENT)


def _refused_forgery(each: Forged) -> None:
    """Raise Inconclusive where a forgery was put off; where the gateway broke on it, it was not let in."""
    if each.reply.trouble or each.reply.status in (408, 429, 502, 503, 504):
        raise Inconclusive(f"{each.what} was not decided: {each.reply.words}")


def logout(seen: LogoutObservation, policy: Policy, case: Case) -> Verdict:
    """Judge AUTH-04: the token that was logged out, or the user's other one."""
    if seen.stopped or seen.logout is None or len(seen.after) != 2 or len(seen.before) != 2:
        raise Inconclusive(seen.stopped or "nobody was logged out")
    for which, reply in zip(("first", "second"), seen.before, strict=True):
        if not reply.taken:
            raise Inconclusive(f"before anybody logged out, the {which} token was {reply.words}")
    first, second = seen.after
    if case.name == "token":
        expected = "a token that was logged out is refused"
        if not first.taken:
            _must_be_refused(first, "the token that was logged out")
        observed = f"{first.asked} with it was {first.words} after the logout, and {seen.before[0].words} before"
        return verdict(not first.taken, expected, observed, "/after/0", "/before/0", "/logout")
    if seen.same_token:
        raise NotApplicable("both logins brought the same token, so there is no other one to stay alive")
    expected = "the user's other token goes on working"
    if first.taken:
        raise Inconclusive("the token that was logged out still works, so nothing can be said of the other")
    if not second.taken:
        _must_be_refused(second, "the other token")
    observed = f"{second.asked} with the other token was {second.words} after the logout"
    return verdict(second.taken, expected, observed, "/after/1", "/before/1", "/logout")


def token_life(seen: TokenObservation, policy: Policy, case: Case) -> Verdict:
    """Judge AUTH-08."""
    expected = "a token ends seven days after its login, or sooner"
    read = [(n, each, each.seconds) for n, each in enumerate(seen.lifetimes) if each.seconds is not None]
    if not read:
        stated = ", ".join(f"{each.where} = {each.stated}" for each in seen.lifetimes)
        raise Inconclusive(
            f"when the token ends cannot be read: {stated}" if stated else "nothing states when the token ends"
        )
    told = "; ".join(f"{each.where} is {each.stated}, {_in_days(seconds)} away" for _, each, seconds in read)
    if any(seconds > _most(each) for _, each, seconds in read):
        return violates(expected, told, *(f"/lifetimes/{n}" for n, _, _ in read))
    if all(seconds <= 0 for _, _, seconds in read):
        raise Inconclusive(f"the token states an end that is over already: {told}")
    return conforms(expected, told, *(f"/lifetimes/{n}" for n, _, _ in read))


def _most(stated: Lifetime) -> float:
    return LIFE + SLACK + (0 if stated.zone else ZONES)


def _in_days(seconds: float) -> str:
    return f"{seconds / 86400:.2f} days" if abs(seconds) >= 86400 else f"{seconds / 3600:.2f} hours"


def throttled(seen: ThrottleObservation, policy: Policy, case: Case) -> Verdict:
    """Judge AUTH-09."""
    expected = "repeated bad logins are held back"
    place = seen.held_back
    if place is not None and seen.bad[place].trouble and not (seen.alive and seen.alive.status):
        raise Inconclusive(f"bad login {place + 1} found nobody: {seen.bad[place].trouble}")
    if place is not None:
        reply = seen.bad[place]
        observed = f"bad login {place + 1} in a row was {reply.words} after {reply.seconds:.1f} s"
        return conforms(expected, f"{observed}; the first was {seen.bad[0].words}", f"/bad/{place}", "/bad/0", "/good")
    if seen.after.reply is None:
        raise Inconclusive(f"there was time for {len(seen.bad)} bad logins only, and none was held back")
    if not seen.after.token:
        observed = f"after {len(seen.bad)} bad logins the right password was {seen.after.reply.words}"
        return conforms(expected, observed, "/after", "/good")
    observed = (
        f"{len(seen.bad)} bad logins in a row were each answered at once, and the right password worked after them"
    )
    return violates(expected, observed, "/bad", "/after")
