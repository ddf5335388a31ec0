from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from conformance.codecs import Codec, Region, SealBroken, known, load
from conformance.codecs.aes_gcm import AesGcmCodec
from conformance.codecs.fernet import FernetCodec
from conformance.codecs.keys import ANSWER, REQUEST, derive
from conformance.inputs import target

CODECS = [FernetCodec, AesGcmCodec]
SECRET = "a secret of the tests"
NOW = 1_790_000_000


def sides(codec: type[Codec]) -> tuple[Codec, Codec]:
    return codec(SECRET), codec(SECRET, core=True)


def test_both_formats_are_found_by_name() -> None:
    assert {"fernet", "aes-256-gcm"} <= set(known())
    assert load("fernet") is FernetCodec
    assert load("aes-256-gcm") is AesGcmCodec
    with pytest.raises(KeyError):
        load("rot13")


def test_directions_have_keys_of_their_own() -> None:
    assert derive(SECRET, REQUEST).hex() != derive(SECRET, ANSWER).hex()
    assert len(derive(SECRET, REQUEST)) == 32


def test_the_secret_counts_as_it_stands() -> None:
    assert derive(SECRET, REQUEST) != derive(SECRET + "\n", REQUEST)


@pytest.mark.parametrize("codec", CODECS)
@settings(max_examples=30)
@given(payload=st.binary(max_size=200), at=st.integers(0, 2**63))
def test_what_one_side_seals_the_other_opens(codec: type[Codec], payload: bytes, at: int) -> None:
    web, core = sides(codec)
    message = web.seal(payload, at)
    assert core.stamp(message) == at
    assert core.open(message, at) == payload


@pytest.mark.parametrize("codec", CODECS)
@settings(max_examples=60)
@given(payload=st.binary(max_size=60), where=st.integers(min_value=0), bit=st.integers(0, 7))
def test_no_bit_can_be_changed(codec: type[Codec], payload: bytes, where: int, bit: int) -> None:
    web, core = sides(codec)
    raw = bytearray(web.unwrap(web.seal(payload, NOW)))
    raw[where % len(raw)] ^= 1 << bit
    with pytest.raises(SealBroken):
        core.stamp(web.wrap(bytes(raw)))


@pytest.mark.parametrize("codec", CODECS)
@settings(max_examples=60)
@given(noise=st.binary(max_size=120))
def test_noise_is_refused_in_one_way(codec: type[Codec], noise: bytes) -> None:
    with pytest.raises(SealBroken):
        codec(SECRET).open(noise, NOW)


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize(
    ("age", "opens"), [(0, True), (10, True), (-10, True), (11, False), (-11, False), (-60, False)]
)
def test_margin_counts_both_ways(codec: type[Codec], age: int, *, opens: bool) -> None:
    web, core = sides(codec)
    message = web.seal(b"{}", NOW - age)
    if opens:
        assert core.open(message, NOW) == b"{}"
    else:
        with pytest.raises(SealBroken):
            core.open(message, NOW)


@pytest.mark.parametrize("codec", CODECS)
def test_a_request_does_not_open_as_an_answer(codec: type[Codec]) -> None:
    web, _ = sides(codec)
    with pytest.raises(SealBroken):
        web.open(web.seal(b"{}", NOW), NOW)


@pytest.mark.parametrize("codec", CODECS)
def test_regions_cover_a_message_without_gaps(codec: type[Codec]) -> None:
    web, core = sides(codec)
    raw = web.unwrap(web.seal(b"{}", NOW))
    regions = web.regions(raw)
    assert [index for region in regions.values() for index in region] == list(range(len(raw)))
    assert list(regions) == [region for region in Region if region in regions]
    stamp = regions[Region.TIMESTAMP]
    assert int.from_bytes(raw[stamp.start : stamp.stop], "big") == NOW
    assert core.open(web.wrap(raw), NOW) == b"{}"


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("at", [-1, -NOW, 2**63 - 1, 2**64 + 5])
def test_any_integer_can_be_stamped(codec: type[Codec], at: int) -> None:
    web, core = sides(codec)
    assert core.stamp(web.seal(b"{}", at)) == at % 2**64


def test_a_codec_that_is_not_installed_is_refused_with_the_known_names() -> None:
    channel = {"url": "tcp://core.example:1", "codec": "rot13", "secret": "env:WA_SECRET"}
    with pytest.raises(ValidationError, match="aes-256-gcm, fernet"):
        target.parse({"schema": 1, "name": "t", "channel": channel})
