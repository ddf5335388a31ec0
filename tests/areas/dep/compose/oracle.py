"""Docker's own compose, which a package of the Python index brings, and what it and the reader make of one project."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance.areas.dep.compose.consistency import require_consistent
from conformance.areas.dep.compose.mounts import Mount, mounts
from conformance.areas.dep.compose.nodes import ComposeTrouble, Node
from conformance.areas.dep.compose.ports import Port
from conformance.areas.dep.compose.project import Service, read_project

REFUSED = "refused"
Said = dict[str, Any] | str
"""What a reader makes of a project: its running services, by name, or REFUSED."""


@dataclass(frozen=True)
class Written:
    """A project: its files, and what compose is started with. Where no file is named, compose finds them by itself."""

    name: str
    files: Mapping[str, str]
    named: tuple[str, ...] = ()
    env_files: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    shell: Mapping[str, str] = field(default_factory=dict)

    def write(self, folder: Path) -> Path:
        """Write the files below `folder`, and return where."""
        for name, text in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return folder


def binary() -> Path | None:
    """Return compose's program; None where the package is not installed, as on machines that it is not made for."""
    package = importlib.util.find_spec("compose")
    places = list(package.submodule_search_locations or ()) if package else []
    return next((path for place in places if (path := Path(place) / "docker-compose").is_file()), None)


def by_compose(program: Path, folder: Path, written: Written) -> tuple[Said, str]:
    """Return what compose makes of a project, and what it said."""
    arguments = [
        *(part for name in written.named for part in ("-f", name)),
        *(part for name in written.env_files for part in ("--env-file", name)),
        *(part for name in written.profiles for part in ("--profile", name)),
    ]
    command = [str(program), *arguments, "config", "--format", "json"]
    shell = {"HOME": str(Path.home()), "PATH": os.defpath, "PWD": str(folder), "DOCKER_CONFIG": str(folder)}
    sparing = {"GOGC": "off", "GOMAXPROCS": "1"}  # a quarter less of the processor's time
    ran = subprocess.run(
        command,
        cwd=folder,
        env={**shell, **sparing, **written.shell},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if ran.returncode:
        return REFUSED, ran.stderr
    document = json.loads(ran.stdout)
    return {name: _theirs(service, document) for name, service in document["services"].items()}, ran.stderr


def _theirs(service: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    ports = service.get("ports") or []
    networks = service.get("networks") or {}
    return {
        "image": service.get("image", ""),
        "environment": {name: _plain(value) for name, value in (service.get("environment") or {}).items()},
        "ports": {
            (str(p["target"]), str(p.get("published", "")), p.get("host_ip", ""), p.get("protocol", "tcp"))
            for p in ports
        },
        "volumes": {(volume["target"].rstrip("/"), _source(volume)) for volume in service.get("volumes") or []},
        "networks": {document["networks"][name]["name"] for name in networks},
        "network_mode": service.get("network_mode", ""),
        "profiles": set(service.get("profiles") or []),
        "granted": {each["source"] for kind in ("secrets", "configs") for each in service.get(kind) or []},
    }


def _plain(value: str | None) -> str | None:
    return None if value is None else value.replace("$$", "$")


def _source(volume: dict[str, Any]) -> str:
    if volume["type"] in ("bind", "volume"):
        return str(volume.get("source", "")).replace("$$", "$")
    return "tmpfs" if volume["type"] == "tmpfs" else ""


def by_reader(folder: Path, written: Written) -> tuple[Said, str]:
    """Return what Portero's reader makes of a project, and what it said."""
    names = written.named or [next(iter(written.files))]
    try:
        project = read_project(
            folder, names, written.env_files, written.profiles, written.shell, override=not written.named
        )
        require_consistent(project)
        said = {name: _ours(service) for name, service in project.services.items() if service.active}
    except ComposeTrouble as trouble:
        return REFUSED, str(trouble.words)
    troubles = [*project.findings.missing.values()]
    for service in project.services.values():
        troubles += service.troubles if service.active else ()
    return (REFUSED, str(troubles[0])) if troubles else (said, "")


def _ours(service: Service) -> dict[str, Any]:
    granted = [each for kind in ("secrets", "configs") if (each := service.node.get(kind)) is not None]
    profiles = service.node.get("profiles")
    return {
        "image": service.image,
        "environment": {name: variable.value for name, variable in service.environment.items()},
        "ports": {each for port in service.ports for each in _each(port)},
        "volumes": {
            (mount.target.rstrip("/"), _where(mount)) for mount in mounts(_with_volumes_alone(service), service.model)
        },
        "networks": {network.name for network in service.networks.values()},
        "network_mode": service.network_mode,
        "profiles": {each.text for each in profiles.entries("profiles")} if profiles else set(),
        "granted": {_source_of(each) for kind in granted for each in kind.entries("granted")},
    }


def _each(port: Port) -> Iterator[tuple[str, str, str, str]]:
    """Go through a range port by port, as compose writes it out."""
    first, _, last = port.target.partition("-")
    if not last:
        yield port.target, port.published, port.host_ip, port.protocol
        return
    start = port.published.partition("-")[0]
    for number in range(int(last) - int(first) + 1):
        published = str(int(start) + number) if start else ""
        yield str(int(first) + number), published, port.host_ip, port.protocol


def _with_volumes_alone(service: Service) -> Node:
    return service.node.with_value({key: node for key, node in service.node.content().items() if key == "volumes"})


def _where(mount: Mount) -> str:
    return "tmpfs" if mount.memory else mount.volume or (os.path.normpath(mount.host) if mount.host else "")


def _source_of(grant: Node) -> str:
    source = grant.get("source") if isinstance(grant.value, dict) else grant
    return source.text if source is not None else ""
