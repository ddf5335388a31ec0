"""Judges where the organisation's secret can be seen: pages, scripts, answers, repositories."""

from __future__ import annotations

from conformance.areas.idv.judge import declared
from conformance.areas.idv.record import IdentityObservation, Page, RepositoriesObservation
from conformance.engine.policy import Policy
from conformance.model import Case, Inconclusive, NotApplicable, Verdict, conforms, violates
from conformance.sentence import By, Own, Sentence, counted, listed, say


def secret_out_of_pages(seen: IdentityObservation, policy: Policy, case: Case) -> Verdict:
    """Judge IDV-06 on the site's pages and their own scripts."""
    expected = say("the organisation's secret stands in no page and no script")
    for number, page in enumerate(seen.pages):
        if page.secret_in:
            return violates(expected, _stands_in(page.secret_in), f"/pages/{number}/secret_in")
    _require_pages(seen.pages)
    if unread := [text for page in seen.pages for text in page.unread]:
        raise Inconclusive(say("not everything could be read: {parts}", parts=listed(unread, By.CLAUSE)))
    told = say(
        "{pages} and {scripts} are free of it",
        pages=counted("{n} page", "{n} pages", len(seen.pages)),
        scripts=counted("{n} script", "{n} scripts", sum(len(page.scripts) for page in seen.pages)),
    )
    return conforms(expected, told, "/pages")


def secret_out_of_answers(seen: IdentityObservation, policy: Policy, case: Case) -> Verdict:
    """Judge IDV-06 on what the widget is answered."""
    expected = say("the organisation's secret stands in no answer to an initialisation")
    if not policy.target.permits("write"):
        raise NotApplicable(say('no initialisation is sent with consent "read"'))
    trials = seen.trials
    if not trials.control_uid:
        raise Inconclusive(trials.stopped or say("nothing was tried"))
    answers = {f"/trials/controls/{n}": control.answer for n, control in enumerate(trials.controls)}
    answers |= {f"/trials/welcomes/{label}": welcome.answer for label, welcome in trials.welcomes.items()}
    for key, trial in trials.trials.items():
        answers |= {f"/trials/trials/{key}/attempts/{n}": a.answer for n, a in enumerate(trial.attempts)}
    for where, answer in answers.items():
        if answer.secret_forms:
            return violates(expected, say("it stands in one, {forms}", forms=listed(answer.secret_forms)), where)
    told = counted("{n} answer is free of it", "{n} answers are free of it", len(answers))
    return conforms(expected, told, "/trials")


def hash_made_by_server(seen: IdentityObservation, policy: Policy, case: Case) -> Verdict:
    """Judge IDV-07: the hash comes from the server, and no script makes it."""
    expected = say("the hash stands in what the server answers; the browser does not compute it")
    for number, page in enumerate(seen.pages):
        if page.hash != "none":
            return conforms(expected, say("{page} carries a hash", page=Own(page.url)), f"/pages/{number}/hash")
    for number, page in enumerate(seen.pages):
        if page.key_material:
            told = say(
                "{page} carries no hash, but {signs}",
                page=Own(page.url),
                signs=listed(page.key_material, By.CLAUSE),
            )
            return violates(expected, told, f"/pages/{number}/key_material")
    _require_pages(seen.pages)
    raise Inconclusive(
        say(
            "no page carries a hash and no script shows a key: declare a page of a signed-in client "
            "([[identity.signed_in_pages]])"
        )
    )


def _require_pages(pages: tuple[Page, ...]) -> None:
    if not pages:
        raise Inconclusive(say("the target file lacks identity.site_pages, which this requirement needs"))
    for page in pages:
        if not page.ok:
            raise Inconclusive(say("{page} could not be read: {why}", page=Own(page.url), why=page.words()))


def _stands_in(places: tuple[Sentence, ...]) -> Sentence:
    return say("it stands in {places}", places=listed(places, By.CLAUSE))


def secret_out_of_repository(seen: RepositoriesObservation, policy: Policy, case: Case) -> Verdict:
    """Judge IDV-08 on one repository."""
    number = list(declared(policy).repositories).index(case.value)
    where, repository = f"/repositories/{number}", seen.repositories[number]
    expected = say("the organisation's secret stands in no tracked file and nowhere in the history")
    name = Own(repository.name)
    if repository.trouble:
        raise Inconclusive(say("{name} could not be searched: {why}", name=name, why=repository.trouble))
    notes = tuple(say("not in the repository, but beside it: {place}", place=place) for place in repository.untracked)
    if repository.found:
        return violates(expected, _stands_in(repository.found), f"{where}/found", notes=notes)
    if repository.incomplete:
        raise Inconclusive(say("{name} could not be searched whole: {why}", name=name, why=repository.incomplete))
    told = say(
        "{files} and {objects} are free of it",
        files=counted("{n} tracked file", "{n} tracked files", repository.files),
        objects=counted("{n} object of the history", "{n} objects of the history", repository.objects),
    )
    return conforms(expected, told, where, notes=notes)


def secret_out_of_browser(seen: IdentityObservation, policy: Policy, case: Case) -> Verdict:
    """Judge IDV-06 on pages, or on answers."""
    judge = secret_out_of_pages if case.name == "pages" else secret_out_of_answers
    return judge(seen, policy, case)
