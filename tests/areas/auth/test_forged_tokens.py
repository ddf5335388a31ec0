"""Forgeries differ from the token in what a server reads, not only in how it is spelt."""

from __future__ import annotations

import base64
import json

import pytest

from conformance.areas.auth import forged_tokens, weak_passwords
from reference_server.accounts import Accounts, User

NOW = 1_790_000_000.0
JWT = Accounts(lambda: NOW).grant(User("somebody", "")).token
OPAQUE = "Zb3fJ0-kq_7LwXyR2tVn5uA8sDcE1gHiOjKlMmNnQpS"


def tokens_of(case: str, token: str) -> list[str]:
    sent = forged_tokens.forgeries(token, "somebody")[case]
    return [each.authorization.partition(" ")[2] or each.query.partition("=")[2] for each in sent]


def decoded(token: str) -> list[bytes]:
    return [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in token.split(".")]


@pytest.mark.parametrize("token", [JWT, OPAQUE])
@pytest.mark.parametrize("case", ["alg-none", "changed-payload", "changed-signature", "truncated", "empty"])
def test_no_forgery_is_the_token(case: str, token: str) -> None:
    assert tokens_of(case, token)
    assert token not in tokens_of(case, token)


def test_another_character_changes_the_signatures_bytes() -> None:
    for forged in tokens_of("changed-signature", JWT):
        assert decoded(forged)[2] != decoded(JWT)[2]
        assert decoded(forged)[:2] == decoded(JWT)[:2]


def test_changed_claims_keep_header_and_signature() -> None:
    (forged,) = tokens_of("changed-payload", JWT)
    assert (forged.split(".")[0], forged.split(".")[2]) == (JWT.split(".")[0], JWT.split(".")[2])
    assert forged_tokens.claims(forged)["exp"] > forged_tokens.claims(JWT)["exp"]
    assert forged_tokens.claims(forged) | {"exp": 0} == forged_tokens.claims(JWT) | {"exp": 0}


@pytest.mark.parametrize("token", [JWT, OPAQUE])
def test_unsigned_tokens_say_so(token: str) -> None:
    for forged in tokens_of("alg-none", token):
        header, claims, signature = forged.split(".")
        assert json.loads(base64.urlsafe_b64decode(header + "=="))["alg"].lower() == "none"
        assert signature in ("", "AAAA")
        assert forged_tokens.is_jwt(forged)
        assert claims == JWT.split(".")[1] or token is OPAQUE


@pytest.mark.parametrize("case", ["other-scheme", "query-string"])
def test_what_is_sent_elsewhere_is_the_token_itself(case: str) -> None:
    assert set(tokens_of(case, JWT)) == {JWT}


@pytest.mark.parametrize("token", ["", "a", "a.b.c", "eyJhIjoxfQ.W10.x", "..", OPAQUE, "é.ü.ß"])
def test_what_is_no_jwt_claims_nothing(token: str) -> None:
    assert not forged_tokens.is_jwt(token)
    assert forged_tokens.claims(token) == {}
    assert forged_tokens.forgeries(token or "x", "somebody")


def test_weak_passwords_break_one_rule_and_strong_ones_none() -> None:
    accounts = Accounts(lambda: NOW)
    for length in weak_passwords.STRONG.values():
        assert accounts.acceptable(weak_passwords.strong(length))
        assert len(weak_passwords.strong(length)) == length
    for name in weak_passwords.WEAK:
        assert not accounts.acceptable(weak_passwords.weak(name))
    assert {name: len(weak_passwords.weak(name)) for name in ("short", "long")} == {"short": 7, "long": 65}
    repaired = {"no-digit": "7", "no-capital": "Q", "no-small-letter": "q", "no-sign": "!"}
    for name, missing in repaired.items():
        assert accounts.acceptable(weak_passwords.weak(name) + missing)
