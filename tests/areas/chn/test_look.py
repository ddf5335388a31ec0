"""The channel probe against cores that nobody made for it: other statuses, other transports, trouble of all kinds."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from conformance import codecs
from conformance.codecs.fernet import FernetCodec
from conformance.engine.assessment import Assessment
from conformance.engine.observatory import Recorded
from conformance.engine.recording import Observed
from conformance.inputs import target
from reference_server import Gateway
from reference_server.http import HttpServer, Request, Response
from tests.arena import Outcomes, SteppingClock, assess

SECRET = "k7-Zq9_wP4mT1x-Yb8vR "


def derived(direction: bytes) -> Fernet:
    key = HKDF(SHA256(), 32, None, b"portero channel v1 " + direction).derive(SECRET.encode())
    return Fernet(base64.urlsafe_b64encode(key))


class OtherCore:
    """A core app written on a Fernet library. Answers with a record number; margin of 5 s, to the millisecond."""

    def __init__(self, clock: SteppingClock) -> None:
        self.clock, self.skew = clock, 0.0
        self.requests, self.answers = derived(b"web->core"), derived(b"core->web")
        self.taken: set[bytes] = set()
        self.lock = threading.Lock()
        self.numbers = iter(range(1, 1_000_000))
        self.accept: Callable[[bytes], Response] = lambda answer: Response(202, [("Date", "never")], answer)
        self.refuse: Callable[[int], Response] = lambda number: Response(
            422, [("Date", "never"), ("X-Correlation-Id", str(number))], b'{"error": "unprocessable"}'
        )

    def now(self) -> float:
        return self.clock.now() + self.skew

    def __call__(self, request: Request) -> Response:
        with self.lock:
            number = next(self.numbers)
            try:
                assert abs(self.now() - self.requests.extract_timestamp(request.body)) < 5
                mac = base64.urlsafe_b64decode(request.body)[-32:]
                assert mac not in self.taken
                json.loads(self.requests.decrypt(request.body))
            except (InvalidToken, AssertionError, ValueError):
                return self.refuse(number)
            self.taken.add(mac)
            answer = json.dumps({"number": number}).encode()
            return self.accept(self.answers.encrypt_at_time(answer, int(self.now())))


@contextmanager
def serving(answer: Callable[[Request], Response], clock: Callable[[], float] = time.time) -> Iterator[str]:
    server = HttpServer(answer, clock=clock)
    server.start()
    try:
        yield f"http://127.0.0.1:{server.port}/"
    finally:
        server.stop()


def assessed(url: str, clock: Any, secret: str = SECRET, **channel: Any) -> Outcomes:
    document = {
        "schema": 1,
        "name": "odd",
        "consent": "write",
        "limits": {"connections": 32, "requests_per_second": 2000},
        "channel": {"url": url, "secret": "env:CORE_SECRET", "accepted": {"status": [202]}, **channel},
    }
    return assess(document, {"CORE_SECRET": secret}, areas=["chn"], clock=clock)


def look(core: OtherCore, clock: Any = None, **channel: Any) -> Outcomes:
    with serving(core) as url:
        return assessed(url, clock or core.clock, **channel)


def only_not_applicable(outcomes: Outcomes) -> set[str]:
    assert not outcomes.failures()
    assert not outcomes.inconclusive
    return set(outcomes.not_applicable)


@pytest.fixture
def core() -> OtherCore:
    return OtherCore(SteppingClock())


def test_another_implementation_conforms(core: OtherCore) -> None:
    outcomes = look(core)
    assert only_not_applicable(outcomes) == set()
    assert "up to 4 s old and up to 5 s ahead" in outcomes.verdicts["CHN-11"].observed


def test_a_line_break_after_a_sealed_answer_does_no_harm(core: OtherCore) -> None:
    core.accept = lambda answer: Response(202, [("Date", "never")], answer + b"\n")
    assert only_not_applicable(look(core)) == set()


def test_the_secret_stays_out_of_the_record(core: OtherCore) -> None:
    record = json.dumps(look(core).observations)
    assert not any(part in record for part in (SECRET.strip(), SECRET[:8], SECRET[-9:]))


@pytest.mark.parametrize("skew", [-6.0, 7.5, -40.0, 3600.0])
def test_a_skewed_core_shows_as_a_skewed_clock_alone(core: OtherCore, skew: float) -> None:
    core.skew = skew
    outcomes = look(core)
    assert outcomes.failed() == ({"CHN-10"} if abs(skew) > 10 else set()), outcomes.failures()
    assert not outcomes.inconclusive
    assert outcomes.observations["channel/0"]["core_clock_offset"] == pytest.approx(skew, abs=0.2)


@pytest.mark.parametrize("skew", [0.0, 3.0])
def test_a_core_that_shows_no_clock_is_measured_by_what_it_accepts(core: OtherCore, skew: float) -> None:
    core.skew = skew
    core.accept = lambda _: Response(202, [("Date", "never")])
    outcomes = look(core)
    assert not outcomes.failures()
    assert set(outcomes.inconclusive) == {"CHN-10"}
    assert set(outcomes.not_applicable) == {"CHN-14/nonces", "CHN-15"}
    assert outcomes.observations["channel/0"]["core_clock_offset"] == pytest.approx(skew, abs=1)


@pytest.mark.parametrize("stamp", [0, 2**40])
def test_a_core_that_stamps_its_answers_wrongly_is_not_followed(core: OtherCore, stamp: int) -> None:
    core.accept = lambda _: Response(202, [], core.answers.encrypt_at_time(b"{}", stamp))
    with serving(core, core.clock.now) as url:
        outcomes = assessed(url, core.clock)
    assert not outcomes.failures()
    assert not outcomes.inconclusive
    assert outcomes.observations["channel/0"]["core_clock"]["source"] == "date"


@pytest.mark.parametrize("status", [202, 403, 500])
def test_refusals_may_look_like_anything_that_is_no_acceptance(core: OtherCore, status: int) -> None:
    core.refuse = lambda _: Response(status, [("Date", "never")], b"no")
    assert only_not_applicable(look(core)) == set()


@pytest.mark.parametrize(
    ("channel", "named"),
    [
        ({"secret": "another secret altogether"}, r"channel\.secret"),
        ({"codec": "aes-256-gcm"}, r"channel\.codec"),
        ({"accepted": {"status": [200]}}, r"channel\.accepted\.status"),
    ],
)
def test_without_an_accepted_control_nothing_is_judged(core: OtherCore, channel: dict[str, Any], named: str) -> None:
    secret = channel.pop("secret", SECRET)
    with serving(core) as url:
        outcomes = assessed(url, core.clock, secret, **channel)
    assert not outcomes.verdicts
    assert not outcomes.not_applicable
    assert len(outcomes.inconclusive) > 40
    for reason in outcomes.inconclusive.values():
        assert named.replace("\\", "") in reason


def test_the_same_answer_to_everything_earns_nothing(core: OtherCore) -> None:
    with serving(lambda _: Response(202, [], b"<p>Welcome</p>")) as url:
        outcomes = assessed(url, core.clock)
    assert not outcomes.verdicts


def test_a_core_that_takes_everything_fails_and_its_acceptance_earns_nothing(core: OtherCore) -> None:
    core.refuse = lambda number: core.accept(core.answers.encrypt_at_time(b"%d" % number, int(core.now())))
    outcomes = look(core)
    assert {"CHN-02", "CHN-03", "CHN-04", "CHN-05", "CHN-06", "CHN-08", "CHN-09", "CHN-13"} <= outcomes.failed()
    assert "random bytes" in outcomes.inconclusive["CHN-01"]
    assert {case for case in outcomes.inconclusive if case.startswith("CHN-07")}


def test_without_the_wait_only_what_needs_it_is_left_open(core: OtherCore) -> None:
    began = core.clock.now()
    outcomes = look(core, wait=False)
    assert set(outcomes.inconclusive) == {"CHN-05/held-back", "CHN-08", "CHN-09/at-the-margins-end"}
    assert all("channel.wait" in reason for reason in outcomes.inconclusive.values())
    assert core.clock.now() - began < 5


@pytest.mark.parametrize(("margin", "waits"), [(10, 12), (20, 22)])
def test_the_wait_is_as_long_as_the_margin_asks(core: OtherCore, margin: int, waits: int) -> None:
    began = core.clock.now()
    outcomes = look(core, tolerance_seconds=margin)
    assert waits <= core.clock.now() - began <= waits + 2
    replayed = outcomes.observations["channel/0"]["groups"]["waited"]["attempts"]["again/1"]
    assert replayed["youngest"] >= margin + 1


class SlowClock(SteppingClock):
    """Lets time pass whenever it is read, as if the machine did little else."""

    def now(self) -> float:
        self.wait(1.7)
        return super().now()


def test_a_slow_machine_gets_no_verdict_that_hangs_on_time() -> None:
    clock = SlowClock()
    core = OtherCore(clock)
    core.clock = clock
    core.now = lambda: SteppingClock.now(clock)  # type: ignore[method-assign]
    outcomes = look(core, clock)
    assert not outcomes.failures()
    assert "left late 3 times" in outcomes.inconclusive["CHN-06/margin-plus-2s"]
    assert outcomes.inconclusive.keys() >= {"CHN-06/margin-plus-2s", "CHN-07/old-40-percent"}


def test_a_core_that_is_silent_is_soon_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.areas.chn.line._PATIENCE", 0.3)
    clock = SteppingClock()
    hold = threading.Event()

    def silent(_: Request) -> Response:
        hold.wait(5)
        raise ConnectionAbortedError

    with serving(silent) as url:
        outcomes = assessed(url, clock)
        hold.set()
    assert not outcomes.verdicts
    assert {r for r in outcomes.inconclusive.values() if "no answer in time" not in r} == set()


def test_a_core_that_refuses_by_silence_conforms(core: OtherCore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.areas.chn.line._PATIENCE", 0.5)
    monkeypatch.setattr("conformance.areas.chn.line._SHORTEST_PATIENCE", 0.1)
    over = threading.Event()

    def silent(number: int) -> Response:
        core.lock.release()
        over.wait(20)
        core.lock.acquire()
        raise ConnectionAbortedError

    core.refuse = silent
    outcomes = look(core)
    over.set()
    assert only_not_applicable(outcomes) == set()


def test_a_core_that_falls_silent_is_given_up(core: OtherCore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.areas.chn.line._PATIENCE", 0.2)
    over = threading.Event()
    accept, accepted = core.accept, iter(range(12))

    def tires(answer: bytes) -> Response:
        if next(accepted, None) is None:
            core.lock.release()
            over.wait(20)
            core.lock.acquire()
        return accept(answer)

    core.accept = tires
    outcomes = look(core)
    over.set()
    assert not outcomes.failures()
    assert {case.partition("/")[0] for case in outcomes.verdicts} <= {"CHN-01", "CHN-02", "CHN-03", "CHN-10", "CHN-14"}
    assert {r for r in outcomes.inconclusive.values() if "stopped answering" not in r} == set()


def test_a_core_that_hangs_after_garbage_fails_for_that_and_the_rest_stays_judged(
    core: OtherCore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conformance.areas.chn.line._PATIENCE", 0.4)
    over, hung = threading.Event(), threading.Event()

    def hangs(request: Request) -> Response:
        if len(request.body) == 64 and not request.body.strip(b"\0"):
            hung.set()
        if hung.is_set():
            over.wait(30)
            raise ConnectionAbortedError
        return core(request)

    with serving(hangs) as url:
        outcomes = assessed(url, core.clock)
        over.set()
    assert outcomes.failures().keys() == {"CHN-13/goes-on"}
    assert {case.partition("/")[0] for case in outcomes.inconclusive} <= {"CHN-13"}


def test_a_core_that_the_first_noise_silences_fails_for_that(core: OtherCore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.areas.chn.line._PATIENCE", 0.4)
    over, hung = threading.Event(), threading.Event()
    refuse = core.refuse

    def hangs(number: int) -> Response:
        hung.set()
        return refuse(number)

    def gateway(request: Request) -> Response:
        answer = None if hung.is_set() else core(request)
        if answer is None or hung.is_set():
            over.wait(30)
            raise ConnectionAbortedError
        return answer

    core.refuse = hangs
    with serving(gateway) as url:
        outcomes = assessed(url, core.clock)
        over.set()
    assert outcomes.failures().keys() == {"CHN-13/goes-on"}
    assert not outcomes.verdicts.keys() - {"CHN-13/goes-on"}
    reasons = set(outcomes.inconclusive.values())
    assert reasons == {"the core app answered nobody any more after one message of noise"}


def test_nobody_there(core: OtherCore) -> None:
    with serving(core) as url:
        pass
    outcomes = assessed(url, core.clock)
    assert not outcomes.verdicts
    assert all("could not be reached" in reason for reason in outcomes.inconclusive.values())


def test_consent_to_write_is_needed(core: OtherCore) -> None:
    with serving(core) as url:
        document = {
            "schema": 1,
            "name": "odd",
            "channel": {"url": url, "secret": "env:CORE_SECRET"},
        }
        outcomes = assess(document, {"CORE_SECRET": SECRET}, areas=["chn"], clock=core.clock)
    assert not outcomes.verdicts
    assert all('"write"' in reason for reason in outcomes.inconclusive.values())
    assert next(core.numbers) == 1


def test_the_record_names_what_was_sent_and_where(core: OtherCore) -> None:
    seen = look(core).observations["channel/0"]
    assert set(seen["groups"]) == {
        "unsealed", "forged", "changed", "stale", "future", "inside", "replayed", "reflected", "waited", "malformed",
    }  # fmt: skip
    assert [point["age"] for point in seen["window"]] == [float(age) for age in range(-14, 15)]
    assert {point["age"] for point in seen["window"] if point["accepted"]} == {float(age) for age in range(-5, 5)}
    assert seen["regions"] == ["version", "timestamp", "nonce", "ciphertext", "mac"]
    assert all(group["before"]["accepted"] and group["after"]["accepted"] for group in seen["groups"].values())


def test_reference_over_tcp_with_the_other_codec() -> None:
    clock = SteppingClock()
    with Gateway(faults=["tcp-transport", "aes-gcm-codec"], clock=clock.now) as gateway:
        outcomes = assess(gateway.document(), gateway.environ, areas=["chn"], clock=clock)
    assert only_not_applicable(outcomes) == {"CHN-03/trimmed", "CHN-13/declared-length"}


def test_the_record_alone_gives_the_same_verdicts(core: OtherCore) -> None:
    core.refuse = lambda number: Response(401 if number % 2 else 403)
    with serving(core) as url:
        live = assessed(url, core.clock)
        aim = target.parse(
            {
                "schema": 1,
                "name": "odd",
                "consent": "write",
                "channel": {"url": url, "secret": "env:CORE_SECRET", "accepted": {"status": [202]}},
            }
        )
    recorded = Recorded(Observed(json.loads(json.dumps(live.observations))))
    assessment = Assessment(aim, recorded)
    for case_id, verdict in live.verdicts.items():
        assert assessment.judge(assessment.cases[case_id]) == verdict
    assert len(live.verdicts) > 40


class _Raising:
    """A codec as `fernet`, but that raises where it is told to."""

    where = "seal"

    def __init__(self, *words: Any, **named: Any) -> None:
        if self.where == "init":
            raise RuntimeError("boom \x1b[31m")
        self._codec = FernetCodec(*words, **named)

    def __getattr__(self, name: str) -> Any:
        if name == self.where:
            raise RuntimeError("boom \x1b[31m")
        return getattr(self._codec, name)


@pytest.mark.parametrize("where", ["init", "seal", "unwrap", "regions"])
def test_a_codec_that_raises_is_told_of(core: OtherCore, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    monkeypatch.setattr(codecs, "load", lambda _: _Raising)
    monkeypatch.setattr(_Raising, "where", where)
    outcomes = look(core)
    assert not outcomes.verdicts
    assert all("the codec fernet raised RuntimeError: boom" in why for why in outcomes.inconclusive.values())


def test_a_codec_that_raises_at_an_answer_has_not_opened_it(core: OtherCore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codecs, "load", lambda _: _Raising)
    monkeypatch.setattr(_Raising, "where", "stamp")
    assert look(core).failures().keys() == {"CHN-14/sealed"}
