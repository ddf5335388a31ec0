"""Judges where things are: certificates and keys in the data volume, services in networks, ports on the host."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from conformance.areas.dep.record import DeploymentObservation, KeyFile, NamedFile, PublishedPort, ServiceSeen
from conformance.areas.dep.services import (
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
from conformance.engine.policy import Policy
from conformance.model import Case, Inconclusive, NotApplicable, Verdict
from conformance.origin import Origin
from conformance.sentence import By, Own, Sentence, clauses, counted, listed, own_list, say

HTTPS = "443"
HOST = "host"
CORE_PORTS = (6250, 6253)
"""First and last of the core app's ports, as delivered."""

_CHAIN = 5  # steps from one service to the next: a circle ends


def files_in_place(seen: DeploymentObservation, policy: Policy, case: Case) -> Verdict:
    """Judge DEP-06."""
    wrong: list[tuple[Sentence, str]] = []
    unseen: list[Sentence] = []
    marks: list[str] = []
    notes: list[Sentence] = []
    services = chosen(database(seen, policy), case)
    for name, service in services.items():
        for number, file in enumerate(service.files):
            mark = pointer("services", name, "files", number)
            marks.append(mark)
            named = _named(file, name)
            wrong += [(_wrong_with(named, file, trouble), mark) for trouble in _file_troubles(file)]
            if file.unseen:
                unseen.append(say("{file}: {reason}", file=named, reason=file.unseen))
        wrong += [(words, pointer("services", name)) for words in _unmatched(name, service)]
        unseen += _locked(name, service)
        notes += _foreign(name, service)
    if not marks:
        raise not_asked(seen, say("no setting names a file, which DEP-03 is about"))
    expected = say(
        "the files that settings name are in the data volume, can be read, belong together and are valid now"
    )
    hosts = dict.fromkeys(file.host for service in services.values() for file in service.files)
    right = counted("{files} is right", "{files} are right", len(hosts), files=own_list(hosts, By.COMMA))
    return summed_up(seen, expected, wrong, right, unseen, marks, tuple(notes))


def _named(file: NamedFile, service: str) -> Sentence:
    place, setting, own = Own(file.place), Own(file.setting), Own(service)
    if not file.path:
        return say("{place}: the file ({setting} of {service})", place=place, setting=setting, service=own)
    return say(
        "{place}: {path} ({setting} of {service})", place=place, path=Own(file.path), setting=setting, service=own
    )


def _wrong_with(named: Sentence, file: NamedFile, trouble: Sentence) -> Sentence:
    if not file.host:
        return say("{file} {trouble}", file=named, trouble=trouble)
    return say("{file} {trouble} ({host})", file=named, trouble=trouble, host=Own(file.host))


def _file_troubles(file: NamedFile) -> Iterator[Sentence]:
    if file.trouble:
        yield file.trouble
        return
    if file.setting == "WA_DB_SSL_KEY":
        return
    mattering = file.certificates[:1] if file.setting == "WA_DB_SSL_CERT" else file.certificates
    expired = [each for each in mattering if each.expired]
    early = [each for each in mattering if each.not_yet]
    if expired and len(expired) == len(mattering):
        yield say("has expired on {instant}", instant=Own(expired[0].not_after))
    if early and len(early) == len(mattering):
        yield say("is not valid before {instant}", instant=Own(early[0].not_before))
    if (
        file.setting == "WA_DB_SSL_CA"
        and file.certificates
        and not any(each.authority is not False or each.signs_itself for each in file.certificates)
    ):
        yield say("holds no authority's certificate")


def _unmatched(name: str, service: ServiceSeen) -> Iterator[Sentence]:
    places = {file.setting: file.place for file in service.files}
    if service.key_matches is False:
        yield say(
            "{place}: the key of {service} does not belong to its certificate",
            place=Own(places["WA_DB_SSL_KEY"]),
            service=Own(name),
        )
    if service.impostor:
        yield say(
            "{place}: the certificate of {service} names an issuer that another certificate in its files "
            "has the name of, and was signed with another key",
            place=Own(places["WA_DB_SSL_CERT"]),
            service=Own(name),
        )


def _locked(name: str, service: ServiceSeen) -> Iterator[Sentence]:
    for file in service.files:
        if file.setting == "WA_DB_SSL_KEY" and file.locked and not file.keys:
            yield say(
                "{place}: the key of {service} needs a passphrase: whose certificate it belongs to is not seen",
                place=Own(file.place),
                service=Own(name),
            )


def _foreign(name: str, service: ServiceSeen) -> Iterator[Sentence]:
    if service.issued is False and not service.impostor:
        yield say(
            "The client certificate of {service} was issued by another authority than the one that its CA file holds.",
            service=Own(name),
        )
    for file in service.files:
        certificates = file.certificates if file.setting == "WA_DB_SSL_CA" else ()
        if certificates and all(each.signs_itself and each.authority is False for each in certificates):
            yield say(
                "{file} holds no authority's certificate, but one that signs itself: it fits a server that has it.",
                file=Own(file.host),
            )
        gone = sum(each.expired for each in file.certificates)
        if 0 < gone < len(file.certificates):
            yield counted(
                "{file}: {n} of {total} certificates in it have expired.",
                "{file}: {n} of {total} certificates in it have expired.",
                gone,
                file=Own(file.host),
                total=len(file.certificates),
            )


def keys_are_private(seen: DeploymentObservation, policy: Policy, case: Case) -> Verdict:
    """Judge DEP-07."""
    database(seen, policy)
    wrong, right, notes = [], [], []
    for number, key in enumerate(seen.keys):
        file, mode = Own(key.host), Own(key.mode)
        if key.others and not key.shielded_by:
            wrong.append((_open_to_others(key), pointer("keys", number)))
        else:
            right.append(f"{key.host} {key.mode}")
        if key.others and key.shielded_by:
            folder = Own(key.shielded_by)
            notes.append(
                say("{file} has mode {mode}, and {folder} lets no others in.", file=file, mode=mode, folder=folder)
            )
        elif key.group:
            notes.append(say("{file} has mode {mode}: its group has access.", file=file, mode=mode))
    if not seen.keys and not seen.keys_unseen:
        raise not_asked(seen, say("there is no key file to look at"))
    expected = say("key files give no access to others")
    modes = say("{modes}", modes=own_list(right, By.COMMA))
    marks = [pointer("keys", number) for number in range(len(seen.keys))]
    return summed_up(seen, expected, wrong, modes, seen.keys_unseen, marks, tuple(notes))


def _open_to_others(key: KeyFile) -> Sentence:
    file, mode = Own(key.host), Own(key.mode)
    if not key.named_at:
        return say("{file} has mode {mode}: others have access", file=file, mode=mode)
    return say(
        "{file} (named at {place}) has mode {mode}: others have access", file=file, place=Own(key.named_at), mode=mode
    )


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
                    words = say(
                        "{place}: {service} uses the network of a container outside these files",
                        place=Own(seen.services[name].place),
                        service=Own(name),
                    )
                    unseen.append(words)
            if HOST in theirs:
                words = say(
                    "{place}: {service} uses the host's own network, which separates it from nothing",
                    place=Own(seen.services[core_name].place),
                    service=Own(core_name),
                )
                wrong.append((words, pointer("services", core_name)))
            elif ours and ours <= theirs:
                words = say(
                    "{place}: {web} is in no network without {core}: both are in {networks}",
                    place=Own(seen.services[web_name].place),
                    web=Own(web_name),
                    core=Own(core_name),
                    networks=own_list(sorted(ours), By.COMMA),
                )
                wrong.append((words, pointer("services", web_name)))
            else:
                right.append(_apart(web_name, ours, core_name, theirs))
    if wrong and declared(policy).hosts == "many" and not any(HOST in _joined(seen, name) for name in cores):
        hosts = say("on several hosts (deployment.hosts) each has networks of its own, which files do not tell")
        raise Inconclusive(clauses(wrong[0][0], hosts))
    expected = say("web app and core app stand in separate networks: what clients reach does not hold the core app")
    return summed_up(seen, expected, wrong, clauses(*right), unseen, dict.fromkeys(marks))


def _apart(web_name: str, ours: set[str], core_name: str, theirs: set[str]) -> Sentence:
    web_app, core_app = Own(web_name), Own(core_name)
    web_networks, core_networks = (own_list(sorted(networks), By.COMMA) for networks in (ours, theirs))
    if not ours and not theirs:
        return say("{web} is in none, {core} in none", web=web_app, core=core_app)
    if not ours:
        return say("{web} is in none, {core} in {networks}", web=web_app, core=core_app, networks=core_networks)
    if not theirs:
        return say("{web} is in {networks}, {core} in none", web=web_app, core=core_app, networks=web_networks)
    return say(
        "{web} is in {web_networks}, {core} in {core_networks}",
        web=web_app,
        web_networks=web_networks,
        core=core_app,
        core_networks=core_networks,
    )


def _joined(seen: DeploymentObservation, name: str) -> set[str]:
    """Name the networks of a service, as docker would; `network_mode` leads to another service's, or to none."""
    owner = _owner(seen, name)
    if owner is None:
        raise Inconclusive(say("network_mode of {service} leads to no service", service=Own(name)))
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


def _own(service: ServiceSeen) -> set[str]:
    if service.network_mode == "none":
        return set()
    return {service.network_mode} if service.network_mode else set(service.networks)


def core_publishes_nothing(seen: DeploymentObservation, policy: Policy, case: Case) -> Verdict:
    """Judge DEP-09."""
    if declared(policy).hosts == "many":
        raise NotApplicable(say('deployment.hosts is "many": a core app has to publish ports for those on other hosts'))
    services = chosen(core(seen, policy), case)
    wrong = []
    for name, service in services.items():
        mark = pointer("services", name)
        if _on_host(service):
            wrong.append((_all_on_host(name, service), mark))
        for number, port in enumerate(service.ports):
            words = say(
                "{place}: {service} publishes {port}", place=Own(port.place), service=Own(name), port=_spelt(port)
            )
            wrong.append((words, pointer("services", name, "ports", number)))
        for owner, number, port in _lent(seen, policy, name):
            if not port.unknown and _of_the_core(port):
                words = say(
                    "{place}: {owner}, whose network {service} uses, publishes {port}",
                    place=Own(port.place),
                    owner=Own(owner),
                    service=Own(name),
                    port=_spelt(port),
                )
                wrong.append((words, pointer("services", owner, "ports", number)))
    marks = [pointer("services", name, "ports") for name in services]
    expected = say("the core app publishes no port on the host")
    observed = say("no port of {services} is published", services=own_list(services, By.COMMA))
    return summed_up(seen, expected, wrong, observed, (), marks)


def _all_on_host(name: str, service: ServiceSeen) -> Sentence:
    return say(
        "{place}: {service} uses the host's own network, so all its ports are on the host",
        place=Own(service.place),
        service=Own(name),
    )


def web_publishes_https(seen: DeploymentObservation, policy: Policy, case: Case) -> Verdict:
    """Judge DEP-10: `port`, what is published; `interface`, where."""
    services = chosen(web(seen, policy), case)
    if case.name == "interface":
        return _on_few_interfaces(seen, policy, services)
    wrong, unseen, right = [], [], []
    for name, service in services.items():
        if _on_host(service):
            wrong.append((_all_on_host(name, service), pointer("services", name)))
        for number, port in enumerate(service.ports):
            if port.unknown:
                unseen.append(_open_port(name, port))
            elif _is_https(port, policy):
                right.append(_spelt(port))
            else:
                words = say(
                    "{place}: {service} publishes {port}, which is not its HTTPS port",
                    place=Own(port.place),
                    service=Own(name),
                    port=_spelt(port),
                )
                wrong.append((words, pointer("services", name, "ports", number)))
    expected = say("the web app publishes its HTTPS port alone")
    return summed_up(seen, expected, wrong, _published(services, right), unseen, _port_marks(services))


def _published(services: Named, ports: list[Sentence]) -> Sentence:
    names = own_list(services, By.COMMA)
    if not ports:
        return say("published of {services}: nothing", services=names)
    return say("published of {services}: {ports}", services=names, ports=listed(dict.fromkeys(ports), By.COMMA))


def _open_port(name: str, port: PublishedPort) -> Sentence:
    return say("{place}: a variable in a port of {service} has no value", place=Own(port.place), service=Own(name))


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
            words = say(
                "{place}: {service} uses the host's own network, with every interface",
                place=Own(service.place),
                service=Own(name),
            )
            wrong.append((words, pointer("services", name)))
        for number, port in enumerate(service.ports):
            address = port.host_ip or service.bind_address
            if port.unknown and "?" in address:
                unseen.append(_open_port(name, port))
            elif not address or _everywhere(address):
                words = say(
                    "{place}: {service} publishes {port} on every interface of the host",
                    place=Own(port.place),
                    service=Own(name),
                    port=_spelt(port),
                )
                wrong.append((words, pointer("services", name, "ports", number)))
            else:
                right.append(say("{service} on {address}", service=Own(name), address=Own(address)))
        for owner, number, port in _lent(seen, policy, name):
            address = port.host_ip or seen.services[owner].bind_address
            if not port.unknown and _is_https(port, policy) and (not address or _everywhere(address)):
                words = say(
                    "{place}: {owner}, whose network {service} uses, publishes {port} on every interface",
                    place=Own(port.place),
                    owner=Own(owner),
                    service=Own(name),
                    port=_spelt(port),
                )
                wrong.append((words, pointer("services", owner, "ports", number)))
    expected = say("the web app's port is published on chosen addresses of the host, not on every interface")
    places = listed(dict.fromkeys(right), By.COMMA)
    observed = say("{places}", places=places) if right else say("nothing is published")
    return summed_up(seen, expected, wrong, observed, unseen, _port_marks(services))


def _port_marks(services: Named) -> list[str]:
    return [pointer("services", name, "ports") for name in services]


def _on_host(service: ServiceSeen) -> bool:
    return HOST in _own(service)


def _is_https(port: PublishedPort, policy: Policy) -> bool:
    """Tell whether a port is the one that serves HTTPS: by its usual number, or as the declared web app has it."""
    if "-" not in port.target and port.target.endswith(HTTPS):
        return True
    webapp = policy.target.webapp
    url_port = str(Origin.of(webapp.url).port) if webapp else ""
    return bool(url_port) and port.published == url_port


def _everywhere(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_unspecified
    except ValueError:
        return False


def _spelt(port: PublishedPort) -> Sentence:
    target = Own(port.target if port.protocol == "tcp" else f"{port.target}/{port.protocol}")
    if port.published:
        on_host = f"{port.host_ip}:{port.published}" if port.host_ip else port.published
        return say("{port} as {on_host}", port=target, on_host=Own(on_host))
    if port.host_ip:
        return say("{port} as {address}:any port", port=target, address=Own(port.host_ip))
    return say("{port} as any port", port=target)
