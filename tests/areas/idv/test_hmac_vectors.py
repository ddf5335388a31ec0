"""What the suite computes as a client's hash, and what the reference takes for one, by the vectors of others."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance import locate
from conformance.areas.idv import forgery
from reference_server import identity, sealing

VECTORS = json.loads((locate.data("fixtures") / "vectors" / "hmac_sha256.json").read_text())["vectors"]
FULL = 64  # digits


def _text(vector: dict[str, Any]) -> tuple[str, str] | None:
    """Return key and message as text, which those of clients are; None where the bytes are none."""
    try:
        return bytes.fromhex(vector["key"]).decode(), bytes.fromhex(vector["message"]).decode()
    except UnicodeDecodeError:
        return None


TEXTS = [(vector, text) for vector in VECTORS if (text := _text(vector)) is not None]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["from"].replace(" ", "-"))
def test_the_suite_computes(vector: dict[str, Any]) -> None:
    found = forgery.mac("sha256", bytes.fromhex(vector["key"]), bytes.fromhex(vector["message"])).hex()
    assert (found[: len(vector["tag"])] == vector["tag"]) is vector["valid"]


@pytest.mark.parametrize(("vector", "text"), TEXTS, ids=[vector["from"].replace(" ", "-") for vector, _ in TEXTS])
def test_a_client_hash(vector: dict[str, Any], text: tuple[str, str]) -> None:
    """And the reference takes no hash that was cut, however right the rest is."""
    own = forgery.client_hash(*text)
    assert own == identity.sign(*text)
    assert (own[: len(vector["tag"])] == vector["tag"]) is vector["valid"]
    service = object.__new__(identity.IdentityService)  # what compares hashes needs nothing of it
    taken = service.matches_hash(*text, vector["tag"])
    assert taken is (vector["valid"] and len(vector["tag"]) == FULL)


def test_a_key_as_long_as_a_tokens_is_the_channels() -> None:
    """The reference's tokens are made with the first half of a key, 16 bytes."""
    short = [vector for vector in VECTORS if len(vector["key"]) == 32]
    assert short
    for vector in short:
        found = sealing.FernetFormat().mac(bytes.fromhex(vector["key"]), bytes.fromhex(vector["message"])).hex()
        assert found.startswith(vector["tag"])


def test_there_are_vectors_of_each_kind() -> None:
    kinds = {(vector["valid"], len(vector["tag"]) == FULL) for vector in VECTORS}
    assert len(kinds) == 4
    assert len(VECTORS) == 181
    assert len(TEXTS) > 100
    assert {len(vector["key"]) // 2 for vector in VECTORS} >= {4, 16, 20, 25, 32, 65, 131}
