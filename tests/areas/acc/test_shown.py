"""Every certificate that some client of a real server gets is judged, and what current clients refuse is refused."""

from __future__ import annotations

import datetime
import socket
import ssl
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509 import ocsp

from conformance.areas.acc import judge
from conformance.areas.acc.chain import Trust, chains, examine
from conformance.areas.acc.record import ChainsObservation
from conformance.model import Outcome
from reference_server.pki import Authority, Key, Leaf, LeafSpec, make_key
from tests.areas.acc.test_chain import bench, serving
from tests.areas.hdr.pages import case, policy
from tests.webservers import nginx, s_server


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    made = Authority()
    (tmp_path / "ca.pem").write_bytes(made.pem)
    return made


def store(folder: Path, name: str, leaf: Leaf) -> Path:
    path = folder / name
    path.write_bytes(leaf.chain_pem + leaf.key_pem)
    return path


def judged(seen: ChainsObservation) -> tuple[Outcome, str]:
    verdict = judge.certificates_verify(seen, policy(), case("ACC-02", "", ""))
    return verdict.outcome, str(verdict.observed)


@pytest.mark.parametrize("protocols", ["TLSv1.3", "TLSv1.2", "TLSv1.2 TLSv1.3"])
@pytest.mark.parametrize("withheld", [False, True], ids=["whole", "without-its-intermediate"])
def test_nginx_with_two_certificates(tmp_path: Path, authority: Authority, protocols: str, *, withheld: bool) -> None:
    first = store(tmp_path, "ecdsa.pem", authority.issue(LeafSpec()))
    between = Authority("Between", parent=authority, withheld=withheld)
    second = store(tmp_path, "rsa.pem", between.issue(LeafSpec(key="rsa-2048")))
    named = "".join(f"ssl_certificate {path}; ssl_certificate_key {path};\n" for path in (first, second))
    with nginx(tmp_path, f"{named} ssl_protocols {protocols};") as port:
        outcome, told = judged(chains.look(bench(tmp_path, port)))
    assert outcome is (Outcome.FAIL if withheld else Outcome.PASS), told
    assert not withheld or ("with RSA: the server sends its certificate alone" in told and "ECDSA" not in told)


@pytest.mark.parametrize("key", ["ed25519", "secp384r1"])
def test_a_second_certificate_that_tls_1_3_shows_to_few(tmp_path: Path, authority: Authority, key: str) -> None:
    first = store(tmp_path, "rsa.pem", authority.issue(LeafSpec(key="rsa-2048")))
    second = store(tmp_path, "other.pem", Authority("Nobody").issue(LeafSpec(key=key)))
    options = ("-cert", str(first), "-key", str(first), "-dcert", str(second), "-dkey", str(second))
    with s_server(tmp_path, "-tls1_3", *options) as port:
        outcome, told = judged(chains.look(bench(tmp_path, port)))
    assert outcome is Outcome.FAIL
    assert "CN=Nobody" in told


OLD = {"sha1": (hashes.SHA1(), 5), "md5": (hashes.MD5(), 4)}


def signed_again(certificate: x509.Certificate, key: Key, digest: str) -> bytes:
    """Sign a certificate of an RSA authority by a digest that the library signs with no more; DER."""
    assert isinstance(key, rsa.RSAPrivateKey)
    kind, last = OLD[digest]
    stem = bytes.fromhex("06092a864886f70d0101")
    body = certificate.tbs_certificate_bytes.replace(stem + b"\x0b", stem + bytes([last]))
    algorithm = b"\x30\x0d" + stem + bytes([last, 5, 0])
    signature = b"\0" + key.sign(body, padding.PKCS1v15(), kind)
    content = body + algorithm + b"\x03\x82" + len(signature).to_bytes(2) + signature
    return b"\x30\x82" + len(content).to_bytes(2) + content


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


@pytest.mark.parametrize("digest", ["sha1", "md5"])
def test_an_old_signature_is_refused_anywhere_but_on_the_anchor(tmp_path: Path, digest: str) -> None:
    root = Authority(key=make_key("rsa-2048"))
    between = Authority("Between", parent=root)
    leaf, other = der(between.issue(LeafSpec()).certificate), root.issue(LeafSpec()).certificate
    trust = Trust("webapp.ca_file", "ca.pem", tmp_path / "ca.pem")
    (tmp_path / "ca.pem").write_bytes(root.pem)
    seen = examine([leaf, signed_again(between.certificate, root.key, digest)], "localhost", trust)
    assert (seen.code, seen.weak) == (0, "CA signature digest algorithm too weak")
    verdict = judge.chain_verifies(seen)
    assert verdict.outcome is Outcome.FAIL
    assert f"signature rsa-{digest}" in verdict.observed
    assert examine([signed_again(other, root.key, digest)], "localhost", trust).weak
    (tmp_path / "ca.pem").write_text(ssl.DER_cert_to_PEM_cert(signed_again(root.certificate, root.key, digest)))
    assert judge.chain_verifies(examine([leaf, der(between.certificate)], "localhost", trust)).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("spec", "key", "weak"),
    [
        (LeafSpec(key="rsa-1024"), None, "EE certificate key too weak"),
        (LeafSpec(key="secp192r1"), None, "EE certificate key too weak"),
        (LeafSpec(), "rsa-1024", "CA certificate key too weak"),
        (LeafSpec(), "secp192r1", "CA certificate key too weak"),
        (LeafSpec(key="rsa-2048"), "rsa-2048", ""),
        (LeafSpec(key="ed25519"), "secp384r1", ""),
    ],
)
def test_a_weak_key_is_refused_anywhere(
    tmp_path: Path, authority: Authority, spec: LeafSpec, key: str | None, weak: str
) -> None:
    issuer = Authority("Between", parent=authority, key=make_key(key)) if key else authority
    sent = [der(issuer.issue(spec).certificate), der(issuer.certificate)]
    trust = Trust("webapp.ca_file", "ca.pem", tmp_path / "ca.pem")
    seen = examine(sent, "localhost", trust)
    assert (seen.code, seen.weak) == (0, weak)
    (tmp_path / "ca.pem").write_bytes(issuer.pem)  # an anchor's key counts as well
    assert examine(sent, "localhost", trust).weak == weak


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_common_name_is_taken_where_clients_take_it_only(tmp_path: Path, authority: Authority, host: str) -> None:
    sent = [der(authority.issue(LeafSpec(names=(host,), named_in_subject_only=True)).certificate)]
    trust = Trust("webapp.ca_file", "ca.pem", tmp_path / "ca.pem")
    assert examine(sent, host, trust).code in (62, 64)
    assert examine(sent, "localhost", replace(trust, common_name=True)).code == (62 if host == "127.0.0.1" else 0)


def test_the_dot_of_the_root_is_no_part_of_the_name(
    tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *rest, **more: here(host.removesuffix("."), *rest, **more))
    with serving(tmp_path, authority, LeafSpec(names=("localhost",))) as port:
        seen = chains.look(bench(tmp_path, port, "localhost."))
    assert judged(seen)[0] is Outcome.PASS


def revocation_list(authority: Authority, *revoked: x509.Certificate, days: int = 1) -> bytes:
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateRevocationListBuilder().issuer_name(authority.certificate.subject)
    builder = builder.last_update(now - datetime.timedelta(9)).next_update(now + datetime.timedelta(days))
    for each in revoked:
        entry = x509.RevokedCertificateBuilder(each.serial_number, now - datetime.timedelta(9))
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(authority.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@pytest.mark.parametrize(
    ("revoked", "days", "code", "listed"),
    [(True, 1, 23, True), (False, 1, 0, True), (False, -1, 0, False), (None, 1, 0, False)],
    ids=["revoked", "good", "out-of-date", "of-another-authority"],
)
def test_a_declared_revocation_list_is_looked_at(
    tmp_path: Path, authority: Authority, revoked: bool | None, days: int, code: int, *, listed: bool
) -> None:
    leaf = authority.issue(LeafSpec()).certificate
    lists = revocation_list(Authority("Nobody") if revoked is None else authority, *[leaf] * bool(revoked), days=days)
    (tmp_path / "ca.pem").write_bytes(authority.pem + lists)
    seen = examine([der(leaf)], "localhost", Trust("webapp.ca_file", "ca.pem", tmp_path / "ca.pem"))
    assert (seen.code, seen.listed) == (code, listed)


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
@pytest.mark.parametrize("status", [ocsp.OCSPCertStatus.GOOD, ocsp.OCSPCertStatus.REVOKED])
def test_a_staple_is_read(tmp_path: Path, authority: Authority, version: str, status: ocsp.OCSPCertStatus) -> None:
    leaf = authority.issue(LeafSpec())
    path, now = store(tmp_path, "leaf.pem", leaf), datetime.datetime.now(datetime.UTC)
    revoked = status is ocsp.OCSPCertStatus.REVOKED
    answer = (
        ocsp.OCSPResponseBuilder()
        .add_response(
            leaf.certificate,
            authority.certificate,
            hashes.SHA1(),
            status,
            now,
            now + datetime.timedelta(1),
            now if revoked else None,
            None,
        )
        .responder_id(ocsp.OCSPResponderEncoding.NAME, authority.certificate)
        .sign(authority.key, hashes.SHA256())
    )
    (tmp_path / "staple.der").write_bytes(answer.public_bytes(serialization.Encoding.DER))
    options = ("-cert", str(path), "-key", str(path), "-status_file", str(tmp_path / "staple.der"))
    with s_server(tmp_path, version, *options) as port:
        seen = chains.look(bench(tmp_path, port))
    assert [chain.staple for chain in seen.chains] == [status.name.lower()]
    assert judged(seen)[0] is (Outcome.FAIL if revoked else Outcome.PASS)
