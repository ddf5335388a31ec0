"""Judges where the protective headers are sent: also with errors and redirects, and not by the API."""

from __future__ import annotations

from conformance import pointers
from conformance.areas.hdr.judge import sound
from conformance.areas.hdr.pages import REFUSALS, Seen, there
from conformance.areas.hdr.record import AdminPath, HeadersObservation
from conformance.areas.hdr.values import FIVE
from conformance.engine.policy import Policy
from conformance.inputs.target import Webapp
from conformance.model import Case, Inconclusive, NotApplicable, Verdict, conforms, verdict, violates
from conformance.sentence import NOTHING, By, Own, Sentence, clauses, counted, listed, own_list, say


def errors_and_redirects(seen: HeadersObservation, policy: Policy, case: Case) -> Verdict:
    """Judge HDR-07: what the page sends rightly, its errors and redirects send as well.

    A header that the page itself lacks, or sends wrongly, is not asked for twice.
    """
    path = seen.admin[case.value]
    page = there(Seen(path.get[-1], ""))
    wanted = [name for name in FIVE if name in sound(page)]
    if not wanted:
        raise NotApplicable(
            say("{page} sends none of the five rightly, so there is none to expect of its errors", page=page.label)
        )
    answers = _asides(path, case)
    lacking = {
        answer.label: missing for answer in answers if (missing := [n for n in wanted if n not in sound(answer)])
    }
    statuses = own_list((f"{answer.label} ({answer.exchange.status})" for answer in answers), By.COMMA)
    if lacking:
        each = [_short_of(answer, lacking[answer.label]) for answer in answers if answer.label in lacking]
        observed = say("{lacking} (answers: {answers})", lacking=listed(each, By.CLAUSE), answers=statuses)
    else:
        observed = counted("{answers} sent them", "{answers} sent them", len(answers), answers=statuses)
    return verdict(
        not lacking,
        say(
            "errors, redirects and unknown paths of the administration send {headers} as its pages do",
            headers=own_list(wanted, By.COMMA),
        ),
        observed,
        *(answer.pointer for answer in answers if not lacking or answer.label in lacking),
    )


def _short_of(answer: Seen, missing: list[str]) -> Sentence:
    """Say which headers an answer lacks, and which it sends otherwise than the page does."""
    absent = [name for name in missing if not answer.exchange.values(name)]
    wrong = [name for name in missing if name not in absent]
    lacks = say("{page} lacks {headers}", page=answer.label, headers=own_list(absent, By.COMMA))
    sends = say("{page} sends {headers}, unlike the page", page=answer.label, headers=answer.sent(*wrong))
    return clauses(lacks if absent else NOTHING, sends if wrong else NOTHING)


def _asides(path: AdminPath, case: Case) -> list[Seen]:
    """Return the answers a case is about; raises NotApplicable where the administration gave none of the kind."""
    if case.name == "redirect":
        steps = [Seen(step, pointers.build("admin", case.value, "get", n)) for n, step in enumerate(path.get)]
        steps.append(Seen(path.slash, pointers.build("admin", case.value, "slash")))
        found = [step for step in steps if step.exchange.redirects or step.exchange.status in (401, 403)]
        if not found:
            raise NotApplicable(say("{path} answers neither with a redirect nor with a refusal", path=Own(case.value)))
        return found
    aside = Seen(getattr(path, case.name), pointers.build("admin", case.value, case.name))
    if aside.exchange.trouble and case.name == "method":
        raise NotApplicable(
            say("{page} is not answered at all: {trouble}", page=aside.label, trouble=aside.exchange.trouble)
        )
    if aside.exchange.trouble:
        raise Inconclusive(say("{page}: {trouble}", page=aside.label, trouble=aside.exchange.trouble))
    return [aside]


def api_sends_none(seen: HeadersObservation, policy: Policy, case: Case) -> Verdict:
    """Judge HDR-06: the document gives these headers to the administration, and to it alone.

    What strangers are refused with says nothing of what the API sends to those whom it lets in: both are looked at.
    """
    if case.name == "post":
        asked = [Seen(seen.unknown_api, "/unknown_api")]
        if seen.unknown_as_admin is not None:
            asked.append(Seen(seen.unknown_as_admin, "/unknown_as_admin"))
    else:
        asked = [*_of_api(seen, case, "api"), *_of_api(seen, case, "as_admin")]
        _must_be_there(seen, case)
    answers = [answer for answer in asked if _is_of_the_api(answer)]
    present = {answer.pointer: names for answer in answers if (names := _five_of(answer))}
    expected = say("the document says that API endpoints do not send the administration's headers")
    for answer in answers:
        if answer.pointer in present:
            return violates(
                expected,
                say(
                    "{page} ({status}) deviates from the document: it sends {headers}",
                    page=answer.label,
                    status=answer.exchange.status,
                    headers=own_list(present[answer.pointer], By.COMMA),
                ),
                *present,
                notes=(say("A deviation from the document and not a weakness: these headers do no harm on an API."),),
            )
    telling = [answer for answer in answers if case.name == "post" or answer.exchange.status not in REFUSALS]
    if not telling:
        why = _nothing_told(seen, asked)
        undeclared = len(asked) == 1 and _is_of_the_api(asked[0]) and policy.target.declared(Webapp).admin is None
        raise NotApplicable(why) if undeclared else Inconclusive(why)
    observed = say(
        "{page} ({status}) sends none of the five", page=telling[-1].label, status=telling[-1].exchange.status
    )
    return conforms(expected, observed, *(answer.pointer for answer in answers))


def _of_api(seen: HeadersObservation, case: Case, kind: str) -> list[Seen]:
    method = case.name.upper()
    methods = getattr(seen, kind).get(case.value, {})
    return [Seen(methods[method], pointers.build(kind, case.value, method))] if method in methods else []


def _must_be_there(seen: HeadersObservation, case: Case) -> None:
    """Raise Inconclusive where the endpoint is there neither for strangers nor for the administrator."""
    asked = [kind[case.value]["GET"] for kind in (seen.api, seen.as_admin) if case.value in kind]
    if all(each.status in (404, 410) or each.status >= 500 for each in asked):
        raise Inconclusive(
            say(
                "GET {path} answers {status}: the declared endpoint is not there",
                path=Own(case.value),
                status=asked[-1].status,
            )
        )


def _is_of_the_api(answer: Seen) -> bool:
    """Tell whether it is the API that answers, so far as that shows: no redirect, no limiter, no broken gateway."""
    status = answer.exchange.status
    return 200 <= status < 300 or (400 <= status <= 501 and status not in (429, 500))


def _five_of(answer: Seen) -> list[str]:
    return [name for name in FIVE if answer.exchange.values(name)]


def _nothing_told(seen: HeadersObservation, asked: list[Seen]) -> Sentence:
    told = asked[-1]
    if told.exchange.trouble:
        return say("{page}: {trouble}", page=told.label, trouble=told.exchange.trouble)
    if not _is_of_the_api(told):
        return say(
            "{page} answers {status}, which is not the API's own answer", page=told.label, status=told.exchange.status
        )
    if len(asked) > 1:
        return say(
            "{page} answers {status} to the administrator, too: what the API sends to those whom it lets in was not "
            "seen",
            page=told.label,
            status=told.exchange.status,
        )
    return say(
        "{page} answers {status} to strangers, and what the API sends to those whom it lets in was not seen: {why}",
        page=told.label,
        status=told.exchange.status,
        why=seen.not_admin,
    )
