"""A stub database for the gateway to log in to: shows certificates, and records whether a login arrives, over what."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from conformance.areas.dbt.record import Attempt, Client, Presented, StubClient, StubObservation
from conformance.areas.dbt.stub_wire import HungUp, greet_mysql, greet_postgresql
from conformance.areas.dbt.wire import Line
from conformance.bench import Bench
from conformance.engine.observatory import Probe
from conformance.handshake.pki import Issuer, common_name, load, lookalikes
from conformance.inputs.target import Database, Stub, Target
from conformance.model import Inconclusive
from conformance.sentence import Own, say
from conformance.web.http import plain_words

_TRIES = 2
"""How many connections see what is wrong: a client that falls back to the clear does so with its next one."""

_PATIENCE = 5.0

SHOWN: dict[Client, tuple[Presented, ...]] = {
    Client.WEB: tuple(Presented),
    Client.WEB_VERIFY_OTHER: (Presented.GOOD, Presented.UNKNOWN_AUTHORITY),
    Client.WEB_VERIFY_OFF: (Presented.GOOD, Presented.UNKNOWN_AUTHORITY),
    Client.CORE: (Presented.GOOD, Presented.NOT_OFFERED),
    Client.CORE_RETIRED: (Presented.GOOD, Presented.NOT_OFFERED),
}


def _stub(target: Target) -> Stub:
    stub = target.declared(Database).stub
    assert stub is not None  # noqa: S101 - the requirements need the key
    return stub


def addresses(stub: Stub) -> dict[Client, str]:
    """Return where each declared set-up of the gateway is waited for."""
    declared = {
        Client.WEB: stub.listen,
        Client.WEB_VERIFY_OTHER: stub.verify_other_listen,
        Client.WEB_VERIFY_OFF: stub.verify_off_listen,
        Client.CORE: stub.core_listen,
        Client.CORE_RETIRED: stub.core_retired_listen,
    }
    return {client: address for client, address in declared.items() if address is not None}


def _look(bench: Bench) -> StubObservation:
    stub, declared = _stub(bench.target), bench.target.declared(Database)
    contexts = _contexts(bench, stub)
    places = addresses(stub)
    with contextlib.ExitStack() as stack:
        desks = []
        for client, address in places.items():
            door = stack.enter_context(_listen(address))
            desks.append(_Desk(bench, declared.engine, door, contexts, SHOWN[client], stub.seconds))
        pool = stack.enter_context(ThreadPoolExecutor(len(desks), "stub"))
        seen = list(pool.map(_Desk.watch, desks))
    clients = {client.value: found for client, found in zip(places, seen, strict=True)}
    return StubObservation(stub.ca_cert is not None, clients)


def _listen(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, int(port)), family=family)
    except (OSError, UnicodeError) as error:
        why = say(
            "the stub database cannot listen at {address} (database.stub): {error}",
            address=Own(address),
            error=_said(error),
        )
        raise Inconclusive(why) from error


def _said(error: Exception) -> Own:
    return Own((getattr(error, "strerror", None) or str(error)).lower())


def _contexts(bench: Bench, stub: Stub) -> dict[Presented, ssl.SSLContext]:
    own = Issuer.made(common_name("Portero stub authority"))
    trusted = own
    if stub.ca_cert is not None and stub.ca_key is not None:
        try:
            trusted = Issuer.loaded(bench.file(stub.ca_cert).read_bytes(), bench.vault[stub.ca_key].reveal())
        except (OSError, ValueError) as error:
            why = say("database.stub.ca_cert and ca_key cannot be used: {error}", error=_said(error))
            raise Inconclusive(why) from error
    names = (stub.host or stub.listen.rpartition(":")[0].strip("[]"),)
    stranger = Issuer.made(trusted.name)
    return {
        Presented.GOOD: _context(trusted.issue(names)),
        Presented.UNKNOWN_AUTHORITY: _context(stranger.issue(names)),
        Presented.OTHER_NAME: _context(trusted.issue(lookalikes(names[0]))),
        Presented.EXPIRED: _context(trusted.issue(names, begins_in_days=-31)),
        Presented.NOT_YET_VALID: _context(trusted.issue(names, begins_in_days=1)),
    }


def _context(pem: bytes) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["postgresql"])
    load(context, pem)
    return context


@dataclass(frozen=True, slots=True)
class _Desk:
    """Receives one set-up of the gateway, and shows it one thing after the other."""

    bench: Bench
    engine: str
    door: socket.socket
    contexts: dict[Presented, ssl.SSLContext]
    shown: tuple[Presented, ...]
    seconds: float

    def watch(self) -> StubClient:
        """Show everything; nothing more to whoever does not come at all."""
        attempts: dict[str, tuple[Attempt, ...]] = {}
        for presented in self.shown:
            attempts[presented.value] = tuple(self._show(presented))
            if not attempts[presented.value]:
                break
        return StubClient(attempts)

    def _show(self, presented: Presented) -> list[Attempt]:
        found: list[Attempt] = []
        ends = time.monotonic() + min(self.seconds, self.bench.left())
        while len(found) < _TRIES and not any(attempt.login for attempt in found):
            left = ends - time.monotonic()
            if left <= 0:
                break
            self.door.settimeout(left)
            try:
                visitor, _ = self.door.accept()
            except OSError:
                break
            attempt = self._receive(visitor, presented)
            if attempt is not None:
                found.append(attempt)
                ends = time.monotonic() + min(self.seconds, self.bench.left())
        return found

    def _receive(self, visitor: socket.socket, presented: Presented) -> Attempt | None:
        """Serve one connection up to its login; None for one that says nothing, such as a look whether we are there."""
        line = Line(visitor, time.monotonic() + _PATIENCE)
        greet = greet_postgresql if self.engine == "postgresql" else greet_mysql
        try:
            with contextlib.closing(line):
                return greet(line, self.contexts.get(presented))
        except HungUp as leaving:
            return Attempt("", leaving.words) if leaving.words else None
        except ssl.SSLError as error:
            return Attempt("", say("breaks off the TLS handshake ({trouble})", trouble=plain_words(error)))
        except OSError as error:
            return Attempt("", say("hangs up ({trouble})", trouble=plain_words(error)))
        except EOFError:
            return Attempt("", say("hangs up"))


def _deadline(target: Target) -> float:
    return 30.0 + _TRIES * len(Presented) * _stub(target).seconds


stub = Probe("database-stub", StubObservation, _look, _deadline)
