"""Which services are the web app and the core app, and what keeps a verdict on them open."""

from __future__ import annotations

from collections.abc import Iterable

from conformance import pointers
from conformance.model import Case, Inconclusive, NotApplicable, Outcome, Verdict, conforms, violates
from conformance.policy import Policy
from conformance.records.deployment import DeploymentObservation, ServiceSeen
from conformance.target import Deployment

Named = dict[str, ServiceSeen]

IMAGES = {"web": ("docker.whatsapp.biz/web",), "core": ("docker.whatsapp.biz/coreapp",)}
"""The vendor's images, without tag or digest."""

_SHOWN = 3


def declared(policy: Policy) -> Deployment:
    """Return the declared deployment; its requirements are not judged where there is none."""
    if policy.target.deployment is None:
        raise LookupError("the target declares no [deployment]")
    return policy.target.deployment


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
        raise Inconclusive(f"{case.value} is not among the services that this is about ({', '.join(services)})")
    return {case.value: services[case.value]}


def _of_role(seen: DeploymentObservation, role: str, names: tuple[str, ...]) -> Named:
    if names:
        return {name: _declared_service(seen, name, role) for name in names}
    found = {n: service for n, service in seen.services.items() if service.active and _by_image(service, role)}
    if not found:
        raise Inconclusive(
            f"no service of {', '.join(seen.files[:_SHOWN])} runs {IMAGES[role][0]}: "
            f"name those of the {role} app in deployment.{role}_services"
        )
    return found


def _declared_service(seen: DeploymentObservation, name: str, role: str) -> ServiceSeen:
    service = seen.services.get(name)
    if service is None:
        there = ", ".join(list(seen.services)[:10])
        raise Inconclusive(
            f"deployment.{role}_services names {name}, and the compose files have no such service ({there})"
        )
    if not service.active:
        wanted = ", ".join(service.profiles)
        raise Inconclusive(f"{service.place}: {name} runs with profile {wanted} only: add it to deployment.profiles")
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
    told = "; ".join(seen.missing[:_SHOWN]) + ("; …" if len(seen.missing) > _SHOWN else "")
    remedy = "give it in the .env beside the compose file, or in one of deployment.env_files"
    if verdict.outcome is Outcome.PASS:
        raise Inconclusive(f"compose would not start this project: {told} ({remedy})")
    return Verdict(
        verdict.outcome,
        verdict.expected,
        verdict.observed,
        verdict.exhibits,
        (*verdict.notes, f"Compose would not start this project: {told}."),
    )


def summed_up(
    seen: DeploymentObservation,
    expected: str,
    wrong: Iterable[tuple[str, str]],
    right: str,
    unseen: Iterable[str] = (),
    exhibits: Iterable[str] = (),
    notes: tuple[str, ...] = (),
) -> Verdict:
    """Return a violation that names what is wrong, or inconclusive for what is unseen, or the pass.

    `wrong` are sentences, each with a pointer to what was seen; `exhibits` are the pointers of a pass.
    """
    found, open_questions = list(dict.fromkeys(wrong)), list(dict.fromkeys(unseen))
    if found:
        told = "; ".join(words for words, _ in found[:_SHOWN])
        more = f"; {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        marks = dict.fromkeys(mark for _, mark in found)
        return settled(seen, violates(expected, f"{told}{more}", *marks, notes=notes))
    if open_questions:
        raise Inconclusive("; ".join(open_questions[:_SHOWN]))
    return settled(seen, conforms(expected, right, *exhibits, notes=notes))


def not_asked(seen: DeploymentObservation, words: str) -> NotApplicable | Inconclusive:
    """Return that nothing is asked; or that it could not be told, where compose would not start the project."""
    return (
        Inconclusive(f"compose would not start this project: {seen.missing[0]}")
        if seen.missing
        else NotApplicable(words)
    )
