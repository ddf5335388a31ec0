"""Reads the deployment files as compose would, and the certificates and keys that their settings name."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path

from conformance.areas.dep.clear import (
    SHARED,
    confidential,
    elsewhere,
    in_clear,
    made_of_a_secret,
    parts,
    samples,
    secrets_in,
    without_login,
)
from conformance.areas.dep.compose.loader import Loader
from conformance.areas.dep.compose.nodes import UNKNOWN, ComposeTrouble, called
from conformance.areas.dep.compose.ports import Port
from conformance.areas.dep.compose.project import OVERRIDES, Project, Service, Variable, read_project
from conformance.areas.dep.compose.yaml_nodes import read_text
from conformance.areas.dep.files import SETTINGS, Contents, Files, Found, issued_by, pair_matches
from conformance.areas.dep.record import (
    DeploymentObservation,
    NamedFile,
    PublishedPort,
    ServiceSeen,
    Setting,
    SharedSecret,
)
from conformance.areas.dep.strength import respelt, weakness
from conformance.bench import Bench
from conformance.engine.observatory import Probe
from conformance.inputs.target import Deployment
from conformance.model import Inconclusive
from conformance.secrecy.secret import SHORTEST, Secret
from conformance.sentence import NOTHING, Own, Sentence, clauses, say

PLAIN = (*SETTINGS, "WA_DB_SSL_VERIFY", "WA_WEB_SECURITY_LEVEL", "WA_DB_HOSTNAME", "WA_DB_ENGINE")
"""Settings whose values may be shown."""

RETIRED = "WA_DB_CONNECTION_OPTION"
_DATABASE_PASSWORDS = (
    *("WA_DB_PASSWORD", "POSTGRES_PASSWORD", "MYSQL_PASSWORD", "MYSQL_ROOT_PASSWORD"),
    *("MARIADB_PASSWORD", "MARIADB_ROOT_PASSWORD", "PGPASSWORD"),
)
_SHOWN = 300
_MOST_SECRETS = 200  # bounds what the redactor looks for in every text


def _look(bench: Bench) -> DeploymentObservation:
    declared = bench.target.declared(Deployment)
    given = {ref.label: bench.vault[ref].reveal() for ref in bench.target.secret_refs() if ref.startswith("env:")}
    _keep_out(bench, _written(bench, declared))
    try:
        files = (declared.compose_files, declared.env_files, declared.profiles)
        project = read_project(bench.folder, *files, given, override=declared.override)
        _keep_out(bench, _values(project))
        return _Looking(bench, project, given).observation()
    except ComposeTrouble as trouble:
        words = trouble.words.with_own(_without_marks)
        raise Inconclusive(say("the deployment files cannot be read: {trouble}", trouble=words)) from trouble
    except RecursionError as error:
        raise Inconclusive(say("the deployment files are nested too deeply to be read")) from error


def _without_marks(text: str) -> str:
    return text.replace(UNKNOWN, "?")


def _written(bench: Bench, declared: Deployment) -> Iterator[tuple[str, str]]:
    """Go through the secrets in the declared files as they stand there: of files, too, that cannot be read as such."""
    beside = [str(Path(name).parent / other) for name in declared.compose_files[:1] for other in (".env", *OVERRIDES)]
    for name in dict.fromkeys((*declared.compose_files, *beside, *declared.env_files)):
        try:
            text = read_text(bench.file(name), name)
        except ComposeTrouble:  # told by whoever needs the file
            continue
        yield from secrets_in(text)


def _values(project: Project) -> Iterator[tuple[str, str]]:
    """Go through the secrets in every file of a project, as they stand there and as they come out of it."""
    for service in project.services.values():
        for name, variable in service.environment.items():
            if confidential(name):
                yield from parts(name, variable.value or "")
                yield from parts(name, variable.template)
    for entries in project.env_files.values():
        for name, entry in entries.items():
            if confidential(name):
                yield from parts(name, entry.value)


def _keep_out(bench: Bench, found: Iterator[tuple[str, str]]) -> None:
    """Keep secrets of the files out of everything, wherever else they turn up: in a path, in an image's name."""
    for name, text in islice(dict.fromkeys(found), _MOST_SECRETS):
        if len(text) >= SHORTEST:
            bench.redactor.learn(Secret(called(name), text))


class _Looking:
    """One look at a project."""

    def __init__(self, bench: Bench, project: Project, given: Mapping[str, str]) -> None:
        self.bench = bench
        self.project = project
        self.shown = Loader(bench.folder).shown
        declared = bench.target.deployment
        certs = bench.file(declared.certs_dir) if declared and declared.certs_dir else None
        self.files = Files(certs, self.shown, time.time())
        self.groups: dict[str, int] = {}
        self.passwords = {value for value in self._database_passwords(given) if value}

    def observation(self) -> DeploymentObservation:
        services = {name: self._service(service) for name, service in self.project.services.items()}
        self.files.search()
        findings = self.project.findings
        clear = in_clear(self.project)
        return DeploymentObservation(
            files=tuple(self.shown(path) for path in self._read()),
            services=services,
            missing=tuple(findings.missing.values()),
            blank=tuple(
                say("{place}: a variable is not set", place=Own(p)) for p in dict.fromkeys(findings.blank.values())
            ),
            in_clear=(*clear, *elsewhere(self.project, self._compose_texts(), clear)),
            samples=tuple(samples(self.project)),
            keys=tuple(key for _, key in sorted(self.files.keys.items())),
            keys_unseen=tuple(dict.fromkeys(self.files.unseen)),
            beside=tuple(self.shown(path) for path in self.project.beside),
            left_out=self.project.left_out,
        )

    def _compose_texts(self) -> list[tuple[str, str]]:
        declared = self.bench.target.deployment
        paths = [self.bench.file(name) for name in declared.compose_files] if declared else []
        paths += self.project.beside
        return [(self.shown(path), read_text(path, self.shown(path))) for path in paths]

    def _read(self) -> list[Path]:
        declared = self.bench.target.deployment
        compose_files = declared.compose_files if declared else ()
        names = [*compose_files, *map(self.shown, self.project.beside), *self.project.env_files]
        return list(dict.fromkeys(Path(name) for name in names))

    def _database_passwords(self, given: Mapping[str, str]) -> list[str]:
        reference = self.bench.target.database.password if self.bench.target.database else None
        values = [self.bench.vault[reference].reveal()] if reference else []
        for service in self.project.services.values():
            values += [self._content(service, name).value or "" for name in _DATABASE_PASSWORDS]
        for entries in self.project.env_files.values():
            values += [entries[name].value for name in _DATABASE_PASSWORDS if name in entries]
        return values + [given[name] for name in _DATABASE_PASSWORDS if name in given]

    def _service(self, service: Service) -> ServiceSeen:
        names = service.node.get("profiles")
        found = self._named_files(service)
        contents = {each.file.setting: each.contents for each in found}
        authority, certificate, key = (contents.get(name, Contents()) for name in SETTINGS)
        issued, impostor = issued_by(certificate, authority)
        bound = {network.bind_address for network in service.networks.values() if not network.internal}
        return ServiceSeen(
            place=service.place,
            image=_image(service),
            built=service.built,
            active=service.active,
            profiles=tuple(each.text for each in names.entries("profiles")) if names is not None else (),
            networks=tuple(network.name for network in service.networks.values()),
            network_mode=self._network_mode(service),
            ports=_ports(service),
            settings={name: self._setting(service, name) for name in (*PLAIN, RETIRED)},
            secret=self._shared(service),
            bind_address=bound.pop() if len(bound) == 1 else "",
            troubles=service.troubles,
            files=tuple(each.file for each in found),
            key_matches=pair_matches(certificate, key),
            issued=issued,
            impostor=impostor,
        )

    def _setting(self, service: Service, name: str) -> Setting:
        variable = service.environment.get(name)
        setting = self._state(service, name, variable)
        if setting.state != "set" or name not in PLAIN or variable is None:
            return setting
        if made_of_a_secret(variable):
            return replace(setting, value="…")
        return replace(setting, value=without_login(variable.value or "")[:_SHOWN])

    def _state(self, service: Service, name: str, variable: Variable | None) -> Setting:
        if variable is None:
            if service.troubles:
                return Setting("unknown", service.place, why=clauses(*service.troubles))
            return Setting("unset", service.place)
        if variable.value is None:
            why = say("{name} is taken from the shell that compose is started from", name=Own(name))
            return Setting("unknown", variable.place, why=why)
        if UNKNOWN in variable.value:
            return Setting("unknown", variable.place, why=say("a variable in it has to be given, and is not"))
        if not variable.value.strip():
            return Setting("empty", variable.place, why=_lost(variable))
        return Setting("set", variable.place)

    def _content(self, service: Service, name: str) -> Variable:
        """Return a secret's variable; where it is NAME_FILE instead, with what that file holds."""
        pointer = service.environment.get(f"{name}_FILE")
        own = service.environment.get(name)
        if own is not None or pointer is None or not pointer.value:
            return own or Variable(None, service.place)
        host = next((mount.host for mount in service.mounts if mount.target == pointer.value), None)
        if host is None:
            return Variable(None, pointer.place)
        try:
            return replace(pointer, value=read_text(host, self.shown(host)).rstrip("\r\n"))
        except ComposeTrouble:
            return Variable(None, pointer.place)

    def _shared(self, service: Service) -> SharedSecret:
        pointed = SHARED not in service.environment and f"{SHARED}_FILE" in service.environment
        variable = self._content(service, SHARED) if pointed else service.environment.get(SHARED)
        setting = self._state(service, SHARED, variable)
        if pointed and setting.state == "unknown":
            why = say("the file that {name} names could not be read here", name=Own(f"{SHARED}_FILE"))
            setting = replace(setting, why=why)
        if setting.state != "set" or variable is None or variable.value is None:
            return SharedSecret(setting, cut=variable is not None and variable.cut)
        group = self.groups.setdefault(variable.value, len(self.groups) + 1)
        reused = variable.value in self.passwords
        weak = weakness(variable.value)
        if not weak and not reused and respelt(variable.value, self.passwords):
            weak = say(
                "it is made of a database password, by other letters, an encoding, a hash or a few characters more"
            )
        return SharedSecret(setting, group, weak, reused, variable.cut)

    def _network_mode(self, service: Service) -> str:
        """Return the mode; a container that is one of these services goes by the service's name."""
        kind, _, name = service.network_mode.partition(":")
        known = {each.container_name: other for other, each in self.project.services.items()}
        return f"service:{known[name]}" if kind == "container" and name in known else service.network_mode

    def _named_files(self, service: Service) -> list[Found]:
        found = []
        for name in SETTINGS:
            variable = service.environment.get(name)
            setting = self._state(service, name, variable)
            if setting.state == "unknown":
                found.append(Found(NamedFile(name, "", setting.place, unseen=setting.why)))
            elif setting.state == "set" and variable is not None and variable.value is not None:
                each = self.files.named(service, name, variable.value.strip(), setting.place)
                shown = "…" if made_of_a_secret(variable) else without_login(each.file.path)
                found.append(replace(each, file=replace(each.file, path=shown)))
        return found


def _image(service: Service) -> str:
    name = without_login(service.image) if "://" in service.image else service.image
    return _without_marks(name)[:_SHOWN]


def _lost(variable: Variable) -> Sentence:
    """Say why nothing is left of a value; never with a word of it, which may be a piece of a secret."""
    if variable.cut:
        return say("a $ in it was taken for a variable that nothing sets")
    return say("its variables come to nothing") if "$" in variable.template else NOTHING


def _ports(service: Service) -> tuple[PublishedPort, ...]:
    return tuple(_port(port) for port in service.ports)


def _port(port: Port) -> PublishedPort:
    unknown = any(UNKNOWN in text for text in (port.target, port.published, port.host_ip))
    target, published, host_ip = (_without_marks(text) for text in (port.target, port.published, port.host_ip))
    return PublishedPort(target, published, host_ip, _without_marks(port.protocol), port.place, unknown)


deployment = Probe("deployment", DeploymentObservation, _look)
