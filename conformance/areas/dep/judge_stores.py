"""Judges the databases and caches among the services: what is published of them, and what is switched off."""

from __future__ import annotations

import ipaddress

from conformance.areas.dep.record import DeploymentObservation, PublishedPort, ServiceSeen
from conformance.areas.dep.services import not_asked, pointer, summed_up
from conformance.engine.policy import Policy
from conformance.model import Case, Verdict
from conformance.sentence import By, Own, Sentence, own_list, say


def stores_are_kept(seen: DeploymentObservation, policy: Policy, case: Case) -> Verdict:
    """Judge DEP-14: `published`, what the host has of databases and caches; `protected`, what is switched off."""
    stores = {name: service for name, service in seen.services.items() if service.active and service.store}
    if not stores:
        raise not_asked(seen, say("none of these services is a database or a cache"))
    named = own_list(stores, By.COMMA)
    if case.name == "protected":
        wrong = [
            (say("{place}: {service}: {remark}", place=Own(each.place), service=Own(name), remark=each.words), mark)
            for name, service in stores.items()
            for number, each in enumerate(service.switched_off)
            for mark in (pointer("services", name, "switched_off", number),)
        ]
        expected = say("no login and no TLS of a database or cache is switched off")
        right = say("nothing is switched off of {services}", services=named)
        return summed_up(seen, expected, wrong, right, (), _marks(stores, "switched_off"))
    wrong = []
    unseen: list[Sentence] = []
    for name, service in stores.items():
        place, own = Own(service.place), Own(name)
        if service.network_mode == "host":
            unseen.append(
                say(
                    "{place}: {service} uses the host's own network: where it listens is not seen",
                    place=place,
                    service=own,
                )
            )
        for number, port in enumerate(service.ports):
            if port.unknown:
                unseen.append(
                    say("{place}: a variable in a port of {service} has no value", place=Own(port.place), service=own)
                )
            elif _outside(port, service):
                words = say(
                    "{place}: {service} is published to everybody: port {port}",
                    place=Own(port.place),
                    service=own,
                    port=Own(port.target),
                )
                wrong.append((words, pointer("services", name, "ports", number)))
    expected = say("no database and no cache is published on every interface of the host, nor on a public address")
    right = say("published to everybody of {services}: nothing", services=named)
    return summed_up(seen, expected, wrong, right, unseen, _marks(stores, "ports"))


def _marks(stores: dict[str, ServiceSeen], field: str) -> list[str]:
    return [pointer("services", name, field) for name in stores]


def _outside(port: PublishedPort, service: ServiceSeen) -> bool:
    address = port.host_ip or service.bind_address
    if not address:
        return True
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return found.is_unspecified or found.is_global
