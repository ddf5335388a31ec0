"""Judges where the organisation's secret can be seen: pages, scripts, answers, repositories."""

from __future__ import annotations

from conformance.judges.identity import declared
from conformance.model import Case, Inconclusive, NotApplicable, Verdict, conforms, violates
from conformance.policy import Policy
from conformance.records.identity import IdentityObservation, Page, RepositoriesObservation


def secret_out_of_pages(seen: IdentityObservation, policy: Policy, case: Case) -> Verdict:
    """Judge IDV-06 on the site's pages and their own scripts."""
    expected = "the organisation's secret stands in no page and no script"
    for number, page in enumerate(seen.pages):
        if page.secret_in:
            return violates(expected, f"it stands in {'; '.join(page.secret_in)}", f"/pages/{number}/secret_in")
    _require_pages(seen.pages)
    if unread := [text for page in seen.pages for text in page.unread]:
        raise Inconclusive(f"not everything could be read: {'; '.join(unread)}")
    scripts = sum(len(page.scripts) for page in seen.pages)
    return conforms(expected, f"{len(seen.pages)} pages and {scripts} scripts are free of it", "/pages")


def secret_out_of_answers(seen: IdentityObservation, policy: Policy, case: Case) -> Verdict:
    """Judge IDV-06 on what the widget is answered."""
    expected = "the organisation's secret stands in no answer to an initialisation"
    if not policy.target.permits("write"):
        raise NotApplicable('no initialisation is sent with consent "read"')
    trials = seen.trials
    if not trials.control_uid:
        raise Inconclusive(trials.stopped or "nothing was tried")
    answers = {f"/trials/controls/{n}": control.answer for n, control in enumerate(trials.controls)}
    answers |= {f"/trials/welcomes/{label}": welcome.answer for label, welcome in trials.welcomes.items()}
    for key, trial in trials.trials.items():
        answers |= {f"/trials/trials/{key}/attempts/{n}": a.answer for n, a in enumerate(trial.attempts)}
    for where, answer in answers.items():
        if answer.secret_forms:
            return violates(expected, f"it stands in one, {' and '.join(answer.secret_forms)}", where)
    return conforms(expected, f"{len(answers)} answers are free of it", "/trials")


def hash_made_by_server(seen: IdentityObservation, policy: Policy, case: Case) -> Verdict:
    """Judge IDV-07: the hash comes from the server, and no script makes it."""
    expected = "the hash stands in what the server answers; the browser does not compute it"
    for number, page in enumerate(seen.pages):
        if page.hash != "none":
            return conforms(expected, f"{page.url} carries a hash", f"/pages/{number}/hash")
    for number, page in enumerate(seen.pages):
        if page.key_material:
            told = f"{page.url} carries no hash, but {'; '.join(page.key_material)}"
            return violates(expected, told, f"/pages/{number}/key_material")
    _require_pages(seen.pages)
    raise Inconclusive(
        "no page carries a hash and no script shows a key: declare a page of a signed-in client "
        "([[identity.signed_in_pages]])"
    )


def _require_pages(pages: tuple[Page, ...]) -> None:
    if not pages:
        raise Inconclusive("the target file lacks identity.site_pages, which this requirement needs")
    for page in pages:
        if page.trouble or not 200 <= page.status < 300:
            raise Inconclusive(f"{page.url} could not be read: {page.trouble or f'status {page.status}'}")


def secret_out_of_repository(seen: RepositoriesObservation, policy: Policy, case: Case) -> Verdict:
    """Judge IDV-08 on one repository."""
    number = list(declared(policy).repositories).index(case.value)
    where, repository = f"/repositories/{number}", seen.repositories[number]
    expected = "the organisation's secret stands in no tracked file and nowhere in the history"
    if repository.trouble:
        raise Inconclusive(f"{repository.name} could not be searched: {repository.trouble}")
    notes = tuple(f"not in the repository, but beside it: {place}" for place in repository.untracked)
    if repository.found:
        return violates(expected, f"it stands in {'; '.join(repository.found)}", f"{where}/found", notes=notes)
    if repository.incomplete:
        raise Inconclusive(f"{repository.name} could not be searched whole: {repository.incomplete}")
    told = f"{repository.files} tracked files and {repository.objects} objects of the history are free of it"
    return conforms(expected, told, where, notes=notes)


def secret_out_of_browser(seen: IdentityObservation, policy: Policy, case: Case) -> Verdict:
    """Judge IDV-06 on pages, or on answers."""
    judge = secret_out_of_pages if case.name == "pages" else secret_out_of_answers
    return judge(seen, policy, case)
