from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.areas.dep.record import (
    KeyFile,
    NamedFile,
    PublishedPort,
    Remark,
    Setting,
    SharedSecret,
    StoredCertificate,
)
from conformance.model import Inconclusive, NotApplicable, Outcome
from conformance.sentence import say
from tests.areas.dep.deployments import having, judge, put, seen, service

PASS, FAIL = Outcome.PASS, Outcome.FAIL
UNSET, EMPTY = Setting("unset", "c.yml:1"), Setting("empty", "c.yml:2", why=say("its variables come to nothing"))
UNKNOWN = Setting("unknown", "c.yml:2", why=say("it is taken from the shell"))
WEB = service(("clients", "inner"))
CERTIFICATE = StoredCertificate(
    "CN=a", "CN=b", "2026-01-01", "2027-01-01", expired=False, not_yet=False, authority=True
)
FILE = NamedFile("WA_DB_SSL_CA", "/certs/ca.pem", "x.env:3", "certs/ca.pem", certificates=(CERTIFICATE,))


def port(target: str = "443", published: str = "9090", host_ip: str = "127.0.0.1") -> PublishedPort:
    return PublishedPort(target, published, host_ip, "tcp", "c.yml:9", unknown="?" in target + published + host_ip)


@pytest.mark.parametrize(
    ("secret", "outcome"),
    [
        (SharedSecret(put(""), 1), PASS),
        (SharedSecret(put(""), 2), FAIL),
        (SharedSecret(UNSET), FAIL),
        (SharedSecret(EMPTY), FAIL),
    ],
)
def test_one_secret_for_both(secret: SharedSecret, outcome: Outcome) -> None:
    verdict = judge("DEP-01/core", seen(core=service(secret=secret)))
    assert verdict.outcome is outcome
    assert verdict.exhibits == ("/services/core/secret",)


def test_a_secret_of_the_shell_is_open() -> None:
    with pytest.raises(
        Inconclusive, match=r"^c\.yml:2: WA_SECRET of core is not known here: it is taken from the shell$"
    ):
        judge("DEP-01/core", seen(core=service(secret=SharedSecret(UNKNOWN))))


@pytest.mark.parametrize(
    ("secret", "outcome"),
    [
        (SharedSecret(put(""), 1), PASS),
        (SharedSecret(put(""), 1, weakness=say("shorter than 12 characters")), FAIL),
        (SharedSecret(put(""), 1, is_database_password=True), FAIL),
    ],
)
def test_a_strong_secret(secret: SharedSecret, outcome: Outcome) -> None:
    assert judge("DEP-02/core", seen(core=service(secret=secret))).outcome is outcome


def test_the_strength_of_no_secret_is_not_asked() -> None:
    with pytest.raises(NotApplicable, match="DEP-01"):
        judge("DEP-02/core", seen(core=service(secret=SharedSecret(UNSET))))


@pytest.mark.parametrize(
    ("settings", "outcome"),
    [
        ({}, PASS),
        ({"WA_DB_SSL_CA": UNSET}, FAIL),
        ({"WA_DB_SSL_CA": EMPTY}, FAIL),
        ({"WA_DB_SSL_CERT": put("/c"), "WA_DB_SSL_KEY": put("/k")}, PASS),
        ({"WA_DB_SSL_CERT": put("/c")}, FAIL),
        ({"WA_DB_SSL_KEY": put("/k"), "WA_DB_SSL_CERT": EMPTY}, FAIL),
        ({"WA_DB_SSL_KEY": EMPTY, "WA_DB_SSL_CERT": EMPTY}, PASS),
    ],
)
def test_settings_of_the_database(settings: dict[str, Setting], outcome: Outcome) -> None:
    assert judge("DEP-03/core", seen(core=having(service(), **settings))).outcome is outcome


def test_every_other_service_that_opens_the_database_is_asked() -> None:
    upgrade = having(service(), WA_DB_HOSTNAME=put("db"), WA_DB_SSL_CA=UNSET)
    assert judge("DEP-03/other-services", seen(upgrade=upgrade)).outcome is FAIL
    by_image = replace(
        upgrade, image="docker.whatsapp.biz/coreapp:v2", settings=having(upgrade, WA_DB_HOSTNAME=UNSET).settings
    )
    assert judge("DEP-03/other-services", seen(upgrade=by_image)).outcome is FAIL
    for other in (replace(upgrade, active=False), having(upgrade, WA_DB_HOSTNAME=UNSET)):
        with pytest.raises(NotApplicable):
            judge("DEP-03/other-services", seen(upgrade=other))


@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        *dict.fromkeys(("0", "'0'", "00", "false", "No", "OFF"), FAIL).items(),
        *dict.fromkeys(("1", "true"), PASS).items(),
    ],
)
def test_verification(value: str, outcome: Outcome) -> None:
    assert judge("DEP-04/web", seen(web=having(WEB, WA_DB_SSL_VERIFY=put(value)))).outcome is outcome


def test_verification_that_is_not_set_is_on_and_at_the_core_app_is_noted() -> None:
    core = having(service(), WA_DB_SSL_VERIFY=put("0"))
    verdict = judge("DEP-04/web", seen(web=having(WEB, WA_DB_SSL_VERIFY=EMPTY), core=core))
    assert verdict.outcome is PASS
    assert verdict.notes == ("c.yml:2: WA_DB_SSL_VERIFY of core does nothing: it is for the web app.",)


@pytest.mark.parametrize(
    ("retired", "authority", "outcome"), [(UNSET, UNSET, PASS), (put(""), put("/ca"), PASS), (put(""), UNSET, FAIL)]
)
def test_the_retired_option(retired: Setting, authority: Setting, outcome: Outcome) -> None:
    core = having(service(), WA_DB_CONNECTION_OPTION=retired, WA_DB_SSL_CA=authority)
    assert judge("DEP-05/core", seen(core=core)).outcome is outcome


@pytest.mark.parametrize(
    ("file", "outcome"),
    [
        (FILE, PASS),
        (replace(FILE, trouble=say("is not there")), FAIL),
        (replace(FILE, certificates=(replace(CERTIFICATE, expired=True),)), FAIL),
        (replace(FILE, certificates=(replace(CERTIFICATE, not_yet=True),)), FAIL),
        (replace(FILE, certificates=(replace(CERTIFICATE, authority=False),)), FAIL),
        (replace(FILE, certificates=(replace(CERTIFICATE, authority=None),)), PASS),
        (replace(FILE, certificates=(CERTIFICATE, replace(CERTIFICATE, expired=True))), PASS),
        (replace(FILE, setting="WA_DB_SSL_CERT", certificates=(replace(CERTIFICATE, expired=True), CERTIFICATE)), FAIL),
        (replace(FILE, setting="WA_DB_SSL_CERT", certificates=(replace(CERTIFICATE, authority=False),)), PASS),
        (replace(FILE, setting="WA_DB_SSL_KEY", certificates=(), keys=1), PASS),
    ],
)
def test_files(file: NamedFile, outcome: Outcome) -> None:
    verdict = judge("DEP-06/core", seen(core=service(files=(file,))))
    assert verdict.outcome is outcome
    assert verdict.exhibits == ("/services/core/files/0",)


def test_files_that_cannot_be_looked_at_are_open() -> None:
    with pytest.raises(Inconclusive, match=r"x\.env:3: /certs/ca\.pem \(WA_DB_SSL_CA of core\): it cannot be read"):
        judge("DEP-06/core", seen(core=service(files=(replace(FILE, unseen=say("it cannot be read here")),))))


def test_files_that_belong_together() -> None:
    files = (FILE, replace(FILE, setting="WA_DB_SSL_CERT"), replace(FILE, setting="WA_DB_SSL_KEY"))
    together = service(files=files, key_matches=True, issued=True)
    assert judge("DEP-06/core", seen(core=together)).outcome is PASS
    assert judge("DEP-06/core", seen(core=replace(together, key_matches=False))).outcome is FAIL
    assert judge("DEP-06/core", seen(core=replace(together, issued=False, impostor=True))).outcome is FAIL
    foreign = judge("DEP-06/core", seen(core=replace(together, issued=False)))
    assert foreign.outcome is PASS
    assert "another authority" in foreign.notes[0]


@pytest.mark.parametrize(
    ("key", "outcome", "notes"),
    [
        (KeyFile("k", "0600", others=False, group=False), PASS, 0),
        (KeyFile("k", "0640", others=False, group=True), PASS, 1),
        (KeyFile("k", "0644", others=True, group=True), FAIL, 0),
        (KeyFile("k", "0644", others=True, group=True, shielded_by="certs"), PASS, 1),
    ],
)
def test_modes_of_keys(key: KeyFile, outcome: Outcome, notes: int) -> None:
    verdict = judge("DEP-07", seen(keys=(key,)))
    assert (verdict.outcome, verdict.exhibits) == (outcome, ("/keys/0",))
    assert outcome is FAIL or len(verdict.notes) == notes


def test_keys_that_are_out_of_sight_are_open_and_none_are_not_asked() -> None:
    with pytest.raises(Inconclusive, match="kept by docker"):
        judge("DEP-07", seen(keys_unseen=(say("x.env:3: kept by docker"),)))
    with pytest.raises(NotApplicable):
        judge("DEP-07", seen())


@pytest.mark.parametrize(
    ("web", "core", "outcome"),
    [
        (("clients", "inner"), ("inner",), PASS),
        (("clients",), ("inner",), PASS),
        (("clients", "inner"), ("inner", "storage"), PASS),
        (("default",), ("default",), FAIL),
        (("inner",), ("inner", "storage"), FAIL),
        (("clients", "inner"), ("clients", "inner"), FAIL),
    ],
)
def test_networks(web: tuple[str, ...], core: tuple[str, ...], outcome: Outcome) -> None:
    assert judge("DEP-08", seen(web=service(web), core=service(core))).outcome is outcome


@pytest.mark.parametrize(
    ("web", "core", "outcome"),
    [
        ("bridge", "bridge", FAIL),
        ("host", "host", FAIL),
        ("", "host", FAIL),
        ("host", "", PASS),
        ("", "service:web", FAIL),
        ("none", "bridge", PASS),
    ],
)
def test_network_modes(web: str, core: str, outcome: Outcome) -> None:
    modes = [service(() if mode else ("default",), network_mode=mode) for mode in (web, core)]
    assert judge("DEP-08", seen(web=modes[0], core=modes[1])).outcome is outcome


def test_networks_that_files_do_not_tell_are_open() -> None:
    for core in (service((), network_mode="container:x"), service((), network_mode="service:nobody")):
        with pytest.raises(Inconclusive):
            judge("DEP-08", seen(core=core))
    with pytest.raises(Inconclusive, match="several hosts"):
        judge("DEP-08", seen(web=service(("default",)), core=service(("default",))), hosts="many")


@pytest.mark.parametrize("published", [port("6250", "6250", ""), port("6250-6253", "", ""), port("6252"), port("?")])
def test_the_core_app_publishes_nothing(published: PublishedPort) -> None:
    assert judge("DEP-09/core", seen()).outcome is PASS
    verdict = judge("DEP-09/core", seen(core=service(ports=(published,))))
    assert (verdict.outcome, verdict.exhibits) == (FAIL, ("/services/core/ports/0",))
    with pytest.raises(NotApplicable):
        judge("DEP-09/core", seen(core=service(ports=(published,))), hosts="many")


def test_the_core_app_in_the_network_of_the_host_publishes_everything() -> None:
    assert judge("DEP-09/core", seen(core=service((), network_mode="host"))).outcome is FAIL


@pytest.mark.parametrize(
    ("ports", "outcome"),
    [
        ((), PASS),
        ((port(),), PASS),
        ((port("8443"),), PASS),
        ((port("80-443", "80-443"),), FAIL),
        ((port(), port(host_ip="::1")), PASS),
        ((port(), port("80", "8080")), FAIL),
        ((port("80", "80"),), FAIL),
        ((port("8000", "9999"),), PASS),
        ((port("8000", "9998"),), FAIL),
    ],
)
def test_the_web_app_publishes_https_alone(ports: tuple[PublishedPort, ...], outcome: Outcome) -> None:
    record = seen(web=replace(WEB, ports=ports))
    assert judge("DEP-10/port/web", record, webapp={"url": "https://wa.example:9999"}).outcome is outcome


@pytest.mark.parametrize(
    ("published", "bound", "outcome"),
    [
        (port(host_ip="127.0.0.1"), "", PASS),
        (port(host_ip="192.0.2.10"), "", PASS),
        (port(host_ip=""), "", FAIL),
        (port(host_ip="0.0.0.0"), "", FAIL),
        (port(host_ip="::"), "", FAIL),
        (port(host_ip=""), "192.0.2.10", PASS),
        (port(host_ip=""), "0.0.0.0", FAIL),
        (port(host_ip="0.0.0.0"), "192.0.2.10", FAIL),
    ],
)
def test_the_web_app_is_on_chosen_interfaces(published: PublishedPort, bound: str, outcome: Outcome) -> None:
    web = replace(WEB, ports=(published,), bind_address=bound)
    assert judge("DEP-10/interface/web", seen(web=web)).outcome is outcome


def test_a_port_with_an_unknown_variable_is_open() -> None:
    for case, unknown in (("port", port("?")), ("interface", port(host_ip="?"))):
        with pytest.raises(Inconclusive, match="has no value"):
            judge(f"DEP-10/{case}/web", seen(web=replace(WEB, ports=(unknown,))))


@pytest.mark.parametrize(
    ("setting", "outcome"),
    [
        (UNSET, PASS),
        (EMPTY, PASS),
        (put("MODERN"), PASS),
        (put(" modern "), PASS),
        (put("INTERMEDIATE"), FAIL),
        (put("old"), FAIL),
        (put("MODREN"), FAIL),
    ],
)
def test_the_level(setting: Setting, outcome: Outcome) -> None:
    assert judge("DEP-11/web", seen(web=having(WEB, WA_WEB_SECURITY_LEVEL=setting))).outcome is outcome


def test_secrets_in_clear_and_samples() -> None:
    remark = Remark("c.yml:4", say("A_PASSWORD of a stands in clear"))
    assert judge("DEP-12/in-clear", seen()).outcome is PASS
    assert judge("DEP-12/samples", seen(in_clear=(remark,))).outcome is PASS
    verdict = judge("DEP-12/in-clear", seen(in_clear=(remark,)))
    assert (verdict.outcome, verdict.exhibits) == (FAIL, ("/in_clear/0",))
    assert judge("DEP-12/samples", seen(samples=(remark,))).exhibits == ("/samples/0",)


@pytest.mark.parametrize(
    "setting", ["WA_DB_SSL_CA", "WA_DB_SSL_VERIFY", "WA_WEB_SECURITY_LEVEL", "WA_DB_CONNECTION_OPTION"]
)
def test_settings_that_are_left_to_the_shell_are_open(setting: str) -> None:
    case = {"WA_DB_SSL_CA": "DEP-03", "WA_DB_SSL_VERIFY": "DEP-04", "WA_DB_CONNECTION_OPTION": "DEP-05"}.get(
        setting, "DEP-11"
    )
    with pytest.raises(Inconclusive, match="not known here"):
        judge(f"{case}/web", seen(web=having(WEB, **{setting: UNKNOWN})))


@pytest.mark.parametrize("case", ["DEP-01/web", "DEP-04/web", "DEP-08", "DEP-09/core", "DEP-11/web", "DEP-12/samples"])
def test_what_compose_would_not_start_never_passes(case: str) -> None:
    with pytest.raises(Inconclusive, match="would not start this project"):
        judge(case, seen(missing=(say("c.yml:1: X is missing"),)))
