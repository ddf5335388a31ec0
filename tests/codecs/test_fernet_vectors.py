"""The vectors that the format's authors publish."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from conformance import locate
from conformance.codecs import SealBroken, fernet
from conformance.codecs.fernet import FernetCodec

Keyed = Callable[[str, int], FernetCodec]
VECTORS = json.loads((locate.data("fixtures") / "vectors" / "fernet.json").read_text())


@pytest.fixture
def keyed(monkeypatch: pytest.MonkeyPatch) -> Keyed:
    """The codec with a vector's key in both directions, and a margin in seconds."""

    def make(key: str, tolerance: int) -> FernetCodec:
        monkeypatch.setattr(fernet, "pair", lambda *_, **__: 2 * (base64.urlsafe_b64decode(key),))
        return FernetCodec("", tolerance=tolerance)

    return make


@pytest.mark.parametrize("vector", VECTORS["generate"], ids=lambda v: v["src"])
def test_generate(vector: dict[str, Any], keyed: Keyed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.urandom", lambda size: bytes(vector["iv"])[:size])
    codec = keyed(vector["secret"], 60)
    assert codec.seal(vector["src"].encode(), vector["now"]).decode() == vector["token"]


@pytest.mark.parametrize("vector", VECTORS["verify"], ids=lambda v: v["src"])
def test_verify(vector: dict[str, Any], keyed: Keyed) -> None:
    codec = keyed(vector["secret"], vector["ttl_sec"])
    assert codec.open(vector["token"].encode(), vector["now"]).decode() == vector["src"]


@pytest.mark.parametrize("vector", VECTORS["invalid"], ids=lambda v: v["desc"].replace(" ", "-"))
def test_invalid(vector: dict[str, Any], keyed: Keyed) -> None:
    codec = keyed(vector["secret"], vector["ttl_sec"])
    with pytest.raises(SealBroken):
        codec.open(vector["token"].encode(), vector["now"])


def test_there_are_vectors_of_each_kind() -> None:
    assert [len(VECTORS[kind]) for kind in ("generate", "verify", "invalid")] == [1, 1, 8]
