"""Judges where the protective headers are sent: also with errors and redirects, and not by the API."""

from __future__ import annotations

from conformance import pointers
from conformance.areas.hdr.judge import sound
from conformance.areas.hdr.pages import Seen, is_page, there
from conformance.areas.hdr.record import AdminPath, HeadersObservation
from conformance.areas.hdr.values import FIVE
from conformance.engine.policy import Policy
from conformance.model import Case, Inconclusive, NotApplicable, Verdict, conforms, verdict, violates
from conformance.sentence import By, Own, counted, listed, own_list, say


def errors_and_redirects(seen: HeadersObservation, policy: Policy, case: Case) -> Verdict:
    """Judge HDR-07: what the page sends rightly, its errors and redirects send as well.

    A header that the page itself lacks is not asked for twice; where a login hides the page, all five are asked for.
    """
    path = seen.admin[case.value]
    page = there(Seen(path.get[-1], ""))
    expected_names = sound(page) if is_page(page.exchange) else set()
    wanted = [name for name in FIVE if name in (expected_names or FIVE)]
    answers = _asides(path, case)
    lacking = {
        answer.label: missing for answer in answers if (missing := [n for n in wanted if n not in sound(answer)])
    }
    statuses = own_list((f"{answer.label} ({answer.exchange.status})" for answer in answers), By.COMMA)
    if lacking:
        each = [
            say("{page} lacks {headers}", page=label, headers=own_list(missing, By.COMMA))
            for label, missing in lacking.items()
        ]
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
    """Judge HDR-06: the document gives these headers to the administration, and to it alone."""
    if case.name == "post":
        answer = Seen(seen.unknown_api, "/unknown_api")
    else:
        methods = seen.api[case.value]
        answer = Seen(methods[case.name.upper()], pointers.build("api", case.value, case.name.upper()))
        if methods["GET"].status == 404 or methods["GET"].status >= 500:
            raise Inconclusive(
                say(
                    "GET {path} answers {status}: the declared endpoint is not there",
                    path=Own(case.value),
                    status=methods["GET"].status,
                )
            )
    if answer.exchange.trouble:
        raise Inconclusive(say("{page}: {trouble}", page=answer.label, trouble=answer.exchange.trouble))
    present = [name for name in FIVE if answer.exchange.values(name)]
    expected = say("the document says that API endpoints do not send the administration's headers")
    status = answer.exchange.status
    if not present:
        observed = say("{page} ({status}) sends none of the five", page=answer.label, status=status)
        return conforms(expected, observed, answer.pointer)
    return violates(
        expected,
        say(
            "{page} ({status}) deviates from the document: it sends {headers}",
            page=answer.label,
            status=status,
            headers=own_list(present, By.COMMA),
        ),
        answer.pointer,
        notes=(say("A deviation from the document and not a weakness: these headers do no harm on an API."),),
    )
