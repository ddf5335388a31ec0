"""Judges where HTTPS sends whoever asks: never to plain HTTP."""

from __future__ import annotations

from conformance.areas.acc.record import OnwardAnswer, OnwardObservation
from conformance.engine.policy import Policy
from conformance.inputs.target import Webapp
from conformance.model import Case, Inconclusive, NotApplicable, Verdict, conforms, violates
from conformance.sentence import By, Own, Sentence, clauses, counted, listed, say, say_of, shortened

_EXPECTED = {
    "redirects": say("no redirect of HTTPS leads to plain HTTP"),
    "forms": say("no form of a page is sent to plain HTTP"),
    "scripts": say("no page loads a script, frame or style sheet over plain HTTP"),
}
_MANY = 5
_BY = {"redirects": "redirect", "forms": "form", "scripts": "script"}
_WHO = {
    "nobody": say_of("who asks", "nobody in particular"),
    "visitor": say_of("who asks", "a visitor"),
    "administrator": say_of("who asks", "the administrator"),
}


def never_to_plain_http(seen: OnwardObservation, policy: Policy, case: Case) -> Verdict:
    """Judge ACC-08 on redirects, or on what the pages of the administration hold."""
    expected, by = _EXPECTED[case.name], _BY[case.name]
    wrong = {
        f"/answers/{n}/leads/{m}": (answer, lead.target)
        for n, answer in enumerate(seen.answers)
        for m, lead in enumerate(answer.leads)
        if lead.by == by and lead.plain
    }
    if wrong:
        told = [_led(answer, target) for answer, target in wrong.values()]
        return violates(expected, clauses(*shortened(dict.fromkeys(told), _MANY)), *wrong)
    return _redirects(seen, expected) if by == "redirect" else _pages(seen, policy, expected)


def _led(answer: OnwardAnswer, target: str) -> Sentence:
    return say(
        "{request}, asked by {who}, leads to {target}",
        request=Own(f"{answer.method} {answer.path}"),
        who=_WHO[answer.who],
        target=Own(target),
    )


def _redirects(seen: OnwardObservation, expected: Sentence) -> Verdict:
    answered = {f"/answers/{n}": each for n, each in enumerate(seen.answers) if not each.trouble}
    if not answered:
        trouble = next((each.trouble for each in seen.answers), say("nothing was asked"))
        raise Inconclusive(say("nothing was answered over HTTPS: {trouble}", trouble=trouble))
    redirects = {at: each for at, each in answered.items() if each.redirects}
    observed = counted(
        "of {all} answers {n} is a redirect, and leads elsewhere",
        "of {all} answers {n} are redirects, and lead elsewhere",
        len(redirects),
        all=len(answered),
    )
    notes = (say("Not asked as an administrator: {why}", why=seen.not_admin),) if seen.not_admin else ()
    return conforms(expected, observed, *(redirects or answered), notes=notes)


def _pages(seen: OnwardObservation, policy: Policy, expected: Sentence) -> Verdict:
    if not policy.target.declared(Webapp).admin_paths:
        raise NotApplicable(say("no page of the administration is declared (webapp.admin_paths)"))
    asked = [each for each in seen.answers if each.who == "visitor" and each.method == "GET"]
    pages = {f"/answers/{n}": each for n, each in enumerate(seen.answers) if each.page and each.who == "visitor"}
    if not pages:
        statuses = listed(sorted({Own(each.status) for each in asked if not each.trouble}), By.COMMA)
        raise Inconclusive(
            say(
                "no page was seen, only answers of status {statuses}: declare in webapp.page_headers what a visitor "
                "sends who is let in",
                statuses=statuses,
            )
            if statuses
            else next((each.trouble for each in asked), say("nothing was asked"))
        )
    if cut := next((each for each in pages.values() if not each.whole), None):
        raise Inconclusive(say("{page} could not be read to its end", page=Own(cut.path)))
    observed = counted("{n} page leads nowhere like that", "{n} pages lead nowhere like that", len(pages))
    return conforms(expected, observed, *pages)
