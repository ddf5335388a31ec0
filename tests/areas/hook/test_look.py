"""Callbacks are looked at on gateways right and odd, whatever makes them call back, and everything is put back."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from conformance.areas.hook import look as probes
from conformance.areas.hook.certificates import certificates
from conformance.areas.hook.receivers import ALIKE, AT_ONCE, ROLES, Answer, Receivers, receiving
from conformance.areas.hook.record import Connection
from conformance.inputs import target
from conformance.inputs.target import Webhook
from conformance.model import Inconclusive
from reference_server import Gateway
from reference_server.http import Request, Response
from reference_server.pki import Authority
from reference_server.webhooks import CA, SETTINGS
from tests.arena import Outcomes, SteppingClock, assess

HOST = "127.0.0.1"
BY_CHANNEL: dict[str, Any] = {"trigger": "channel", "payload": '{"type": "text", "id": "{nonce}"}'}


def look(spoil: Callable[[Gateway], None] = lambda _: None, **webhook: Any) -> tuple[Outcomes, Gateway]:
    clock = SteppingClock()
    gateway = Gateway(clock=clock.now)
    spoil(gateway)
    with gateway:
        document = gateway.document()
        document["webhook"] |= webhook
        return assess(document, gateway.environ, areas=["hook"], clock=clock), gateway


def reasons(outcomes: Outcomes) -> set[str]:
    assert not {case for case in outcomes.verdicts if not case.startswith("HOOK-05")}
    return set(outcomes.inconclusive.values())


def test_a_sealed_message_makes_it_call_back() -> None:
    outcomes, _ = look(**BY_CHANNEL)
    assert (outcomes.failed(), outcomes.inconclusive) == (set(), {})


def test_a_gateway_that_calls_back_for_every_message_and_repeats_no_word_of_it() -> None:
    def chatty(gateway: Gateway) -> None:
        gateway.webhooks.heard = lambda payload: gateway.webhooks.tell({"bytes": len(payload)})  # type: ignore[method-assign]

    outcomes, _ = look(chatty, trigger="channel")
    assert (outcomes.failed(), outcomes.inconclusive) == (set(), {})


@pytest.mark.parametrize("found", ["something", "nothing"])
def test_everything_is_put_back_as_it_was_found(found: str) -> None:
    own = {
        "webhooks": {"url": "https://hook.example/in", "max_concurrent_requests": 6},
        "callback_backoff_delay_ms": 7000,
    }
    pem = Authority(name="the operator's").pem

    def used(gateway: Gateway) -> None:
        gateway.web.api.settings |= own
        gateway.webhooks.ca = pem

    outcomes, gateway = look(*([used] if found == "something" else []))
    assert not outcomes.failed()
    settings = gateway.web.api.settings
    if found == "something":
        assert {key: settings[key] for key in own} == own
        assert gateway.webhooks.ca == pem
    else:
        assert (settings["webhooks"], settings["callback_backoff_delay_ms"]) == ({"url": ""}, "3000")
        assert gateway.webhooks.ca is None
    assert settings["max_callback_backoff_delay_ms"] == "900000"
    assert list(gateway.web.api.accounts.users) == ["admin"]


def test_a_declared_user_is_taken() -> None:
    gateway = Gateway()
    gateway.environ["USER_PASSWORD"] = "Us3r!of-the-operator"
    with gateway:
        gateway.web.api.accounts.add("auditor", gateway.environ["USER_PASSWORD"])
        document = gateway.document()
        document["webapp"]["user"] = {"username": "auditor", "password": "env:USER_PASSWORD"}
        outcomes = assess(document, gateway.environ, areas=["hook"])
        assert not outcomes.inconclusive
        assert list(gateway.web.api.accounts.users) == ["admin", "auditor"]


def test_pauses_that_cannot_be_shortened() -> None:
    def stubborn(gateway: Gateway) -> None:
        endpoint = gateway.web.api.endpoints[SETTINGS]
        change = endpoint["PATCH"]
        endpoint["PATCH"] = lambda request: change(request) if b'"50"' not in request.body else Response(400)
        gateway.web.api.settings["callback_backoff_delay_ms"] = "60"

    outcomes, _ = look(stubborn, callback_host=HOST)
    assert outcomes.observations["webhooks/0"]["pause_ms"] == 0
    assert not outcomes.failed()


def test_an_authority_that_is_shown_a_little_later_is_nobody_elses() -> None:
    def late(gateway: Gateway) -> None:
        endpoint, shown = gateway.web.api.endpoints[CA], [Response(404)] * 2
        show = endpoint["GET"]

        def before(request: Request) -> Response:
            shown.append(show(request))
            return shown.pop(0)

        endpoint["GET"] = before

    outcomes, gateway = look(late)
    assert (outcomes.failed(), outcomes.inconclusive) == (set(), {})
    assert gateway.webhooks.ca is None


def test_an_authority_inside_json_is_read_and_put_back() -> None:
    pem = Authority(name="the operator's").pem

    def wrapped(gateway: Gateway) -> None:
        gateway.webhooks.ca = pem
        show = gateway.webhooks.show
        gateway.web.api.endpoints[CA]["GET"] = lambda request: (
            Response.json({"certificate": gateway.webhooks.ca.decode()}) if gateway.webhooks.ca else show(request)
        )

    outcomes, gateway = look(wrapped)
    assert (outcomes.failed(), outcomes.inconclusive) == (set(), {})
    assert gateway.webhooks.ca == pem


@pytest.mark.parametrize("ports", [1, 2, 4])
def test_redirects_with_few_ports(ports: int) -> None:
    first, last = free_range(ports)
    outcomes, _ = look(ports=[first, last])
    led = {case: reason for case, reason in outcomes.inconclusive.items() if case.startswith("HOOK-06")}
    assert not outcomes.failed()
    assert len(led) == (3 if ports == 1 else 0)
    assert all("webhook.ports" in reason for reason in led.values())


def free_range(many: int) -> tuple[int, int]:
    """Return the first and the last of `many` ports in a row that were free just now."""
    while True:
        with contextlib.ExitStack() as held, contextlib.suppress(OSError, OverflowError):
            first: int = held.enter_context(socket.create_server((HOST, 0))).getsockname()[1]
            for port in range(first + 1, first + many):
                held.enter_context(socket.create_server((HOST, port)))
            return first, first + many - 1


class TestWhatCannotBeLookedAt:
    def untouched(self, gateway: Gateway) -> bool:
        return gateway.webhooks.ca is None and gateway.webhooks.address == ""

    def test_every_port_of_the_range_is_in_use(self) -> None:
        with socket.create_server((HOST, 0)) as taken:
            port = taken.getsockname()[1]
            outcomes, gateway = look(ports=[port, port])
        (reason,) = reasons(outcomes)
        assert f"no receiver could listen on {HOST}, ports {port} to {port} (address already in use)" in reason
        assert self.untouched(gateway)

    @pytest.mark.parametrize(
        ("listen", "said"),
        [("192.0.2.1", "the host is not reachable from here"), ("suite..example", "the name does not resolve")],
    )
    def test_an_address_that_is_not_of_this_machine(self, listen: str, said: str) -> None:
        (reason,) = reasons(look(listen=listen)[0])
        assert f"({said}): name an address of this machine in webhook.listen" in reason

    def test_a_trigger_that_refuses(self) -> None:
        with Gateway() as other:
            url = f"https://localhost:{other.web.port}/v1/messages"
            outcomes, gateway = look(trigger=url)
        (reason,) = reasons(outcomes)
        assert reason == f"the gateway could not be made to call back: POST {url} (webhook.trigger): was answered 401"
        assert self.untouched(gateway)

    def test_a_trigger_that_is_not_there(self) -> None:
        with socket.socket() as closed:
            closed.bind((HOST, 0))
            (reason,) = reasons(look(trigger=f"http://{HOST}:{closed.getsockname()[1]}/")[0])
        assert reason.endswith("connection refused")

    def test_a_core_that_takes_no_message(self) -> None:
        (reason,) = reasons(look(lambda gateway: gateway.core.request_keys.__setitem__(0, bytes(32)), **BY_CHANNEL)[0])
        assert "is channel.secret the gateway's WA_SECRET" in reason

    @pytest.mark.parametrize(("path", "method"), [(SETTINGS, "GET"), (CA, "GET"), (CA, "POST"), (SETTINGS, "PATCH")])
    def test_an_api_without_webhooks(self, path: str, method: str) -> None:
        def without(gateway: Gateway) -> None:
            del gateway.web.api.endpoints[path][method]

        outcomes, gateway = look(without)
        (reason,) = reasons(outcomes)
        assert "405" in reason
        assert self.untouched(gateway)

    def test_a_gateway_that_never_calls_back(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(probes, "_LONGEST", 0.2)
        monkeypatch.setattr(probes, "_REJECTING", 0.1)
        outcomes, gateway = look(lambda gateway: setattr(gateway.webhooks, "tell", lambda _: None))
        (reason,) = reasons(outcomes)
        assert "does webhook.trigger make the gateway call back, and does webhook.callback_host lead here" in reason
        assert self.untouched(gateway)

    def test_a_channel_that_is_not_declared(self) -> None:
        with Gateway() as gateway:
            document = gateway.document()
            del document["channel"]
            document["webhook"]["trigger"] = "channel"
            (reason,) = reasons(assess(document, gateway.environ, areas=["hook"]))
        assert "lacks channel.secret" in reason

    def test_consent_and_administrator(self) -> None:
        with Gateway() as gateway:
            document = gateway.document() | {"consent": "write"}
            assert all('needs consent "destructive"' in reason for reason in reasons(_judged(document, gateway)))
            del document["webapp"]["admin"]
            assert all("lacks webapp.admin" in reason for reason in reasons(_judged(document, gateway)))


def _judged(document: dict[str, Any], gateway: Gateway) -> Outcomes:
    return assess(document, gateway.environ, areas=["hook"])


@contextlib.contextmanager
def receivers(first: int, last: int) -> Iterator[Receivers]:
    webhook = Webhook(listen=HOST, ports=(first, last), callback_host="localhost")
    with receiving(webhook, certificates("localhost")) as open_:
        yield open_


@pytest.fixture
def range_of_ports() -> Iterator[tuple[int, int]]:
    """Return a range whose first port is taken, and whose others most likely are free."""
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        yield (port, port + 60) if port + 60 <= 65535 else (port - 60, port)


def came(open_: Receivers, many: int = 1) -> tuple[Connection, ...]:
    assert open_.wait(lambda seen: len(seen) >= many, 10)
    return open_.connections()


def call(port: int, *, verify: bool = True, ca: str = "", data: bytes = b"") -> bytes:
    context = ssl.create_default_context(cadata=ca or certificates("localhost").first)
    if not verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection((HOST, port), 5) as sock,
        context.wrap_socket(sock, server_hostname="localhost") as tls,
    ):
        tls.sendall(data)
        return tls.recv(1 << 12)


POST = b"POST /portero/word HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\nnone of ours"


class TestReceivers:
    def test_the_next_port_is_taken_where_one_is_in_use(self, range_of_ports: tuple[int, int]) -> None:
        with receivers(*range_of_ports) as open_:
            ports = {open_.stand(role, role, role) for role in ROLES}
        assert len(ports) == len(ROLES)
        assert all(range_of_ports[0] <= port <= range_of_ports[1] for port in ports)

    def test_a_single_port_serves_every_role_in_turn(self, range_of_ports: tuple[int, int]) -> None:
        _, last = range_of_ports
        with receivers(last, last) as open_:
            for number, role in enumerate(ROLES, 1):
                port = open_.stand(role, role, "word")
                with contextlib.suppress(OSError):
                    call(port, verify=False, data=POST)
                assert came(open_, number)[-1].role == role
            plain, *others = sorted(open_.connections(), key=lambda each: each.role != "plain")
        assert plain.hello
        assert plain.received == 0
        assert all(each.received == len(POST) for each in others)

    @pytest.mark.parametrize("role", [role for role in ROLES if role not in ("good", "plain")])
    def test_a_careful_client_rejects_every_wrong_one(self, role: str, range_of_ports: tuple[int, int]) -> None:
        with receivers(*range_of_ports) as open_:
            port = open_.stand(role, role, "word")
            with pytest.raises(ssl.SSLCertVerificationError):
                call(port, data=POST)
            (seen,) = came(open_)
        assert (seen.hello, seen.received) == (True, 0)
        assert "alert" in seen.handshake

    def test_lengths_and_digests_are_all_that_is_kept(self, range_of_ports: tuple[int, int]) -> None:
        with receivers(*range_of_ports) as open_:
            assert call(open_.stand("good", "before", "word"), data=POST).startswith(b"HTTP/1.1 200 ")
            (seen,) = came(open_)
        assert (seen.meant_for, seen.method, seen.received, seen.body) == ("before", "POST", len(POST), 12)
        assert "none of ours" not in json.dumps([seen.sha256, seen.handshake, seen.method])

    @pytest.mark.parametrize(
        ("data", "received"),
        [
            (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nword\r\n0\r\n\r\n", 61),
            (b"\x00\xff no HTTP at all\r\n\r\n", 21),
        ],
    )
    def test_content_of_any_form_in_the_clear(
        self, data: bytes, received: int, range_of_ports: tuple[int, int]
    ) -> None:
        with receivers(*range_of_ports) as open_:
            port = open_.stand("expired", "expired", "word")
            with socket.create_connection((HOST, port), 5) as sock:
                sock.sendall(data)
                assert sock.recv(100)
            (seen,) = came(open_)
        assert (seen.hello, seen.received, seen.delivered) == (False, received, True)

    def test_who_says_nothing_holds_up_nobody(self, range_of_ports: tuple[int, int]) -> None:
        with receivers(*range_of_ports) as open_:
            port = open_.stand("good", "before", "word")
            with socket.create_connection((HOST, port), 5):
                call(port, data=POST)
                assert [each.received for each in came(open_)] == [len(POST)]

    def test_an_expectation_is_met(self, range_of_ports: tuple[int, int]) -> None:
        with receivers(*range_of_ports) as open_:
            port = open_.stand("plain", "plain", "word")
            with socket.create_connection((HOST, port), 5) as sock:
                sock.sendall(b"POST / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
                assert sock.recv(100).startswith(b"HTTP/1.1 100 ")
                sock.sendall(b"ok")
                assert sock.recv(100).startswith(b"HTTP/1.1 200 ")

    def test_redirects_are_for_the_phases_own_callbacks_and_in_turn(self, range_of_ports: tuple[int, int]) -> None:
        answers = [Answer(307, "http://suite.example/word"), Answer(303, "/word/on")]
        with receivers(*range_of_ports) as open_:
            port = open_.stand("good", "redirect", "word", answers)
            assert call(port, data=POST.replace(b"/word", b"/other")).startswith(b"HTTP/1.1 200 ")
            said = [call(port, data=POST) for _ in range(3)]
            seen = came(open_, 4)
        assert said[0].startswith(b"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://suite.example/word\r\n")
        assert said[1].startswith(b"HTTP/1.1 303 See Other\r\nLocation: /word/on\r\n")
        assert [each.answered for each in seen] == [200, 307, 303, 200]

    def test_whose_a_callback_is_its_path_says(self, range_of_ports: tuple[int, int]) -> None:
        with receivers(*range_of_ports) as open_:
            open_.stand("wrong-name", "followed", "onward", apart=True)
            call(
                open_.stand("good", "redirect", "word"),
                data=POST.replace(b"/word", b"/onward").replace(b"none", b"word"),
            )
            (seen,) = came(open_)
        assert seen.meant_for == "followed"

    def test_one_port_leads_nowhere(self, range_of_ports: tuple[int, int]) -> None:
        _, last = range_of_ports
        with receivers(last, last) as open_, pytest.raises(Inconclusive, match=r"name more of them in webhook\.ports"):
            open_.stand("plain", "followed", "word", apart=True)

    def test_a_flood_is_not_noted_without_end(self, range_of_ports: tuple[int, int]) -> None:
        with receivers(*range_of_ports) as open_:
            port = open_.stand("plain", "plain", "word")
            for _ in range(2 * AT_ONCE):
                socket.create_connection((HOST, port), 5).close()
            with socket.create_connection((HOST, port), 5) as last:
                last.sendall(POST)
                assert last.recv(100).startswith(b"HTTP/1.1 200 ")
            assert len(came(open_, ALIKE + 1)) == ALIKE + 1


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("callback_host", "https://suite.example", "host name or an IP address alone"),
        ("callback_host", "suite.example:443", "host name or an IP address alone"),
        ("callback_host", "suite..example", "host name or an IP address alone"),
        ("trigger", "chanel", 'must be "channel", or a URL to POST to'),
        ("trigger", "ftp://x/", 'must be "channel", or a URL to POST to'),
    ],
)
def test_bad_keys_say_what_to_write(key: str, value: str, said: str) -> None:
    table = {"listen": HOST, "ports": [1, 2], "callback_host": "localhost", key: value}
    with pytest.raises(ValueError, match=said):
        target.parse({"schema": 1, "name": "t", "webhook": table})


def test_an_ipv6_host_stands_in_brackets() -> None:
    table = {"listen": "::1", "ports": [1, 2], "callback_host": "[::1]"}
    webhook = target.parse({"schema": 1, "name": "t", "webhook": table}).webhook
    assert webhook is not None
    assert webhook.callback_host == "::1"
