"""Secrets are found in what a server shows, however they are spelt; masks and words are no secrets."""

from __future__ import annotations

import base64
import json
import time

import pytest

from conformance.areas.auth.secret_finds import SecretFinder
from conformance.secrecy.secret import Secret

SECRET = "q7VwX2Lk9ZtR4bNmP1cD8sFgH3jY6uAe0KxT"
FINDER = SecretFinder([Secret("WA_SECRET", SECRET), Secret("PORTERO_ADMIN_PASSWORD", "administration")])
KEY = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIBkg4LVWM9nuwNSk3yByxZpYRTBnVJk5GkMLlK\n-----END EC PRIVATE KEY-----\n"


def found(text: str) -> list[str]:
    return [find.what for find in FINDER.finds(text)]


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        json.dumps({"support": {"environment": {"WA_SECRET": SECRET}}}),
        base64.b64encode(SECRET.encode()).decode(),
        SECRET.encode().hex(),
        f"Traceback (most recent call last):\n  key = '{SECRET}'",
        SECRET[:20] + "...",
    ],
)
def test_a_known_secret_is_found_and_named(text: str) -> None:
    assert "the value of WA_SECRET" in found(text)


def test_a_certificate_is_passed_over_though_its_key_has_lines_in_common_with_it() -> None:
    line = "Tk8TC4TO0VeZOsHgLzC7pHJbbUlwpQdiHLdV3x8nUT1p2uGIfcSGRSXOPg5qDQoT"
    key = Secret("key.pem", f"-----BEGIN PRIVATE KEY-----\n{SECRET}\n{line}\n-----END PRIVATE KEY-----\n")
    shown = f"-----BEGIN CERTIFICATE-----\n{line}\n-----END CERTIFICATE-----\n"
    finder = SecretFinder([key])
    assert finder.finds(line)
    for text in (shown, json.dumps({"support": {"certificate": shown}})):
        assert not finder.finds(text)
        assert finder.finds(f"{text} {SECRET}")


def test_the_place_in_json_is_told() -> None:
    assert FINDER.finds(json.dumps({"a": [{"b": f"x {SECRET}"}]}))[0].where == "/a/0/b"


def test_what_is_found_is_not_repeated() -> None:
    shown = FINDER.finds(json.dumps({"WA_DB_PASSWORD": "tr0ub4dor-and-3", "WA_SECRET": SECRET, "key": KEY}))
    assert len(shown) >= 3
    assert not any(piece in str(shown) for piece in ("tr0ub4dor", SECRET, "MHcCAQ"))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('{"WA_DB_PASSWORD": "tr0ub4dor-and-3"}', "an unmasked WA_DB_PASSWORD"),
        ('{"env": ["A=b", "WA_DB_PASSWORD=tr0ub4dor-and-3"]}', "an unmasked WA_DB_PASSWORD"),
        ('{"env": [{"name": "WA_SECRET", "value": "another-one"}]}', "an unmasked WA_SECRET"),
        ('{"dbPassword": "tr0ub4dor-and-3"}', "an unmasked dbPassword"),
        ('{"api_key": "AKIA1234567890"}', "an unmasked api_key"),
        ("WA_DB_PASSWORD=tr0ub4dor-and-3\n", "an unmasked WA_DB_PASSWORD"),
        ("WA_DB_PASSWORD: tr0ub4dor-and-3\n", "an unmasked WA_DB_PASSWORD"),
        ("{'password': 'tr0ub4dor-and-3'}", "an unmasked password"),
        ("host=db user=wa password=tr0ub4dor-and-3 sslmode=require", "an unmasked password"),
        ('{"url": "postgresql://wa:tr0ub4dor-and-3@db/waweb"}', "a URL with an unmasked password"),
        ('{"argv": "java -Ddb.password=tr0ub4dor-and-3 -jar a.jar"}', "an unmasked db.password"),
        ("waweb --secret=tr0ub4dor-and-3", "an unmasked secret"),
        (KEY, "a private key"),
        (json.dumps({"files": [KEY]}), "a private key"),
        (json.dumps(KEY)[1:-1], "a private key"),
    ],
)
def test_an_unknown_secret_is_found_by_its_name(text: str, what: str) -> None:
    assert found(text) == [what]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "the administration is busy",
        '{"WA_SECRET": "********", "WA_DB_PASSWORD": "", "api_key": null}',
        '{"password": true, "secret": 43, "db_password": "set", "passphrase": "not set"}',
        '{"WA_DB_PASSWORD": "<redacted>", "WA_SECRET": "ab******yz", "x_password": "XXXXXXXX"}',
        '{"WA_DB_SSL_KEY": "/certs/db.key", "secret": "/run/secrets/wa", "password": "env:DB_PASSWORD"}',
        '{"password": "sha256:9f86d081884c7d659a2feaa0c55ad015"}',
        '{"errors": [{"details": "password: must have at least 8 characters"}]}',
        '{"errors": [{"details": "The parameter password is too short: use 8 to 64"}]}',
        '{"password_policy": "8 to 64 characters", "secretary": "Ms Keys", "token_type": "bearer"}',
        '{"url": "postgresql://wa:***@db/waweb", "other": "http://host:8080/@here"}',
        "WA_SECRET=${WA_SECRET}\nWA_DB_PASSWORD=$DB_PASSWORD\n",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        "BEGIN PRIVATE KEY is missing",
    ],
)
def test_what_is_no_secret_is_left_alone(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize("text", ["a.b-" * 16000, "password=" * 7000, "x://a:" * 10000, "[" * 60000, "\"'=: " * 12000])
def test_hostile_text_takes_no_time(text: str) -> None:
    began = time.process_time()
    found(text)
    assert time.process_time() - began < 2
