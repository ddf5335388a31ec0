"""Judges where things are: certificates and keys in the data volume, services in networks, ports on the host."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from urllib.parse import urlsplit

from conformance.judges.deployment_services import (
    Named,
    chosen,
    core,
    database,
    declared,
    gateway,
    not_asked,
    pointer,
    summed_up,
    web,
)
from conformance.model import Case, Inconclusive, NotApplicable, Verdict
from conformance.policy import Policy
from conformance.records.deployment import DeploymentObservation, NamedFile, PublishedPort, ServiceSeen

HTTPS = "443"
HOST = "host"
CORE_PORTS = (6250, 6253)
"""First and last of the core app's ports, as delivered."""

_CHAIN = 5


def files_in_place(seen: DeploymentObservation, policy: Policy, case: Case) -> Verdict:
    """Judge DEP-06."""
    wrong: list[tuple[str, str]] = []
    unseen: list[str] = []
    marks: list[str] = []
    notes: list[str] = []
    services = chosen(database(seen, policy), case)
    for name, service in services.items():
        for number, file in enumerate(service.files):
            mark = pointer("services", name, "files", number)
            marks.append(mark)
            words = f"{file.place}: {file.path or 'the file'} ({file.setting} of {name})"
            wrong += [(f"{words} {what}", mark) for what in _file_troubles(file)]
            if file.unseen:
                unseen.append(f"{words}: {file.unseen}")
        wrong += [(words, pointer("services", name)) for words in _unmatched(name, service)]
        unseen += _locked(name, service)
        notes += _foreign(name, service)
    if not marks:
        raise not_asked(seen, "no setting names a file, which DEP-03 is about")
    expected = "the files that settings name are in the data volume, can be read, belong together and are valid now"
    right = (
        ", ".join(dict.fromkeys(file.host for service in services.values() for file in service.files)) + " are right"
    )
    return summed_up(seen, expected, wrong, right, unseen, marks, tuple(notes))


def _file_troubles(file: NamedFile) -> Iterator[str]:
    where = f" ({file.host})" if file.host else ""
    if file.trouble:
        yield f"{file.trouble}{where}"
        return
    if file.setting == "WA_DB_SSL_KEY":
        return
    mattering = file.certificates[:1] if file.setting == "WA_DB_SSL_CERT" else file.certificates
    expired = [each for each in mattering if each.expired]
    early = [each for each in mattering if each.not_yet]
    if expired and len(expired) == len(mattering):
        yield f"has expired on {expired[0].not_after}{where}"
    if early and len(early) == len(mattering):
        yield f"is not valid before {early[0].not_before}{where}"
    if (
        file.setting == "WA_DB_SSL_CA"
        and file.certificates
        and not any(each.authority is not False for each in file.certificates)
    ):
        yield f"holds no authority's certificate{where}"


def _unmatched(name: str, service: ServiceSeen) -> Iterator[str]:
    places = {file.setting: file.place for file in service.files}
    if service.key_matches is False:
        yield f"{places['WA_DB_SSL_KEY']}: the key of {name} does not belong to its certificate"
    if service.impostor:
        yield (
            f"{places['WA_DB_SSL_CERT']}: the certificate of {name} names an issuer that another certificate "
            "in its files has the name of, and was signed with another key"
        )


def _locked(name: str, service: ServiceSeen) -> Iterator[str]:
    for file in service.files:
        if file.setting == "WA_DB_SSL_KEY" and file.locked and not file.keys:
            yield f"{file.place}: the key of {name} needs a passphrase: whose certificate it belongs to is not seen"


def _foreign(name: str, service: ServiceSeen) -> Iterator[str]:
    if service.issued is False and not service.impostor:
        yield f"The client certificate of {name} was issued by another authority than the one that its CA file holds."
    for file in service.files:
        gone = sum(each.expired for each in file.certificates)
        if 0 < gone < len(file.certificates):
            yield f"{file.host}: {gone} of {len(file.certificates)} certificates in it have expired."


def keys_are_private(seen: DeploymentObservation, policy: Policy, case: Case) -> Verdict:
    """Judge DEP-07."""
    database(seen, policy)
    wrong, right, notes = [], [], []
    for number, key in enumerate(seen.keys):
        named = f" (named at {key.named_at})" if key.named_at else ""
        if key.others and not key.shielded_by:
            wrong.append((f"{key.host}{named} has mode {key.mode}: others have access", pointer("keys", number)))
        else:
            right.append(f"{key.host} {key.mode}")
        if key.others and key.shielded_by:
            notes.append(f"{key.host} has mode {key.mode}, and {key.shielded_by} lets no others in.")
        elif key.group:
            notes.append(f"{key.host} has mode {key.mode}: its group has access.")
    if not seen.keys and not seen.keys_unseen:
        raise not_asked(seen, "there is no key file to look at")
    expected = "key files give no access to others"
    marks = [pointer("keys", number) for number in range(len(seen.keys))]
    return summed_up(seen, expected, wrong, ", ".join(right), seen.keys_unseen, marks, tuple(notes))


def networks_apart(seen: DeploymentObservation, policy: Policy, case: Case) -> Verdict:
    """Judge DEP-08: the web app is in a network in which no core app is."""
    wrong, unseen, marks, right = [], [], [], []
    webs, cores = web(seen, policy), core(seen, policy)
    for web_name in webs:
        for core_name in cores:
            marks += [pointer("services", web_name), pointer("services", core_name)]
            ours, theirs = (_joined(seen, name) for name in (web_name, core_name))
            for name, networks in ((web_name, ours), (core_name, theirs)):
                if any(network.startswith("container:") for network in networks):
                    unseen.append(
                        f"{seen.services[name].place}: {name} uses the network of a container outside these files"
                    )
            if HOST in theirs:
                words = f"{core_name} uses the host's own network, which separates it from nothing"
                wrong.append((f"{seen.services[core_name].place}: {words}", pointer("services", core_name)))
            elif ours and ours <= theirs:
                shared = ", ".join(sorted(ours))
                words = f"{web_name} is in no network without {core_name}: both are in {shared}"
                wrong.append((f"{seen.services[web_name].place}: {words}", pointer("services", web_name)))
            else:
                right.append(f"{web_name} is in {_listed(ours)}, {core_name} in {_listed(theirs)}")
    if wrong and declared(policy).hosts == "many" and not any(HOST in _joined(seen, name) for name in cores):
        raise Inconclusive(
            f"{wrong[0][0]}; on several hosts (deployment.hosts) each has networks of its own, which files do not tell"
        )
    expected = "web app and core app stand in separate networks: what clients reach does not hold the core app"
    return summed_up(seen, expected, wrong, "; ".join(right), unseen, dict.fromkeys(marks))


def _joined(seen: DeploymentObservation, name: str) -> set[str]:
    """Name the networks of a service, as docker would; `network_mode` leads to another service's, or to none."""
    owner = _owner(seen, name)
    if owner is None:
        raise Inconclusive(f"network_mode of {name} leads to no service")
    return _own(seen.services[owner])


def _owner(seen: DeploymentObservation, name: str) -> str | None:
    """Name the service whose network a service uses: itself, or the one that `network_mode` leads to."""
    for _ in range(_CHAIN):
        service = seen.services.get(name)
        if service is None:
            return None
        if not service.network_mode.startswith("service:"):
            return name
        name = service.network_mode.removeprefix("service:")
    return None


def _listed(networks: set[str]) -> str:
    return ", ".join(sorted(networks)) or "none"


def _own(service: ServiceSeen) -> set[str]:
    if service.network_mode == "none":
        return set()
    return {service.network_mode} if service.network_mode else set(service.networks)


def core_publishes_nothing(seen: DeploymentObservation, policy: Policy, case: Case) -> Verdict:
    """Judge DEP-09."""
    if declared(policy).hosts == "many":
        raise NotApplicable('deployment.hosts is "many": a core app has to publish ports for those on other hosts')
    services = chosen(core(seen, policy), case)
    wrong = []
    for name, service in services.items():
        mark = pointer("services", name)
        if _on_host(service):
            wrong.append(
                (f"{service.place}: {name} uses the host's own network, so all its ports are on the host", mark)
            )
        for number, port in enumerate(service.ports):
            words = f"{port.place}: {name} publishes {_spelt(port)}"
            wrong.append((words, pointer("services", name, "ports", number)))
        for owner, number, port in _lent(seen, policy, name):
            if not port.unknown and _of_the_core(port):
                words = f"{port.place}: {owner}, whose network {name} uses, publishes {_spelt(port)}"
                wrong.append((words, pointer("services", owner, "ports", number)))
    marks = [pointer("services", name, "ports") for name in services]
    observed = f"no port of {', '.join(services)} is published"
    return summed_up(seen, "the core app publishes no port on the host", wrong, observed, (), marks)


def web_publishes_https(seen: DeploymentObservation, policy: Policy, case: Case) -> Verdict:
    """Judge DEP-10: `port`, what is published; `interface`, where."""
    services = chosen(web(seen, policy), case)
    if case.name == "interface":
        return _on_few_interfaces(seen, policy, services)
    wrong, unseen, right = [], [], []
    for name, service in services.items():
        if _on_host(service):
            words = f"{service.place}: {name} uses the host's own network, so all its ports are on the host"
            wrong.append((words, pointer("services", name)))
        for number, port in enumerate(service.ports):
            if port.unknown:
                unseen.append(f"{port.place}: a variable in a port of {name} has no value")
            elif _is_https(port, policy):
                right.append(_spelt(port))
            else:
                words = f"{port.place}: {name} publishes {_spelt(port)}, which is not its HTTPS port"
                wrong.append((words, pointer("services", name, "ports", number)))
    expected = "the web app publishes its HTTPS port alone"
    observed = f"published of {', '.join(services)}: {', '.join(dict.fromkeys(right)) or 'nothing'}"
    return summed_up(seen, expected, wrong, observed, unseen, _port_marks(services))


def _of_the_core(port: PublishedPort) -> bool:
    first, _, last = port.target.partition("-")
    return int(first) <= CORE_PORTS[1] and int(last or first) >= CORE_PORTS[0]


def _lent(seen: DeploymentObservation, policy: Policy, name: str) -> Iterator[tuple[str, int, PublishedPort]]:
    """List the ports of the service whose network a service uses, unless that is judged itself."""
    owner = _owner(seen, name)
    if owner is not None and owner not in gateway(seen, policy):
        yield from ((owner, number, port) for number, port in enumerate(seen.services[owner].ports))


def _on_few_interfaces(seen: DeploymentObservation, policy: Policy, services: Named) -> Verdict:
    wrong, unseen, right = [], [], []
    for name, service in services.items():
        if _on_host(service):
            words = f"{service.place}: {name} uses the host's own network, with every interface"
            wrong.append((words, pointer("services", name)))
        for number, port in enumerate(service.ports):
            address = port.host_ip or service.bind_address
            if port.unknown and "?" in address:
                unseen.append(f"{port.place}: a variable in a port of {name} has no value")
            elif not address or _everywhere(address):
                words = f"{port.place}: {name} publishes {_spelt(port)} on every interface of the host"
                wrong.append((words, pointer("services", name, "ports", number)))
            else:
                right.append(f"{name} on {address}")
        for owner, number, port in _lent(seen, policy, name):
            address = port.host_ip or seen.services[owner].bind_address
            if not port.unknown and _is_https(port, policy) and (not address or _everywhere(address)):
                words = f"{port.place}: {owner}, whose network {name} uses, publishes {_spelt(port)} on every interface"
                wrong.append((words, pointer("services", owner, "ports", number)))
    expected = "the web app's port is published on chosen addresses of the host, not on every interface"
    observed = ", ".join(dict.fromkeys(right)) or "nothing is published"
    return summed_up(seen, expected, wrong, observed, unseen, _port_marks(services))


def _port_marks(services: Named) -> list[str]:
    return [pointer("services", name, "ports") for name in services]


def _on_host(service: ServiceSeen) -> bool:
    return service.network_mode == HOST


def _is_https(port: PublishedPort, policy: Policy) -> bool:
    """Tell whether a port is the one that serves HTTPS: by its usual number, or as the declared web app has it."""
    if "-" not in port.target and port.target.endswith(HTTPS):
        return True
    webapp = policy.target.webapp
    url_port = str(urlsplit(webapp.url).port or HTTPS) if webapp else ""
    return bool(url_port) and port.published == url_port


def _everywhere(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_unspecified
    except ValueError:
        return False


def _spelt(port: PublishedPort) -> str:
    on_host = f"{port.host_ip}:{port.published or 'any port'}" if port.host_ip else port.published or "any port"
    kind = "" if port.protocol == "tcp" else f"/{port.protocol}"
    return f"{port.target}{kind} as {on_host}"
