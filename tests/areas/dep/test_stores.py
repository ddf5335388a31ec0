from __future__ import annotations

from pathlib import Path

import pytest

from conformance.areas.dep.record import PublishedPort, Remark
from conformance.areas.dep.stores import hosts_of, keeps, switched_off
from conformance.model import Inconclusive, NotApplicable, Outcome
from conformance.sentence import say
from tests.areas.dep.compose.projects import project
from tests.areas.dep.deployments import judge, seen, service


def found(folder: Path, text: str) -> list[str]:
    (folder / "my.cnf").write_text("[mysqld]\nskip-ssl # for now\n")
    read = project(folder, {"c.yml": f"services: {{db: {{image: x, {text}}}}}\n"})
    return [str(remark.words) for remark in switched_off(read.services["db"])]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("environment: {POSTGRES_HOST_AUTH_METHOD: trust}", 1),
        ("environment: {POSTGRES_HOST_AUTH_METHOD: scram-sha-256}", 0),
        ("environment: {MYSQL_ALLOW_EMPTY_PASSWORD: 'yes'}", 1),
        ("environment: {MARIADB_ALLOW_EMPTY_ROOT_PASSWORD: 1}", 1),
        ("environment: {ALLOW_EMPTY_PASSWORD: 'no'}", 0),
        ("environment: {ALLOW_EMPTY_PASSWORD: 'yes', REDIS_PASSWORD: x}", 0),
        ("environment: {MYSQL_ALLOW_EMPTY_PASSWORD: 1, MYSQL_ROOT_PASSWORD_FILE: /run/secrets/x}", 0),
        ("command: mysqld --skip-ssl", 1),
        ("command: [mysqld, --ssl=0]", 1),
        ("command: [mysqld, --ssl, 'OFF']", 1),
        ("command: [postgres, -c, ssl=off]", 1),
        ("command: [postgres, -c, ssl=on]", 0),
        ("command: redis-server --protected-mode no", 1),
        ("command: redis-server --protected-mode no --requirepass x", 0),
        ("command: redis-server --protected-mode yes", 0),
        ("volumes: ['./my.cnf:/etc/mysql/conf.d/my.cnf']", 1),
    ],
)
def test_what_is_switched_off(tmp_path: Path, text: str, count: int) -> None:
    assert len(found(tmp_path, text)) == count


@pytest.mark.parametrize(
    ("image", "is_one"),
    [("postgres:16", True), ("r.example:5000/bitnami/redis@sha256:ab", True), ("redis-exporter", False), ("x", False)],
)
def test_what_is_a_store(tmp_path: Path, image: str, is_one: bool) -> None:
    read = project(tmp_path, {"c.yml": f"services: {{db: {{image: '{image}'}}}}\n"})
    assert keeps(read.services["db"], hosts_of(read.services)) is is_one
    assert keeps(read.services["db"], frozenset({"db"}))


def port(host_ip: str = "", *, unknown: bool = False) -> PublishedPort:
    return PublishedPort("5432", "5432", host_ip, "tcp", "c.yml:3", unknown)


@pytest.mark.parametrize(
    ("address", "outcome"),
    [
        *(("", Outcome.FAIL), ("0.0.0.0", Outcome.FAIL), ("::", Outcome.FAIL), ("8.8.8.8", Outcome.FAIL)),
        *(("127.0.0.1", Outcome.PASS), ("10.0.0.5", Outcome.PASS), ("::1", Outcome.PASS)),
    ],
)
def test_where_a_store_is_published(address: str, outcome: Outcome) -> None:
    assert judge("DEP-14/published", seen(db=service(store=True, ports=(port(address),)))).outcome is outcome


def test_what_is_not_seen_of_a_store() -> None:
    with pytest.raises(Inconclusive, match="has no value"):
        judge("DEP-14/published", seen(db=service(store=True, ports=(port("?", unknown=True),))))
    with pytest.raises(Inconclusive, match="where it listens"):
        judge("DEP-14/published", seen(db=service(store=True, network_mode="host")))
    with pytest.raises(NotApplicable):
        judge("DEP-14/published", seen())


def test_what_is_switched_off_is_told() -> None:
    remark = Remark("c.yml:4", say("it is off"))
    verdict = judge("DEP-14/protected", seen(db=service(store=True, switched_off=(remark,))))
    assert verdict.outcome is Outcome.FAIL
    assert str(verdict.observed) == "c.yml:4: db: it is off"
    assert judge("DEP-14/protected", seen(db=service(store=True))).outcome is Outcome.PASS
