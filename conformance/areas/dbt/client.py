"""Logs in to the database with the declared client certificate, without one, and with a forged one."""

from __future__ import annotations

import ssl

from cryptography import x509

from conformance.areas.dbt import door
from conformance.areas.dbt.door import Way
from conformance.areas.dbt.login import LoginRefused, LoginTrouble, session
from conformance.areas.dbt.record import AtAddresses, ClientAtAddress, Login, Shown
from conformance.bench import Bench
from conformance.engine.observatory import Probe
from conformance.handshake.pki import Issuer, load
from conformance.model import Inconclusive
from conformance.sentence import Own, say

_ORDER = (Shown.DECLARED, Shown.NONE, Shown.FOREIGN, Shown.DECLARED)


def _look(bench: Bench) -> AtAddresses[ClientAtAddress]:
    declared = door.database(bench)
    if declared.client_cert is None:
        return AtAddresses()
    return door.at_each_address(bench, lambda address: _look_at(bench, door.asked(bench, address)))


def _look_at(bench: Bench, way: Way) -> ClientAtAddress:
    if way.declined:
        return ClientAtAddress(offers_tls=False)
    logins = [_log_in(bench, way, _ORDER[0])]
    if not logins[0].code:  # the database's own refusal may be for the password: more of them lock accounts
        logins += [_log_in(bench, way, shown) for shown in _ORDER[1:]]
    return ClientAtAddress(offers_tls=True, logins=tuple(logins))


def _log_in(bench: Bench, way: Way, shown: Shown) -> Login:
    declared = door.database(bench)
    password = bench.vault[declared.password].reveal() if declared.password is not None else None
    context = door.verifying_context(bench)
    if shown is Shown.DECLARED:
        door.with_certificate(bench, context)
    elif shown is Shown.FOREIGN:
        _forge(bench, context)
    try:
        with session(
            bench, declared.username or "", password, context, way, as_declared=shown is Shown.DECLARED
        ) as query:
            query("SELECT 1")
    except LoginRefused as refusal:
        return Login(shown, taken=False, words=refusal.words, code=refusal.code)
    except LoginTrouble as trouble:
        return Login(shown, taken=None, words=trouble.words)
    return Login(shown, taken=True)


def _forge(bench: Bench, context: ssl.SSLContext) -> None:
    """Let `context` show a certificate that differs from the declared one in its key and its issuer's key alone."""
    name = door.database(bench).client_cert or ""
    try:
        own = x509.load_pem_x509_certificate(bench.file(name).read_bytes())
    except (OSError, ValueError) as error:
        raise Inconclusive(say("database.client_cert ({file}) cannot be read", file=Own(name))) from error
    load(context, Issuer.made(own.issuer).issue((), subject=own.subject, for_client=True))


client = Probe("database-client", AtAddresses[ClientAtAddress], _look)
