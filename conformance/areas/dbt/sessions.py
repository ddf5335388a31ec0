"""Asks the database, by the monitor's account, which of its sessions are encrypted."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace

from conformance.areas.dbt import door
from conformance.areas.dbt.login import OURS, LoginRefused, LoginTrouble, Query, session
from conformance.areas.dbt.look import requires_tls_of_all
from conformance.areas.dbt.record import DatabaseSession, SessionsObservation
from conformance.bench import Bench
from conformance.engine.observatory import Probe
from conformance.model import Inconclusive
from conformance.sentence import NOTHING, Own, say

LOOKS = 5
PAUSE = 0.5  # seconds between looks
_MOST = 200  # rows: a view with thousands of sessions proves no more

_PG_OWN = (
    "SELECT a.usename, COALESCE(host(a.client_addr), ''), s.ssl, s.version, s.cipher "
    "FROM pg_stat_activity a JOIN pg_stat_ssl s USING (pid) WHERE a.pid = pg_backend_pid()"
)
# A row without client_port is one whose session the account may not see.
_PG_OTHERS = (
    "SELECT a.usename, COALESCE(host(a.client_addr), ''), s.ssl, s.version, s.cipher, a.client_port, "
    "EXTRACT(EPOCH FROM clock_timestamp() - a.backend_start)::float "
    "FROM pg_stat_activity a LEFT JOIN pg_stat_ssl s USING (pid) "
    "WHERE COALESCE(a.backend_type, 'client backend') = 'client backend' AND a.pid <> pg_backend_pid() "
    "AND a.usename = {username} AND COALESCE(a.application_name, '') <> {ours}"
)
_MY_OWN = "SHOW SESSION STATUS WHERE Variable_name IN ('Ssl_cipher', 'Ssl_version')"
_MY_THREADS = (
    "SELECT t.PROCESSLIST_USER, t.PROCESSLIST_HOST, t.CONNECTION_TYPE FROM performance_schema.threads t "
    "LEFT JOIN performance_schema.session_connect_attrs a "
    "ON a.PROCESSLIST_ID = t.PROCESSLIST_ID AND a.ATTR_NAME = 'program_name' "
    "WHERE t.TYPE = 'FOREGROUND' AND t.PROCESSLIST_ID <> CONNECTION_ID() AND t.PROCESSLIST_USER = {username} "
    "AND COALESCE(a.ATTR_VALUE, '') <> {ours}"
)
_MY_LIST = "SELECT USER, HOST FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID() AND USER = {username}"


def _look(bench: Bench) -> SessionsObservation:
    declared = door.database(bench)
    monitor = declared.monitor
    assert monitor is not None  # noqa: S101 - the requirement needs the key
    way = door.asked(bench)
    if way.declined:
        return SessionsObservation(offers_tls=False)
    ask = _postgresql if declared.engine == "postgresql" else _mysql
    password = bench.vault[monitor.password].reveal()
    context = door.with_certificate(bench, door.verifying_context(bench))
    try:
        with session(bench, monitor.username, password, context, way) as query:
            seen = _watch(bench, query, ask)
        return _without_ours(bench, seen, lambda: session(bench, monitor.username, password, context, way))
    except (ValueError, TypeError, LookupError) as error:  # rows of another shape than was asked for
        raise Inconclusive(
            say("what {database} says of its sessions cannot be read", database=Own(bench.target.subject("database")))
        ) from error
    except (LoginRefused, LoginTrouble) as trouble:
        raise Inconclusive(
            say(
                "the monitor's account {username} cannot ask {database}: {trouble}",
                username=Own(monitor.username),
                database=Own(bench.target.subject("database")),
                trouble=trouble.words,
            )
        ) from trouble


def _without_ours(
    bench: Bench, seen: SessionsObservation, log_in: Callable[[], AbstractContextManager[Query]]
) -> SessionsObservation:
    """Leave sessions out that may be the suite's own, kept by a pooler: those that began after the run did."""
    begun = time.monotonic() - bench.began
    young = [each for each in seen.gateway if each.age is not None and each.age < begun]
    if not young or not _is_pooled(log_in):
        return seen
    return replace(seen, gateway=tuple(each for each in seen.gateway if each not in young), pooled=len(young))


def _is_pooled(log_in: Callable[[], AbstractContextManager[Query]]) -> bool:
    """Tell whether something in front of PostgreSQL keeps a session open whose client has left: ours, too, then.

    What it keeps is under no name: a pooler clears application_name when it hands a session on.
    """
    backends = []
    for _ in range(2):
        with log_in() as query:
            backends.append(query("SELECT pg_backend_pid()"))
    return backends[0] == backends[1]


Ask = Callable[[Query, str], SessionsObservation]


def _watch(bench: Bench, query: Query, ask: Ask) -> SessionsObservation:
    """Look again until a session of the gateway's is there: one that retries has none for most of the time."""
    username = door.database(bench).username or ""
    seen = ask(query, username)
    for looks in range(2, LOOKS + 1):
        if seen.gateway or seen.trouble:
            break
        bench.clock.wait(PAUSE)
        seen = replace(ask(query, username), looks=looks)
    return seen


def _postgresql(query: Query, username: str) -> SessionsObservation:
    (name, client, encrypted, version, suite), *_ = query(_PG_OWN) or [("", "", None, "", "")]
    own = DatabaseSession(str(name), str(client), encrypted, str(version or ""), str(suite or ""), not client)
    rows = query(_PG_OTHERS.format(username=_quoted(username), ours=_quoted(OURS)))[:_MOST]
    visible = [row for row in rows if row[5] is not None]
    found = tuple(
        DatabaseSession(
            str(user), str(address), secured, str(version or ""), str(suite or ""), local=port == -1, age=age
        )
        for user, address, secured, version, suite, port, age in visible
    )
    hidden = NOTHING if visible or not rows else _PG_HIDDEN
    return SessionsObservation(offers_tls=True, username=username, own=own, gateway=found, looks=1, trouble=hidden)


def _mysql(query: Query, username: str) -> SessionsObservation:
    status = {str(name).lower(): str(value) for name, value, *_ in query(_MY_OWN)}
    suite = status.get("ssl_cipher", "")
    (client, *_), *_ = query("SELECT SUBSTRING_INDEX(USER(), '@', -1)") or [("",)]
    own = DatabaseSession("", str(client), bool(suite), status.get("ssl_version", ""), suite)
    base = SessionsObservation(
        offers_tls=True, username=username, own=own, looks=1, enforced=requires_tls_of_all(query)
    )
    try:
        if str(query("SELECT @@performance_schema")[0][0]) not in ("1", "ON"):
            return replace(base, gateway=_listed(query, username), trouble=NOTHING if base.enforced else _NO_SCHEMA)
        rows = query(_MY_THREADS.format(username=_quoted(username), ours=_quoted(OURS)))[:_MOST]
    except (LoginRefused, IndexError):
        return replace(base, gateway=_listed(query, username), trouble=NOTHING if base.enforced else _MY_HIDDEN)
    return replace(base, gateway=tuple(_thread(*map(str, row)) for row in rows))


_NO_SCHEMA = say(
    "the database's performance_schema is off, and nothing else tells which of its sessions are encrypted "
    "(switch it on, or set require_secure_transport)"
)
_PG_HIDDEN = say("the monitor's account may not see the sessions of others: grant it pg_monitor or pg_read_all_stats")
_MY_HIDDEN = say(
    "the monitor's account may not see the sessions of others: grant it SELECT on performance_schema, and PROCESS"
)


def _thread(user: str, host: str, kind: str) -> DatabaseSession:
    local = kind in ("Socket", "Shared Memory", "Named Pipe")
    return DatabaseSession(user, host, {"SSL/TLS": True, "TCP/IP": False}.get(kind), local=local)


def _listed(query: Query, username: str) -> tuple[DatabaseSession, ...]:
    """Return the account's sessions; whether they are encrypted is not told here."""
    try:
        rows = query(_MY_LIST.format(username=_quoted(username)))[:_MOST]
    except LoginRefused:
        return ()
    return tuple(DatabaseSession(str(user), str(host), None, local=host == "localhost") for user, host in rows)


def _quoted(text: str) -> str:
    """Return a literal of SQL; a backslash means something to MySQL only, and stands in no sound account's name."""
    return "'" + text.replace("\\", "").replace("'", "''") + "'"


sessions = Probe("database-sessions", SessionsObservation, _look)
