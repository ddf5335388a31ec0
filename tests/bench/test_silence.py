"""An endpoint that was never heard is not waited for again and again."""

from __future__ import annotations

import socket
from pathlib import Path

from conformance.bench import Bench
from conformance.bench.budget import Budget
from conformance.bench.silence import ENOUGH, Silence
from conformance.inputs import target
from conformance.secrecy.redact import Redactor
from conformance.secrecy.secret import Vault
from conformance.web.http import exchange
from tests import null


def test_lasts_after_enough_waits_in_vain() -> None:
    silence = Silence()
    for _ in range(ENOUGH):
        assert not silence.lasts("a")
        silence.waited("a")
    assert silence.lasts("a")
    assert not silence.lasts("b")


def test_one_sign_of_life_ends_it_for_good() -> None:
    silence = Silence()
    silence.heard("a")
    for _ in range(2 * ENOUGH):
        silence.waited("a")
    assert not silence.lasts("a")


def bench() -> Bench:
    aim = target.parse({"schema": 1, "name": "t", "limits": {"requests_per_second": 1000}})
    return Bench(aim, Vault({}), Budget(aim.limits), Redactor(), Path())


def test_a_silent_server_is_asked_no_more() -> None:
    looking = bench()
    with null.listening(null.stays_silent) as port:
        seen = [exchange(looking, "GET", f"http://127.0.0.1:{port}/{n}", timeout=0.05) for n in range(ENOUGH + 2)]
    assert [e.trouble for e in seen[:ENOUGH]] == ["no answer in time"] * ENOUGH
    assert {e.trouble for e in seen[ENOUGH:]} == {"not asked any more: nothing before it was answered in time"}
    assert looking.budget.requests_sent == ENOUGH


def test_a_server_that_answered_once_is_always_asked() -> None:
    looking, answers = bench(), iter([b"HTTP/1.1 204 No Content\r\n\r\n"])

    def answers_once(client: socket.socket) -> None:
        client.sendall(next(answers, b""))
        null.stays_silent(client)

    with null.listening(answers_once) as port:
        seen = [exchange(looking, "GET", f"http://127.0.0.1:{port}/", timeout=0.05) for _ in range(ENOUGH + 3)]
    assert seen[0].status == 204
    assert {e.trouble for e in seen[1:]} == {"no answer in time"}
