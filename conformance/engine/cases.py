"""Where probes and judges are joined: what an area says of each requirement, and what comes of that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import pytest

from conformance import catalogue
from conformance.engine.observatory import Probe
from conformance.engine.policy import Policy
from conformance.model import Case, Requirement, Verdict
from conformance.origin import Origin

Record = TypeVar("Record")
Body = TypeVar("Body", bound=Callable[..., None])
Judge = Callable[[Any, Policy, Case], Verdict]


@dataclass(frozen=True, slots=True)
class Proof:
    """How a requirement is proved: by which look, and by whose judgement."""

    probe: Probe[Any]
    judge: Judge


@dataclass(frozen=True, slots=True)
class Fact:
    """What the results show of a target beside verdicts: told by one record, and something else where there is none."""

    probe: Probe[Any]
    told_by: Callable[[Any], Any]
    otherwise: Any


_PROOFS: dict[str, Proof] = {}
_FACTS: dict[str, Fact] = {}


def proves(requirement: str, *, observes: Probe[Record], judged_by: Callable[[Record, Policy, Case], Verdict]) -> None:
    """Join a requirement to its probe and its judge."""
    _PROOFS[requirement] = Proof(observes, judged_by)


def every_case_of(name: str) -> Callable[[Body], Body]:
    """Mark a pytest function that is run for every case of an area, or of one requirement."""
    return pytest.mark.every_case_of(name)


def shows(fact: str, *, observes: Probe[Record], told_by: Callable[[Record], Any], otherwise: Any) -> None:
    """Let the results show a fact of the target, under this name."""
    _FACTS[fact] = Fact(observes, told_by, otherwise)


def facts() -> dict[str, Fact]:
    """Return what the results show of a target, by name; imports the whole suite."""
    _import_suite()
    return _FACTS


def proofs() -> dict[str, Proof]:
    """Return every requirement's proof; imports the whole suite."""
    _import_suite()
    return _PROOFS


@cache
def _import_suite() -> None:
    for path in sorted((Path(__file__).parents[1] / "areas").glob("*/test_*.py")):
        import_module(f"conformance.areas.{path.parent.name}.{path.stem}")


def expand(requirement: Requirement, policy: Policy) -> Iterator[Case]:
    """List a requirement's cases for a target: from the catalogue, the guideline and the target file alone."""
    target = policy.target
    subject = target.subject(requirement.section) if requirement.section in target.sections else target.name
    for row in requirement.cases:
        repeats = AXES[row.each](policy) if row.each else [("", "")]
        for slug, value in repeats or [("", "")]:
            parts = (
                requirement.id,
                row.name + slug if slug.startswith("/") else "/".join(filter(None, (row.name, slug))),
            )
            yield Case(
                id="/".join(filter(None, parts)),
                requirement=requirement,
                name=row.name,
                value=value,
                subject=subject,
                level=row.level or requirement.level,
            )


def all_cases(policy: Policy) -> list[Case]:
    """List every case of the catalogue for a target, in order of requirement."""
    return [case for row in catalogue.load().values() if row.excluded is None for case in expand(row, policy)]


def _paths(key: str) -> Callable[[Policy], list[tuple[str, str]]]:
    def axis(policy: Policy) -> list[tuple[str, str]]:
        webapp = policy.target.webapp
        return [(path, path) for path in getattr(webapp, key)] if webapp else []

    return axis


def _plain_ports(policy: Policy) -> list[tuple[str, str]]:
    webapp = policy.target.webapp
    if webapp is None:
        return []
    https = Origin.of(webapp.url).port
    return [("https-port", str(https)), *((f"port-{port}", str(port)) for port in webapp.http_ports)]


def _tls_versions(policy: Policy) -> list[tuple[str, str]]:
    return [(version, version) for version in policy.level.versions] if policy.target.webapp else []


def _uids(policy: Policy) -> list[tuple[str, str]]:
    identity = policy.target.identity
    return [(f"uid-{n}", uid) for n, uid in enumerate(identity.uids, 1)] if identity else []


def _repositories(policy: Policy) -> list[tuple[str, str]]:
    identity = policy.target.identity
    return [(f"repository-{n}", name) for n, name in enumerate(identity.repositories, 1)] if identity else []


def _site(key: str, label: str) -> Callable[[Policy], list[tuple[str, str]]]:
    def axis(policy: Policy) -> list[tuple[str, str]]:
        identity = policy.target.identity
        listed = getattr(identity, key) if identity else ()
        return [(f"{label}-{n}", getattr(each, "url", each)) for n, each in enumerate(listed, 1)]

    return axis


def _reach(*services: str) -> Callable[[Policy], list[tuple[str, str]]]:
    """Repeat for every expectation about `services`, and for the one that is lacking where none keeps anybody out."""

    def axis(policy: Policy) -> list[tuple[str, str]]:
        network = policy.target.network
        about = {n: r for n, r in enumerate(network.reach if network else ()) if r.service in services}
        found: dict[str, str] = {}
        for n, reach in about.items():
            slug = f"from-{reach.from_}/{reach.to}"
            found.setdefault(slug if slug not in found else f"{slug}/{reach.service}", str(n))
        lacking = about and all(reach.allowed for reach in about.values())
        return [*found.items(), *([("from-elsewhere", "elsewhere")] if lacking else [])]

    return axis


def _nodes_looked_at(policy: Policy) -> list[tuple[str, str]]:
    network = policy.target.network
    pairs = dict.fromkeys((r.from_, r.to.rpartition(":")[0]) for r in (network.reach if network else ()))
    return [(f"from-{vantage}/{host}", f"{vantage} {host}") for vantage, host in pairs]


def _services(*keys: str) -> Callable[[Policy], list[tuple[str, str]]]:
    def axis(policy: Policy) -> list[tuple[str, str]]:
        deployment = policy.target.deployment
        names = [name for key in keys for name in getattr(deployment, key)] if deployment else []
        return [(name, name) for name in dict.fromkeys(names)]

    return axis


AXES: dict[str, Callable[[Policy], list[tuple[str, str]]]] = {
    "admin_paths": _paths("admin_paths"),
    "api_paths": _paths("api_paths"),
    "nodes_looked_at": _nodes_looked_at,
    "plain_ports": _plain_ports,
    "post_paths": _paths("post_paths"),
    "reach_administration": _reach("api", "admin"),
    "reach_communication": _reach("communication"),
    "reach_control": _reach("control"),
    "reach_database": _reach("database"),
    "core_services": _services("core_services"),
    "gateway_services": _services("web_services", "core_services"),
    "tls_versions": _tls_versions,
    "repositories": _repositories,
    "signed_in_pages": _site("signed_in_pages", "page"),
    "site_pages": _site("site_pages", "page"),
    "other_paths": _site("other_paths", "path"),
    "uids": _uids,
    "web_services": _services("web_services"),
}
