from __future__ import annotations

from pathlib import Path

import pytest

from conformance.areas.dep.compose.nodes import ComposeTrouble
from tests.areas.dep.compose.projects import environment, project

SERVICE = "services:\n  a:\n    image: one\n"


def test_a_second_file_is_laid_over_the_first(tmp_path: Path) -> None:
    first = """services:
  a:
    image: one
    command: [first, command]
    environment: {KEPT: "1", REPLACED: old}
    ports: ["127.0.0.1:80:80"]
    volumes: ["./old:/data", "./other:/other"]
    networks: [front]
    env_file: first.env
networks: {front: {}, back: {}}
"""
    second = """services:
  a:
    image: two
    command: [second]
    environment: [REPLACED=new, ADDED=2]
    ports: ["127.0.0.1:80:80", "443:443"]
    volumes: ["./new:/data"]
    networks: {back: {aliases: [other]}}
    env_file: [second.env]
  b:
    image: three
"""
    files = {"one.yml": first, "two.yml": second, "first.env": "BOTH=1\nFIRST=1\n", "second.env": "BOTH=2\n"}
    read = project(tmp_path, files, compose_files=["one.yml", "two.yml"])
    a = read.services["a"]
    assert set(read.services) == {"a", "b"}
    assert a.image == "two"
    assert [leaf.text for leaf in dict(a.node.items("a"))["command"].leaves()] == ["second"]
    assert environment(read, "a") == {"KEPT": "1", "REPLACED": "new", "ADDED": "2", "BOTH": "2", "FIRST": "1"}
    assert a.environment["REPLACED"].place == "two.yml:5"
    assert [(port.host_ip, port.target) for port in a.ports] == [("127.0.0.1", "80"), ("", "443")]
    assert {mount.target: mount.host for mount in a.mounts} == {
        "/data": tmp_path / "new",
        "/other": tmp_path / "other",
    }
    assert set(a.networks) == {"front", "back"}


def test_reset_takes_away_and_override_replaces(tmp_path: Path) -> None:
    first = 'services:\n  a:\n    ports: ["80:80"]\n    environment: {A: "1", B: "2"}\n    volumes: ["./x:/x"]\n'
    second = (
        "services:\n  a:\n    ports: !reset []\n    environment: {A: !reset null}\n    volumes: !override ['./y:/y']\n"
    )
    read = project(tmp_path, {"1.yml": first, "2.yml": second}, compose_files=["1.yml", "2.yml"])
    assert read.services["a"].ports == []
    assert environment(read, "a") == {"B": "2"}
    assert [mount.target for mount in read.services["a"].mounts] == ["/y"]


def test_documents_of_one_file_are_laid_over_each_other(tmp_path: Path) -> None:
    read = project(tmp_path, {"c.yml": SERVICE + "---\nservices:\n  a:\n    image: two\n"})
    assert read.services["a"].image == "two"


def test_extends_brings_settings_and_leaves_paths_where_they_were(tmp_path: Path) -> None:
    files = {
        "c.yml": "services:\n  a:\n    extends: {file: sub/base.yml, service: base}\n    environment: {OWN: '1'}\n",
        "sub/base.yml": """services:
  root: {environment: {ROOT: "1", OWN: root}, ports: ["1:1"]}
  base:
    extends: root
    env_file: base.env
    volumes: ["./data:/data"]
    environment: {BASE: "${FROM_DOT_ENV}"}
""",
        "sub/base.env": "FILE=1\n",
        ".env": "FROM_DOT_ENV=here\n",
    }
    read = project(tmp_path, files)
    assert environment(read, "a") == {"FILE": "1", "ROOT": "1", "OWN": "1", "BASE": "here"}
    assert read.services["a"].environment["FILE"].place == "sub/base.env:1"
    assert read.services["a"].mounts[0].host == tmp_path / "sub" / "data"
    assert [port.target for port in read.services["a"].ports] == ["1"]


def test_include_has_its_own_folder_and_variables(tmp_path: Path) -> None:
    files = {
        "c.yml": "include:\n  - sub/c.yml\n  - {path: [two.yml], env_file: two.env}\n"
        "services:\n  b: {environment: {MORE: '1'}}\n",
        "sub/c.yml": "services:\n  b:\n    image: x:${TAG}\n    environment: {A: '${OURS}'}\n    volumes: ['./d:/d']\n",
        "sub/.env": "TAG=2\nOURS=theirs\n",
        "two.yml": "services: {c: {image: 'y:${TAG}'}}\n",
        "two.env": "TAG=3\n",
        ".env": "OURS=ours\n",
    }
    read = project(tmp_path, files)
    assert (read.services["b"].image, read.services["c"].image) == ("x:2", "y:3")
    assert environment(read, "b") == {"A": "ours", "MORE": "1"}
    assert read.services["b"].mounts[0].host == tmp_path / "sub" / "d"


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"c.yml": "services:\n  a: {extends: b}\n  b: {extends: a}\n"}, r"^c\.yml:\d: services extend each other"),
        ({"c.yml": "services:\n  a: {extends: b}\n"}, r"^c\.yml:2: extends b, and c\.yml has no such service$"),
        ({"c.yml": "services:\n  a: {extends: {service: b, file: no.yml}}\n"}, r"^no\.yml: there is no such file$"),
        ({"c.yml": "include: [d.yml]\n", "d.yml": "include: [c.yml]\n"}, r"^d\.yml:1: includes go round in a circle"),
        ({"c.yml": "include: ['https://example.com/c.yml']\n"}, r"^c\.yml:1: .*another machine"),
        ({"c.yml": "- a\n"}, r"^c\.yml:1: a compose file is a mapping"),
        ({"c.yml": "# nothing\n"}, r"^c\.yml: is empty"),
        ({"c.yml": "services: []\n"}, r"^c\.yml:1: services must be a mapping$"),
        ({"c.yml": "services: {a: []}\n"}, r"^c\.yml:1: compose takes no list for a$"),
        ({"c.yml": "networks: {}\n"}, r"^c\.yml: there are no services in it$"),
    ],
)
def test_what_compose_refuses_is_refused(tmp_path: Path, files: dict[str, str], said: str) -> None:
    with pytest.raises(ComposeTrouble, match=said):
        project(tmp_path, files)


def test_kinds_that_do_not_fit_are_told(tmp_path: Path) -> None:
    files = {"1.yml": 'services: {a: {ports: ["1"]}}\n', "2.yml": "services: {a: {ports: {b: c}}}\n"}
    with pytest.raises(
        ComposeTrouble, match=r"^2\.yml:1: cannot be laid over .*services\.a\.ports is of another kind$"
    ):
        project(tmp_path, files, compose_files=["1.yml", "2.yml"])


def test_a_service_that_is_another_of_the_same_name_is_no_circle(tmp_path: Path) -> None:
    files = {
        "c.yml": "services: {a: {extends: {file: d.yml, service: a}}}\n",
        "d.yml": "services: {a: {image: one}}\n",
    }
    assert project(tmp_path, files).services["a"].image == "one"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("services: {a: {image: x, enviroment: {B: c}}}", "no key enviroment in a,"),
        ("services: {a: {image: x}}\nnetwork: {b: {}}", "no key network, and"),
        ("services: {a: {image: x}}\nnetworks: {b: {internel: true}}", "no key internel in b,"),
        ("services: {a: {image: x, healthcheck: {tset: x}}}", "no key tset in healthcheck,"),
        ("services: {a: {image: x, deploy: {resources: {limit: {}}}}}", "no key limit in resources,"),
        ("services: {a: {image: x, volumes: [{type: bind, src: ., target: /x}]}}", "no key src in volumes,"),
        ("services: {a: {image: x, ports: '1:1'}}", "no plain value for ports"),
        ("services: {a: {image: x, environment: A=1}}", "no plain value for environment"),
        ("services: {a: {image: [x]}}", "no list for image"),
        ("services: {a: {image: x, volumes_from: b}}", "no plain value for volumes_from"),
    ],
)
def test_keys_and_kinds_that_compose_does_not_know_are_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ComposeTrouble, match=said):
        project(tmp_path, {"c.yml": text + "\n"})


def test_extensions_and_free_names_are_no_keys(tmp_path: Path) -> None:
    text = """x-any: {thing: [1]}
services:
  a: {image: x, x-more: 1, labels: {any: y}, sysctls: {net.core.somaxconn: 1}, depends_on: [b], ulimits: {nofile: 1}}
  b: {image: x, command: , deploy: , logging: {driver: x, options: {any: y}, x-z: 1}}
volumes: {any: }
"""
    assert set(project(tmp_path, {"c.yml": text}).services) == {"a", "b"}


@pytest.mark.parametrize("second", ["{h: 1.2.3.5, i: [1.1.1.1, 2.2.2.2]}", "['h=1.2.3.5', 'i=1.1.1.1', 'i=2.2.2.2']"])
def test_hosts_are_appended_in_either_form(tmp_path: Path, second: str) -> None:
    first = "services: {a: {image: x, extra_hosts: {h: 1.2.3.4}, ulimits: {nofile: 1}, logging: {driver: x}}}\n"
    over = (
        first.replace("{h: 1.2.3.4}", second).replace("nofile: 1", "nofile: {soft: 1, hard: 2}").replace("x}}", "y}}")
    )
    read = project(tmp_path, {"1.yml": first, "2.yml": over}, compose_files=["1.yml", "2.yml"])
    hosts = read.services["a"].node.get("extra_hosts")
    assert hosts is not None
    assert [entry.text for entry in hosts.entries("extra_hosts")] == [
        *("h=1.2.3.4", "h=1.2.3.5", "i=1.1.1.1", "i=2.2.2.2")
    ]
