"""Deployment records for judges: two services that keep every promise."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from conformance.areas.dep.record import DeploymentObservation, ServiceSeen, Setting, SharedSecret
from conformance.engine import cases
from conformance.engine.policy import Policy
from conformance.inputs import target
from conformance.model import Verdict

SETTINGS = (
    *("WA_DB_SSL_CA", "WA_DB_SSL_CERT", "WA_DB_SSL_KEY", "WA_DB_SSL_VERIFY", "WA_WEB_SECURITY_LEVEL"),
    *("WA_DB_HOSTNAME", "WA_DB_ENGINE", "WA_DB_CONNECTION_OPTION"),
)


def service(networks: tuple[str, ...] = ("inner",), **changes: Any) -> ServiceSeen:
    """Return a service with WA_SECRET and the database's CA."""
    settings = {name: Setting("unset", "c.yml:1") for name in SETTINGS}
    settings["WA_DB_SSL_CA"] = put("/certs/ca.pem")
    shared = SharedSecret(put(""), group=1)
    seen = ServiceSeen("c.yml:1", "x", False, True, (), networks, "", (), settings, shared)
    return replace(seen, **changes)


def put(value: str) -> Setting:
    """Return a setting that is set."""
    return Setting("set", "c.yml:2", value)


def having(seen: ServiceSeen, **settings: Setting) -> ServiceSeen:
    """Return a service with other settings."""
    return replace(seen, settings=seen.settings | settings)


def seen(**changes: Any) -> DeploymentObservation:
    """Return a record of web and core, with changes: services by name, the rest by its field."""
    services = {"web": service(("clients", "inner")), "core": service()}
    fields = {name: value for name, value in changes.items() if not isinstance(value, ServiceSeen)}
    services |= {name: value for name, value in changes.items() if isinstance(value, ServiceSeen)}
    return DeploymentObservation(("c.yml",), services, **fields)


def judge(case: str, record: DeploymentObservation, **declared: Any) -> Verdict:
    """Judge a case of the record by what is declared."""
    table = {"compose_files": ["c.yml"], "web_services": ["web"], "core_services": ["core"]} | declared
    document = {"schema": 1, "name": "x", "deployment": table}
    if "webapp" in declared:
        document["webapp"] = table.pop("webapp")
    policy = Policy(target.parse(document))
    found = {each.id: each for each in cases.all_cases(policy)}[case]
    verdict: Verdict = cases.proofs()[found.requirement.id].judge(record, policy, found)
    return verdict
