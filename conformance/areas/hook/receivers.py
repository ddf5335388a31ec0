"""Receivers of callbacks, each with a certificate of its own, that note what came and keep nothing of it."""

from __future__ import annotations

import hashlib
import re
import selectors
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any

from conformance.areas.hook.certificates import Certificates
from conformance.areas.hook.record import CHANGING, OTHER, Connection
from conformance.inputs.target import Webhook
from conformance.model import Inconclusive
from conformance.sentence import NOTHING, Own, say
from conformance.web.http import plain_words
from conformance.web.resolve import resolve

ROLES = ("good", "plain", "other-ca", "self-signed", "wrong-name", "expired", "not-yet-valid")
ALIKE = 8
"""How many connections of one kind are noted: a gateway may have much to tell, and others' callbacks come as well."""
AT_ONCE = 64  # connections: a gateway that repeats itself without end takes no more threads

_PATIENCE = 5.0  # seconds, for a place to become free and for a caller to speak
_LARGEST = 64 << 10  # bytes of a callback that are read
_HANDSHAKE = b"\x16"
_METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
_LENGTH = re.compile(rb"^content-length:\s*(\d{1,9})\s*$", re.IGNORECASE | re.MULTILINE)
_CHUNKED = re.compile(rb"^transfer-encoding:.*chunked\s*$", re.IGNORECASE | re.MULTILINE)
_EXPECT = re.compile(rb"^expect:\s*100-continue\s*$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver says to a request, with a `location` where it redirects."""

    status: int = HTTPStatus.OK
    location: str = ""

    def __bytes__(self) -> bytes:
        """Return it as it is sent."""
        led = f"Location: {self.location}\r\n" if self.location else ""
        reason = HTTPStatus(self.status).phrase
        return f"HTTP/1.1 {self.status} {reason}\r\n{led}Content-Length: 0\r\nConnection: close\r\n\r\n".encode()


@dataclass(frozen=True, slots=True)
class _Part:
    """What a receiver shows itself as, and in which phase; `answers` are for requests with its `word`, in turn."""

    role: str = ""
    phase: str = ""
    context: ssl.SSLContext | None = None
    word: bytes = b""
    answers: Iterator[Answer] = field(default_factory=lambda: iter(()))

    def answer(self, content: bytes) -> Answer:
        """Return what to say; others' callbacks are led nowhere."""
        return next(self.answers, Answer()) if self.word and self.word in content else Answer()


class Receivers:
    """Listens on as many ports of the declared range as there are roles; on fewer, roles take turns at a port.

    `authority` is what the gateway trusts just now; whoever changes that says so here.
    """

    def __init__(self, webhook: Webhook, certificates: Certificates) -> None:
        """Bind; raises Inconclusive that names the key where no port can be had."""
        self._certificates = certificates
        self._listeners = _bound(webhook)
        self._parts = [_Part()] * len(self._listeners)
        self._words: dict[str, str] = {}
        self.authority = "none"
        self._noted: list[Connection] = []
        self._kinds: Counter[tuple[object, ...]] = Counter()
        self._places = threading.Semaphore(AT_ONCE)
        self._changed = threading.Condition()
        self._selector = selectors.DefaultSelector()
        self._wake, wakened = socket.socketpair()
        self._selector.register(wakened, selectors.EVENT_READ)
        for number, listener in enumerate(self._listeners):
            self._selector.register(listener, selectors.EVENT_READ, number)
        self._thread = threading.Thread(target=self._serve, name="callback-receivers", daemon=True)

    def start(self) -> None:
        """Receive in the background."""
        self._thread.start()

    def stop(self) -> None:
        """Take no more, and release the ports."""
        self._wake.close()
        self._thread.join()
        for key in tuple(self._selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
        self._selector.close()

    def stand(self, role: str, phase: str, word: str, answers: Iterable[Answer] = (), *, apart: bool = False) -> int:
        """Be `role` from now on, in a phase whose callbacks carry `word`; return the port.

        `answers` are given in turn to requests with that word, and 200 after them and to all others. `apart` from
        the right receiver, which stands as well: raises Inconclusive where there is no second port.
        """
        number = ROLES.index(role) % len(self._listeners)
        if apart and not number:
            number = 1
        if number >= len(self._listeners):
            raise Inconclusive(say("redirects need a second port to lead to: name more of them in webhook.ports"))
        self._words[word] = phase
        self._parts[number] = _Part(role, phase, self._certificates.context(role), word.encode(), iter(tuple(answers)))
        port: int = self._listeners[number].getsockname()[1]
        return port

    def connections(self) -> tuple[Connection, ...]:
        """Return what came so far, in the order in which it was through; of what is alike the first few."""
        with self._changed:
            return tuple(self._noted)

    def wait(self, enough: Callable[[tuple[Connection, ...]], bool], seconds: float) -> bool:
        """Wait until what came is `enough`, at most `seconds`; tell whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: enough(tuple(self._noted)), seconds)

    def _serve(self) -> None:
        while True:
            for key, _ in self._selector.select():
                if key.data is None:
                    return
                with suppress(OSError):
                    self._take(self._listeners[key.data].accept()[0], self._parts[key.data])

    def _take(self, client: socket.socket, part: _Part) -> None:
        if not part.role or not self._places.acquire(timeout=_PATIENCE):
            client.close()
            return
        threading.Thread(target=self._receive, args=(client, part), name="callback", daemon=True).start()

    def _receive(self, client: socket.socket, part: _Part) -> None:
        """Note one connection. Each has a thread of its own: one that says nothing holds up nobody."""
        client.settimeout(_PATIENCE)
        ends = time.monotonic() + _PATIENCE
        seen = Connection(part.role, part.phase, authority=self.authority)
        with client:
            try:
                seen = replace(seen, hello=client.recv(1, socket.MSG_PEEK) == _HANDSHAKE)
                if part.context is None and seen.hello:
                    seen = replace(seen, handshake=say("this receiver speaks no TLS"))
                elif part.context is None or not seen.hello:
                    seen = self._read(client, ends, seen, part)
                else:
                    with part.context.wrap_socket(client, server_side=True) as secured:
                        seen = self._read(secured, ends, seen, part)
            except (OSError, ValueError) as error:
                seen = replace(seen, handshake=plain_words(error))
        if seen.authority != self.authority:
            seen = replace(seen, authority=CHANGING)
        self._places.release()
        sort = (seen.hello, seen.handshake, seen.delivered, seen.answered)
        kind = (seen.role, seen.during, seen.meant_for, seen.authority, *sort)
        with self._changed:
            self._kinds[kind] += 1
            if self._kinds[kind] <= ALIKE:
                self._noted.append(seen)
                self._changed.notify_all()

    def _read(self, client: socket.socket, ends: float, seen: Connection, part: _Part) -> Connection:
        content = _request(client, ends)
        answer = part.answer(content)
        with suppress(OSError, ValueError):
            client.sendall(bytes(answer))
            if isinstance(client, ssl.SSLSocket):
                client.unwrap()
        head, _, body = content.partition(b"\r\n\r\n")
        method = head.split(b" ", 1)[0].decode("latin-1")
        return replace(
            seen,
            meant_for=self._meant_for(content),
            received=len(content),
            method=method if method in _METHODS else OTHER if content else "",
            body=len(body),
            sha256=hashlib.sha256(content).hexdigest() if content else "",
            answered=answer.status if content else 0,
        )

    def _meant_for(self, content: bytes) -> str:
        """Return the phase whose word stands first: in the path, and not in a body that a redirect sent on."""
        places = {phase: content.find(word.encode()) for word, phase in tuple(self._words.items())}
        return min((phase for phase in places if places[phase] >= 0), key=places.__getitem__, default="")


def _request(client: socket.socket, ends: float) -> bytes:
    """Read one HTTP request, or whatever else comes until the other side pauses or closes; at most 64 KiB."""
    content, told = b"", False
    while len(content) < _LARGEST and not _whole(content) and (left := ends - time.monotonic()) > 0:
        client.settimeout(left)
        try:
            chunk = client.recv(_LARGEST)
        except OSError:
            break
        if not chunk:
            break
        content += chunk
        if not told and b"\r\n\r\n" in content and _EXPECT.search(content):
            told = True
            with suppress(OSError):
                client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    return content


def _whole(content: bytes) -> bool:
    head, end, body = content.partition(b"\r\n\r\n")
    if not end:
        return False
    head = head.replace(b"\r\n", b"\n")
    if _CHUNKED.search(head):
        return body.endswith(b"0\r\n\r\n")
    length = _LENGTH.search(head)
    return len(body) >= (int(length[1]) if length else 0)


def _bound(webhook: Webhook) -> list[socket.socket]:
    first, last = webhook.ports
    found: list[socket.socket] = []
    trouble = NOTHING
    try:
        family, address = resolve(webhook.listen, first, _PATIENCE)[0]
        for port in range(first, last + 1):
            if len(found) == len(ROLES):
                break
            try:
                found.append(_listener(family, (address[0], port, *address[2:])))
            except OSError as error:
                trouble = plain_words(error)
    except (OSError, UnicodeError) as error:
        trouble = plain_words(error)
    if not found:
        raise Inconclusive(
            say(
                "no receiver could listen on {address}, ports {first} to {last} ({trouble}): "
                "name an address of this machine in webhook.listen, and free ports in webhook.ports",
                address=Own(webhook.listen),
                first=first,
                last=last,
                trouble=trouble,
            )
        )
    return found


def _listener(family: int, address: tuple[Any, ...]) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(AT_ONCE)
    except OSError:
        listener.close()
        raise
    return listener


@contextmanager
def receiving(webhook: Webhook, certificates: Certificates) -> Iterator[Receivers]:
    """Receive callbacks inside the block; raises Inconclusive as `Receivers` does."""
    receivers = Receivers(webhook, certificates)
    receivers.start()
    try:
        yield receivers
    finally:
        receivers.stop()
