"""What a run makes of deployment files that are wrong, missing, or not all here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from conformance.model import Outcome
from reference_server.pki import Authority, LeafSpec, make_key
from tests.arena import Outcomes, assess

SECRET = "Vq2-xT8mWz4LkPr9_dHs6Jc0Yb3"
WEB = "docker.whatsapp.biz/web:v2"
CORE = "docker.whatsapp.biz/coreapp:v2"
CERTS = "/usr/local/waent/data/certs"
BARE = f"services:\n  web: {{image: {WEB}}}\n  core: {{image: {CORE}}}\n"


def run(folder: Path, files: Mapping[str, str], **declared: Any) -> Outcomes:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    table = {"compose_files": [next(iter(files))], **declared}
    environ = {"WA_SECRET": SECRET}
    document = {"schema": 1, "name": "x", "deployment": table}
    if "channel" in declared:
        document["channel"] = table.pop("channel")
    return assess(document, environ, areas=["dep"], folder=folder)


def with_settings(rest: str = "", volume: str = "./data:/usr/local/waent/data", **settings: str) -> str:
    env = "".join(f"      {name}: {value}\n" for name, value in settings.items())
    service = f"    environment:\n{env}    volumes: ['{volume}']\n"
    return f"services:\n  web:\n    image: {WEB}\n{service}  core:\n    image: {CORE}\n{service}{rest}"


ALL = {f"WA_DB_SSL_{name}": f"{CERTS}/{name.lower()}.pem" for name in ("CA", "CERT", "KEY")}


def write_certs(folder: Path, **spec: Any) -> Authority:
    folder.mkdir(parents=True, exist_ok=True)
    authority = Authority()
    leaf = authority.issue(LeafSpec(names=("wa",), **spec))
    (folder / "ca.pem").write_bytes(authority.pem)
    (folder / "cert.pem").write_bytes(leaf.chain_pem)
    (folder / "key.pem").write_bytes(leaf.key_pem)
    (folder / "key.pem").chmod(0o600)
    return authority


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"c.yml": "services:\n  web: [\n"}, r"c.yml:3:1: not valid YAML"),
        ({"c.yml": "services:\n  web: {extends: web}\n"}, "c.yml:2: services extend each other in a circle"),
        ({"c.yml": "include: [c.yml]\n"}, "c.yml:1: includes go round in a circle"),
        ({"c.yml": BARE + "x: '${}'\n"}, "c.yml:4: invalid interpolation format"),
        ({"c.yml": BARE.replace("web:v2}", "web:v2, ports: [x]}")}, "c.yml:2: this is no port"),
        ({"c.yml": BARE.replace("web:v2}", "web:v2, networks: [x]}")}, "which is not defined"),
        ({"c.yml": BARE, ".env": "A B=1\n"}, ".env:1: a variable's name cannot contain a space"),
    ],
)
def test_files_that_compose_would_refuse_leave_everything_open(
    tmp_path: Path, files: dict[str, str], said: str
) -> None:
    outcomes = run(tmp_path, files)
    assert not outcomes.verdicts
    assert all(said in reason for reason in outcomes.inconclusive.values())
    assert len(outcomes.inconclusive) == 17


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ({"compose_files": ["no.yml"]}, "no.yml: there is no such file"),
        ({"compose_files": ["."]}, "cannot be read: Is a directory"),
        ({"env_files": ["no.env"]}, "no.env: there is no such file"),
    ],
)
def test_files_that_are_not_there_are_named(tmp_path: Path, declared: dict[str, Any], said: str) -> None:
    outcomes = run(tmp_path, {"c.yml": BARE}, **declared)
    assert not outcomes.verdicts
    assert all(said in reason for reason in outcomes.inconclusive.values())


def test_without_compose_files_the_key_is_named(tmp_path: Path) -> None:
    outcomes = run(tmp_path, {"c.yml": BARE}, compose_files=[])
    assert not outcomes.verdicts
    assert all("lacks deployment.compose_files" in reason for reason in outcomes.inconclusive.values())


def test_services_that_cannot_be_told_are_asked_for(tmp_path: Path) -> None:
    outcomes = run(tmp_path, {"c.yml": "services:\n  a: {image: mine}\n"})
    assert "name those of the web app in deployment.web_services" in outcomes.inconclusive["DEP-01"]
    assert outcomes.verdicts["DEP-12/in-clear"].outcome is Outcome.PASS
    named = run(tmp_path, {"c.yml": BARE}, web_services=["web"], core_services=["wacore"])
    assert "names wacore, and the compose files have no such service (web, core)" in named.inconclusive["DEP-09/wacore"]


def test_a_declared_service_of_an_unused_profile_is_not_judged(tmp_path: Path) -> None:
    text = BARE.replace("web:v2}", "web:v2, profiles: [live]}")
    declared = {"web_services": ["web"], "core_services": ["core"]}
    assert "add it to deployment.profiles" in run(tmp_path, {"c.yml": text}, **declared).inconclusive["DEP-04/web"]
    assert "DEP-04/web" in run(tmp_path, {"c.yml": text}, profiles=["live"], **declared).verdicts


def test_a_demanded_variable_without_value_never_lets_anything_pass(tmp_path: Path) -> None:
    text = (
        f"services:\n  web: {{image: '{WEB}${{TAG:?which version}}', ports: ['8080:80']}}\n  core: {{image: {CORE}}}\n"
    )
    outcomes = run(tmp_path, {"c.yml": text})
    said = "c.yml:2: required variable TAG is missing a value"
    assert all(said in reason for reason in outcomes.inconclusive.values())
    assert {v.outcome for v in outcomes.verdicts.values()} == {Outcome.FAIL}
    assert said in outcomes.verdicts["DEP-10/port"].notes[0]
    given = run(tmp_path, {"c.yml": text, ".env": "TAG=2\n"})
    assert given.verdicts["DEP-09"].outcome is Outcome.PASS


def test_a_secret_that_the_shell_is_to_give_is_not_called_absent(tmp_path: Path) -> None:
    for written in ("WA_SECRET: ${WA_SECRET:?}", "WA_SECRET:"):
        text = with_settings().replace("    environment:\n", f"    environment:\n      {written}\n")
        outcomes = run(tmp_path, {"c.yml": text})
        assert {"DEP-01", "DEP-02"} <= outcomes.inconclusive.keys()


def test_a_reference_of_the_target_file_stands_for_the_shell(tmp_path: Path) -> None:
    text = with_settings(WA_SECRET="${WA_SECRET:?}")
    channel = {"url": "http://core.example/channel", "secret": "env:WA_SECRET"}
    outcomes = run(tmp_path, {"c.yml": text}, channel=channel)
    assert outcomes.verdicts["DEP-01"].outcome is Outcome.PASS
    assert outcomes.verdicts["DEP-02"].outcome is Outcome.PASS


def test_a_secret_in_a_file_of_compose_counts(tmp_path: Path) -> None:
    text = with_settings("secrets: {wa: {file: wa.txt}}\n", WA_SECRET_FILE="/run/secrets/wa")
    text = text.replace("    environment:\n", "    secrets: [wa]\n    environment:\n")
    assert run(tmp_path, {"c.yml": text, "wa.txt": SECRET}).verdicts["DEP-01"].outcome is Outcome.PASS
    weak = run(tmp_path, {"c.yml": text, "wa.txt": "changeme\n"})
    assert weak.failed() >= {"DEP-02"}
    (tmp_path / "wa.txt").unlink()
    assert "could not be read here" in run(tmp_path, {"c.yml": text}).inconclusive["DEP-01"]


def test_no_secret_is_recorded(tmp_path: Path) -> None:
    text = with_settings(WA_SECRET=SECRET, WA_DB_PASSWORD="hunter-three", WA_DB_CONNECTION_OPTION="pass=hunter-three")
    outcomes = run(tmp_path, {"c.yml": text, "x.env": "A_PASSWORD=hunter-three\n"}, env_files=["x.env"])
    told = json.dumps(outcomes.observations) + str(outcomes.by_case())
    assert "DEP-12" in outcomes.failed()
    assert SECRET not in told
    assert "hunter" not in told


def test_a_missing_env_file_of_a_service_leaves_open_what_it_may_hold(tmp_path: Path) -> None:
    text = BARE.replace("coreapp:v2}", "coreapp:v2, env_file: wa.env}")
    outcomes = run(tmp_path, {"c.yml": text}, web_services=["web"], core_services=["core"])
    assert "c.yml:3: env_file: wa.env: there is no such file" in outcomes.inconclusive["DEP-01/core"]
    assert "c.yml:2: web has no WA_SECRET" in outcomes.failures()["DEP-01/web"]


def test_files_are_found_through_the_mounts(tmp_path: Path) -> None:
    write_certs(tmp_path / "data" / "certs")
    outcomes = run(tmp_path, {"c.yml": with_settings(**ALL)})
    assert outcomes.verdicts["DEP-06"].outcome is Outcome.PASS
    assert outcomes.verdicts["DEP-07"].observed == "data/certs/key.pem 0600"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("ca.pem", None), "ca.pem (WA_DB_SSL_CA of web) is not there (data/certs/ca.pem)"),
        (("ca.pem", b"junk"), "holds nothing in PEM"),
        (("cert.pem", b""), "holds nothing in PEM"),
        (
            ("key.pem", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
            "private key that cannot be read",
        ),
        (
            ("cert.pem", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
            "certificate that cannot be read",
        ),
    ],
)
def test_files_that_are_no_good(tmp_path: Path, change: tuple[str, bytes | None], said: str) -> None:
    certs = tmp_path / "data" / "certs"
    write_certs(certs)
    name, content = change
    (certs / name).unlink() if content is None else (certs / name).write_bytes(content)
    outcomes = run(tmp_path, {"c.yml": with_settings(**ALL)})
    assert outcomes.failed() & {"DEP-06", "DEP-07"} == {"DEP-06"}
    assert said in outcomes.failures()["DEP-06"]


def test_a_key_that_does_not_match_its_certificate(tmp_path: Path) -> None:
    certs = tmp_path / "data" / "certs"
    authority = write_certs(certs)
    (certs / "key.pem").write_bytes(authority.issue(LeafSpec()).key_pem)
    outcomes = run(tmp_path, {"c.yml": with_settings(**ALL)})
    assert "the key of web does not belong to its certificate" in outcomes.failures()["DEP-06"]


def test_a_certificate_in_the_place_of_the_key_is_no_open_key(tmp_path: Path) -> None:
    write_certs(tmp_path / "data" / "certs")
    outcomes = run(tmp_path, {"c.yml": with_settings(**ALL | {"WA_DB_SSL_KEY": f"{CERTS}/cert.pem"})})
    assert outcomes.failed() & {"DEP-06", "DEP-07"} == {"DEP-06"}
    assert "holds no private key" in outcomes.failures()["DEP-06"]


@pytest.mark.parametrize("hidden", [f"tmpfs: ['{CERTS}:size=1m']", f"tmpfs: {CERTS}"])
def test_a_tmpfs_hides_what_is_mounted_below_it(tmp_path: Path, hidden: str) -> None:
    write_certs(tmp_path / "data" / "certs")
    outcomes = run(tmp_path, {"c.yml": with_settings(f"    {hidden}\n", **ALL)}, certs_dir="data/certs")
    assert "(WA_DB_SSL_CA of core) lies in the tmpfs at c.yml:" in outcomes.failures()["DEP-06"]


def test_a_locked_key_leaves_it_open(tmp_path: Path) -> None:
    certs = tmp_path / "data" / "certs"
    write_certs(certs)
    pem = make_key("secp256r1").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))
    (certs / "key.pem").write_bytes(pem)
    outcomes = run(tmp_path, {"c.yml": with_settings(**ALL)})
    assert "needs a passphrase" in outcomes.inconclusive["DEP-06"]
    assert outcomes.verdicts["DEP-07"].outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("path", "volume", "outcome", "said"),
    [
        ("certs/ca.pem", "./data:/usr/local/waent/data", "fail", "is not an absolute path"),
        (f"{CERTS}/ca.pem", "./data:/elsewhere", "fail", "is in no volume that is mounted into web"),
        (f"{CERTS}/../certs/ca.pem", "./data:/usr/local/waent/data", "pass", ""),
        (f"{CERTS}/ca.pem", "./data/certs:/usr/local/waent/data/certs:ro", "pass", ""),
        (f"{CERTS}/ca.pem", "named:/usr/local/waent/data", "open", "declare deployment.certs_dir"),
        (f"{CERTS}/ca.pem", "/not/on/this/machine:/usr/local/waent/data", "open", "is not on this machine"),
        ("/etc/ssl/certs/ca-certificates.crt", "./data:/usr/local/waent/data", "open", "it is a file of the image"),
    ],
)
def test_where_a_setting_leads(tmp_path: Path, path: str, volume: str, outcome: str, said: str) -> None:
    write_certs(tmp_path / "data" / "certs")
    text = with_settings("volumes: {named: }\n", volume, WA_DB_SSL_CA=path)
    outcomes = run(tmp_path, {"c.yml": text})
    found = outcomes.by_case()["DEP-06"]
    assert ("open" if isinstance(found, str) else found.outcome.value) == outcome
    assert said in (found if isinstance(found, str) else found.reason)


@pytest.mark.parametrize("volume", ["named:/usr/local/waent/data", "/not/on/this/machine:/usr/local/waent/data"])
def test_certs_dir_stands_for_what_is_not_here(tmp_path: Path, volume: str) -> None:
    write_certs(tmp_path / "here")
    text = with_settings("volumes: {named: }\n", volume, **ALL)
    outcomes = run(tmp_path, {"c.yml": text}, certs_dir="here")
    assert outcomes.verdicts["DEP-06"].outcome is Outcome.PASS
    assert outcomes.verdicts["DEP-07"].outcome is Outcome.PASS


def test_certs_dir_hides_no_mount_of_another_folder(tmp_path: Path) -> None:
    write_certs(tmp_path / "here")
    (tmp_path / "data").mkdir()
    assert "DEP-06" in run(tmp_path, {"c.yml": with_settings(**ALL)}, certs_dir="here").failed()


def test_a_container_of_these_files_is_known_by_its_name(tmp_path: Path) -> None:
    text = f"services:\n  web: {{image: {WEB}, container_name: front}}\n"
    text += f"  core: {{image: {CORE}, network_mode: 'container:front'}}\n"
    assert "web is in no network without core" in run(tmp_path, {"c.yml": text}).failures()["DEP-08"]


@pytest.mark.parametrize(
    ("app", "port", "failed"),
    [
        ("core", "127.0.0.1:6250:6250", {"DEP-09"}),
        ("core", "7000-7009:6245-6254", {"DEP-09"}),
        ("core", "41641:41641/udp", set()),
        ("web", "9090:443", {"DEP-10"}),
        ("web", "127.0.0.1:9090:443", set()),
        ("web", "41641:41641/udp", set()),
    ],
)
def test_ports_are_published_by_the_service_whose_network_is_used(
    tmp_path: Path, app: str, port: str, failed: set[str]
) -> None:
    text = BARE.replace(f"  {app}: {{", f"  {app}: {{network_mode: 'service:side', ")
    text += f"  side: {{image: x, ports: ['{port}']}}\n"
    outcomes = run(tmp_path, {"c.yml": text})
    assert outcomes.failed() & {"DEP-09", "DEP-10"} == failed
    assert all(
        "c.yml:4: side, whose network" in outcomes.failures()[case]
        for case in outcomes.failures()
        if case[:6] in failed
    )


@pytest.mark.parametrize(("internal", "wrong"), [("true", False), ("false", True)])
def test_ports_are_not_bound_by_an_internal_network(tmp_path: Path, internal: str, wrong: bool) -> None:
    text = f"services:\n  web: {{image: {WEB}, ports: ['9090:443'], networks: [front, back]}}\n"
    text += f"  core: {{image: {CORE}, networks: [back]}}\n"
    text += "networks:\n  front: {driver_opts: {com.docker.network.bridge.host_binding_ipv4: 127.0.0.1}}\n"
    text += f"  back: {{internal: {internal}}}\n"
    assert ("DEP-10/interface" in run(tmp_path, {"c.yml": text}).failures()) is wrong


@pytest.mark.parametrize("spelling", [SECRET.lower(), SECRET.encode().hex().upper(), SECRET[::-1], SECRET + "2026"])
def test_a_database_password_in_another_spelling_is_no_secret_of_its_own(tmp_path: Path, spelling: str) -> None:
    text = BARE.replace("{image", "{environment: {WA_SECRET: '${S}', WA_DB_PASSWORD: '${P}'}, image")
    outcomes = run(tmp_path, {"c.yml": text, ".env": f"S={spelling}\nP={SECRET}\n"})
    assert "made of a database password" in outcomes.failures()["DEP-02"]


def test_a_pass_says_what_was_seen(tmp_path: Path) -> None:
    verdicts = run(tmp_path, {"c.yml": BARE}).verdicts.values()
    assert all(verdict.observed for verdict in verdicts)


def test_a_chain_by_an_intermediate_belongs_to_its_root(tmp_path: Path) -> None:
    certs = tmp_path / "data" / "certs"
    root = write_certs(certs)
    leaf = Authority("Intermediate", parent=root).issue(LeafSpec(names=("wa",)))
    (certs / "cert.pem").write_bytes(leaf.chain_pem)
    (certs / "key.pem").write_bytes(leaf.key_pem)
    verdict = run(tmp_path, {"c.yml": with_settings(**ALL)}).verdicts["DEP-06"]
    assert (verdict.outcome, verdict.notes) == (Outcome.PASS, ())


def test_one_expired_certificate_in_a_bundle_is_a_note(tmp_path: Path) -> None:
    certs = tmp_path / "data" / "certs"
    root = write_certs(certs)
    old = root.issue(LeafSpec(names=("old",), starts_in_days=-30, days=20)).chain_pem
    (certs / "ca.pem").write_bytes(old + root.pem)
    verdict = run(tmp_path, {"c.yml": with_settings(**ALL)}).verdicts["DEP-06"]
    assert verdict.outcome is Outcome.PASS
    assert "1 of 2 certificates in it have expired" in verdict.notes[0]


@pytest.mark.parametrize("signs_itself", [True, False])
def test_a_pinned_certificate_is_an_anchor_where_it_signs_itself(tmp_path: Path, signs_itself: bool) -> None:
    authority = write_certs(tmp_path / "data" / "certs")
    pinned = authority.issue(LeafSpec(names=("db",), self_signed=signs_itself)).chain_pem
    (tmp_path / "data" / "certs" / "ca.pem").write_bytes(pinned)
    verdict = run(tmp_path, {"c.yml": with_settings(**ALL)}).verdicts["DEP-06"]
    assert verdict.outcome is (Outcome.PASS if signs_itself else Outcome.FAIL)
    assert any("one that signs itself" in note for note in verdict.notes) is signs_itself


def test_a_volume_of_a_container_outside_these_files_is_not_seen(tmp_path: Path) -> None:
    write_certs(tmp_path / "certs")
    text = with_settings(**ALL).replace("volumes: ['./data:/usr/local/waent/data']", "volumes_from: ['container:x']")
    assert "of container x, which is not of these files" in run(tmp_path, {"c.yml": text}).inconclusive["DEP-06"]
    assert run(tmp_path, {"c.yml": text}, certs_dir="certs").verdicts["DEP-06"].outcome is Outcome.PASS


def test_what_compose_reads_or_not_by_itself_is_told(tmp_path: Path) -> None:
    files = {"compose.yml": with_settings(WA_DB_SSL_VERIFY="1"), ".env": "A=1\n", "prod.env": "B=2\n"}
    files["compose.override.yml"] = "services: {web: {environment: {WA_DB_SSL_VERIFY: 0}}}\n"
    verdict = run(tmp_path, files, env_files=["prod.env"]).verdicts["DEP-04"]
    assert verdict.outcome is Outcome.FAIL
    assert "compose.override.yml was read too" in verdict.notes[-2]
    assert ".env was not read" in verdict.notes[-1]
    alone = run(tmp_path, files, override=False).verdicts["DEP-04"]
    assert alone.outcome is Outcome.PASS
    assert not any("was read too" in note for note in alone.notes)


def test_a_misspelt_key_leaves_everything_open(tmp_path: Path) -> None:
    outcomes = run(tmp_path, {"c.yml": with_settings(A="b").replace("environment:", "enviroment:")})
    assert not outcomes.verdicts
    assert all("compose knows no key enviroment in web" in why for why in outcomes.inconclusive.values())
