"""Connections to the declared database: in the clear for its first words, or over TLS as a careful client makes it."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from conformance.areas.dbt.record import AtAddresses, Seen
from conformance.areas.dbt.wire import Dialect, Line, TlsDeclined, in_words, speak
from conformance.bench import Bench
from conformance.inputs.target import Database
from conformance.model import Inconclusive
from conformance.sentence import NOTHING, Own, Sentence, say
from conformance.web.http import connect, lenient_context, plain_words, present, server_name
from conformance.web.resolve import resolve
from conformance.web.trust import careful_context

PATIENCE = 5.0
_ALPN = "postgresql"  # what PostgreSQL 17 wants to be called by whoever begins with TLS
_MOST = 16
"""How many addresses of one name are looked at."""


def database(bench: Bench) -> Database:
    """Return the declared database: the engine starts these probes for a declared section only."""
    return bench.target.declared(Database)


@dataclass(frozen=True, slots=True)
class Way:
    """How the database is reached: at one `address` of its name (empty: whichever takes the connection).

    `direct`: TLS begins at once, unasked. `declined` are the words that TLS was declined with, empty where it was not.
    """

    address: str = ""
    direct: bool = False
    declined: Sentence = NOTHING


@contextmanager
def in_the_clear(bench: Bench, address: str = "") -> Iterator[Dialect]:
    """Connect, and say nothing yet; raises OSError or EOFError for all that goes wrong."""
    declared = database(bench)
    with bench.budget.connection(declared.host):
        ends = time.monotonic() + min(PATIENCE, bench.left())
        with connect(address or declared.host, declared.port, ends) as sock:
            yield speak(declared.engine, Line(sock, ends))


@contextmanager
def over_tls(bench: Bench, context: ssl.SSLContext, way: Way) -> Iterator[tuple[ssl.SSLSocket, Dialect]]:
    """Connect, ask for TLS and shake hands; raises TlsDeclined, and OSError or EOFError for all else."""
    declared = database(bench)
    with in_the_clear(bench, way.address) as dialect:
        if way.direct:
            context.set_alpn_protocols([_ALPN])
        else:
            dialect.ask_for_tls()
        with context.wrap_socket(dialect.line.sock, server_hostname=server_name(declared.host)) as secured:
            dialect.line.sock = secured
            yield secured, dialect


def asked(bench: Bench, address: str = "") -> Way:
    """Ask for TLS once and hang up; where that is not understood, try whether it speaks TLS at once.

    Raises Inconclusive that says in plain words why neither is known.
    """
    try:
        with in_the_clear(bench, address) as dialect:
            dialect.ask_for_tls()
    except TlsDeclined as declined:
        return Way(address, declined=declined.words)
    except (OSError, EOFError, UnicodeError) as error:
        direct = Way(address, direct=True)
        if not isinstance(error, TimeoutError | ConnectionRefusedError) and _shakes_hands(bench, direct):
            return direct
        raise unreachable(bench, error) from error
    return Way(address)


def _shakes_hands(bench: Bench, way: Way) -> bool:
    """Tell whether PostgreSQL is spoken inside TLS that nobody asked for: MySQL knows no such way."""
    if database(bench).engine != "postgresql":
        return False
    try:
        with over_tls(bench, looking_context(bench), way):
            return True
    except (OSError, EOFError, ValueError):
        return False


def at_each_address(bench: Bench, look: Callable[[str], Seen]) -> AtAddresses[Seen]:
    """Look at every address of the database's name, not more than 16.

    Raises Inconclusive where the name does not resolve, and what the look raised where nothing was seen at all.
    """
    declared = database(bench)
    found: AtAddresses[Seen] = AtAddresses()
    try:
        every = resolve(declared.host, declared.port, min(PATIENCE, bench.left()))
    except (OSError, UnicodeError) as error:
        raise unreachable(bench, error) from error
    addresses = list(dict.fromkeys(str(address[0]) for _, address in every))[:_MOST]
    trouble: Inconclusive | None = None
    for address in addresses:
        if len(addresses) > 1 and (why := _deaf(bench, address)):
            found.left_out[address] = why
            continue
        try:
            found.addresses[address] = look(address)
        except Inconclusive as reason:
            trouble = trouble or reason
            found.unseen[address] = reason.reason
    if not found.addresses:
        raise trouble or unreachable(bench, ConnectionRefusedError())
    return found


def _deaf(bench: Bench, address: str) -> Sentence:
    """Say why an address takes no connection, or nothing: of several, clients use those that do."""
    declared = database(bench)
    try:
        with bench.budget.connection(declared.host):
            connect(address, declared.port, time.monotonic() + min(PATIENCE, bench.left())).close()
    except OSError as error:
        return plain_words(error)
    return NOTHING


def unreachable(bench: Bench, error: BaseException) -> Inconclusive:
    """Return what to raise where the database did not do as databases do."""
    declared = database(bench)
    late = isinstance(error, TimeoutError)
    return Inconclusive(
        say(
            "the database {address} ({engine}) cannot be looked at: {trouble}",
            address=Own(f"{declared.host}:{declared.port}"),
            engine=Own(declared.engine),
            trouble=say("no answer within {seconds:.0f} s", seconds=PATIENCE) if late else in_words(error),
        )
    )


def looking_context(bench: Bench) -> ssl.SSLContext:
    """Return a context that takes any certificate: for looking, never for a login."""
    return with_certificate(bench, lenient_context())


def verifying_context(bench: Bench) -> ssl.SSLContext:
    """Return a context that verifies against database.ca_file, or the system's trust store; raises Inconclusive."""
    return careful_context(ca_file(bench), "database.ca_file", strict=False)


def ca_file(bench: Bench) -> Path | None:
    """Return where the declared authority is, None for the system's trust store."""
    name = database(bench).ca_file
    return bench.file(name) if name is not None else None


def with_certificate(bench: Bench, context: ssl.SSLContext) -> ssl.SSLContext:
    """Let `context` show the declared client certificate, if there is one; raises Inconclusive where it is unusable."""
    declared = database(bench)
    if declared.client_cert is not None and declared.client_key is not None:
        present(context, bench.file(declared.client_cert), bench.vault[declared.client_key], "database")
    return context
