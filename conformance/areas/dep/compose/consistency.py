"""What compose asks of a project as a whole before it starts it: that what is referred to is there, and no two clash.

After `checkConsistency` of compose-go 2.9. Services that no profile starts take no part.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from conformance.areas.dep.compose.nodes import UNKNOWN, ComposeTrouble, Node, called
from conformance.areas.dep.compose.project import Project, Service
from conformance.sentence import Own, Sentence, say

_CONTAINER = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")
_PULL = re.compile(r"always|never|build|if_not_present|missing|refresh|daily|weekly|every_[0-9]+[wdhms]")
_FILED = {"secrets": ("file", "environment"), "configs": ("file", "environment", "content")}


def require_consistent(project: Project) -> None:
    """Raise ComposeTrouble for the first thing that makes compose refuse a project that it could read."""
    for kind, origins in _FILED.items():
        for name, node in _declared(project.model, kind).items():
            _require_one_origin(name, node, origins)
    for kind in ("volumes", "networks"):
        for node in _declared(project.model, kind).values():
            _require_nothing_of_an_external(node, kind)
    running = {name: service for name, service in project.services.items() if service.active}
    for service in running.values():
        for check in _CHECKS:
            check(service, project)
    _require_names_once(running)
    _require_no_circle(running)


def _declared(model: Node, kind: str) -> Mapping[str, Node]:
    found = model.get(kind)
    return found.content() if found is not None else {}


def _refused(node: Node, words: Sentence) -> ComposeTrouble:
    return ComposeTrouble(say("{place}: compose refuses this: {reason}", place=Own(node.place), reason=words))


def _require_one_origin(name: str, node: Node, origins: tuple[str, ...]) -> None:
    given = [origin for origin in origins if origin in node.content()]
    if len(given) > 1 or (not given and "external" not in node.content()):
        raise _refused(node, say("{name} has its content from one place", name=Own(called(name))))


def _require_nothing_of_an_external(node: Node, kind: str) -> None:
    external = node.get("external")
    if external is None or not (isinstance(external.value, dict) or external.true):
        return
    twice = isinstance(external.value, dict) and "name" in external.value and "name" in node.content()
    more = any(key not in ("name", "external") and not key.startswith("x-") for key in node.content())
    if twice or (more and kind == "volumes"):
        raise _refused(node, say("what is external is not described here"))


def _require_image(service: Service, _project: Project) -> None:
    if not service.image and not service.built and service.node.get("provider") is None:
        raise _refused(service.node, say("{service} has no image", service=Own(service.name)))
    build = service.node.get("build")
    if build is not None and build.get("dockerfile") is not None and build.get("dockerfile_inline") is not None:
        raise _refused(build, say("dockerfile and dockerfile_inline exclude each other"))


def _require_network(service: Service, _project: Project) -> None:
    joined = service.node.get("networks")
    if service.network_mode and joined is not None and joined.value:
        raise _refused(joined, say("network_mode and networks exclude each other"))
    _ = service.networks


def _require_texts(service: Service, _project: Project) -> None:
    for key, form in (("container_name", _CONTAINER), ("pull_policy", _PULL)):
        found = service.node.get(key)
        if found is not None and not form.search(found.text) and UNKNOWN not in found.text:
            raise _refused(found, say("this cannot be {key}", key=Own(key)))
    health = service.node.get("healthcheck")
    test = health.get("test") if health is not None else None
    if test is not None and isinstance(test.value, list) and test.value:
        first = test.value[0].text
        if first not in ("CMD", "CMD-SHELL", "NONE") and UNKNOWN not in first:
            raise _refused(test, say("the first word of a health check is CMD, CMD-SHELL or NONE"))
    scale = service.node.get("scale")
    if scale is not None and scale.text.startswith("-"):
        raise _refused(scale, say("there are no fewer than none of {service}", service=Own(service.name)))


def _require_hosts(service: Service, _project: Project) -> None:
    hosts = service.node.get("extra_hosts")
    for entry in hosts.value if hosts is not None and isinstance(hosts.value, list) else ():
        if not re.search("[:=].", entry.text) and UNKNOWN not in entry.text:
            raise _refused(entry, say("a host has an address"))


def _require_others(service: Service, project: Project) -> None:
    for node, name in _others(service):
        if name not in project.services and UNKNOWN not in name:
            raise _refused(node, say("there is no service {service}", service=Own(called(name))))


def _others(service: Service) -> Iterator[tuple[Node, str]]:
    """Go through the services that one needs, by whatever key."""
    depends = service.node.get("depends_on")
    if depends is not None and isinstance(depends.value, dict):
        yield from ((node, name) for name, node in depends.value.items())
    elif depends is not None:
        yield from ((node, node.text) for node in depends.entries("depends_on"))
    for key in ("links", "volumes_from"):
        found = service.node.get(key)
        for node in found.entries(key) if found is not None else ():
            name = node.text.partition(":")[0]
            if key == "links" or name != "container":
                yield node, name
    kind, _, name = service.network_mode.partition(":")
    if kind == "service":
        yield service.node, name


def _require_volumes(service: Service, project: Project) -> None:
    volumes = _declared(project.model, "volumes")
    for mount in service.mounts:
        if mount.volume and mount.volume not in volumes and UNKNOWN not in mount.volume:
            raise ComposeTrouble(
                say("{place}: volume {volume} is not defined", place=Own(mount.place), volume=Own(called(mount.volume)))
            )


def _require_ports(service: Service, _project: Project) -> None:
    _ = service.ports


_CHECKS: tuple[Callable[[Service, Project], None], ...] = (
    _require_image,
    _require_network,
    _require_texts,
    _require_hosts,
    _require_others,
    _require_volumes,
    _require_ports,
)


def _require_names_once(running: Mapping[str, Service]) -> None:
    taken: set[str] = set()
    for service in running.values():
        name = service.container_name
        if name and name in taken and UNKNOWN not in name:
            raise _refused(service.node, say("another container is called {name}", name=Own(called(name))))
        taken.add(name)


def _require_no_circle(running: Mapping[str, Service]) -> None:
    """Take away services that need nothing more, until none is left."""
    needs = {name: {other for _, other in _others(service)} & set(running) for name, service in running.items()}
    while free := [name for name, others in needs.items() if not others & set(needs)]:
        for name in free:
            del needs[name]
    for name in needs:
        raise _refused(running[name].node, say("services need each other in a circle"))
