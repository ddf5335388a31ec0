"""What is observed of nginx, HAProxy and Apache is what their configuration says, at every level."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509 import ocsp

from conformance.engine.policy import Profile, guideline
from conformance.handshake import caller as hello_caller
from conformance.handshake import registry
from conformance.handshake.record import TlsObservation
from conformance.model import Inconclusive
from reference_server.pki import Authority, LeafSpec
from reference_server.stapling import answer
from tests.areas.tls import eyes
from tests.webservers import apache, free_port, haproxy, haproxy_sections, installed, nginx, s_server

Start = Callable[["Site", Profile], AbstractContextManager[int]]

OPENSSL_GROUPS = {"x25519": "X25519", "secp256r1": "P-256", "secp384r1": "P-384"}
OPENSSL_VERSIONS = {"tls-1.0": "TLSv1", "tls-1.1": "TLSv1.1", "tls-1.2": "TLSv1.2", "tls-1.3": "TLSv1.3"}

INTERMEDIATE = "ECDHE+AESGCM:ECDHE+CHACHA20"


class Site:
    """A folder with a certificate of either kind, and DH parameters."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.chmod(0o755)
        authority = Authority()
        # HAProxy finds a pair of certificates by these endings.
        self.rsa = self._put(authority, "site.pem.rsa", LeafSpec(key="rsa-2048"))
        self.ecdsa = self._put(authority, "site.pem.ecdsa", LeafSpec(key="secp384r1", days=80))
        self.both = folder / "site.pem"
        self.ca = folder / "ca.pem"
        self.ca.write_bytes(authority.pem)
        self.must_staple = self._put(authority, "staple.pem", LeafSpec(must_staple=True, ocsp_url="http://127.0.0.1/"))
        self.staple = folder / "staple.der"
        mine = x509.load_pem_x509_certificate(self.must_staple.read_bytes())
        neighbour = x509.load_pem_x509_certificate(self.rsa.read_bytes())
        self.staple.write_bytes(answer(authority, mine))
        self.staples = {
            "revoked on": answer(authority, mine, ocsp.OCSPCertStatus.REVOKED),
            "out of date since": answer(authority, mine, age_in_days=27),
            "another certificate": answer(authority, neighbour),
            "tryLater": ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER).public_bytes(
                serialization.Encoding.DER
            ),
        }
        self.ed25519 = self._put(authority, "ed25519.pem", LeafSpec(key="ed25519"))
        client = authority.issue(LeafSpec(names=("client.example",), extensions=False))
        self.client_key = client.key_pem.decode()
        (folder / "client.pem").write_bytes(client.chain_pem)
        self.dh = folder / "dh.pem"
        command = [installed("openssl"), "genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:ffdhe2048"]
        subprocess.run([*command, "-out", str(self.dh)], check=True)

    def _put(self, authority: Authority, name: str, spec: LeafSpec) -> Path:
        leaf = authority.issue(spec)
        (self.folder / name).write_bytes(leaf.chain_pem + leaf.key_pem)
        return self.folder / name


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(tmp_path_factory.mktemp("site"))


def ciphers(level: Profile) -> str:
    names = (eyes.openssl_name(registry.suite_numbers()[suite]) for suite in level.suites)
    return ":".join(name for name in names if name) + ("@SECLEVEL=0" if "tls-1.0" in level.versions else "")


def curves(level: Profile) -> str:
    return ":".join(OPENSSL_GROUPS[group] for group in level.groups if group in OPENSSL_GROUPS)


def start_nginx(site: Site, level: Profile) -> AbstractContextManager[int]:
    suites = f"ssl_ciphers {ciphers(level)};" if level.suites else ""
    return nginx(
        site.folder,
        f"ssl_certificate {site.rsa}; ssl_certificate_key {site.rsa};"
        f"ssl_certificate {site.ecdsa}; ssl_certificate_key {site.ecdsa};"
        f"ssl_protocols {' '.join(OPENSSL_VERSIONS[version] for version in level.versions)}; {suites}"
        f"ssl_prefer_server_ciphers {'on' if level.server_order else 'off'};"
        f"ssl_ecdh_curve {curves(level)}; ssl_dhparam {site.dh};",
    )


def start_haproxy(site: Site, level: Profile) -> AbstractContextManager[int]:
    suites = f"ciphers {ciphers(level)}" if level.suites else ""
    order = "" if level.server_order else "prefer-client-ciphers"
    lowest = OPENSSL_VERSIONS[level.versions[0]].replace("TLSv1", "TLSv1.0") if level.level == "old" else ""
    lowest = lowest or OPENSSL_VERSIONS[level.versions[0]]
    return haproxy(
        site.folder,
        f"crt {site.both} ssl-min-ver {lowest} {suites} curves {curves(level)} {order}",
        "  tune.ssl.default-dh-param 2048",
    )


def start_apache(site: Site, level: Profile) -> AbstractContextManager[int]:
    suites = f"SSLCipherSuite {ciphers(level)}" if level.suites else ""
    return apache(
        site.folder,
        f"SSLCertificateFile {site.rsa}\nSSLCertificateFile {site.ecdsa}\n"
        f"SSLProtocol -all {' '.join('+' + OPENSSL_VERSIONS[version] for version in level.versions)}\n{suites}\n"
        f"SSLHonorCipherOrder {'on' if level.server_order else 'off'}\n"
        f"SSLOpenSSLConfCmd Curves {curves(level)}",
    )


def expected(level: Profile, version: str) -> tuple[str, ...]:
    """List what this machine's OpenSSL serves of a level under one version, in the level's order."""
    if version == "tls-1.3":
        return level.suites_tls13
    served = tuple(s for s in level.suites if eyes.openssl_name(registry.suite_numbers()[s]))
    return served if version == "tls-1.2" else tuple(suite for suite in served if suite.endswith("_CBC_SHA"))


def of_kind(suites: tuple[str, ...], kind: str) -> list[str]:
    return [suite for suite in suites if ("_ECDSA_" in suite) == (kind == "ecdsa")]


def kinds_of(seen: TlsObservation) -> set[tuple[str, int, float]]:
    return {(each.key_type, each.key_bits, round(each.days)) for each in seen.certificates}


@pytest.mark.parametrize("start", [start_nginx, start_haproxy, start_apache])
@pytest.mark.parametrize(("edition", "name"), [("5.8", "modern"), ("5.7", "intermediate"), ("5.8", "old")])
def test_a_server_at_a_level(site: Site, start: Start, edition: str, name: str) -> None:
    level = guideline(edition).levels[name]
    with start(site, level) as port:
        seen = eyes.observe(port)

    assert seen.canaries == (True,) * len(seen.canaries)
    assert len(seen.canaries) >= 3
    assert tuple(eyes.offered(seen.versions)) == level.versions
    assert {seen.versions[v].outcome for v in seen.versions if v not in level.versions} == {"alert"}
    for version in level.versions:
        found = seen.suites[version]
        assert found.complete
        served = expected(level, version)
        if start is start_haproxy and version in ("tls-1.0", "tls-1.1"):
            # HAProxy shows its ECDSA certificate only to clients that list signature algorithms, as from TLS 1.2 on.
            served = tuple(of_kind(served, "rsa"))
        assert set(found.by_hello) == set(found.by_sslyze) == set(served), version
        assert found.server_order is bool(level.server_order), version
        if level.server_order and version != "tls-1.3":
            for kind in ("ecdsa", "rsa"):
                assert of_kind(found.in_order, kind) == of_kind(served, kind)
    groups = set(level.groups) & set(OPENSSL_GROUPS)
    assert set(seen.groups_tls13 or ()) == groups
    assert set(seen.groups_tls12 or ()) == (groups if "tls-1.2" in level.versions else set())
    assert seen.dh_bits == (2048 if any("_DHE_" in suite for suite in level.suites) else None)
    assert kinds_of(seen) == {("rsa", 2048, 60), ("ecdsa", 384, 80)}
    assert {name: each.vulnerable for name, each in seen.weaknesses.items()} == dict.fromkeys(seen.weaknesses, False)
    assert seen.early_data is False
    assert seen.client_renegotiation is False
    lower = len(level.versions) > 1
    assert seen.extended_master_secret is (True if lower else None)
    assert seen.fallback_scsv is (True if lower else None)
    assert seen.troubles == ()


def test_hellos_stay_under_a_hundred_connections(site: Site) -> None:
    with start_nginx(site, guideline("5.7").levels["intermediate"]) as port:
        bench = eyes.bench(port)
        eyes.ask(port, bench)
        assert bench.budget.connections_opened < 100


def test_the_client_that_prefers_chacha_overrules_a_server_that_lets_it(site: Site) -> None:
    level = guideline("5.8").levels["old"]
    settings = (
        f"SSLCertificateFile {site.rsa}\nSSLProtocol TLSv1.2\nSSLCipherSuite {ciphers(level)}\nSSLHonorCipherOrder on"
    )
    with apache(site.folder, f"{settings}\nSSLOpenSSLConfCmd Options PrioritizeChaCha") as port:
        seen = eyes.ask(port)[1].suites["tls-1.2"]
    assert (seen.server_order, seen.prioritises_chacha) == (True, True)
    assert list(seen.in_order) == of_kind(expected(level, "tls-1.2"), "rsa")


def test_two_certificates_of_a_server_that_speaks_tls_1_3_only(site: Site) -> None:
    with start_nginx(site, guideline("5.8").levels["modern"]) as port:
        assert kinds_of(eyes.observe(port)) == {("rsa", 2048, 60), ("ecdsa", 384, 80)}


def _self_signed(site: Site, kind: str, *options: str) -> Path:
    path = site.folder / f"{kind}.pem"
    command = [installed("openssl"), "req", "-x509", "-newkey", kind, "-nodes", "-days", "60", "-subj", "/CN=localhost"]
    key = path.with_suffix(".key")
    subprocess.run([*command, *options, "-keyout", str(key), "-out", str(path)], check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + key.read_bytes())
    return path


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_certificates_of_every_kind(site: Site, version: str) -> None:
    pss = ("-pkeyopt", "rsa_keygen_bits:2048")
    paths = [site.rsa, site.ecdsa, *(_self_signed(site, kind) for kind in ("ed25519", "ed448"))]
    paths.append(_self_signed(site, "rsa-pss", *pss))
    settings = "".join(f"ssl_certificate {path}; ssl_certificate_key {path};" for path in paths)
    with nginx(site.folder, f"{settings} ssl_protocols {version};") as port:
        seen = eyes.observe(port)
    assert sorted(each.key_type for each in seen.certificates) == ["ecdsa", "ed25519", "ed448", "rsa", "rsa"]
    assert {each.key_type for each in seen.certificates} == {"rsa", "ecdsa", "ed25519", "ed448"}


@pytest.mark.parametrize("group", ["X25519", "P-256", "P-384", "P-521", "X448", "ffdhe2048", "ffdhe3072"])
def test_certificates_are_seen_whatever_the_only_group(site: Site, group: str) -> None:
    arguments = ("-cert", str(site.ecdsa), "-key", str(site.ecdsa), "-tls1_3", "-groups", group)
    with s_server(site.folder, *arguments) as port:
        _, seen = eyes.ask(port)
    assert [each.chain[0] for each in seen.shown] == [ssl.PEM_cert_to_DER_cert(_first(site.ecdsa))]
    assert seen.troubles == ()


def _first(path: Path) -> str:
    end = "-----END CERTIFICATE-----"
    return path.read_text().partition(end)[0] + end


@pytest.mark.parametrize("suite", ["AES_128_GCM_SHA256", "AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256"])
def test_certificates_are_seen_whatever_the_only_suite(site: Site, suite: str) -> None:
    arguments = ("-cert", str(site.ecdsa), "-key", str(site.ecdsa), "-tls1_3", "-ciphersuites", f"TLS_{suite}")
    with s_server(site.folder, *arguments) as port:
        assert len(eyes.ask(port)[1].shown) == 1


def test_a_chain_longer_than_a_record_is_read_and_told(site: Site) -> None:
    long = site.folder / "long.pem"
    long.write_text(_first(site.rsa) + "\n" + 60 * site.ca.read_text())
    settings = f"ssl_certificate {long}; ssl_certificate_key {site.rsa}; ssl_protocols TLSv1.2 TLSv1.3;"
    with nginx(site.folder, settings) as port:
        seen = eyes.observe(port)
    assert kinds_of(seen) == {("rsa", 2048, 60)}
    assert "TlsHandshakeTypeByte" not in " ".join((*seen.troubles, *(w.detail for w in seen.weaknesses.values())))


@pytest.mark.parametrize("verifies", ["on", "optional"])
@pytest.mark.parametrize("shown", [True, False])
def test_robot_behind_a_client_certificate_is_not_told(site: Site, verifies: str, shown: bool) -> None:
    settings = (
        f"ssl_certificate {site.rsa}; ssl_certificate_key {site.rsa}; ssl_protocols TLSv1.2 TLSv1.3;"
        f"ssl_ciphers AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256; ssl_verify_client {verifies};"
        f"ssl_client_certificate {site.ca};"
    )
    credentials: dict[str, Any] = {"client_cert": "client.pem", "client_key": "env:CLIENT_KEY"} if shown else {}
    with nginx(site.folder, settings) as port:
        seen = eyes.observe(port, eyes.bench(port, {"CLIENT_KEY": site.client_key}, site.folder, **credentials))
    assert seen.weaknesses["robot"].vulnerable is None
    assert "client certificate" in seen.weaknesses["robot"].detail


def test_early_data_and_suites_of_tls_1_3(site: Site) -> None:
    settings = f"ssl_certificate {site.rsa}; ssl_certificate_key {site.rsa}; ssl_protocols TLSv1.3; ssl_early_data on;"
    suites = ("TLS_AES_128_CCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256")
    with nginx(site.folder, f"{settings} ssl_conf_command Ciphersuites {':'.join(suites)};") as port:
        seen = eyes.observe(port)
    assert seen.early_data is True
    assert set(seen.suites["tls-1.3"].accepted) == set(suites)
    assert seen.groups_tls13 is not None
    assert {"x448", "secp521r1", "ffdhe2048"} < set(seen.groups_tls13)


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_a_staple_is_seen_where_there_is_one(site: Site, version: str) -> None:
    settings = f"ssl_certificate {site.must_staple}; ssl_certificate_key {site.must_staple}; ssl_protocols {version};"
    with nginx(site.folder, settings) as port:
        bare = eyes.observe(port).certificates[0]
    with nginx(site.folder, f"{settings} ssl_stapling on; ssl_stapling_file {site.staple};") as port:
        stapled = eyes.observe(port).certificates[0]
    assert (bare.must_staple, bare.names_responder, bare.stapled) == (True, True, False)
    assert (stapled.must_staple, stapled.names_responder, stapled.stapled) == (True, True, True)


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
@pytest.mark.parametrize("words", ["", "revoked on", "out of date since", "another certificate", "tryLater"])
def test_a_staple_is_read(site: Site, version: str, words: str) -> None:
    site.staple.with_suffix(".bad").write_bytes(site.staples[words] if words else site.staple.read_bytes())
    settings = f"ssl_certificate {site.must_staple}; ssl_certificate_key {site.must_staple}; ssl_protocols {version};"
    stapling = f"ssl_stapling on; ssl_stapling_file {site.staple.with_suffix('.bad')};"
    with nginx(site.folder, settings + stapling) as port:
        (seen,) = eyes.observe(port, eyes.bench(port, folder=site.folder, ca_file=site.ca.name)).certificates
        (bare,) = eyes.observe(port).certificates
    assert (seen.stapled, words in seen.staple_trouble, bool(seen.staple_trouble)) == (True, True, bool(words))
    assert not seen.staple_unsigned
    assert bare.staple_unsigned is not bool(words)
    assert bare.staple_trouble == seen.staple_trouble


def test_what_a_server_hides_behind_its_certificates_curve_is_told(site: Site) -> None:
    settings = (
        f"ssl_certificate {site.ecdsa}; ssl_certificate_key {site.ecdsa}; "
        "ssl_protocols TLSv1.2; ssl_ecdh_curve P-256:P-384:X25519;"
    )
    with nginx(site.folder, f"{settings} ssl_prefer_server_ciphers on;") as port:
        ordered = eyes.ask(port)[1]
    with nginx(site.folder, f"{settings} ssl_prefer_server_ciphers off;") as port:
        followed = eyes.ask(port)[1]
    assert ordered.groups_below.names == ("secp256r1", "secp384r1")
    assert ordered.troubles == ("groups that the server ranks behind secp384r1, its certificate's own, cannot be seen",)
    assert set(followed.groups_below.names or ()) == {"secp256r1", "secp384r1", "x25519"}
    assert followed.troubles == ()


def test_an_x25519_server_whose_tls_1_2_suites_sslyze_misses(site: Site) -> None:
    settings = f"ssl_certificate {site.rsa}; ssl_certificate_key {site.rsa}; ssl_protocols TLSv1.2 TLSv1.3;"
    suites = "ssl_ecdh_curve X25519; ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384;"
    with nginx(site.folder, settings + suites) as port:
        seen = eyes.observe(port)
    found = seen.suites["tls-1.2"]
    assert set(found.by_hello) == {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"}
    assert found.by_sslyze == ()
    assert seen.groups_tls12 == seen.groups_tls13 == ("x25519",)
    assert seen.client_renegotiation is False
    assert not any("renegotiation was not tried" in trouble for trouble in seen.troubles)
    assert seen.weaknesses["insecure-renegotiation"].vulnerable is False
    assert seen.weaknesses["compression"].vulnerable is False


def test_an_ed25519_certificate(site: Site) -> None:
    settings = f"ssl_certificate {site.ed25519}; ssl_certificate_key {site.ed25519}; ssl_protocols TLSv1.2 TLSv1.3;"
    with nginx(site.folder, settings) as port:
        seen = eyes.observe(port)
    assert [(each.key_type, each.curve) for each in seen.certificates] == [("ed25519", None)]
    assert {"x25519", "x448"} < set(seen.groups_tls12 or ())


@pytest.mark.parametrize("start", [nginx, haproxy])
def test_a_server_that_asks_for_a_client_certificate(
    site: Site, start: Callable[[Path, str], AbstractContextManager[int]]
) -> None:
    settings = {
        nginx: f"ssl_certificate {site.rsa}; ssl_certificate_key {site.rsa}; ssl_protocols TLSv1.2 TLSv1.3;"
        f"ssl_ciphers {INTERMEDIATE}; ssl_verify_client on; ssl_client_certificate {site.ca};",
        haproxy: f"crt {site.both} verify required ca-file {site.ca} ssl-min-ver TLSv1.2 ciphers {INTERMEDIATE}",
    }
    with start(site.folder, settings[start]) as port:
        environ = {"CLIENT_KEY": site.client_key}
        seen = eyes.observe(
            port, eyes.bench(port, environ, site.folder, client_cert="client.pem", client_key="env:CLIENT_KEY")
        )
    assert seen.troubles == ()
    assert {each.vulnerable for each in seen.weaknesses.values()} == {False}
    assert seen.client_renegotiation is False
    assert set(seen.suites["tls-1.2"].by_sslyze) == set(seen.suites["tls-1.2"].by_hello)


def test_certificates_are_seen_without_a_client_certificate(site: Site) -> None:
    settings = f"crt {site.both} verify required ca-file {site.ca} ssl-min-ver TLSv1.3"
    with haproxy(site.folder, settings) as port:
        assert kinds_of(eyes.observe(port)) == {("rsa", 2048, 60), ("ecdsa", 384, 80)}


def test_without_its_client_certificate_what_needs_one_is_not_told(site: Site) -> None:
    with haproxy(site.folder, f"crt {site.both} verify required ca-file {site.ca}") as port:
        seen = eyes.observe(port)
    assert seen.weaknesses["robot"].vulnerable is None
    assert "client certificate" in seen.weaknesses["robot"].detail
    assert seen.client_renegotiation is None
    assert eyes.offered(seen.versions) == ["tls-1.2", "tls-1.3"]


@contextmanager
def limited(site: Site, rate: int, verdict: str) -> Iterator[int]:
    """Run HAProxy with suites of CBC mode, that turns clients away after `rate` connections in ten seconds."""
    port = free_port()
    sections = (
        f"frontend web\n  bind 127.0.0.1:{port} ssl crt {site.both} ssl-min-ver TLSv1.2 ciphers ECDHE+AES:RSA+AES\n"
        "  stick-table type ip size 10 expire 10s store conn_rate(10s)\n  tcp-request connection track-sc0 src\n"
        f"  tcp-request connection {verdict} if {{ sc0_conn_rate gt {rate} }}\n  http-request return status 200\n"
    )
    with haproxy_sections(site.folder, port, sections):
        yield port


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hello_caller, "PATIENCE", 0.7)


@pytest.mark.parametrize("verdict", ["reject", "silent-drop"])
@pytest.mark.usefixtures("impatient")
def test_a_limiter_that_hellos_run_into_is_no_refusal(site: Site, verdict: str) -> None:
    with limited(site, 20, verdict) as port, pytest.raises(Inconclusive, match=r"stopped answering|took no connection"):
        eyes.observe(port)


@pytest.mark.parametrize("verdict", ["reject", "silent-drop"])
@pytest.mark.usefixtures("impatient")
def test_a_limiter_that_sslyze_runs_into_is_no_refusal(site: Site, verdict: str) -> None:
    with limited(site, 200, verdict) as port:
        seen = eyes.observe(port)
    assert seen.canaries[-1] is False
    assert seen.weaknesses["heartbleed"].vulnerable is None
    assert "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA" in seen.suites["tls-1.2"].accepted
