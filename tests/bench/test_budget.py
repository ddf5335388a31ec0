"""The budget bounds, paces and counts, and never waits beyond a probe's time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from conformance.bench.budget import Budget
from conformance.inputs.target import Limits
from conformance.model import Inconclusive


class Watch:
    """A monotonic clock that moves when somebody sleeps on it."""

    def __init__(self) -> None:
        self.now = 100.0

    def read(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def budget(watch: Watch | None = None, **limits: int) -> Budget:
    watch = watch or Watch()
    return Budget(Limits(**limits), monotonic=watch.read, sleep=watch.sleep)


def test_counts_connections_and_requests_apart() -> None:
    spent = budget()
    spent.request("a")
    with spent.connection("a"), spent.connection("b"):
        spent.request("a")
    assert (spent.requests_sent, spent.connections_opened) == (2, 2)


def test_the_pace_is_kept_to_one_host() -> None:
    watch = Watch()
    paced = budget(watch, requests_per_second=10)
    for _ in range(11):
        paced.request("a")
    assert watch.now == pytest.approx(101.0)


def test_another_host_does_not_wait() -> None:
    watch = Watch()
    paced = budget(watch, requests_per_second=10)
    for host in "abcdef":
        paced.request(host)
    assert watch.now == 100.0


def test_a_request_on_its_own_connection_costs_no_time_twice() -> None:
    watch = Watch()
    paced = budget(watch, requests_per_second=10)
    for _ in range(11):
        paced.request("a")
        with paced.connection("a"):
            pass
    assert watch.now == pytest.approx(101.0)


@pytest.mark.parametrize("what", ["requests", "connections"])
def test_the_total_is_bounded(what: str) -> None:
    spent = budget(requests=3)

    def one() -> None:
        if what == "requests":
            spent.request("a")
        else:
            with spent.connection("a"):
                pass

    for _ in range(3):
        one()
    with pytest.raises(Inconclusive, match=rf"limit of 3 {what} a run \(limits.requests\)"):
        one()
    assert getattr(spent, "requests_sent" if what == "requests" else "connections_opened") == 3


def test_never_more_connections_at_once_than_allowed() -> None:
    shared = Budget(Limits(connections=3, requests_per_second=1_000_000))
    lock, gauge, peak = threading.Lock(), 0, 0
    full = threading.Barrier(3, timeout=10)

    def hold(_: int) -> None:
        nonlocal gauge, peak
        with shared.connection("a"):
            with lock:
                gauge += 1
                peak = max(peak, gauge)
            full.wait()
            with lock:
                gauge -= 1

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(hold, range(12)))
    assert peak == 3
    assert shared.connections_opened == 12


def test_a_connection_is_free_again_after_trouble() -> None:
    shared = budget(connections=1)
    with pytest.raises(OSError, match="reset"), shared.connection("a"):
        raise OSError("reset")
    with shared.connection("a"):
        assert shared.connections_opened == 2


def test_a_probe_out_of_time_sends_nothing_more() -> None:
    watch = Watch()
    shared = budget(watch)
    probe = shared.until(105.0)
    probe.request("a")
    watch.now = 105.0
    with pytest.raises(Inconclusive, match="time was up"):
        probe.request("a")
    with pytest.raises(Inconclusive, match="time was up"), probe.connection("a"):
        pytest.fail("a connection after the end")
    assert shared.requests_sent == 1


def test_a_turn_beyond_the_probes_time_is_not_waited_for() -> None:
    watch = Watch()
    probe = budget(watch, requests_per_second=1).until(101.5)
    probe.request("a")
    probe.request("a")
    with pytest.raises(Inconclusive, match="requests_per_second allows 1"):
        probe.request("a")
    assert watch.now == pytest.approx(101.0)
    assert probe.requests_sent == 2


def test_a_free_connection_is_not_waited_for_beyond_the_probes_time() -> None:
    shared = Budget(Limits(connections=1, requests_per_second=1_000_000), monotonic=lambda: 0.0)
    with (
        shared.connection("a"),
        pytest.raises(Inconclusive, match=r"limits\.connections allows 1 at once"),
        shared.until(0.01).connection("a"),
    ):
        pytest.fail("two at once")


def test_nothing_more_is_sent_once_the_run_is_over() -> None:
    shared = budget()
    probe = shared.until(1000.0)
    shared.stop()
    with pytest.raises(Inconclusive, match="the run was over"):
        probe.request("a")
    with pytest.raises(Inconclusive, match="the run was over"), probe.connection("a"):
        pytest.fail("a connection after the end")


def test_restoring_is_always_possible_and_still_counted() -> None:
    watch = Watch()
    shared = budget(watch, requests=1)
    probe = shared.until(101.0)
    probe.request("a")
    watch.now = 102.0
    shared.stop()
    probe.for_restoring().request("a")
    with probe.for_restoring().connection("a"):
        assert (shared.requests_sent, shared.connections_opened) == (2, 1)
