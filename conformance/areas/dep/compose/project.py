"""A project: services as compose would start them, with the place of everything."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from conformance.areas.dep.compose.dotenv import Entry, parse_env, parse_raw
from conformance.areas.dep.compose.interpolation import Findings
from conformance.areas.dep.compose.loader import Loader, Variables
from conformance.areas.dep.compose.mounts import Mount, foreign_containers, mounts
from conformance.areas.dep.compose.nodes import UNKNOWN, ComposeTrouble, Node, called
from conformance.areas.dep.compose.ports import Port, ports
from conformance.areas.dep.compose.yaml_nodes import read_text
from conformance.sentence import Own, Sentence, say

BIND_ADDRESS = "com.docker.network.bridge.host_binding_ipv4"
DEFAULT = "default"
PROJECT = "COMPOSE_PROJECT_NAME"
FOUND = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
"""The compose files that compose finds by itself, the first goes before the others."""

OVERRIDES = (
    *("compose.override.yml", "compose.override.yaml"),
    *("docker-compose.override.yml", "docker-compose.override.yaml"),
)
"""Those that it lays over it, likewise."""


_PROJECT_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable of a container. `value` is None where it is taken from the shell, and nothing here sets it.

    `template` is what stands in the compose file, empty for one out of an env file. `cut` says that something of the
    value was lost, as compose took it for a variable that nothing sets.
    """

    value: str | None
    place: str
    template: str = ""
    from_file: bool = False
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Network:
    """A network: docker's name for it, and the address that ports are bound to by default.

    Nothing is published by way of one that is `internal`.
    """

    name: str
    bind_address: str = ""
    internal: bool = False


@dataclass(frozen=True)
class Service:
    """A service as compose would run it."""

    name: str
    project: str
    node: Node
    model: Node
    active: bool
    environment: dict[str, Variable]
    troubles: tuple[Sentence, ...]

    @property
    def place(self) -> str:
        """Return where it begins, as `file:line`."""
        return self.node.place

    @property
    def image(self) -> str:
        """Return the image's name, empty where it is built."""
        return self._text("image")

    @property
    def built(self) -> bool:
        """Tell whether the image is made from a folder, so that it may hold anything."""
        return self.node.get("build") is not None

    @property
    def network_mode(self) -> str:
        """Return `host`, `bridge`, `none`, `service:NAME`, `container:NAME`, or nothing."""
        return self._text("network_mode")

    @property
    def container_name(self) -> str:
        """Return the name that its container is given, empty where that is left to compose."""
        return self._text("container_name")

    @cached_property
    def ports(self) -> list[Port]:
        """Return what is published on the host."""
        return ports(self.node.get("ports"))

    @cached_property
    def mounts(self) -> list[Mount]:
        """Return what the container sees of the host's files."""
        return mounts(self.node, self.model)

    @cached_property
    def foreign(self) -> tuple[str, ...]:
        """Return the containers outside these files that it has the volumes of."""
        return foreign_containers(self.node, self.model)

    @cached_property
    def networks(self) -> dict[str, Network]:
        """Return the networks that it is in, by the name in the file; none where `network_mode` says otherwise."""
        if self.network_mode:
            return {}
        joined = self.node.get("networks")
        names = [] if joined is None else _names(joined)
        return {name: self._network(name) for name in names or [DEFAULT]}

    def _network(self, key: str) -> Network:
        declared = self.model.get("networks")
        node = declared.get(key) if declared is not None else None
        if node is None:
            if key != DEFAULT and (declared is None or key not in dict(declared.items("networks"))):
                raise ComposeTrouble(
                    say(
                        '{place}: {service} is in network "{network}", which is not defined',
                        place=Own(self.place),
                        service=Own(self.name),
                        network=Own(called(key)),
                    )
                )
            return Network(f"{self.project}_{key}")
        options = node.get("driver_opts")
        bound = options.get(BIND_ADDRESS) if options is not None else None
        internal = node.get("internal")
        return Network(
            _docker_name(node, key, self.project),
            bound.text if bound is not None else "",
            internal is not None and internal.true,
        )

    def _text(self, key: str) -> str:
        found = self.node.get(key)
        return found.text if found is not None else ""


@dataclass(frozen=True, slots=True)
class Project:
    """All services by name, and what came up while the files were read.

    `env_files` are all that were read, keyed by what messages call them; `service_files` are the paths of those of
    services, and `for_services` what messages call those that are of services alone. `beside` are compose files that
    nobody named and compose reads; `left_out` is the `.env` that it does not read, as it is given others.
    """

    services: dict[str, Service]
    model: Node
    findings: Findings
    env_files: dict[str, dict[str, Entry]]
    service_files: frozenset[Path]
    for_services: frozenset[str]
    beside: tuple[Path, ...] = ()
    left_out: str = ""


@dataclass(frozen=True, slots=True)
class _Command:
    """What compose is started with: the files it is given, and what the shell has."""

    folder: Path
    compose_files: Sequence[str]
    profiles: Sequence[str]
    override: bool


def read_project(
    folder: Path,
    compose_files: Sequence[str],
    env_files: Sequence[str],
    profiles: Sequence[str],
    given: Variables,
    *,
    override: bool = True,
) -> Project:
    """Read a project as `docker compose` would with these files and profiles; raises ComposeTrouble.

    Paths are relative to `folder`. Variables are looked up in `env_files`, the last first, or, where there are none, in
    the `.env` beside the first compose file, then in `given`, which stands for the shell; this process's environment
    takes no part, but for HOME, and PWD is the first compose file's folder. An env file that a service reads is the
    container's, not compose's: what is kept there takes no part either, unless compose demands it and nothing else has
    it. With `override`, a single compose file is one that compose finds by itself, and what it reads with it is read.
    """
    command = _Command(folder, compose_files, profiles, override)
    beside = folder / Path(compose_files[0]).parent / ".env"
    named = [folder / name for name in env_files]
    known = [beside] if beside.is_file() else []
    first = _read(command, [*known, *named], given)
    for_compose = [path for path in named if path.resolve() not in first.service_files or _same(path, beside)]
    kept = {name for file in first.for_services for name in first.env_files[file]}
    shell = {name: value for name, value in given.items() if name not in kept}
    strict = _read(command, for_compose or known, shell)
    if named and set(strict.findings.missing) > set((whole := _read(command, named, given)).findings.missing):
        strict, for_compose = whole, named
    unread = known and for_compose and not any(_same(path, beside) for path in for_compose)
    shown = Loader(folder).shown
    searched = {name: entries for name, entries in first.env_files.items() if not unread or name != shown(beside)}
    return replace(strict, env_files=searched | strict.env_files, left_out=shown(beside) if unread else "")


def _same(one: Path, other: Path) -> bool:
    return one.resolve() == other.resolve()


def _read(command: _Command, env_files: Sequence[Path], given: Variables) -> Project:
    loader = Loader(command.folder)
    declared = [command.folder / name for name in command.compose_files]
    base = declared[0].parent
    read: dict[str, dict[str, Entry]] = {}
    variables = _of_every_shell(base) | dict(given)
    for path in env_files:
        name = loader.shown(path)
        text = read_text(path, name)
        read[name] = parse_env(text, name, variables.get, loader.findings)
        variables |= {key: entry.value for key, entry in read[name].items()}
    paths = found_by_compose(declared, variables) if command.override else declared
    if not variables.get(PROJECT):
        variables[PROJECT] = _normal(loader.project_name(paths, base, variables)) or _normal(base.absolute().name)
    elif not _PROJECT_NAME.fullmatch(variables[PROJECT]) and UNKNOWN not in variables[PROJECT]:
        raise ComposeTrouble(say("{name} is no name that compose takes for a project", name=Own(PROJECT)))
    model = loader.model(paths, base, variables)
    chosen = command.profiles or variables.get("COMPOSE_PROFILES", "").split(",")
    services = model.get("services")
    if services is None:
        raise ComposeTrouble(say("{file}: there are no services in it", file=Own(loader.shown(paths[0]))))
    environments = _Environments(loader, variables, read)
    found = {name: environments.service(name, node, model, chosen) for name, node in services.items("services")}
    own = (base / ".env").resolve()
    alone = frozenset(loader.shown(path) for path in environments.paths if path != own) & set(read)
    beside = tuple(path for path in paths if path not in declared)
    return Project(found, model, loader.findings, read, frozenset(environments.paths), alone, beside)


def found_by_compose(declared: Sequence[Path], variables: Variables) -> list[Path]:
    """Return the compose files that compose reads where it is given none: those declared, where it would not find them.

    It takes those of COMPOSE_FILE, or the first by its usual names, and the first of its overrides beside that.
    """
    if len(declared) != 1:
        return list(declared)
    base = declared[0].parent
    if named := variables.get("COMPOSE_FILE"):
        parts = named.split(variables.get("COMPOSE_PATH_SEPARATOR") or os.pathsep)
        files = [base / part for part in parts if part]
        return files if any(_same(file, declared[0]) for file in files) else list(declared)
    if _first(base, FOUND) != declared[0]:
        return list(declared)
    over = _first(base, OVERRIDES)
    return [*declared, over] if over is not None else list(declared)


def _first(base: Path, names: Sequence[str]) -> Path | None:
    return next((path for name in names if (path := base / name).is_file()), None)


def _of_every_shell(base: Path) -> dict[str, str]:
    """Return what is set wherever compose is started, and paths are often made of."""
    return {"PWD": str(base.absolute()), "HOME": str(Path.home())}


def _normal(name: str) -> str:
    """Return the name of a project as compose makes it of another's, or of a folder's."""
    return re.sub(r"[^a-z0-9_-]", "", name.lower()).lstrip("_-")


def _docker_name(node: Node, key: str, project: str) -> str:
    """Return what docker calls a network; one that is there already may be named in the older of two ways."""
    external = node.get("external")
    older = external.get("name") if external is not None else None
    name = node.get("name") or older
    if name is not None:
        return name.text
    outside = external is not None and (isinstance(external.value, dict) or external.true)
    return key if outside else f"{project}_{key}"


class _Environments:
    """Works out what each container's variables are."""

    def __init__(self, loader: Loader, variables: Variables, read: dict[str, dict[str, Entry]]) -> None:
        self.loader = loader
        self.variables = variables
        self.read = read
        self.paths: set[Path] = set()

    def service(self, name: str, node: Node, model: Node, profiles: Sequence[str]) -> Service:
        if not isinstance(node.value, dict):
            raise ComposeTrouble(
                say("{place}: service {name} must be a mapping", place=Own(node.place), name=Own(called(name)))
            )
        own_profiles = node.get("profiles")
        wanted = [each.text for each in own_profiles.entries("profiles")] if own_profiles is not None else []
        active = not wanted or "*" in profiles or bool(set(wanted) & set(profiles))
        written = self._written(node)
        out_of_files, troubles = self._out_of_files(node, written)
        return Service(name, self.variables[PROJECT], node, model, active, {**out_of_files, **written}, tuple(troubles))

    def _written(self, node: Node) -> dict[str, Variable]:
        environment = node.get("environment")
        pairs = environment.pairs("environment") if environment is not None else {}
        for name, value in pairs.items():
            if name != name.rstrip():
                raise ComposeTrouble(say("{place}: a variable's name ends in a space", place=Own(value.place)))
        return {
            name: Variable(
                self.variables.get(name) if value.empty else value.text,
                value.place,
                value.template,
                cut=name in self.loader.findings.cut if value.empty else value.cut,
            )
            for name, value in pairs.items()
        }

    def _out_of_files(self, node: Node, written: dict[str, Variable]) -> tuple[dict[str, Variable], list[Sentence]]:
        found: dict[str, Variable] = {}
        troubles = []
        named = node.get("env_file")
        for entry in named.entries("env_file") if named is not None else []:
            try:
                found |= self._env_file(entry, found, written)
            except ComposeTrouble as trouble:
                troubles.append(say("{place}: env_file: {trouble}", place=Own(entry.place), trouble=trouble.words))
        return found, troubles

    def _env_file(self, entry: Node, found: dict[str, Variable], written: dict[str, Variable]) -> dict[str, Variable]:
        long = isinstance(entry.value, dict)
        named = entry.get("path") if long else entry
        if named is None:
            raise ComposeTrouble(say("an env file in long form names its path"))
        path = named.path()
        required, kind = (entry.get("required"), entry.get("format")) if long else (None, None)
        if required is not None and not required.true and not path.exists():
            return {}
        self.paths.add(path.resolve())
        name = self.loader.shown(path)

        def outer(variable: str) -> str | None:
            known = written.get(variable) or found.get(variable)
            return self.variables.get(variable, known.value if known else None)

        text = read_text(path, name.partition("=")[0] + "=…" if "=" in name else name)  # a variable in place of a file
        raw = kind is not None and kind.text == "raw"
        if kind is not None and kind.text not in ("", "raw"):
            raise ComposeTrouble(say("compose knows no such format of env files"))
        entries = parse_raw(text, name, outer) if raw else parse_env(text, name, outer, self.loader.findings)
        self.read[name] = entries
        return {key: Variable(e.value, f"{name}:{e.line}", from_file=True, cut=e.cut) for key, e in entries.items()}


def _names(joined: Node) -> list[str]:
    return (
        [entry.text for entry in joined.value]
        if isinstance(joined.value, list)
        else [n for n, _ in joined.items("networks")]
    )
