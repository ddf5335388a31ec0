from __future__ import annotations

import threading

import pytest

from conformance.bench.clock import SystemClock
from conformance.report.wording import Wording
from conformance.run.terminal import progress


@pytest.mark.parametrize(
    ("looking", "seconds", "told"),
    [
        (["tls", "channel"], 9.4, "looking: tls, channel · really waiting, for the replay: 9 s left"),
        (["tls"], 1.0, "looking: tls"),
        ([], 0.0, "judging"),
    ],
)
def test_progress_says_what_is_waited_for(looking: list[str], seconds: float, told: str) -> None:
    text = progress(Wording("en"), {"tls": (0, 30), "chn": (3, 53)}, looking, seconds)
    assert text == f"tls 0/30 · chn 3/53\n{told}"


def test_progress_leaves_out_what_is_through() -> None:
    judged = {"tls": (30, 30), "chn": (3, 53)}
    assert progress(Wording("en"), judged, ["channel"], 0.0) == "chn 3/53\nlooking: channel"
    assert progress(Wording("en"), {"tls": (30, 30)}, [], 0.0) == "judging"


def test_clock_knows_how_long_somebody_still_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    asleep, wake = threading.Event(), threading.Event()

    def sleep(seconds: float) -> None:
        asleep.set()
        wake.wait(10)

    monkeypatch.setattr("conformance.bench.clock.time.sleep", sleep)
    clock = SystemClock()
    assert clock.remaining() == 0.0
    waiter = threading.Thread(target=clock.wait, args=(60.0,))
    waiter.start()
    assert asleep.wait(10)
    assert 50.0 < clock.remaining() <= 60.0
    wake.set()
    waiter.join()
    assert clock.remaining() == 0.0
