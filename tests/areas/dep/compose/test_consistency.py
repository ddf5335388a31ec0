from __future__ import annotations

from pathlib import Path

import pytest

from conformance.areas.dep.compose.consistency import require_consistent
from conformance.areas.dep.compose.nodes import ComposeTrouble
from tests.areas.dep.compose.projects import project


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("services: {a: {ports: ['80']}}", "a has no image"),
        ("services: {a: {image: x, network_mode: host, networks: [n]}}\nnetworks: {n: }", "exclude each other"),
        ("services: {a: {image: x, networks: [n]}}", "which is not defined"),
        ("services: {a: {image: x, volumes: ['data:/x']}}", "volume data is not defined"),
        ("services: {a: {image: x, secrets: [s]}}", "what secrets does not define"),
        ("services: {a: {image: x, depends_on: [b]}}", "there is no service b"),
        ("services: {a: {image: x, network_mode: 'service:b'}}", "there is no service b"),
        ("services: {a: {image: x, volumes_from: [b]}}", "no service of these files|there is no service b"),
        ("services: {a: {image: x, depends_on: [b]}, b: {image: x, links: [a]}}", "in a circle"),
        ("services: {a: {image: x, container_name: cc}, b: {image: x, container_name: cc}}", "another container"),
        ("services: {a: {image: x, container_name: c}}", "this cannot be container_name"),
        ("services: {a: {image: x, healthcheck: {test: [curl]}}}", "CMD, CMD-SHELL or NONE"),
        ("services: {a: {image: x, extra_hosts: [h]}}", "a host has an address"),
        ("services: {a: {image: x, ports: ['host:80:80']}}", "no port"),
        ("services: {a: {image: x}}\nsecrets: {s: {}}", "content from one place"),
        ("services: {a: {image: x}}\nvolumes: {v: {external: true, driver: local}}", "not described here"),
    ],
)
def test_what_compose_refuses_as_a_whole(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ComposeTrouble, match=said):
        require_consistent(project(tmp_path, {"c.yml": text}))


@pytest.mark.parametrize(
    "text",
    [
        "services: {a: {build: .}}",
        "services: {a: {image: x, volumes: ['./x:/x', /y], depends_on: [b]}, b: {image: x}}",
        "services: {a: {image: x}, b: {profiles: [p], depends_on: [c]}}",
        "services: {a: {image: x, container_name: '${NAME:?}', networks: [default]}}",
        "services: {a: {image: x}}\nnetworks: {n: {external: true, driver: bridge}}\nsecrets: {s: {external: true}}",
    ],
)
def test_what_compose_takes_as_a_whole(tmp_path: Path, text: str) -> None:
    require_consistent(project(tmp_path, {"c.yml": text}))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("environment: ", "compose takes no plain value for environment"),
        ("hostname: 7", "compose takes another kind of value for hostname"),
        ("privileged: maybe", "compose takes another kind of value for privileged"),
        ("stop_grace_period: 10", "compose takes another kind of value for stop_grace_period"),
        ("security_opt: [x, x]", "security_opt holds one entry twice"),
        ("volumes: [{source: data, target: /x}]", "volumes has no type"),
        ("depends_on: {a: {condition: ready}}", "another kind of value for condition"),
    ],
)
def test_kinds_of_values_that_compose_does_not_take(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ComposeTrouble, match=said):
        project(tmp_path, {"c.yml": f"services:\n  a:\n    image: x\n    {text}\n"})


def test_a_variable_that_is_demanded_may_be_of_any_kind(tmp_path: Path) -> None:
    text = "services:\n  a:\n    image: x\n    privileged: ${P:?}\n    cpus: ${C:?}\n    stop_grace_period: ${G:?}\n"
    assert set(project(tmp_path, {"c.yml": text}).findings.missing) == {"P", "C", "G"}
