"""However a server spells when a token ends, it is read; what cannot be read is left open."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.areas.auth.record import Lifetime
from conformance.areas.auth.token_life import lifetimes
from conformance.web.exchange import Exchange
from tests.areas.tls.eyes import bench

DATE = "Sun, 22 Nov 2026 12:00:00 GMT"
WEEK = 7 * 86400
ENDS = 1_795_953_600  # 29 November 2026, 12:00 UTC


def read(value: Any, token: str = "opaque", key: str = "expires_after") -> tuple[Lifetime, ...]:
    body = json.dumps({"users": [{"token": token, key: value}]})
    login = Exchange("POST", "https://t.example/v1/users/login", 200, (("Date", DATE),), body)
    return lifetimes(bench(1), login, token)


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-29 12:00:00+00:00",
        "2026-11-29T12:00:00Z",
        "2026-11-29T13:00:00.000+0100",
        "2026-11-29 12:00:00 UTC",
        "Sun, 29 Nov 2026 12:00:00 GMT",
        ENDS,
        f"{ENDS}.0",
        ENDS * 1000,
        WEEK,
        f"{WEEK}.0",
    ],
)
def test_an_end_is_read(value: Any) -> None:
    (found,) = read(value)
    assert (found.where, found.seconds, found.zone) == ("/users/0/expires_after", WEEK, True)


def test_an_end_without_a_zone_says_so() -> None:
    (found,) = read("2026-11-29 12:00:00")
    assert (found.seconds, found.zone) == (WEEK, False)


@pytest.mark.parametrize("value", ["soon", "", True, None, "9" * 400, 10**30, "٣" * 9, "0001-01-01", {}])
def test_what_cannot_be_read_is_left_open(value: Any) -> None:
    assert all(found.seconds is None or found.seconds < 0 for found in read(value))


def test_other_members_are_no_ends() -> None:
    assert read(WEEK, key="created") == ()


def test_what_is_no_json_states_nothing() -> None:
    login = Exchange("POST", "https://t.example/", 200, (), "[" * 9999)
    assert lifetimes(bench(1), login, "opaque") == ()
