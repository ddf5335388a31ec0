from __future__ import annotations

from pathlib import Path

import pytest

from conformance.areas.dep.compose.nodes import ComposeTrouble
from conformance.areas.dep.compose.project import read_project
from tests.areas.dep.compose.projects import environment, project


def service(folder: Path, text: str, *, rest: str = "", **files: str) -> dict[str, str | None]:
    lines = "".join(f"    {line}\n" for line in text.splitlines())
    named = {name.replace("_env", ".env"): content for name, content in files.items()}
    return environment(project(folder, {"c.yml": f"services:\n  a:\n{lines}{rest}", **named}), "a")


def test_environment_goes_before_env_files_and_later_files_before_earlier(tmp_path: Path) -> None:
    found = service(
        tmp_path, "env_file: [one.env, two.env]\nenvironment: {C: own}", one_env="A=1\nB=1\nC=1\n", two_env="B=2\nC=2\n"
    )
    assert found == {"A": "1", "B": "2", "C": "own"}


def test_env_files_see_the_project_first_then_the_service_then_each_other(tmp_path: Path) -> None:
    found = service(
        tmp_path,
        "env_file: [one.env, two.env]\nenvironment: {OWN: own}",
        one_env="EARLIER=1\n",
        two_env="A=$EARLIER-$OWN-$OUTER\n",
        _env="OUTER=outer\n",
    )
    assert found["A"] == "1-own-outer"


def test_an_env_file_does_not_reach_the_compose_file(tmp_path: Path) -> None:
    assert service(tmp_path, "env_file: one.env\nenvironment: {A: '${A}'}", one_env="A=1\n") == {"A": ""}


def test_a_name_alone_is_taken_from_the_project_and_hides_the_env_file(tmp_path: Path) -> None:
    found = service(tmp_path, "env_file: one.env\nenvironment: [A, B]", one_env="A=1\nB=1\n", _env="A=project\n")
    assert found == {"A": "project", "B": None}


def test_env_files_in_long_form(tmp_path: Path) -> None:
    text = "env_file:\n  - {path: no.env, required: false}\n  - {path: one.env, format: raw}\n"
    assert service(tmp_path, text, one_env="A='$B'\n") == {"A": "'$B'"}


def test_a_missing_env_file_is_a_trouble_of_its_service(tmp_path: Path) -> None:
    read = project(tmp_path, {"c.yml": "services:\n  a:\n    env_file: no.env\n  b:\n    image: x\n"})
    assert read.services["a"].troubles == ("c.yml:3: env_file: no.env: there is no such file",)
    assert read.services["b"].troubles == ()


def test_the_environment_of_the_process_takes_no_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A", "of the CI")
    monkeypatch.setenv("PWD", "/of/the/CI")
    text = "environment: {A: '${A:-default}', B: '${PATH-no}', C: '${HOME}', D: '${PWD}'}"
    assert service(tmp_path, text) == {"A": "default", "B": "no", "C": str(Path.home()), "D": str(tmp_path)}


COMPOSE = "services:\n  a:\n    environment: {A: '${A}'}\n"
READS_IT = COMPOSE + "    env_file: x.env\n"
DEMANDS_IT = READS_IT.replace("${A}", "${A:?}")


@pytest.mark.parametrize(
    ("compose", "files", "given", "expected"),
    [
        (COMPOSE, {".env": "A=dot\n"}, {}, "dot"),
        (COMPOSE, {".env": "A=dot\n", "x.env": "A=declared\n"}, {}, "declared"),
        (COMPOSE, {".env": "A=dot\n", "x.env": ""}, {"A": "given"}, "given"),
        (COMPOSE, {".env": "A=dot\n", "x.env": "B=1\n"}, {}, ""),
        (COMPOSE, {".env": "A=dot\n"}, {"A": "given"}, "dot"),
        (READS_IT, {".env": "A=dot\n", "x.env": "B=1\n"}, {}, "dot"),
        (DEMANDS_IT, {".env": "A=dot\n", "x.env": "B=1\n"}, {}, "dot"),
        (COMPOSE, {"x.env": ""}, {"A": "given"}, "given"),
        (READS_IT, {"x.env": "A=of the container\n"}, {}, ""),
        (READS_IT, {"x.env": "A=of the container\n"}, {"A": "given"}, ""),
        (READS_IT, {"x.env": "B=1\n"}, {"A": "given"}, "given"),
        (DEMANDS_IT, {"x.env": "A=must be for both\n"}, {}, "must be for both"),
    ],
)
def test_where_variables_are_looked_up(
    tmp_path: Path, compose: str, files: dict[str, str], given: dict[str, str], expected: str
) -> None:
    env_files = [name for name in files if name != ".env"]
    read = project(tmp_path, {"c.yml": compose, **files}, env_files=env_files, given=given)
    assert environment(read, "a")["A"] == expected


def test_profiles_choose_services(tmp_path: Path) -> None:
    text = "services:\n  a: {image: x}\n  b: {image: x, profiles: [debug]}\n"
    files = {"c.yml": text}
    assert [s.active for s in project(tmp_path, files).services.values()] == [True, False]
    assert [s.active for s in project(tmp_path, files, profiles=["debug"]).services.values()] == [True, True]
    assert [s.active for s in project(tmp_path, files, profiles=["*"]).services.values()] == [True, True]


def test_profiles_may_stand_in_the_env_file_of_the_project(tmp_path: Path) -> None:
    files = {"c.yml": "services:\n  b: {image: x, profiles: [debug]}\n", ".env": "COMPOSE_PROFILES=live,debug\n"}
    assert project(tmp_path, files).services["b"].active
    assert not project(tmp_path, files, profiles=["live"]).services["b"].active


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("'443'", ("443", "", "", "tcp")),
        ("443", ("443", "", "", "tcp")),
        ("'9090:443'", ("443", "9090", "", "tcp")),
        ("9090:443", ("443", "9090", "", "tcp")),
        ("'127.0.0.1:9090:443'", ("443", "9090", "127.0.0.1", "tcp")),
        ("'127.0.0.1::443/udp'", ("443", "", "127.0.0.1", "udp")),
        ("'[::1]:9090:443'", ("443", "9090", "::1", "tcp")),
        ("'::1:9090:443'", ("443", "9090", "::1", "tcp")),
        ("'6250-6253'", ("6250-6253", "", "", "tcp")),
        ("'7250-7253:6250-6253'", ("6250-6253", "7250-7253", "", "tcp")),
        ("'9090-9099:443'", ("443", "9090-9099", "", "tcp")),
        ("{target: 443}", ("443", "", "", "tcp")),
        ("{target: 443, published: '9090', host_ip: 10.0.0.1, protocol: udp}", ("443", "9090", "10.0.0.1", "udp")),
        ("'${WEB:-9090}:443'", ("443", "9090", "", "tcp")),
    ],
)
def test_ports(tmp_path: Path, written: str, expected: tuple[str, str, str, str]) -> None:
    read = project(tmp_path, {"c.yml": f"services:\n  a:\n    ports:\n      - {written}\n"})
    (port,) = read.services["a"].ports
    assert (port.target, port.published, port.host_ip, port.protocol) == expected
    assert port.place == "c.yml:4"


@pytest.mark.parametrize("written", ["'0:80:x'", "'80:'", "'70000'", "'1-3:1-2'", "'9-1'", "{published: 1}", "''"])
def test_ports_that_compose_refuses(tmp_path: Path, written: str) -> None:
    read = project(tmp_path, {"c.yml": f"services:\n  a:\n    ports: [{written}]\n"})
    with pytest.raises(ComposeTrouble, match=r"^c\.yml:3: this is no port"):
        _ = read.services["a"].ports


@pytest.mark.parametrize(
    ("written", "target", "host", "volume"),
    [
        ("./data:/data", "/data", "data", ""),
        ("./data:/data/:ro,z", "/data", "data", ""),
        ("../data:/data", "/data", "../data", ""),
        ("/abs:/data", "/data", "/abs", ""),
        ("named:/data", "/data", None, "named"),
        ("bound:/data", "/data", "there", "bound"),
        ("/anonymous", "/anonymous", None, ""),
        ("'C:\\data:/data'", "/data", None, ""),
        ("{type: bind, source: ./data, target: /data}", "/data", "data", ""),
        ("{type: volume, source: bound, target: /data, volume: {subpath: below}}", "/data", "there/below", "bound"),
        ("{type: tmpfs, target: /data}", "/data", None, ""),
    ],
)
def test_volumes(tmp_path: Path, written: str, target: str, host: str | None, volume: str) -> None:
    rest = "volumes:\n  named:\n  bound: {driver_opts: {type: none, o: 'ro,bind', device: ./there}}\n"
    read = project(tmp_path, {"c.yml": f"services:\n  a:\n    volumes:\n      - {written}\n{rest}"})
    (mount,) = read.services["a"].mounts
    assert (mount.target, mount.host, mount.volume) == (target, None if host is None else tmp_path / host, volume)


@pytest.mark.parametrize("written", ["a:b:c:d", "'a::c'", "{type: bind, source: x}"])
def test_volumes_that_compose_refuses(tmp_path: Path, written: str) -> None:
    read = project(tmp_path, {"c.yml": f"services:\n  a:\n    volumes: [{written}]\n"})
    with pytest.raises(ComposeTrouble, match=r"^c\.yml:3: "):
        _ = read.services["a"].mounts


def test_secrets_and_configs_are_mounts_too(tmp_path: Path) -> None:
    text = """services:
  a:
    secrets: [plain, {source: plain, target: renamed}, {source: outside, target: /abs/key}]
    configs: [{source: settings, target: /etc/settings}]
secrets:
  plain: {file: ./plain.txt}
  outside: {external: true}
configs:
  settings: {content: x}
"""
    read = project(tmp_path, {"c.yml": text})
    assert {mount.target: mount.host for mount in read.services["a"].mounts} == {
        "/run/secrets/plain": tmp_path / "plain.txt",
        "/run/secrets/renamed": tmp_path / "plain.txt",
        "/abs/key": None,
        "/etc/settings": None,
    }


def test_a_secret_that_nobody_defines_is_told(tmp_path: Path) -> None:
    read = project(tmp_path, {"c.yml": "services:\n  a:\n    secrets: [nobody]\n"})
    with pytest.raises(ComposeTrouble, match=r"^c\.yml:3: refers to what secrets does not define$"):
        _ = read.services["a"].mounts


def test_networks(tmp_path: Path) -> None:
    text = """services:
  none: {image: x}
  listed: {networks: [front]}
  mapped: {networks: {front: {aliases: [y]}, default: }}
  host: {network_mode: host}
  lost: {networks: [nowhere]}
networks:
  front:
    name: dmz
    driver_opts: {com.docker.network.bridge.host_binding_ipv4: 127.0.0.1}
"""
    services = project(tmp_path, {"c.yml": "name: own\n" + text}).services
    assert [network.name for network in services["none"].networks.values()] == ["own_default"]
    assert [(n.name, n.bind_address) for n in services["listed"].networks.values()] == [("dmz", "127.0.0.1")]
    assert set(services["mapped"].networks) == {"front", "default"}
    assert (services["host"].network_mode, services["host"].networks) == ("host", {})
    with pytest.raises(ComposeTrouble, match='in network "nowhere", which is not defined'):
        _ = services["lost"].networks


def test_an_env_file_that_is_given_takes_the_place_of_the_one_beside(tmp_path: Path) -> None:
    files = {"c.yml": COMPOSE, ".env": "A=dot\n", "x.env": "B=1\n"}
    read = project(tmp_path, files, env_files=["x.env"])
    assert (environment(read, "a"), read.left_out) == ({"A": ""}, ".env")
    both = project(tmp_path, files, env_files=[".env", "x.env"])
    assert (environment(both, "a"), both.left_out) == ({"A": "dot"}, "")


@pytest.mark.parametrize(
    ("network", "docker"),
    [
        ("{}", "own_net"),
        ("{external: true}", "net"),
        ("{external: {name: corp}}", "corp"),
        ("{external: {}}", "net"),
        ("{external: true, name: corp}", "corp"),
        ("{external: false}", "own_net"),
        ("{name: '${COMPOSE_PROJECT_NAME}_x'}", "own_x"),
    ],
)
def test_networks_have_the_names_that_docker_gives_them(tmp_path: Path, network: str, docker: str) -> None:
    text = f"name: own\nservices: {{a: {{networks: [net]}}}}\nnetworks: {{net: {network}}}\n"
    assert project(tmp_path, {"c.yml": text}).services["a"].networks["net"].name == docker


@pytest.mark.parametrize(
    ("files", "name"),
    [
        ({"c.yml": "name: written\n"}, "written"),
        ({"c.yml": "name: '${N}-x'\n", ".env": "N=given\n"}, "given-x"),
        ({"c.yml": "name: written\n", ".env": "COMPOSE_PROJECT_NAME=set\n"}, "set"),
        ({"c.yml": ""}, "my_folder"),
    ],
)
def test_the_name_of_the_project(tmp_path: Path, files: dict[str, str], name: str) -> None:
    text = files["c.yml"] + "services: {a: {image: 'x:${COMPOSE_PROJECT_NAME}'}}\n"
    folder = tmp_path / "My_Folder"
    assert project(folder, files | {"c.yml": text}).services["a"].image == f"x:{name}"


@pytest.mark.parametrize("over", ["compose.override.yml", "docker-compose.override.yaml"])
@pytest.mark.parametrize(
    ("declared", "override", "image"),
    [
        (["compose.yaml"], True, "two"),
        (["compose.yaml"], False, "one"),
        (["compose.yaml", "other.yml"], True, "one"),
        (["other.yml"], True, "three"),
    ],
)
def test_the_override_beside_is_read_where_compose_finds_it(
    tmp_path: Path, over: str, declared: list[str], override: bool, image: str
) -> None:
    service = "services: {{a: {{image: {}}}}}\n"
    files = {"compose.yaml": service.format("one"), over: service.format("two")}
    files["other.yml"] = service.format("three") if declared == ["other.yml"] else "services: {b: {image: x}}\n"
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    read = read_project(tmp_path, declared, [], [], {}, override=override)
    assert read.services["a"].image == image
    assert read.beside == ((tmp_path / over,) if image == "two" else ())


def test_compose_file_names_the_files_where_it_names_the_declared_one(tmp_path: Path) -> None:
    files = {
        "a.yml": "services: {a: {image: one}}\n",
        "b.yml": "services: {a: {image: two}}\n",
        ".env": "COMPOSE_FILE=a.yml:b.yml\n",
    }
    assert project(tmp_path, files).services["a"].image == "two"
    files[".env"] = "COMPOSE_FILE=b.yml\n"
    assert project(tmp_path, files).services["a"].image == "one"


def test_volumes_of_another_service_are_mounts_too(tmp_path: Path) -> None:
    text = """services:
  a: {volumes: ['./one:/x', './two:/y'], tmpfs: /z}
  b: {container_name: bee, volumes_from: ['a:ro'], volumes: ['./own:/y']}
  c: {volumes_from: ['container:bee:ro', 'container:elsewhere']}
"""
    services = project(tmp_path, {"c.yml": text}).services
    expected = {"/x": tmp_path / "one", "/y": tmp_path / "own"}
    assert {mount.target: mount.host for mount in services["b"].mounts} == expected
    assert {mount.target: mount.host for mount in services["c"].mounts} == expected
    assert [services[name].foreign for name in "abc"] == [(), (), ("elsewhere",)]
    lost = project(tmp_path, {"c.yml": "services: {a: {volumes_from: [nobody]}}\n"}).services["a"]
    with pytest.raises(ComposeTrouble, match="has volumes from no service"):
        _ = lost.mounts
