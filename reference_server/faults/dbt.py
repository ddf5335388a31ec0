"""Faults of the database: a real PostgreSQL that is set up wrongly. See `dbt_client` for those of the gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..pki import Authority, LeafSpec
from . import fault

if TYPE_CHECKING:
    from ..gateway import Gateway

_CLEAR = "hostnossl waweb wa all scram-sha-256"
_MONITOR = "hostssl waweb monitor all scram-sha-256"


@fault("DBT-01")
def database_without_tls(gateway: Gateway) -> None:
    """Breaks DBT-01: TLS is switched off, and everybody is turned away, since pg_hba.conf asks for it."""
    gateway.database.settings["ssl"] = "off"


@fault("DBT-01", "DBT-02")
def database_in_the_clear(gateway: Gateway) -> None:
    """Breaks DBT-01 and DBT-02: TLS is switched off, and the account is taken without it."""
    gateway.database.settings["ssl"] = "off"
    gateway.database.access = ["host waweb all all scram-sha-256"]


@fault("DBT-02")
def database_takes_the_clear_as_well(gateway: Gateway) -> None:
    """Breaks DBT-02: a line of pg_hba.conf lets the account in without TLS."""
    gateway.database.access.append(_CLEAR)


@fault("DBT-02")
def database_trusts_the_clear(gateway: Gateway) -> None:
    """Breaks DBT-02: without TLS nothing is asked for at all, not even the password."""
    gateway.database.access.append("hostnossl waweb wa 127.0.0.1/32 trust")


@fault("DBT-02")
def database_asks_for_the_password_in_the_clear(gateway: Gateway) -> None:
    """Breaks DBT-02: without TLS the password itself is asked for."""
    gateway.database.access.append("hostnossl all all all password")


@fault("DBT-03")
def database_of_another_name(gateway: Gateway) -> None:
    """Breaks DBT-03: the database's certificate names another host."""
    gateway.database.leaf = LeafSpec(names=("elsewhere.example",))


@fault("DBT-03")
def database_certificate_has_expired(gateway: Gateway) -> None:
    """Breaks DBT-03: the database's certificate ended yesterday."""
    gateway.database.leaf = LeafSpec(starts_in_days=-61)


@fault("DBT-03")
def database_certificate_is_not_valid_yet(gateway: Gateway) -> None:
    """Breaks DBT-03: the database's certificate begins tomorrow."""
    gateway.database.leaf = LeafSpec(starts_in_days=1)


@fault("DBT-03")
def database_of_an_unknown_authority(gateway: Gateway) -> None:
    """Breaks DBT-03: an authority of the same name, and of another key, issued the database's certificate."""
    gateway.database.issuer = Authority(gateway.database.authority.name)


@fault("DBT-03")
def database_certificate_signed_by_itself(gateway: Gateway) -> None:
    """Breaks DBT-03: the database still has the certificate that its installation made."""
    gateway.database.leaf = LeafSpec(self_signed=True)


@fault("DBT-03")
def database_chain_without_its_intermediate(gateway: Gateway) -> None:
    """Breaks DBT-03: the intermediate certificate is not in the database's file."""
    authority = gateway.database.authority
    gateway.database.issuer = Authority("Portero database intermediate", parent=authority, withheld=True)


@fault("DBT-04")
def database_asks_for_no_client_certificate(gateway: Gateway) -> None:
    """Breaks DBT-04: clients may bring a certificate, and need none."""
    gateway.database.access[0] = "hostssl waweb wa all scram-sha-256"


@fault("DBT-04")
def database_looks_at_no_client_certificate(gateway: Gateway) -> None:
    """Breaks DBT-04: the database has no authority to check clients by, and takes all of them."""
    gateway.database.access[0] = "hostssl waweb wa all scram-sha-256"
    gateway.database.settings["ssl_ca_file"] = ""


@fault("DBT-04")
def database_trusts_other_clients(gateway: Gateway) -> None:
    """Breaks DBT-04: the database checks clients by another authority, and refuses the gateway's own certificate."""
    gateway.database.client_issuer = Authority("Somebody else's CA")


@fault("DBT-05")
def database_offers_tls_1_1(gateway: Gateway) -> None:
    """Breaks DBT-05: TLS 1.1 is offered, which INTERMEDIATE leaves out."""
    gateway.database.settings["ssl_min_protocol_version"] = "TLSv1.1"
    gateway.database.settings["ssl_ciphers"] = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"


@fault("DBT-05")
def database_as_it_is_installed(gateway: Gateway) -> None:
    """Breaks DBT-05: PostgreSQL's own list of suites, with CBC among them."""
    gateway.database.settings["ssl_min_protocol_version"] = "TLSv1.2"
    gateway.database.settings["ssl_ciphers"] = "HIGH:MEDIUM:+3DES:!aNULL"


@fault("DBT-10")
def database_takes_any_name_of_that_authority(gateway: Gateway) -> None:
    """Breaks DBT-10: the client certificate is verified, and whose it is does not count (verify-ca)."""
    gateway.database.access[0] = "hostssl waweb wa all scram-sha-256 clientcert=verify-ca"


@fault("DBT-10")
def database_takes_the_name_of_any_client_for_granted(gateway: Gateway) -> None:
    """Breaks DBT-10: whoever has some client certificate of that authority opens the account, without a password."""
    gateway.database.access[0] = "hostssl waweb wa all trust clientcert=verify-ca"


@fault("DBT-10")
def database_trusts_whoever_speaks_tls(gateway: Gateway) -> None:
    """Breaks DBT-10: TLS is all that the account asks for, and no client certificate is declared."""
    gateway.database.shows_client_certificate = False
    gateway.database.access[0] = "hostssl waweb wa all trust"


@fault("DBT-04", "DBT-10")
def database_trusts_whoever_speaks_tls_beside_certificates(gateway: Gateway) -> None:
    """Breaks DBT-04 and DBT-10: the gateway has a certificate, and TLS is all that the account asks for."""
    gateway.database.access[0] = "hostssl waweb wa all trust"


@fault("DBT-09")
def second_database_is_opened_in_the_clear(gateway: Gateway) -> None:
    """Breaks DBT-09: the core app keeps messages in another database of the same server, and opens that without TLS."""
    gateway.database.access.append("hostnossl template1 wa all scram-sha-256")
    gateway.database.opened_in_the_clear = ["template1"]


@fault("DBT-09")
def session_of_before_is_in_the_clear(gateway: Gateway) -> None:
    """Breaks DBT-09: the database refuses the clear, but a session from before that was never ended."""
    gateway.database.left_over = [_CLEAR, _MONITOR]
