"""Faults share a run where they cannot be mistaken for each other, and are run alone where a run does not fit them."""

from __future__ import annotations

import pytest

from reference_server.faults import Fault
from tests import packs
from tests.packs import Seen, packed


def fault(name: str, area: str, *breaks: str, level: str = "modern") -> Fault:
    return Fault(name, area, breaks, "", level, lambda _: None)


def test_a_pack_has_one_fault_an_area() -> None:
    spoilt = [fault("a", "hdr", "HDR-01"), fault("b", "hdr", "HDR-02"), fault("c", "tls", "TLS-01"), fault("d", "idv")]
    assert packed(spoilt) == [("a", "c", "d"), ("b",)]


def test_an_area_that_is_broken_is_taken_as_well() -> None:
    assert packed([fault("a", "hdr", "ACC-03"), fault("b", "acc", "ACC-01")]) == [("a",), ("b",)]


def test_access_and_lower_levels_have_the_web_app_to_themselves() -> None:
    spoilt = [
        fault("a", "acc"),
        fault("b", "tls", level="old"),
        fault("c", "hdr"),
        fault("d", "chn"),
        fault("e", "tls"),
    ]
    assert packed(spoilt) == [("a", "d"), ("b",), ("c", "e")]


def test_each_is_alone_on_demand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(packs.ALONE, "1")
    assert packed([fault("a", "hdr", "HDR-01"), fault("b", "chn", "CHN-01")]) == [("a",), ("b",)]


FAULTS = ("hdr:no-frame-options", "chn:core-clock-ahead")  # HDR-02 and CHN-10
BROKEN = {"HDR-02/home": "", "CHN-10/core": ""}
NEAR_MISSES = ("head-is-not-served", "answers-202")


def test_a_run_that_breaks_the_union_counts_for_all() -> None:
    assert Seen(FAULTS, BROKEN, {"CHN-08/stale": "what a fault spoils may stay open"}, ()).exact
    assert Seen(NEAR_MISSES, {}, {}, ()).exact


@pytest.mark.parametrize(
    "seen",
    [
        Seen(FAULTS, BROKEN | {"HDR-03/home": ""}, {}, ()),
        Seen(FAULTS, {"HDR-02/home": ""}, {}, ()),
        Seen(FAULTS, BROKEN, {"TLS-01": "an area that nobody spoils stays open"}, ()),
        Seen(FAULTS, BROKEN, {}, ("HDR-02/home",)),
        Seen(NEAR_MISSES, {"HDR-02/home": ""}, {}, ()),
        Seen(NEAR_MISSES, {}, {"HDR-02/home": "a near miss leaves nothing open"}, ()),
    ],
    ids=["more", "less", "open", "offline", "false-alarm", "near-miss-open"],
)
def test_any_other_run_has_each_run_alone(seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = {(name,): Seen((name,), {}, {}, ()) for name in seen.spoilt}
    runs = {seen.spoilt: seen} | alone
    monkeypatch.setattr(packs, "_run", lambda spoilt, _: runs[spoilt])
    assert packs.look(seen.spoilt) == {name: alone[(name,)] for name in seen.spoilt}
