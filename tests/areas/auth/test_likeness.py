"""What is an answer's own, and what every refusal says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.areas.auth.likeness import alike, content, repeated
from conformance.areas.auth.spellings import spellings
from conformance.web.exchange import Exchange

META = {"meta": {"api_status": "stable", "version": "2.53.4", "documentation": "https://docs.example/on/premises"}}
HEALTH = {"health": {"gateway_status": "connected", "role": "primary_master", "queue": "empty"}}
DENIED = {"errors": [{"code": 1005, "title": "Access denied", "details": "bring a token"}]}


def answer(body: Any, status: int = 200, path: str = "/v1/health") -> Exchange:
    text = body if isinstance(body, str) else json.dumps(body)
    return Exchange("GET", f"https://t.example{path}", status, (), text)


def test_an_envelope_is_no_content() -> None:
    served, refused = answer(META | HEALTH), answer(META | DENIED, 401)
    assert repeated(content(served), refused) > 0.5
    envelope = answer(META | DENIED, 401, "/v1/nowhere")
    assert repeated(content(served, [envelope]), refused) == 0
    assert repeated(content(served, [envelope]), answer(META | HEALTH | DENIED, 401)) == 1


def test_what_says_everything_is_no_envelope() -> None:
    served = answer(META | HEALTH)
    assert repeated(content(served, [served]), served) == 1


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (answer("Denied"), answer("Denied", path="/v1/nowhere"), True),
        (answer("Denied"), answer("Denied", 401), False),
        (answer("Denied"), answer("OK"), False),
        (answer({"id": "4f9a8c7e6d5b", "n": 17}), answer({"id": "0123456789ab", "n": 18}), True),
        (answer("no /v1/health here"), answer("no /v1/x here", path="/v1/x"), True),
        (answer(META | HEALTH), answer(META | DENIED), False),
        (answer(META | DENIED | {"id": "4f9a8c7e6d5b"}), answer(META | DENIED | {"id": "0a9a8c7e6d5b"}), True),
    ],
)
def test_likeness(one: Exchange, other: Exchange, same: bool) -> None:
    assert alike(one, other) is alike(other, one) is same


@pytest.mark.parametrize("path", ["/v1/health", "/v1", "/v1/health/", "/v1/health?x=1", "/é", "/a/b/c/d"])
def test_spellings_are_others(path: str) -> None:
    found = spellings(path, "/login")
    assert path not in found
    assert len(found) == len(set(found)) > 15
    assert all(each.startswith("/") and not set(each) & set(" \r\n") for each in found)


def test_the_root_is_spelt_in_one_way() -> None:
    assert spellings("/", "/login") == ()


def test_the_usual_ways_round_a_path_rule_are_tried() -> None:
    asked = set(spellings("/v1/health", "/login"))
    assert asked >= {"//v1/health", "/v1//health", "/V1/health", "/v1/%68ealth", "/login/..;/v1/health"}
    assert asked >= {
        "/v1/health/",
        "/v1/health;portero.css",
        "/v1/health.json",
        "/./v1/health",
        "/login/%2e%2e/v1/health",
    }
