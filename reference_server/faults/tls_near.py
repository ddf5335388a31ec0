"""Odd but right TLS servers: nothing fails on them."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from ..clienthello import TLS12 as TLS12_NUMBER
from ..clienthello import ClientHello, fatal
from ..dh import modp
from ..pki import LeafSpec
from ..tls import TLS12
from . import near_miss
from .tls import under
from .tls_scripted import staple, warns_of_a_fallback

if TYPE_CHECKING:
    from ..gateway import Gateway

UNRECOGNIZED_NAME = 112


@near_miss()
def has_a_p384_certificate(gateway: Gateway) -> None:
    """Right: P-384 is listed as well as P-256."""
    gateway.web.tls.leaf.key = "secp384r1"


@near_miss()
def agrees_on_x25519_alone(gateway: Gateway) -> None:
    """Right: one group of those listed is enough."""
    gateway.web.tls.settings.group = "X25519"


@near_miss(level="intermediate")
def agrees_on_x25519_alone_with_tls_1_2(gateway: Gateway) -> None:
    """Right: the same below TLS 1.3, where old clients cannot follow."""
    gateway.web.tls.settings.group = "X25519"


@near_miss()
def closes_on_older_versions(gateway: Gateway) -> None:
    """Right: a hello without TLS 1.3 is met by a closed connection, without an alert."""

    def script(hello: ClientHello) -> bytes | None:
        return None if hello.offers_tls13 else b""

    gateway.web.tls.scripts.append(script)


@near_miss()
def demands_a_server_name(gateway: Gateway) -> None:
    """Right: a hello that does not say which server it wants is refused."""

    def script(hello: ClientHello) -> bytes | None:
        return None if hello.names_server else fatal(UNRECOGNIZED_NAME)

    gateway.web.tls.scripts.append(script)


@near_miss()
def keeps_no_sessions(gateway: Gateway) -> None:
    """Right: no session tickets, nothing to resume."""
    gateway.web.tls.settings.options |= ssl.OP_NO_TICKET


@near_miss()
def names_a_responder(gateway: Gateway) -> None:
    """Right: the certificate names an OCSP responder and demands no stapling."""
    gateway.web.tls.leaf.ocsp_url = "http://ocsp.example/"


@near_miss()
def lives_ninety_days(gateway: Gateway) -> None:
    """Right: ninety days is the maximum itself."""
    gateway.web.tls.leaf.days = 90


@near_miss()
def keeps_to_guideline_4_0(gateway: Gateway) -> None:
    """Right: MODERN of guideline 4.0 is TLS 1.2 alone."""
    under(gateway, "4.0")
    gateway.web.tls.settings.minimum = gateway.web.tls.settings.maximum = TLS12


@near_miss(level="intermediate")
def accepts_one_suite(gateway: Gateway) -> None:
    """Right: a subset of the level's suites."""
    gateway.web.tls.settings.suites = "ECDHE-ECDSA-AES256-GCM-SHA384"


@near_miss(level="intermediate")
def decides_by_its_own_order(gateway: Gateway) -> None:
    """Right: the server's order, where the level leaves it open."""
    gateway.web.tls.settings.server_order = True


@near_miss(level="intermediate")
def has_two_certificates(gateway: Gateway) -> None:
    """Right: INTERMEDIATE with an ECDSA and an RSA certificate."""
    gateway.web.tls.settings.leaves.append(LeafSpec(key="rsa-2048", days=366))


@near_miss(level="intermediate")
def accepts_dhe_under_5_7(gateway: Gateway) -> None:
    """Right: DHE with 2048 bits, which guideline 5.7 lists."""
    under(gateway, "5.7")
    gateway.web.tls.settings.leaves = [LeafSpec(key="rsa-2048")]
    gateway.web.tls.settings.suites += ":DHE-RSA-AES128-GCM-SHA256"
    gateway.web.tls.settings.dh_params = modp(2048)


@near_miss(level="old")
def exchanges_keys_by_rsa_alone(gateway: Gateway) -> None:
    """Right: OLD lists suites without elliptic curves, and a subset is enough."""
    gateway.web.tls.settings.suites = "AES128-GCM-SHA256:AES256-SHA256:AES128-SHA"


@near_miss(level="intermediate")
def resets_on_older_versions(gateway: Gateway) -> None:
    """Right: what is older than TLS 1.2 is met by a closed connection, without an alert."""

    def script(hello: ClientHello) -> bytes | None:
        return None if hello.highest >= TLS12_NUMBER else b""

    gateway.web.tls.scripts.append(script)


@near_miss(level="intermediate")
def staples_as_demanded(gateway: Gateway) -> None:
    """Right: the certificate demands a stapled OCSP answer, and a good one comes with it."""
    gateway.web.tls.leaf.must_staple = True
    staple(gateway)


@near_miss(level="intermediate")
def warns_of_a_fallback_from_tls_1_3(gateway: Gateway) -> None:
    """Right: a marked fallback from TLS 1.3 is served, with the warning that its clients have to heed."""
    warns_of_a_fallback(gateway, TLS12_NUMBER, b"DOWNGRD\1")
