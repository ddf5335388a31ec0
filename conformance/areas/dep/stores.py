"""Databases and caches among the services, and what the files switch off of them: logins, TLS, protection."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from conformance.areas.dep.compose.nodes import ComposeTrouble, Node
from conformance.areas.dep.compose.project import Service, Variable
from conformance.areas.dep.compose.yaml_nodes import read_text
from conformance.areas.dep.record import Remark
from conformance.sentence import Own, say

IMAGES = frozenset(
    (
        *("postgres", "postgresql", "postgis", "timescaledb", "mysql", "mysql-server", "mariadb", "percona"),
        *("percona-server", "mongo", "mongodb", "redis", "redis-stack", "redis-stack-server", "valkey", "keydb"),
        *("dragonfly", "memcached"),
    )
)
"""Names of images, without registry, tag and digest."""

_EMPTY_ALLOWED = re.compile(r"(?:[A-Z]{1,20}_)?ALLOW_EMPTY_(?:ROOT_)?PASSWORD")
_GIVEN = re.compile(r"(?:[A-Z]{1,20}_)?(?:ROOT_|RANDOM_ROOT_)?PASSWORD(?:_FILE|_HASH)?")
_NO = ("", "0", "no", "false", "off")
_OFF = re.compile(
    r"(?:--)?(?:(?P<flag>skip[-_]ssl|disable[-_]ssl|skip[-_]grant[-_]tables)"
    r"|(?P<name>ssl|protected-mode)(?:\s*=\s*|\s+)['\"]?(?P<value>off|0|no|false)['\"]?)",
    re.IGNORECASE,
)
"""A setting of a command line or of a configuration, each a line or two words of its own."""


def keeps(service: Service, hosts: frozenset[str]) -> bool:
    """Tell whether a service is a database or a cache: by its image, or as the host that others are told of."""
    name = service.image.partition("@")[0].rpartition("/")[2].partition(":")[0].lower()
    return name in IMAGES or service.name in hosts or (service.container_name or service.name) in hosts


def switched_off(service: Service) -> Iterator[Remark]:
    """Go through what the files switch off of a database or cache, each at its place."""
    environment = service.environment
    protected = any(_GIVEN.fullmatch(name) and _yes(variable) for name, variable in environment.items())
    for name, variable in environment.items():
        trusting = name == "POSTGRES_HOST_AUTH_METHOD" and (variable.value or "").strip().lower() == "trust"
        if trusting or (_EMPTY_ALLOWED.fullmatch(name) and _yes(variable) and not protected):
            yield Remark(variable.place, say("{setting} lets anybody in", setting=Own(name)))
    for place, lines in _settings(service):
        own = protected or any(re.match(r"(?:--)?(?:requirepass|aclfile|user)\b", line) for line in lines)
        for line in lines:
            match = _OFF.fullmatch(line)
            if match and not (own and (match["name"] or "").lower() == "protected-mode"):
                setting = (match["flag"] or match["name"]).lower()
                yield Remark(place, say("{setting} switches protection off", setting=Own(setting)))


def _yes(variable: Variable) -> bool:
    return (variable.value or "").strip().lower() not in _NO


def _settings(service: Service) -> Iterator[tuple[str, list[str]]]:
    """Go through the command's settings, and those of every file that is mounted and can be read here."""
    command = service.node.get("command")
    if command is not None:
        yield command.place, list(_of_a_command(command))
    for mount in service.mounts:
        if mount.host is None or not mount.target.endswith((".cnf", ".conf")):
            continue
        try:
            text = read_text(mount.host, mount.host.name)
        except ComposeTrouble:
            continue
        yield mount.place, [line.partition("#")[0].strip() for line in text.splitlines()]


def _of_a_command(command: Node) -> Iterator[str]:
    """Go through a command's options, each alone and with the word after it."""
    words = [each.text for each in command.entries("command")]
    if not isinstance(command.value, list):
        words = command.text.split()
    for word, following in zip(words, [*words[1:], ""], strict=True):
        yield word
        if word.startswith("--") and "=" not in word:
            yield f"{word} {following}"


def hosts_of(services: Mapping[str, Service]) -> frozenset[str]:
    """Return the hosts that services are told their database is at."""
    told = (service.environment.get("WA_DB_HOSTNAME") for service in services.values() if service.active)
    return frozenset(variable.value for variable in told if variable is not None and variable.value)
