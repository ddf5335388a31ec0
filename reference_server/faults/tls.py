"""TLS faults that are a matter of settings: versions, suites, groups, certificates, order."""

from __future__ import annotations

import ssl
from dataclasses import replace
from typing import TYPE_CHECKING

from ..clienthello import TLS10, TLS11
from ..dh import modp
from ..pki import Authority, LeafSpec, make_key
from ..tls import OLD_SUITES, TLS12, TLS13, settings
from . import fault

if TYPE_CHECKING:
    from ..gateway import Gateway

# Options of OpenSSL's that Python has no name for (openssl/ssl.h, since 3.0).
NO_EXTENDED_MASTER_SECRET = 1 << 0
ALLOW_CLIENT_RENEGOTIATION = 1 << 8


def under(gateway: Gateway, guideline: str) -> None:
    """Declare another edition of the guideline."""
    gateway.declared.setdefault("webapp", {})["guideline"] = guideline


@fault("TLS-02")
def offers_tls_1_2(gateway: Gateway) -> None:
    """Breaks TLS-02: TLS 1.2 is offered, which MODERN leaves out."""
    gateway.web.tls.settings.minimum = TLS12


@fault("TLS-02", level="intermediate")
def offers_tls_1_0(gateway: Gateway) -> None:
    """Breaks TLS-02: TLS 1.0 and 1.1 are offered, which INTERMEDIATE leaves out."""
    older = replace(gateway.web.tls.settings, minimum=ssl.TLSVersion.MINIMUM_SUPPORTED, weak=True)
    older.suites = "ECDHE-ECDSA-AES128-SHA"
    gateway.web.tls.special.append((lambda hello: TLS10 <= hello.highest <= TLS11, older))


@fault("TLS-02", level="intermediate")
def lacks_tls_1_3(gateway: Gateway) -> None:
    """Breaks TLS-02: TLS 1.3 is not offered, which INTERMEDIATE asks for."""
    gateway.web.tls.settings.maximum = TLS12


@fault("TLS-02", level="intermediate")
def lacks_tls_1_2(gateway: Gateway) -> None:
    """Breaks TLS-02: TLS 1.2 is not offered, which INTERMEDIATE asks for."""
    gateway.web.tls.settings.minimum = TLS13


@fault("TLS-02", level="old")
def lacks_tls_1_1(gateway: Gateway) -> None:
    """Breaks TLS-02: a server that was declared OLD has been hardened to INTERMEDIATE's versions."""
    gateway.web.tls.settings.minimum = TLS12


@fault("TLS-03", level="intermediate")
def accepts_cbc(gateway: Gateway) -> None:
    """Breaks TLS-03: a CBC suite is accepted, which INTERMEDIATE does not list."""
    gateway.web.tls.settings.suites += ":ECDHE-ECDSA-AES256-SHA384"


@fault("TLS-03", level="intermediate")
def accepts_dhe_under_5_8(gateway: Gateway) -> None:
    """Breaks TLS-03: DHE suites are accepted, which guideline 5.8 dropped."""
    gateway.web.tls.settings.leaves = [LeafSpec(key="rsa-2048")]
    gateway.web.tls.settings.suites += ":DHE-RSA-AES128-GCM-SHA256"
    gateway.web.tls.settings.dh_params = modp(2048)


@fault("TLS-03", level="old")
def accepts_camellia(gateway: Gateway) -> None:
    """Breaks TLS-03: Camellia suites are accepted, which not even OLD lists."""
    gateway.web.tls.settings.suites += ":CAMELLIA128-SHA"


@fault("TLS-04")
def offers_every_group(gateway: Gateway) -> None:
    """Breaks TLS-04: the library's default groups are offered, X448 and P-521 among them."""
    gateway.web.tls.settings.group = None


@fault("TLS-04", level="intermediate")
def uses_p521_with_tls_1_2(gateway: Gateway) -> None:
    """Breaks TLS-04: TLS 1.2 exchanges keys on P-521, TLS 1.3 on P-256."""
    older = replace(gateway.web.tls.settings, group="secp521r1")
    gateway.web.tls.special.append((lambda hello: not hello.offers_tls13, older))


@fault("TLS-04", level="intermediate")
def uses_a_short_dh_modulus(gateway: Gateway) -> None:
    """Breaks TLS-04: DHE, which guideline 5.7 lists, with a modulus of 1024 bits."""
    under(gateway, "5.7")
    accepts_dhe_under_5_8(gateway)
    gateway.web.tls.settings.weak = True
    gateway.web.tls.settings.dh_params = modp(1024)


@fault("TLS-05")
def has_an_rsa_certificate(gateway: Gateway) -> None:
    """Breaks TLS-05: MODERN with an RSA certificate."""
    gateway.web.tls.leaf.key = "rsa-2048"


@fault("TLS-05")
def has_a_p521_certificate(gateway: Gateway) -> None:
    """Breaks TLS-05: MODERN with a certificate on P-521."""
    gateway.web.tls.leaf.key = "secp521r1"


@fault("ACC-02", "TLS-05", level="intermediate")
def has_a_short_rsa_key(gateway: Gateway) -> None:
    """Breaks TLS-05, and ACC-02: INTERMEDIATE with an RSA certificate of 1024 bits, which no current client takes."""
    gateway.web.tls.leaf.key = "rsa-1024"
    gateway.web.tls.settings.weak = True


@fault("TLS-05")
def is_signed_by_an_rsa_authority(gateway: Gateway) -> None:
    """Breaks TLS-05: MODERN with an ECDSA certificate that an RSA key signed."""
    gateway.web.tls.authority = Authority("Portero RSA CA", make_key("rsa-2048"), parent=gateway.authority)


@fault("TLS-05", level="old")
def has_an_ecdsa_certificate_at_old(gateway: Gateway) -> None:
    """Breaks TLS-05: OLD with an ECDSA certificate, which its clients do not know."""
    gateway.web.tls.leaf.key = "secp256r1"


@fault("TLS-05")
def has_a_second_certificate_for_few(gateway: Gateway) -> None:
    """Breaks TLS-05: MODERN with an Ed25519 certificate besides, for clients that take nothing else."""
    gateway.web.tls.settings.leaves.append(LeafSpec(key="ed25519"))


@fault("TLS-06")
def has_a_long_lived_certificate(gateway: Gateway) -> None:
    """Breaks TLS-06: MODERN with a certificate of 91 days."""
    gateway.web.tls.leaf.days = 91


@fault("TLS-06", level="intermediate")
def has_a_long_lived_second_certificate(gateway: Gateway) -> None:
    """Breaks TLS-06: of two certificates, the one that few clients see lives too long."""
    gateway.web.tls.settings.leaves.append(LeafSpec(key="rsa-2048", days=397))


@fault("TLS-08", level="old")
def follows_the_client_s_order(gateway: Gateway) -> None:
    """Breaks TLS-08: OLD, and the client's order of suites decides."""
    gateway.web.tls.settings.server_order = False


@fault("TLS-08", level="old")
def prefers_cbc(gateway: Gateway) -> None:
    """Breaks TLS-08: OLD, and the server's order puts CBC before GCM."""
    gateway.web.tls.settings.suites = ":".join(reversed(OLD_SUITES.split(":")))


@fault("TLS-09")
def lowers_the_level(gateway: Gateway) -> None:
    """Breaks TLS-09: the level was lowered to INTERMEDIATE, and is kept."""
    gateway.security_level = "intermediate"
    gateway.web.tls.settings = settings("intermediate")


@fault("TLS-10")
def staples_nothing(gateway: Gateway) -> None:
    """Breaks TLS-10: the certificate demands a stapled OCSP answer, and none is sent."""
    gateway.web.tls.leaf.must_staple = True


@fault("TLS-13", level="intermediate")
def lacks_extended_master_secret(gateway: Gateway) -> None:
    """Breaks TLS-13: TLS 1.2 without the extended master secret."""
    gateway.web.tls.settings.options |= NO_EXTENDED_MASTER_SECRET


@fault("TLS-13", level="intermediate")
def ignores_the_fallback_signal(gateway: Gateway) -> None:
    """Breaks TLS-13: a hello that is marked as a fallback is served at the lower version."""
    deaf = replace(gateway.web.tls.settings, maximum=TLS12)
    gateway.web.tls.special.append((lambda hello: hello.fallback, deaf))


@fault("TLS-13", level="intermediate")
def lets_clients_renegotiate(gateway: Gateway) -> None:
    """Breaks TLS-13: with TLS 1.2 a client may renegotiate as often as it likes."""
    gateway.web.tls.settings.options |= ALLOW_CLIENT_RENEGOTIATION


@fault("TLS-13", level="intermediate")
def lets_clients_of_x25519_renegotiate(gateway: Gateway) -> None:
    """Breaks TLS-13: the same, on a server that old clients cannot talk to."""
    lets_clients_renegotiate(gateway)
    gateway.web.tls.settings.group = "X25519"
