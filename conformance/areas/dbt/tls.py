"""Which protocol versions and cipher suites the database accepts: own hellos, and sslyze, each after the preamble."""

from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from conformance.areas.dbt import door
from conformance.areas.dbt.door import Way
from conformance.areas.dbt.login import LOGINS, LoginRefused, LoginTrouble, session
from conformance.areas.dbt.record import AtAddresses, TlsAtAddress
from conformance.areas.dbt.wire import Line, in_words, speak
from conformance.bench import Bench
from conformance.bench.budget import Budget
from conformance.engine.observatory import Probe
from conformance.handshake.caller import PATIENCE, Caller
from conformance.handshake.record import TlsObservation
from conformance.handshake.sslyze_scan import SslyzeChild, SslyzeFindings
from conformance.handshake.suites import SuiteSearch
from conformance.handshake.versions import live_versions
from conformance.model import Inconclusive
from conformance.sentence import say

DEADLINE = 90.0
_SPARE = 10.0  # seconds of the deadline left to put together what was seen
_AT_ONCE = 6  # connections: PostgreSQL forks for each of them
_LOOPBACK = ("127.0.0.1", "::1")


class Manners:
    """Keeps MySQL from locking us out, and whoever else connects from this host.

    It counts handshakes that break off, and blocks the host after max_connect_errors of them (100 if nobody changed
    it) until a login succeeds; those of its own machine are not counted. Logins come between also where the database
    seems to be on this machine, as it may be at the far end of a tunnel.
    """

    LOGIN_EVERY = 20
    WITHOUT_LOGIN = 60

    def __init__(self, bench: Bench, way: Way) -> None:
        """Nothing was broken off yet."""
        self._bench, self._way = bench, way
        self._lock = threading.Lock()
        self._broken = 0
        self._counted = door.database(bench).engine == "mysql"
        self._near = False
        self._may_log_in = True

    def about_to_break_off(self) -> None:
        """Count one more; raises Inconclusive before it is one too many."""
        with self._lock:
            if not self._counted:
                return
            self._broken += 1
            if self._broken % self.LOGIN_EVERY == 0 and self._may_log_in:
                self._may_log_in = self._logs_in()
                self._broken = 0 if self._may_log_in else self._broken
            if self._broken >= self.WITHOUT_LOGIN and not self._near:
                raise Inconclusive(
                    say(
                        "stopped after {count} handshakes that were broken off: MySQL blocks a host that has too many "
                        "(max_connect_errors), unless a login comes between (declare database.username and password)",
                        count=self._broken,
                    )
                )

    def came_from(self, address: str) -> None:
        """Take note of where our connections come from, as the database sees it."""
        self._near = address in _LOOPBACK

    def _logs_in(self) -> bool:
        declared = door.database(self._bench)
        if declared.username is None or declared.password is None:
            return False
        try:
            # Of its own budget: whoever waits for this login holds a connection of the run's.
            bench = replace(self._bench, budget=Budget(self._bench.target.limits))
            context = door.with_certificate(bench, door.verifying_context(bench))
            with (
                self._bench.budget.alone(LOGINS),
                session(bench, declared.username, bench.vault[declared.password].reveal(), context, self._way),
            ):
                return True
        except (LoginRefused, LoginTrouble, Inconclusive):
            return False


class DatabaseCaller(Caller):
    """Hands out connections that are ready for a ClientHello."""

    def __init__(self, bench: Bench, way: Way) -> None:
        """Connect to nothing yet."""
        declared = door.database(bench)
        host = f"[{declared.host}]" if ":" in declared.host else declared.host
        super().__init__(bench, f"tls://{host}:{declared.port}", way.address)
        self._engine = declared.engine
        self._manners = Manners(bench, way)
        self._direct = way.direct

    def connect(self) -> socket.socket:
        """Open a counted connection and do the preamble; raises OSError."""
        self._manners.about_to_break_off()
        sock = super().connect()
        try:
            self._manners.came_from(sock.getsockname()[0])
            if not self._direct:
                speak(self._engine, Line(sock, time.monotonic() + PATIENCE)).ask_for_tls()
        except (OSError, EOFError) as error:
            sock.close()
            raise ConnectionAbortedError(in_words(error)) from error
        return sock


def _look(bench: Bench) -> AtAddresses[TlsAtAddress]:
    ends = time.monotonic() + DEADLINE - _SPARE
    return door.at_each_address(bench, lambda address: _look_at(bench, door.asked(bench, address), ends))


def _look_at(bench: Bench, way: Way, ends: float) -> TlsAtAddress:
    started = bench.clock.now()
    if way.declined:
        return TlsAtAddress(None)
    caller = DatabaseCaller(bench, way)
    at_once = min(_AT_ONCE, bench.target.limits.connections)
    with SslyzeChild() as child, ThreadPoolExecutor(at_once, "hello") as pool:
        versions = live_versions(caller, pool)
        live = [version for version, answer in versions.items() if answer.outcome == "offered"]
        caller.check()
        found = dict(zip(live, pool.map(lambda version: SuiteSearch(caller, version).run(), live), strict=True))
        sslyze = SslyzeFindings()
        if caller.check():
            sslyze = child.scan(bench, caller, live, ends, caller.check, suites_only=True)
            caller.check()
    return TlsAtAddress(
        TlsObservation(
            endpoint=bench.target.subject("database"),
            started=started,
            canaries=tuple(caller.canaries),
            versions=versions,
            suites={v: replace(own, by_sslyze=tuple(sslyze.suites.get(v, ()))) for v, own in found.items()},
            groups_tls13=None,
            groups_tls12=None,
            dh_bits=None,
            troubles=(sslyze.trouble,) if sslyze.trouble else (),
            connections=caller.connections,
        )
    )


tls = Probe("database-tls", AtAddresses[TlsAtAddress], _look, DEADLINE)
