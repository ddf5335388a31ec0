"""Connections to the declared database: in the clear for its first words, or over TLS as a careful client makes it."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from conformance.areas.dbt.wire import Dialect, Line, TlsDeclined, in_words, speak
from conformance.bench import Bench
from conformance.inputs.target import Database
from conformance.model import Inconclusive
from conformance.sentence import NOTHING, Own, Sentence, say
from conformance.web.http import connect, lenient_context, present, server_name
from conformance.web.trust import careful_context

PATIENCE = 5.0


def database(bench: Bench) -> Database:
    """Return the declared database: the engine starts these probes for a declared section only."""
    return bench.target.declared(Database)


@contextmanager
def in_the_clear(bench: Bench) -> Iterator[Dialect]:
    """Connect, and say nothing yet; raises OSError or EOFError for all that goes wrong."""
    declared = database(bench)
    with bench.budget.connection(declared.host):
        ends = time.monotonic() + min(PATIENCE, bench.left())
        with connect(declared.host, declared.port, ends) as sock:
            yield speak(declared.engine, Line(sock, ends))


@contextmanager
def over_tls(bench: Bench, context: ssl.SSLContext) -> Iterator[tuple[ssl.SSLSocket, Dialect]]:
    """Connect, ask for TLS and shake hands; raises TlsDeclined, and OSError or EOFError for all else."""
    declared = database(bench)
    with in_the_clear(bench) as dialect:
        dialect.ask_for_tls()
        with context.wrap_socket(dialect.line.sock, server_hostname=server_name(declared.host)) as secured:
            dialect.line.sock = secured
            yield secured, dialect


def asked(bench: Bench) -> Sentence:
    """Ask for TLS once and hang up; return how the database declined, empty where it goes along.

    Raises Inconclusive that says in plain words why neither is known.
    """
    try:
        with in_the_clear(bench) as dialect:
            dialect.ask_for_tls()
    except TlsDeclined as declined:
        return declined.words
    except (OSError, EOFError, UnicodeError) as error:
        raise unreachable(bench, error) from error
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
