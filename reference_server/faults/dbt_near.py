"""Near misses of the database: odd, and right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..database_client import web_context
from ..pki import Authority, LeafSpec
from . import near_miss

if TYPE_CHECKING:
    from ..gateway import Gateway


@near_miss()
def database_offers_tls_1_2_as_well(gateway: Gateway) -> None:
    """Is right: TLS 1.2 with INTERMEDIATE's suites, on a certificate with an RSA key."""
    gateway.database.settings["ssl_min_protocol_version"] = "TLSv1.2"
    gateway.database.leaf = LeafSpec(key="rsa-2048")


@near_miss()
def database_offers_tls_1_2_alone(gateway: Gateway) -> None:
    """Is right: TLS 1.2 and nothing newer, with one suite."""
    gateway.database.settings["ssl_min_protocol_version"] = "TLSv1.2"
    gateway.database.settings["ssl_max_protocol_version"] = "TLSv1.2"
    gateway.database.settings["ssl_ciphers"] = "ECDHE-ECDSA-AES256-GCM-SHA384"


@near_miss()
def database_certificate_below_an_intermediate(gateway: Gateway) -> None:
    """Is right: an intermediate issued the database's certificate, and is in its file."""
    gateway.database.issuer = Authority("Portero database intermediate", parent=gateway.database.authority)


@near_miss()
def no_client_certificates_at_the_database(gateway: Gateway) -> None:
    """Is right: the gateway has no client certificate to declare, and the database asks for none."""
    gateway.database.shows_client_certificate = False
    gateway.database.settings["ssl_ca_file"] = ""
    gateway.database.access[0] = "hostssl waweb wa all scram-sha-256"


@near_miss()
def database_takes_the_certificate_for_a_password(gateway: Gateway) -> None:
    """Is right: the client certificate is the login, and the clear is refused by a line of its own."""
    gateway.database.access[0] = "hostssl waweb wa all cert"
    gateway.database.access.insert(0, "hostnossl all all all reject")


@near_miss()
def database_trusts_the_accounts_own_certificate(gateway: Gateway) -> None:
    """Is right: no password is asked for, and only a certificate with the account's own name opens it."""
    gateway.database.access[0] = "hostssl waweb wa all trust clientcert=verify-full"


@near_miss()
def monitor_in_the_clear_is_the_monitors_affair(gateway: Gateway) -> None:
    """Is right: another account than the gateway's may log in without TLS."""
    gateway.database.access.append("hostnossl waweb monitor 127.0.0.1/32 scram-sha-256")


@near_miss()
def web_app_verifies_even_with_zero(gateway: Gateway) -> None:
    """Is right: the web app is stricter than documented, and verifies whatever the setting says."""
    gateway.database.web = lambda env: web_context({k: v for k, v in env.items() if k != "WA_DB_SSL_VERIFY"})
