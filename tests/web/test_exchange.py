"""What every answer says of its status."""

from __future__ import annotations

import pytest

from conformance.sentence import say
from conformance.web.exchange import UNRESOLVED, Exchange


@pytest.mark.parametrize(
    ("status", "ok", "redirects"),
    [
        (0, False, False),
        (199, False, False),
        (200, True, False),
        (299, True, False),
        (300, False, True),
        (399, False, True),
        (400, False, False),
    ],
)
def test_an_answer_is_ok_or_redirects_by_its_class(status: int, ok: bool, redirects: bool) -> None:
    seen = Exchange("GET", "http://core.example/", status)
    assert (seen.ok, seen.redirects) == (ok, redirects)


def test_the_outcome_is_the_status_or_why_there_is_none() -> None:
    url = "http://core.example/"
    assert Exchange("GET", url, 404).outcome == say("was answered {status}", status=404)
    assert Exchange("GET", url, trouble=UNRESOLVED).outcome is UNRESOLVED
