"""Which services are the web app and the core app, and what keeps a verdict on them open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from conformance import pointers
from conformance.areas.dep.record import DeploymentObservation, ServiceSeen
from conformance.engine.policy import Policy
from conformance.inputs.target import Deployment
from conformance.model import Case, Inconclusive, NotApplicable, Outcome, Verdict, conforms, violates
from conformance.sentence import By, Own, Sentence, clauses, own_list, say, shortened

Named = dict[str, ServiceSeen]

IMAGES = {"web": ("docker.whatsapp.biz/web",), "core": ("docker.whatsapp.biz/coreapp",)}
"""The vendor's images, without tag or digest."""

_SHOWN = 3  # as many as a reader bears


def declared(policy: Policy) -> Deployment:
    """Return the declared deployment; its requirements are not judged where there is none."""
    return policy.target.declared(Deployment)


def web(seen: DeploymentObservation, policy: Policy) -> Named:
    """Return the web app's services; raises Inconclusive where there are none."""
    return _of_role(seen, "web", declared(policy).web_services)


def core(seen: DeploymentObservation, policy: Policy) -> Named:
    """Return the core app's services; raises Inconclusive where there are none."""
    return _of_role(seen, "core", declared(policy).core_services)


def gateway(seen: DeploymentObservation, policy: Policy) -> Named:
    """Return the services of both; raises Inconclusive where one is missing."""
    return {**web(seen, policy), **core(seen, policy)}


def database(seen: DeploymentObservation, policy: Policy) -> Named:
    """Return every service that opens the database: those of both apps, and others that are told where it is."""
    others = {
        name: service
        for name, service in seen.services.items()
        if service.active and (service.settings["WA_DB_HOSTNAME"].state == "set" or _by_image(service, "core"))
    }
    return {**gateway(seen, policy), **others}


def chosen(services: Named, case: Case) -> Named:
    """Return the service that a case is about; all where it names none."""
    if not case.value:
        return services
    if case.value not in services:
        raise Inconclusive(
            say(
                "{service} is not among the services that this is about ({services})",
                service=Own(case.value),
                services=own_list(services, By.COMMA),
            )
        )
    return {case.value: services[case.value]}


def _of_role(seen: DeploymentObservation, role: str, names: tuple[str, ...]) -> Named:
    if names:
        return {name: _declared_service(seen, name, role) for name in names}
    found = {n: service for n, service in seen.services.items() if service.active and _by_image(service, role)}
    if not found:
        raise Inconclusive(_none_of_role(seen, role))
    return found


def _none_of_role(seen: DeploymentObservation, role: str) -> Sentence:
    files, image = own_list(seen.files[:_SHOWN], By.COMMA), Own(IMAGES[role][0])
    if role == "web":
        return say(
            "no service of {files} runs {image}: name those of the web app in deployment.web_services",
            files=files,
            image=image,
        )
    return say(
        "no service of {files} runs {image}: name those of the core app in deployment.core_services",
        files=files,
        image=image,
    )


def _declared_service(seen: DeploymentObservation, name: str, role: str) -> ServiceSeen:
    service = seen.services.get(name)
    if service is None:
        raise Inconclusive(
            say(
                "{key} names {service}, and the compose files have no such service ({services})",
                key=Own(f"deployment.{role}_services"),
                service=Own(name),
                services=own_list(list(seen.services)[:10], By.COMMA),
            )
        )
    if not service.active:
        raise Inconclusive(
            say(
                "{place}: {service} runs with profile {profiles} only: add it to deployment.profiles",
                place=Own(service.place),
                service=Own(name),
                profiles=own_list(service.profiles, By.COMMA),
            )
        )
    return service


def _by_image(service: ServiceSeen, role: str) -> bool:
    name = service.image.partition("@")[0]
    head, _, last = name.rpartition("/")
    return f"{head}/{last.partition(':')[0]}" in IMAGES[role]


def pointer(*parts: str | int) -> str:
    """Return the JSON Pointer to a part of the record."""
    return pointers.build(*parts)


def settled(seen: DeploymentObservation, verdict: Verdict) -> Verdict:
    """Return a verdict that a refusal of compose to start the project does not leave open; raises Inconclusive."""
    if not seen.missing:
        return verdict
    told = clauses(*shortened(seen.missing, _SHOWN))
    if verdict.outcome is Outcome.PASS:
        raise Inconclusive(
            say(
                "compose would not start this project: {missing} "
                "(give it in the .env beside the compose file, or in one of deployment.env_files)",
                missing=told,
            )
        )
    return Verdict(
        verdict.outcome,
        verdict.expected,
        verdict.observed,
        verdict.exhibits,
        (*verdict.notes, say("Compose would not start this project: {missing}.", missing=told)),
    )


def summed_up(
    seen: DeploymentObservation,
    expected: Sentence,
    wrong: Iterable[tuple[Sentence, str]],
    right: Sentence,
    unseen: Iterable[Sentence] = (),
    exhibits: Iterable[str] = (),
    notes: tuple[Sentence, ...] = (),
) -> Verdict:
    """Return a violation that names what is wrong, or inconclusive for what is unseen, or the pass.

    `wrong` are sentences, each with a pointer to what was seen; `exhibits` are the pointers of a pass.
    """
    notes = (*notes, *_how_it_was_read(seen))
    found, open_questions = list(dict.fromkeys(wrong)), list(dict.fromkeys(unseen))
    if found:
        told = clauses(*shortened((words for words, _ in found), _SHOWN))
        marks = dict.fromkeys(mark for _, mark in found)
        return settled(seen, violates(expected, told, *marks, notes=notes))
    if open_questions:
        raise Inconclusive(clauses(*shortened(open_questions, _SHOWN)))
    return settled(seen, conforms(expected, right, *exhibits, notes=notes))


def _how_it_was_read(seen: DeploymentObservation) -> Iterator[Sentence]:
    if seen.beside:
        yield say(
            "{files} was read too, as compose does where no file is named to it; "
            "deployment.override = false leaves it out.",
            files=own_list(seen.beside, By.COMMA),
        )
    if seen.left_out:
        yield say(
            "{file} was not read, as compose does not read it where it is given other env files; "
            "name it in deployment.env_files if it is given too.",
            file=Own(seen.left_out),
        )


def not_asked(seen: DeploymentObservation, words: Sentence) -> NotApplicable | Inconclusive:
    """Return that nothing is asked; or that it could not be told, where compose would not start the project."""
    return (
        Inconclusive(say("compose would not start this project: {missing}", missing=seen.missing[0]))
        if seen.missing
        else NotApplicable(words)
    )
