"""What a container sees of the host's files: volumes in short and long form, secrets and configs."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from conformance.areas.dep.compose.nodes import UNKNOWN, ComposeTrouble, Node
from conformance.sentence import Own, say

_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


@dataclass(frozen=True, slots=True)
class Mount:
    """Something at `target` in a container; `host` is where it lies here, None where the files do not tell.

    `volume` is the name of a named volume, empty for anything else. `memory` is a tmpfs, which starts empty.
    """

    target: str
    host: Path | None
    volume: str
    place: str
    memory: bool = False


def mounts(service: Node, model: Node, seen: tuple[str, ...] = ()) -> list[Mount]:
    """Return a service's mounts, the last for each target, after those that it has from others by volumes_from.

    Raises ComposeTrouble for what compose would refuse. `seen` are the services that lead here.
    """
    found: dict[str, Mount] = {}
    for name, other in _lenders(service, model):
        if other is not None and name not in seen:
            found |= {mount.target: mount for mount in mounts(other, model, (*seen, name)) if not mount.memory}
    for mount in _mounts(service, model):
        found[mount.target] = mount
    return list(found.values())


def foreign_containers(service: Node, model: Node, seen: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the containers outside these files whose volumes a service has, itself or by way of others."""
    found: dict[str, None] = {}
    for name, other in _lenders(service, model):
        if other is None:
            found[name] = None
        elif name not in seen:
            found |= dict.fromkeys(foreign_containers(other, model, (*seen, name)))
    return tuple(found)


def _lenders(service: Node, model: Node) -> Iterator[tuple[str, Node | None]]:
    """Go through what a service has volumes from: services, and containers, of which other files know."""
    declared = model.get("services")
    services = dict(declared.items("services")) if declared is not None else {}
    containers = {
        called.text: (key, node) for key, node in services.items() if (called := node.get("container_name")) is not None
    }
    listed = service.get("volumes_from")
    for entry in listed.entries("volumes_from") if listed is not None else []:
        kind, _, rest = entry.text.partition(":")
        if kind == "container":
            container = rest.partition(":")[0]
            yield containers.get(container, (container, None))
        elif kind in services:
            yield kind, services[kind]
        else:
            raise ComposeTrouble(say("{place}: has volumes from no service of these files", place=Own(entry.place)))


def _mounts(service: Node, model: Node) -> Iterator[Mount]:
    tmpfs = service.get("tmpfs")
    for entry in tmpfs.entries("tmpfs") if tmpfs is not None else []:
        yield Mount(_clean(entry.text.partition(":")[0]), None, "", entry.place, memory=True)
    volumes = service.get("volumes")
    for entry in volumes.entries("volumes") if volumes is not None else []:
        yield _long(entry, model) if isinstance(entry.value, dict) else _short(entry, model)
    for kind, folder in (("secrets", "/run/secrets"), ("configs", "/")):
        files = service.get(kind)
        for entry in files.entries(kind) if files is not None else []:
            yield _file(entry, kind, folder, model)


def _short(entry: Node, model: Node) -> Mount:
    parts = _split(entry.text)
    if len(parts) > 3 or not all(parts):
        raise ComposeTrouble(
            say("{place}: this is no volume: SOURCE:TARGET, or SOURCE:TARGET:MODE", place=Own(entry.place))
        )
    if len(parts) == 1:
        return Mount(_clean(parts[0]), None, "", entry.place)
    source, target = parts[0], _clean(parts[1])
    if source[0] in "./~" or _DRIVE.match(source):
        return Mount(target, _host(entry, source), "", entry.place)
    return _named(source, target, entry, model)


def _split(text: str) -> list[str]:
    drive = text[:1] if _DRIVE.match(text) else ""
    parts = text[2:].split(":") if drive else text.split(":")
    return [f"{drive}:{parts[0]}", *parts[1:]] if drive else parts


def _long(entry: Node, model: Node) -> Mount:
    target, source, kind = entry.get("target"), entry.get("source"), entry.get("type")
    if target is None:
        raise ComposeTrouble(say("{place}: a volume in long form names its target", place=Own(entry.place)))
    aim = _clean(target.text)
    if source is None or kind is None or kind.text not in ("bind", "volume"):
        return Mount(aim, None, "", entry.place, memory=kind is not None and kind.text == "tmpfs")
    if kind.text == "bind":
        return Mount(aim, _host(entry, source.text), "", entry.place)
    mount = _named(source.text, aim, entry, model)
    options = entry.get("volume")
    below = options.get("subpath") if options is not None else None
    host = mount.host / below.text if mount.host is not None and below is not None else mount.host
    return Mount(aim, host, mount.volume, entry.place)


def _named(name: str, target: str, entry: Node, model: Node) -> Mount:
    """Return a mount of a named volume; one that is a bind by its driver's options has a place on the host."""
    volumes = model.get("volumes")
    volume = volumes.get(name) if volumes is not None else None
    options = volume.get("driver_opts") if volume is not None else None
    device = options.get("device") if options is not None else None
    how = options.get("o") if options is not None else None
    if device is None or how is None or "bind" not in how.text.split(","):
        return Mount(target, None, name, entry.place)
    return Mount(target, _host(device, device.text), name, entry.place)


def _file(entry: Node, kind: str, folder: str, model: Node) -> Mount:
    long = isinstance(entry.value, dict)
    source = entry.get("source") if long else entry
    if source is None:
        raise ComposeTrouble(say("{place}: an entry of {key} names its source", place=Own(entry.place), key=Own(kind)))
    aim = entry.get("target") if long else None
    target = posixpath.join(folder, aim.text if aim is not None else source.text)
    declared = model.get(kind)
    definition = declared.get(source.text) if declared is not None else None
    if definition is None:
        raise ComposeTrouble(
            say("{place}: refers to what {key} does not define", place=Own(entry.place), key=Own(kind))
        )
    file = definition.get("file")
    return Mount(_clean(target), _host(file, file.text) if file is not None else None, "", entry.place)


def _host(entry: Node, source: str) -> Path | None:
    if UNKNOWN in source or _DRIVE.match(source):
        return None
    return entry.source.base / Path(source).expanduser()


def _clean(target: str) -> str:
    return posixpath.normpath(target) if target else target
