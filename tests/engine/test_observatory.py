"""Probes run once, side by side, within their time; what goes wrong in one is told for what it is."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from conformance.bench import Bench
from conformance.bench.budget import Budget
from conformance.engine.observatory import Observatory, Probe, ProbeCrash, Recorded
from conformance.inputs import target
from conformance.model import Inconclusive, NotApplicable
from conformance.secrecy.redact import Redactor
from conformance.secrecy.secret import Secret
from conformance.sentence import Own, say


@dataclass(frozen=True, slots=True)
class Seen:
    """What the probes of these tests bring home."""

    text: str = ""


SECRET = Secret("WA_SECRET", "a-long-and-quiet-secret")


def bench(**limits: int) -> Bench:
    aim = target.parse({"schema": 1, "name": "t", "limits": limits, "webapp": {"url": "https://localhost"}})
    return Bench(aim, None, Budget(aim.limits), Redactor([SECRET]))  # type: ignore[arg-type]


def probe(look: Callable[[Bench], Any], deadline: Any = 40.0) -> Probe[Seen]:
    return Probe("eye", Seen, look, deadline)


@contextmanager
def held() -> Iterator[Callable[[Bench], Seen]]:
    """Look at nothing until the test is over."""
    over = threading.Event()

    def look(bench: Bench) -> Seen:
        over.wait(30)
        return Seen("too late")

    yield look
    over.set()


def test_a_probe_looks_once_however_often_it_is_asked() -> None:
    looks: list[Bench] = []

    def look(bench: Bench) -> Seen:
        looks.append(bench)
        return Seen("here")

    observatory = Observatory(bench())
    eye = probe(look)
    observatory.start([eye, eye])
    assert [observatory.get(eye) for _ in range(3)] == [Seen("here")] * 3
    assert len(looks) == 1


def test_probes_look_side_by_side() -> None:
    together = threading.Barrier(2, timeout=10)
    eyes = [Probe(name, Seen, lambda _: Seen(str(together.wait() >= 0))) for name in ("left", "right")]
    observatory = Observatory(bench())
    observatory.start(eyes)
    assert [observatory.get(eye).text for eye in eyes] == ["True", "True"]


def test_secrets_are_gone_before_anybody_judges() -> None:
    observatory = Observatory(bench())
    assert observatory.get(probe(lambda _: Seen(f"key={SECRET.reveal()}"))).text == "key=«secret:WA_SECRET»"


def test_a_probe_that_overruns_is_inconclusive_and_stays_so() -> None:
    with held() as look:
        observatory = Observatory(bench())
        eye = probe(look, deadline=0.05)
        with pytest.raises(Inconclusive, match="the eye probe did not finish within"):
            observatory.get(eye)
    observatory._runs[eye.key]._settle(Seen("too late"))
    with pytest.raises(Inconclusive, match="did not finish"):
        observatory.get(eye)
    assert "did not finish" in observatory.recorded().seen[eye.key]["inconclusive"]
    assert observatory.seconds()["eye"] >= 0.05


def test_a_probe_out_of_time_sends_nothing_more() -> None:
    passed = threading.Event()
    refused: list[str] = []

    def look(bench: Bench) -> Seen:
        passed.wait(30)
        try:
            bench.budget.request("localhost")
        except Inconclusive as reason:
            refused.append(str(reason))
        return Seen(str(bench.left()))

    observatory = Observatory(bench())
    eye = probe(look, deadline=0.01)
    with pytest.raises(Inconclusive):
        observatory.get(eye)
    passed.set()
    next(t for t in threading.enumerate() if t.name == "probe-eye").join(10)
    assert refused == ["the probe's time was up before it had sent everything"]
    assert observatory.bench.budget.requests_sent == 0


@pytest.mark.parametrize(
    ("limits", "patience"),
    [
        ({}, 40),
        ({"requests_per_second": 5000, "connections": 100}, 40),
        ({"requests_per_second": 10}, 200),
        ({"connections": 1}, 400),
    ],
)
def test_a_slower_pace_gives_more_time(limits: dict[str, int], patience: float) -> None:
    assert probe(lambda _: Seen()).patience(bench(**limits).target) == patience


def test_a_deadline_may_depend_on_the_target() -> None:
    assert probe(lambda _: Seen(), lambda aim: len(aim.sections) * 7.0).patience(bench().target) == 7.0


def test_a_reason_is_remembered_without_secrets() -> None:
    def look(bench: Bench) -> Seen:
        raise Inconclusive(say("refused {key}", key=Own(SECRET.reveal())))

    observatory = Observatory(bench())
    eye = probe(look)
    for _ in range(2):
        with pytest.raises(Inconclusive, match=r"^refused «secret:WA_SECRET»$"):
            observatory.get(eye)


@pytest.mark.parametrize("defect", [TypeError, KeyboardInterrupt, SystemExit, NotApplicable, OSError])
def test_any_other_trouble_is_a_crash_and_no_verdict(defect: type[BaseException]) -> None:
    def look(bench: Bench) -> Seen:
        raise defect(f"with {SECRET.reveal()}")

    observatory = Observatory(bench())
    eye = probe(look)
    for _ in range(2):
        with pytest.raises(ProbeCrash, match=f"the eye probe crashed: {defect.__name__}: with «secret:WA_SECRET»"):
            observatory.get(eye)


def test_a_record_that_is_none_is_a_crash() -> None:
    observatory = Observatory(bench())
    with pytest.raises(ProbeCrash):
        observatory.get(probe(lambda _: {"text": object()}))


def test_what_was_recorded_is_read_again_offline() -> None:
    observatory = Observatory(bench())
    eye = probe(lambda _: Seen("here"))
    blind = Probe("blind", Seen, lambda _: null_look())
    observatory.get(eye)
    with pytest.raises(Inconclusive):
        observatory.get(blind)
    recorded = Recorded(observatory.recorded())
    assert recorded.get(eye) == Seen("here")
    with pytest.raises(Inconclusive, match="nothing to see"):
        recorded.get(blind)
    with pytest.raises(Inconclusive, match="holds no observation"):
        recorded.get(Probe("unknown", Seen, lambda _: Seen()))


def null_look() -> Seen:
    raise Inconclusive(say("nothing to see"))


def test_waiting_names_the_probes_under_way() -> None:
    with held() as look:
        observatory = Observatory(bench())
        observatory.start([probe(look)])
        assert observatory.waiting() == ["eye"]
        assert observatory.recorded().seen == {}
    observatory.get(probe(look))
    assert observatory.waiting() == []


STUCK = """
import threading
from tests.engine.test_observatory import Observatory, Seen, bench, probe
Observatory(bench()).start([probe(lambda _: threading.Event().wait())])
print("done")
"""


def test_a_probe_that_never_ends_does_not_keep_the_process_alive() -> None:
    done = subprocess.run(
        [sys.executable, "-c", STUCK],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert done.stdout == "done\n"


def test_a_probe_that_disturbs_others_begins_when_they_are_done() -> None:
    seen: list[str] = []
    go = threading.Event()

    def looks(name: str) -> Callable[[Bench], Seen]:
        def look(bench: Bench) -> Seen:
            if name == "first":
                assert go.wait(30)
            seen.append(name)
            return Seen(name)

        return look

    last = Probe("last", Seen, looks("last"), after=("first", "never-started"))
    first, other = Probe("first", Seen, looks("first")), Probe("other", Seen, looks("other"))
    observatory = Observatory(bench())
    observatory.start([last, first, other])
    assert observatory.get(other) == Seen("other")
    assert "last" in observatory.waiting()
    go.set()
    assert observatory.get(last) == Seen("last")
    assert seen == ["other", "first", "last"]


def test_a_probe_whose_time_is_up_holds_up_nobody() -> None:
    with held() as look:
        slow = probe(look, 0.01)
        last = Probe("last", Seen, lambda _: Seen("last"), after=(slow.name,))
        observatory = Observatory(bench())
        observatory.start([slow, last])
        assert observatory.get(last) == Seen("last")
