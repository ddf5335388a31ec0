"""One observation, every guideline: which level fits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.areas.tls import judge_level
from conformance.engine.policy import guideline
from conformance.handshake.record import Answer, TlsObservation
from conformance.model import Inconclusive
from tests.areas.tls.endpoints import ECDSA, INTERMEDIATE, LEGACY_MODERN, MODERN, OLD, RSA, with_suites, with_version

DHE = "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (MODERN, {"6.0": "modern", "5.8": "modern", "5.7": "modern", "4.0": "none"}),
        (INTERMEDIATE, {"6.0": "intermediate", "5.8": "intermediate", "5.7": "intermediate", "4.0": "none"}),
        (OLD, {"6.0": "none", "5.8": "old", "5.7": "old", "4.0": "none"}),
        (LEGACY_MODERN, {"6.0": "none", "5.8": "none", "5.7": "none", "4.0": "modern"}),
        (
            replace(with_suites(INTERMEDIATE, "tls-1.2", in_order=(DHE,)), dh_bits=2048, certificates=(ECDSA, RSA)),
            {"6.0": "none", "5.8": "none", "5.7": "intermediate", "4.0": "none"},
        ),
    ],
)
def test_level_under_each_guideline(seen: TlsObservation, expected: dict[str, str]) -> None:
    assert judge_level.levels(seen) == expected


def test_strictest_level_wins_where_two_fit() -> None:
    """Without SSL 3.0, 4.0's old and intermediate have the same versions."""
    seen = replace(with_version(OLD, "tls-1.3", "other-version", suites=()), groups_tls12=("secp256r1",))
    assert judge_level.levels(seen)["4.0"] == "intermediate"
    with_ssl3 = replace(seen, versions={**seen.versions, "ssl-3.0": Answer("offered")})
    suites = {**seen.suites, "ssl-3.0": seen.suites["tls-1.0"]}
    assert judge_level.levels(replace(with_ssl3, suites=suites))["4.0"] == "old"


@pytest.mark.parametrize(
    "seen",
    [
        replace(MODERN, canaries=(True, False)),
        with_version(MODERN, "tls-1.2", "silent"),
        with_suites(MODERN, "tls-1.3", complete=False),
        replace(MODERN, certificates=()),
    ],
)
def test_too_little_seen_to_tell(seen: TlsObservation) -> None:
    with pytest.raises(Inconclusive):
        judge_level.levels(seen)


def test_closest_level_and_what_is_in_the_way() -> None:
    seen = replace(INTERMEDIATE, groups_tls13=("x25519", "x448"))
    match = judge_level.match(seen, guideline("5.8"))
    assert (match.level, match.closest) == ("none", "intermediate")
    assert [f.text for f in match.departures] == ["offered the group x448"]
