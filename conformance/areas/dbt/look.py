"""Looks at the database from outside: is TLS offered, does its certificate verify, what does it say in the clear?"""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass, replace

from cryptography import x509
from cryptography.x509.oid import NameOID

from conformance.areas.acc.chain import Trust, examine
from conformance.areas.acc.record import ChainObservation
from conformance.areas.dbt import door
from conformance.areas.dbt.door import Way
from conformance.areas.dbt.login import LoginRefused, LoginTrouble, Query, session
from conformance.areas.dbt.record import AccountRule, AtAddresses, DatabaseAtAddress, Knock, Reply
from conformance.areas.dbt.wire import OddDatabase, in_words
from conformance.bench import Bench
from conformance.engine.observatory import Probe
from conformance.handshake.certificates import UNREADABLE, loaded
from conformance.model import Inconclusive
from conformance.web.http import server_name
from conformance.web.trust import served

_OTHER_ADDRESS = 64
"""X509_V_ERR_IP_ADDRESS_MISMATCH."""

_REQUIRES = re.compile(r"\bREQUIRE\s+(SSL|X509|SUBJECT|ISSUER|CIPHER)\b", re.IGNORECASE)
_QUOTED = re.compile(r"'(?:[^']|'')*'|`[^`]*`|\"[^\"]*\"")


def _look(bench: Bench) -> AtAddresses[DatabaseAtAddress]:
    return door.at_each_address(bench, lambda address: _look_at(bench, door.asked(bench, address)))


def _look_at(bench: Bench, way: Way) -> DatabaseAtAddress:
    declared = door.database(bench)
    declined = way.declined
    shown = _Shown(None) if declined else _chain(bench, way)
    clear = tls = rule = None
    if declared.username is not None:
        clear = _knock(bench, way, over_tls=False)
        tls = None if declined else _knock(bench, way, over_tls=True)
        if declared.engine == "mysql" and not declined and clear.reply is Reply.ASKS and declared.password is not None:
            rule = _rule(bench, way)
    return DatabaseAtAddress(
        declared.engine,
        not declined,
        declined,
        shown.chain,
        shown.common_name_only,
        clear,
        tls,
        rule,
        direct=way.direct,
    )


@dataclass(frozen=True, slots=True)
class _Shown:
    chain: ChainObservation | None
    common_name_only: bool = False


def _chain(bench: Bench, way: Way) -> _Shown:
    declared = door.database(bench)
    try:
        with door.over_tls(bench, door.looking_context(bench), way) as (secured, _):
            sent = served(secured)
    except (OSError, EOFError, ValueError) as error:
        raise door.unreachable(bench, error) from error
    # The engines' own clients take a common name, where there are no alternative names.
    trust = Trust("database.ca_file", declared.ca_file or "", door.ca_file(bench), common_name=True)
    seen = examine(sent, declared.host, trust)
    common_name_only = _only_in_its_subject(sent, server_name(declared.host))
    if seen.code == _OTHER_ADDRESS and common_name_only:  # they compare an address with it as well
        seen = replace(examine(sent, "", trust), host=seen.host)
    return _Shown(seen, common_name_only)


def _only_in_its_subject(sent: list[bytes], host: str) -> bool:
    """Tell whether the certificate has no alternative names at all, and its common name is the host's."""
    try:
        leaf = loaded(sent[0])
        names = [str(each.value) for each in leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
        leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return host.lower() in (name.lower() for name in names)
    except (IndexError, *UNREADABLE):
        return False
    return False


def _knock(bench: Bench, way: Way, *, over_tls: bool) -> Knock:
    declared = door.database(bench)
    username = declared.username or ""
    try:
        if over_tls:
            with door.over_tls(bench, door.looking_context(bench), way) as (_, dialect):
                return dialect.knock(username, declared.name)
        with door.in_the_clear(bench, way.address) as dialect:
            return dialect.knock(username, declared.name)
    except (EOFError, ConnectionError, ssl.SSLError) as error:
        odd = isinstance(error, OddDatabase | ConnectionRefusedError)
        return Knock(Reply.UNTOLD if odd else Reply.CLOSED, words=in_words(error))
    except (OSError, ValueError) as error:
        return Knock(Reply.UNTOLD, words=in_words(error))


def _rule(bench: Bench, way: Way) -> AccountRule:
    """Ask the database itself, as the declared account: only its own answer tells, short of a login in the clear."""
    declared = door.database(bench)
    assert declared.username is not None  # noqa: S101 - the caller has seen to it
    password = bench.vault[declared.password].reveal() if declared.password else None
    try:
        context = door.with_certificate(bench, door.verifying_context(bench))
        with session(bench, declared.username, password, context, way) as query:
            (row, *_), *_ = query("SELECT CURRENT_USER()") or [("",)]
            return AccountRule(requires_tls_of_all(query), _required_of_account(query), str(row))
    except (LoginRefused, LoginTrouble) as trouble:
        return AccountRule(trouble=trouble.words)
    except Inconclusive as trouble:
        return AccountRule(trouble=trouble.reason)


def requires_tls_of_all(query: Query) -> bool:
    """Tell whether MySQL or MariaDB takes nobody in the clear; versions that do not know the setting take everybody."""
    try:
        return str(query("SELECT @@GLOBAL.require_secure_transport")[0][0]).upper() in ("1", "ON")
    except (LoginRefused, IndexError):
        return False


def _required_of_account(query: Query) -> str:
    (statement, *_), *_ = query("SHOW CREATE USER CURRENT_USER()") or [("",)]
    found = _REQUIRES.search(_QUOTED.sub("''", str(statement)))
    return found[1].upper() if found else ""


database = Probe("database", AtAddresses[DatabaseAtAddress], _look)
