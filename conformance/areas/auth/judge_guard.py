"""Judges who gets an answer of the API without a token."""

from __future__ import annotations

from conformance import pointers
from conformance.areas.auth.record import Form, Guarded, GuardObservation, Posted, Reply, Stranger
from conformance.engine.policy import Policy
from conformance.model import Case, Inconclusive, NotApplicable, Verdict, conforms, violates
from conformance.sentence import By, Own, Sentence, clauses, counted, own_list, say, shortened

SERVED = 0.5
"""The part of what the administrator gets from which on it counts as served."""

_NO_HEAD = (404, 405, 501)  # a path that has no HEAD says one of these
_OF_THE_BODY = (400, 409, 422)  # the body was read first, so these tell nothing about who may send it
_PUT_OFF = (408, 429, 502, 503, 504)  # neither let in nor refused: asked at another time it may be either
_SHOWN = 4
_EXPECTED = say("without a token the path answers 401 or 403, and nothing of what an authorised caller gets")


def guarded(seen: GuardObservation, policy: Policy, case: Case) -> Verdict:
    """Judge AUTH-01 on one path, by one method, by others, or by other spellings."""
    if case.name == "post":
        return _posted(seen, case)
    look, exhibit = seen.paths[case.value], pointers.build("paths", case.value)
    if case.name == "methods":
        return _other_methods(look, seen.stopped, f"{exhibit}/methods")
    if case.name == "respelt":
        return _respelt(look, seen.stopped, f"{exhibit}/respelt")
    return _plainly(look, seen.stopped, case.name, exhibit)


def _plainly(look: Guarded, stopped: Sentence, method: str, exhibit: str) -> Verdict:
    bare, admin = look.bare[method], look.admin.get(method)
    request = Own(bare.asked)
    if look.everywhere:
        raise Inconclusive(
            say(
                "{request} without a token was {reply}, as it is to the administrator and on a path that is not there",
                request=request,
                reply=bare.words,
            )
        )
    if _served(look, method):
        return violates(_EXPECTED, _what_was_served(look, bare), f"{exhibit}/bare/{method}")
    if method == "get" and (kept := _got_in(look.again)):
        return violates(_EXPECTED, _told(kept), *(f"{exhibit}/again/{n}" for n, _ in kept))
    if admin and method == "head" and admin.status in _NO_HEAD and not bare.trouble:
        raise NotApplicable(
            say(
                "{request} is answered {status} to the administrator too: there is no HEAD here",
                request=request,
                status=admin.status,
            )
        )
    must_be_refused(bare, say("{request} without a token", request=request))
    if admin is None:
        raise Inconclusive(_unknown(bare, stopped))
    if not 200 <= admin.status < 300 and (admin.status != 404 or bare.status == 404):
        raise Inconclusive(
            say(
                "{request} without a token was {reply}, which says little: the administrator was {other}",
                request=request,
                reply=bare.words,
                other=admin.words,
            )
        )
    if method == "get":
        for each in look.again:
            must_be_refused(each.reply, each.what)
    observed = say(
        "{request} without a token was {reply}; the administrator was {other}",
        request=request,
        reply=bare.words,
        other=admin.words,
    )
    exhibits = (f"{exhibit}/bare/{method}", f"{exhibit}/admin/{method}")
    return conforms(_EXPECTED, observed, *exhibits, notes=_plainer(bare))


def _unknown(bare: Reply, stopped: Sentence) -> Sentence:
    return say(
        "{request} without a token was {reply}; what an authorised caller gets is not known: {why}",
        request=Own(bare.asked),
        reply=bare.words,
        why=stopped,
    )


def _plainer(bare: Reply) -> tuple[Sentence, ...]:
    if bare.status in (401, 403):
        return ()
    words = say(
        "{request} without a token was {reply}, where 401 or 403 says it plainly.",
        request=Own(bare.asked),
        reply=bare.words,
    )
    return (words,)


def _what_was_served(look: Guarded, bare: Reply) -> Sentence:
    request = Own(bare.asked)
    if not look.repeated:
        return say("{request} without a token was answered {status}", request=request, status=bare.status)
    return say(
        "{request} without a token was answered {status} with {share:.0%} of what the administrator gets",
        request=request,
        status=bare.status,
        share=look.repeated,
    )


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
        return 200 <= bare.status < 300 and admin is not None and admin.form is Form.PAGE and not bare.denied
    return bare.taken and bare.form is not Form.NOTHING


def _got_in(asked: tuple[Stranger, ...]) -> list[tuple[int, Stranger]]:
    """Return the requests that brought what the administrator gets, or did something."""
    return [(n, each) for n, each in enumerate(asked) if each.repeated >= SERVED or (each.does and each.reply.taken)]


def _told(found: list[tuple[int, Stranger]]) -> Sentence:
    told = [
        say(
            "{request} without a token was answered {status} with {share:.0%} of what the administrator gets",
            request=each.what,
            status=each.reply.status,
            share=each.repeated,
        )
        if each.repeated
        else say("{request} without a token was answered {status}", request=each.what, status=each.reply.status)
        for _, each in found
    ]
    return clauses(*shortened(told, _SHOWN))


def _other_methods(look: Guarded, stopped: Sentence, exhibit: str) -> Verdict:
    if found := _got_in(look.methods):
        return violates(_EXPECTED, _told(found), *(f"{exhibit}/{n}" for n, _ in found))
    _must_still_be_guarded(look, stopped)
    for each in look.methods:
        if each.does:
            must_be_refused(each.reply, say("{request} without a token", request=each.what))
            if each.reply.status in _OF_THE_BODY:
                raise Inconclusive(
                    say(
                        "{request} without a token was {reply}: it complains of what was sent, and not of the token",
                        request=each.what,
                        reply=each.reply.words,
                    )
                )
    if look.untried:
        raise NotApplicable(
            say(
                "the path also knows {methods}, which consent does not let be tried: "
                "POST and PATCH need consent write, PUT needs destructive",
                methods=own_list(look.untried),
            )
        )
    tried = clauses(*(say("{request}: {reply}", request=each.what, reply=each.reply.words) for each in look.methods))
    exhibits = [f"{exhibit}/{n}" for n in range(len(look.methods))]
    return conforms(_EXPECTED, say("nothing without a token: {tried}", tried=tried), *exhibits)


def _respelt(look: Guarded, stopped: Sentence, exhibit: str) -> Verdict:
    if found := _got_in(look.respelt):
        return violates(_EXPECTED, _told(found), *(f"{exhibit}/{n}" for n, _ in found))
    _must_still_be_guarded(look, stopped)
    off = [each for each in look.respelt if each.reply.status in _PUT_OFF]
    if off or all(each.reply.trouble for each in look.respelt):
        first = (off or look.respelt)[0]
        raise Inconclusive(
            say("{request} without a token was put off: {reply}", request=first.what, reply=first.reply.words)
        )
    answers = sorted({each.reply.status for each in look.respelt if each.reply.status})
    observed = counted(
        "{n} other spelling brought nothing of what the administrator gets ({statuses})",
        "{n} other spellings brought nothing of what the administrator gets ({statuses})",
        len(look.respelt),
        statuses=own_list(map(str, answers), By.COMMA),
    )
    return conforms(_EXPECTED, observed, exhibit)


def _must_still_be_guarded(look: Guarded, stopped: Sentence) -> None:
    """Raise Inconclusive where the administrator got nothing to be known again, or gets nothing any more."""
    bare, admin = look.bare["get"], look.admin.get("get")
    if admin is None:
        raise Inconclusive(_unknown(bare, stopped))
    if look.everywhere or look.last is None:
        raise Inconclusive(
            say("the administrator was {reply} by GET, so nothing of it can be known again", reply=admin.words)
        )
    if not look.last.taken:
        raise Inconclusive(
            say("the administrator was {reply} in the end, so the refusals say nothing", reply=look.last.words)
        )


def _posted(seen: GuardObservation, case: Case) -> Verdict:
    if case.value not in seen.posts:
        raise NotApplicable(say("webapp.post_paths names no path"))
    look, exhibit = seen.posts[case.value], pointers.build("posts", case.value)
    bare = look.bare
    request = say("{request} without a token", request=Own(bare.asked))
    if not bare.trouble and (bare.taken or _let_in(look)):
        return violates(_EXPECTED, _what_post_brought(request, look), f"{exhibit}/bare")
    _must_be_there(look, request, seen.stopped)
    must_be_refused(bare, request)
    if bare.status in _OF_THE_BODY:
        raise Inconclusive(
            say(
                "{request} was {reply}: it complains of what was sent, and not of the token",
                request=request,
                reply=bare.words,
            )
        )
    if look.admin is None:
        observed = say("{request} was {reply}, and the path is there", request=request, reply=bare.words)
        return conforms(_EXPECTED, observed, f"{exhibit}/bare", notes=_plainer(bare))
    observed = say(
        "{request} was {reply}; the administrator was {other}",
        request=request,
        reply=bare.words,
        other=look.admin.words,
    )
    return conforms(_EXPECTED, observed, f"{exhibit}/bare", f"{exhibit}/admin", notes=_plainer(bare))


def _let_in(look: Posted) -> bool:
    """Tell whether what was sent was looked at before who sent it: a complaint of it, the administrator's own."""
    return look.like_admin and look.bare.status in _OF_THE_BODY


def _what_post_brought(request: Sentence, look: Posted) -> Sentence:
    if look.bare.taken:
        return say("{request} was {reply}", request=request, reply=look.bare.words)
    return say(
        "{request} was {reply}, a complaint of what was sent, as the administrator was: nobody was asked for a token",
        request=request,
        reply=look.bare.words,
    )


def _must_be_there(look: Posted, request: Sentence, stopped: Sentence) -> None:
    bare, admin = look.bare, look.admin
    if look.there is False:
        if admin is not None and admin.status in (401, 403):
            raise Inconclusive(
                say("{request} was {reply}, and so was the administrator", request=request, reply=bare.words)
            )
        raise NotApplicable(
            say(
                "{request} was {reply}; the administrator finds no POST there either", request=request, reply=bare.words
            )
        )
    if admin is not None and not admin.trouble:
        refused = admin.status in (401, 403) or admin.status in _PUT_OFF
        if refused:
            raise Inconclusive(
                say(
                    "{request} was {reply}, which says little: the administrator was {other}",
                    request=request,
                    reply=bare.words,
                    other=admin.words,
                )
            )
        return
    if look.there:
        return
    why = stopped or say('whether the path takes a POST was not tried: that needs consent "write"')
    raise Inconclusive(say("{request} was {reply}; {why}", request=request, reply=bare.words, why=why))


def must_be_refused(reply: Reply, what: Sentence) -> None:
    """Raise Inconclusive where an answer neither serves nor refuses."""
    if reply.trouble:
        raise Inconclusive(say("{what}: {trouble}", what=what, trouble=reply.trouble))
    empty = 200 <= reply.status < 300 and reply.form is Form.NOTHING
    if not reply.turned_away and not empty:
        neither = say("{what} was {reply}, which is neither an answer nor a refusal", what=what, reply=reply.words)
        raise Inconclusive(neither)
