"""Faults of the certificates and keys in the data volume."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ..deployment import COMPOSE, DB_ENV
from ..pki import Authority, LeafSpec, make_key
from . import fault

if TYPE_CHECKING:
    from ..gateway import Gateway

_DATA = "./data:/usr/local/waent/data"


@fault("DEP-06")
def forgets_the_ca_file(gateway: Gateway) -> None:
    """Breaks DEP-06: the authority's certificate is not in the folder."""
    gateway.deployment.changes.append((gateway.deployment.certs / "ca.pem").unlink)


@fault("DEP-06")
def mounts_another_folder_as_data(gateway: Gateway) -> None:
    """Breaks DEP-06: the files are on the host, and another folder is mounted."""
    gateway.deployment.edit(COMPOSE, _DATA, "./other:/usr/local/waent/data")
    gateway.deployment.changes.append((gateway.deployment.folder / "other").mkdir)


@fault("DEP-06")
def mounts_no_data(gateway: Gateway) -> None:
    """Breaks DEP-06: settings name files in a volume that is not mounted."""
    gateway.deployment.edit(COMPOSE, f"    - {_DATA}\n", "")


@fault("DEP-06")
def names_paths_of_the_host(gateway: Gateway) -> None:
    """Breaks DEP-06: the settings have the paths of the host, which mean nothing in the container."""
    gateway.deployment.edit(DB_ENV, "/usr/local/waent/data/certs", str(gateway.deployment.certs))


@fault("DEP-06")
def pairs_the_key_with_another_certificate(gateway: Gateway) -> None:
    """Breaks DEP-06: the client's key does not belong to its certificate."""
    other = gateway.deployment.client().key_pem
    gateway.deployment.changes.append(lambda: gateway.deployment.write_key("client-key.pem", other))


@fault("DEP-06")
def keeps_an_expired_client_certificate(gateway: Gateway) -> None:
    """Breaks DEP-06: the client's certificate has expired."""
    spec = LeafSpec(names=("wa",), starts_in_days=-30, days=20)
    gateway.deployment.client = lambda: gateway.authority.issue(spec)


@fault("DEP-06")
def installs_a_certificate_too_early(gateway: Gateway) -> None:
    """Breaks DEP-06: the client's certificate is not valid yet."""
    spec = LeafSpec(names=("wa",), starts_in_days=10)
    gateway.deployment.client = lambda: gateway.authority.issue(spec)


@fault("DEP-06")
def renews_the_authority_only(gateway: Gateway) -> None:
    """Breaks DEP-06: the CA was made anew under its old name, and the client's certificate was not."""
    gateway.deployment.authority = lambda: Authority(name="Portero reference CA")


@fault("DEP-06")
def names_the_certificate_as_ca(gateway: Gateway) -> None:
    """Breaks DEP-06: WA_DB_SSL_CA names the client's own certificate."""
    gateway.deployment.edit(DB_ENV, "certs/ca.pem", "certs/client.pem")


@fault("DEP-06")
def saves_something_else_as_certificate(gateway: Gateway) -> None:
    """Breaks DEP-06: the CA file is a page that some server answered with."""
    page = "<!doctype html><title>Not found</title>"
    gateway.deployment.changes.append(lambda: (gateway.deployment.certs / "ca.pem").write_text(page))


@fault("DEP-07")
def lets_everybody_read_the_key(gateway: Gateway) -> None:
    """Breaks DEP-07: others can read the client's key."""
    gateway.deployment.changes.append(lambda: (gateway.deployment.certs / "client-key.pem").chmod(0o644))


@fault("DEP-07")
def leaves_a_copy_of_the_key(gateway: Gateway) -> None:
    """Breaks DEP-07: a backup of the key beside it can be read by others."""
    other = gateway.deployment.client().key_pem
    gateway.deployment.changes.append(lambda: gateway.deployment.write_key("client-key.pem.bak", other, 0o644))


@fault("DEP-07")
def keeps_the_key_in_the_certificate_file(gateway: Gateway) -> None:
    """Breaks DEP-07: one file has certificate and key, with the mode of a certificate."""
    deployment = gateway.deployment
    client = deployment.client()
    deployment.edit(DB_ENV, "certs/client-key.pem", "certs/client.pem")
    deployment.client = lambda: client
    deployment.changes.append(lambda: deployment.write_key("client.pem", client.chain_pem + client.key_pem, 0o644))


@fault("DEP-07")
def keeps_a_web_key_for_all_to_read(gateway: Gateway) -> None:
    """Breaks DEP-07: a key that no setting names, in its traditional format, lies open in the same folder."""
    pem = make_key("rsa-2048").private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    gateway.deployment.changes.append(lambda: gateway.deployment.write_key("web.txt", pem, 0o604))
