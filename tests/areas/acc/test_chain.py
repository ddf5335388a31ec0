"""The chain is verified as a careful client does it, also for addresses and where clients show a certificate."""

from __future__ import annotations

import datetime
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import AuthorityInformationAccessOID

from conformance.areas.acc.chain import chains, facts, nodes
from conformance.areas.acc.record import ChainObservation
from conformance.bench import Bench
from conformance.bench.budget import Budget
from conformance.inputs import target
from conformance.model import Inconclusive
from conformance.secrecy.redact import Redactor
from conformance.secrecy.secret import open_vault
from reference_server.http import Handler, Response
from reference_server.pki import Authority, LeafSpec, make_key
from tests import null


@contextmanager
def serving(
    folder: Path,
    authority: Authority,
    spec: LeafSpec,
    *,
    clients: bool = False,
    answer: Handler = lambda _: Response(),
) -> Iterator[int]:
    leaf = authority.issue(spec)
    (folder / "leaf.pem").write_bytes(leaf.chain_pem + leaf.key_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.load_cert_chain(folder / "leaf.pem")
    if clients:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(folder / "ca.pem")
    with null.speaking_http(answer, lambda sock: context.wrap_socket(sock, server_side=True)) as port:
        yield port


def bench(folder: Path, port: int, host: str = "localhost", **webapp: Any) -> Bench:
    table = {"url": f"https://{host}:{port}", "ca_file": "ca.pem", **webapp}
    aim = target.parse({"schema": 1, "name": "t", "webapp": {k: v for k, v in table.items() if v is not None}})
    vault = open_vault(aim.secret_refs(), {}, folder)
    return Bench(aim, vault, Budget(aim.limits), Redactor(vault), folder)


def look(looking: Bench) -> ChainObservation:
    """Return the one chain that every client gets."""
    (seen,) = chains.look(looking).chains
    return seen


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    made = Authority()
    (tmp_path / "ca.pem").write_bytes(made.pem)
    return made


def test_facts_of_the_leaf(tmp_path: Path, authority: Authority) -> None:
    with serving(tmp_path, authority, LeafSpec()) as port:
        seen = look(bench(tmp_path, port))
    assert (seen.code, seen.message, seen.strict, seen.trust) == (0, "", "", "ca.pem")
    assert seen.served[0].subject == "CN=localhost"
    assert seen.served[0].names == ("localhost", "127.0.0.1")


@pytest.mark.parametrize(
    ("spec", "host", "code"),
    [
        (LeafSpec(), "127.0.0.1", 0),
        (LeafSpec(names=("localhost",)), "127.0.0.1", 64),
        (LeafSpec(names=("127.0.0.1",)), "localhost", 62),
        (LeafSpec(starts_in_days=-61), "localhost", 10),
        (LeafSpec(starts_in_days=1), "localhost", 9),
        (LeafSpec(self_signed=True), "localhost", 18),
        (LeafSpec(key="rsa-1024"), "localhost", 0),
    ],
    ids=["address", "no-address", "no-name", "expired", "not-yet", "self-signed", "weak-key-is-another-matter"],
)
def test_reasons(tmp_path: Path, authority: Authority, spec: LeafSpec, host: str, code: int) -> None:
    with serving(tmp_path, authority, spec) as port:
        assert look(bench(tmp_path, port, host)).code == code


def test_where_the_issuer_can_be_fetched_is_told(tmp_path: Path, authority: Authority) -> None:
    key = make_key("secp256r1")
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    access = x509.AccessDescription(
        AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier("http://ca.example/ca.cer")
    )
    leaf = (
        x509.CertificateBuilder(authority.certificate.subject, x509.Name([]), key.public_key(), 7, start, start)
        .add_extension(x509.AuthorityInformationAccess([access]), critical=False)
        .sign(key, hashes.SHA256())
    )
    seen = facts(leaf.public_bytes(serialization.Encoding.DER))
    assert (seen.issuer_url, seen.names) == ("http://ca.example/ca.cer", ())
    assert facts(b"no certificate").subject == "not readable"


def test_a_self_signed_certificate_may_be_its_own_authority(tmp_path: Path) -> None:
    with serving(tmp_path, Authority(), LeafSpec(self_signed=True)) as port:
        (tmp_path / "ca.pem").write_bytes((tmp_path / "leaf.pem").read_bytes().partition(b"-----BEGIN PRIVATE")[0])
        assert look(bench(tmp_path, port)).code == 0


def test_an_intermediate_may_be_the_declared_authority(tmp_path: Path, authority: Authority) -> None:
    between = Authority("Between", parent=authority)
    (tmp_path / "ca.pem").write_bytes(between.pem)
    with serving(tmp_path, between, LeafSpec()) as port:
        assert look(bench(tmp_path, port)).code == 0


def test_the_chain_is_seen_whole_or_found_wanting(tmp_path: Path, authority: Authority) -> None:
    for withheld, code, sent in ((False, 0, 2), (True, 20, 1)):
        between = Authority("Between", parent=authority, withheld=withheld)
        with serving(tmp_path, between, LeafSpec()) as port:
            seen = look(bench(tmp_path, port))
        assert (seen.code, len(seen.served)) == (code, sent)


def test_what_a_stricter_client_dislikes_is_noted(tmp_path: Path, authority: Authority) -> None:
    with serving(tmp_path, authority, LeafSpec(extensions=False)) as port:
        seen = look(bench(tmp_path, port))
    assert seen.code == 0
    assert "Authority Key Identifier" in seen.strict


def test_without_ca_file_the_system_decides(tmp_path: Path, authority: Authority) -> None:
    with serving(tmp_path, authority, LeafSpec()) as port:
        seen = look(bench(tmp_path, port, ca_file=None))
    assert (seen.trust, seen.code) == ("", 20)


@pytest.mark.parametrize("content", [None, "no certificate in here"], ids=["missing", "no-pem"])
def test_a_ca_file_that_cannot_be_used_is_named(tmp_path: Path, authority: Authority, content: str | None) -> None:
    if content:
        (tmp_path / "other.pem").write_text(content)
    with (
        serving(tmp_path, authority, LeafSpec()) as port,
        pytest.raises(Inconclusive, match=r"webapp\.ca_file \(other\.pem\) cannot be used"),
    ):
        look(bench(tmp_path, port, ca_file="other.pem"))


def test_a_client_certificate_is_shown(tmp_path: Path, authority: Authority) -> None:
    client = authority.issue(LeafSpec(names=("client.example",), extensions=False))
    (tmp_path / "client.pem").write_bytes(client.chain_pem)
    (tmp_path / "client-key.pem").write_bytes(client.key_pem)
    declared: dict[str, Any] = {"client_cert": "client.pem", "client_key": "file:client-key.pem", "admin_paths": ["/"]}
    with serving(tmp_path, authority, LeafSpec(), clients=True) as port:
        looking = bench(tmp_path, port, **declared)
        assert look(looking).code == 0
        page = nodes.look(looking).nodes[0].page
    assert page is not None
    assert page.status == 200


def test_each_listed_address_is_looked_at(tmp_path: Path, authority: Authority) -> None:
    with serving(tmp_path, authority, LeafSpec()) as port:
        seen = nodes.look(bench(tmp_path, port, addresses=["127.0.0.1", "127.0.0.9"])).nodes
    assert [(node.address, bool(node.trouble), bool(node.versions)) for node in seen] == [
        ("127.0.0.1", False, True),
        ("127.0.0.9", True, False),
    ]
    assert seen[1].trouble == f"127.0.0.9:{port}: connection refused"
