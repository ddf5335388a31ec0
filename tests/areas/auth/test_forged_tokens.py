"""Forgeries differ from the token in what a server reads, not only in how it is spelt."""

from __future__ import annotations

import base64
import hmac
import json

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from conformance.areas.auth import forged_tokens, weak_passwords
from reference_server.accounts import Accounts, User

NOW = 1_790_000_000.0
JWT = Accounts(lambda: NOW).grant(User("somebody", "")).token
OPAQUE = "Zb3fJ0-kq_7LwXyR2tVn5uA8sDcE1gHiOjKlMmNnQpS"


def tokens_of(case: str, token: str) -> list[str]:
    sent = forged_tokens.forgeries(token, "somebody")[case]
    return [each.authorization.rpartition(" ")[2] or each.query.partition("=")[2] for each in sent]


def decoded(token: str) -> list[bytes]:
    return [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in token.split(".")]


@pytest.mark.parametrize("token", [JWT, OPAQUE])
@pytest.mark.parametrize(
    "case", ["alg-none", "no-key", "own-key", "changed-payload", "changed-signature", "truncated", "empty"]
)
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
        assert json.loads(base64.urlsafe_b64decode(header + "==")).get("alg", "none").lower() == "none"
        assert signature in ("", "AAAA")
        assert forged_tokens.is_jwt(forged)
        assert claims == JWT.split(".")[1] or token is OPAQUE


def test_what_is_sent_elsewhere_is_the_token_itself() -> None:
    made = forged_tokens.forgeries(JWT, "somebody")
    assert set(tokens_of("query-string", JWT)) == {JWT}
    for each in (*made["other-scheme"], *made["other-place"]):
        sent = f"{each.authorization} {each.headers} {(each.body or b'').decode()}"
        assert JWT in sent or base64.b64encode(f"{JWT}:".encode()).decode() in sent
        assert not each.authorization.startswith("Bearer")


def test_none_is_spelt_in_every_way_that_is_compared_without_case() -> None:
    said = [json.loads(decoded(forged)[0]).get("alg") for forged in tokens_of("alg-none", JWT)]
    assert set(said) == {"none", "None", "NONE", "nOnE", None}


@pytest.mark.parametrize("token", [JWT, OPAQUE])
def test_guessed_keys_sign_what_they_say(token: str) -> None:
    keys = (b"", b"", b"", b"secret", b"changeme", b"password")
    for key, forged in zip(keys, tokens_of("no-key", token), strict=True):
        header, _, signature = decoded(forged)
        signed = forged.rpartition(".")[0].encode()
        assert signature == hmac.digest(key, signed, f"sha{json.loads(header)['alg'][2:]}")


def test_own_keys_verify_what_they_sign() -> None:
    by_jwk, by_x5c, by_word, by_file, by_row = tokens_of("own-key", JWT)
    for forged in (by_jwk, by_x5c):
        header, _, signature = decoded(forged)
        told = json.loads(header)
        if "x5c" in told:
            key = x509.load_der_x509_certificate(base64.b64decode(told["x5c"][0])).public_key()
        else:
            x, y = (int.from_bytes(base64.urlsafe_b64decode(told["jwk"][name] + "=")) for name in ("x", "y"))
            key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        both = utils.encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
        key.verify(both, forged.rpartition(".")[0].encode(), ec.ECDSA(hashes.SHA256()))
    for forged, word in ((by_word, b"portero"), (by_file, b""), (by_row, b"portero")):
        assert decoded(forged)[2] == hmac.digest(word, forged.rpartition(".")[0].encode(), "sha256")
    assert json.loads(decoded(by_file)[0])["kid"].endswith("/dev/null")


def test_a_user_is_named_by_every_header_that_proxies_name_one_by() -> None:
    user, host = forged_tokens.forgeries(JWT, "somebody")["proxy-headers"]
    assert {"X-Forwarded-User", "Remote-User", "X-Auth-Request-User"} <= set(user.headers)
    assert set(user.headers.values()) == {"somebody"}
    assert set(host.headers.values()) == {"127.0.0.1"}
    assert not user.authorization
    assert not host.authorization


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
