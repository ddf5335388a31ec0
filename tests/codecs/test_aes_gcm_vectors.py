"""The vectors that Wycheproof publishes for AES-GCM."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance import locate
from conformance.codecs import SealBroken, aes_gcm
from conformance.codecs.aes_gcm import AesGcmCodec

VECTORS = json.loads((locate.data("fixtures") / "vectors" / "aes_gcm.json").read_text())["vectors"]


@pytest.fixture
def codec(vector: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> AesGcmCodec:
    """The codec with a vector's key in both directions, and with its associated data in place of the header."""
    header = bytes.fromhex(vector["associated"])
    monkeypatch.setattr(aes_gcm, "pair", lambda *_, **__: 2 * (bytes.fromhex(vector["key"]),))
    monkeypatch.setattr(aes_gcm, "_VERSION", header[:1])
    monkeypatch.setattr(aes_gcm, "_NONCE_AT", len(header))
    monkeypatch.setattr(aes_gcm, "_CIPHERTEXT_AT", len(header) + 12)
    return AesGcmCodec("")


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["from"].replace(" ", "-"))
def test_open(vector: dict[str, Any], codec: AesGcmCodec) -> None:
    header, nonce, sealed = (bytes.fromhex(vector[part]) for part in ("associated", "nonce", "sealed"))
    stamp = int.from_bytes(header[1:], "big")
    if vector["valid"]:
        assert codec.open(header + nonce + sealed, stamp).hex() == vector["message"]
    else:
        with pytest.raises(SealBroken):
            codec.open(header + nonce + sealed, stamp)


def test_there_are_vectors_of_each_kind() -> None:
    assert len(VECTORS) == 197
    assert {vector["valid"] for vector in VECTORS} == {True, False}
    assert {len(vector["key"]) * 4 for vector in VECTORS} == {128, 192, 256}
