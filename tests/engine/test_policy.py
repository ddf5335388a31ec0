"""The guideline data against facts that were copied from Mozilla's publication by hand."""

from __future__ import annotations

import pytest

from conformance.engine.policy import NEWEST_FIRST, guideline


@pytest.mark.parametrize(
    ("edition", "level", "versions"),
    [
        ("4.0", "modern", ("tls-1.2",)),
        ("4.0", "intermediate", ("tls-1.0", "tls-1.1", "tls-1.2")),
        ("4.0", "old", ("ssl-3.0", "tls-1.0", "tls-1.1", "tls-1.2")),
        ("5.7", "modern", ("tls-1.3",)),
        ("5.8", "modern", ("tls-1.3",)),
        ("5.8", "intermediate", ("tls-1.2", "tls-1.3")),
        ("5.8", "old", ("tls-1.0", "tls-1.1", "tls-1.2", "tls-1.3")),
        ("6.0", "intermediate", ("tls-1.2", "tls-1.3")),
    ],
)
def test_versions(edition: str, level: str, versions: tuple[str, ...]) -> None:
    assert guideline(edition).levels[level].versions == versions


def test_the_newest_edition_has_no_old() -> None:
    assert set(guideline("6.0").levels) == {"modern", "intermediate"}


def test_dhe_went_with_5_8() -> None:
    dhe = {e: [s for s in guideline(e).levels["intermediate"].suites if "_DHE_" in s] for e in ("5.7", "5.8")}
    assert dhe == {
        "5.7": [
            "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
            "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384",
            "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
        ],
        "5.8": [],
    }


@pytest.mark.parametrize(("edition", "bits"), [("4.0", 1024), ("5.7", 1024), ("5.8", 2048)])
def test_diffie_hellman_of_old(edition: str, bits: int) -> None:
    assert guideline(edition).levels["old"].dh_bits == bits


@pytest.mark.parametrize(
    ("edition", "groups"),
    [
        ("4.0", ("secp256r1", "secp384r1", "secp521r1")),
        ("5.7", ("x25519", "secp256r1", "secp384r1")),
        ("5.8", ("x25519mlkem768", "x25519", "secp256r1", "secp384r1")),
        ("6.0", ("x25519mlkem768", "x25519", "secp256r1", "secp384r1")),
    ],
)
def test_groups_of_modern(edition: str, groups: tuple[str, ...]) -> None:
    assert guideline(edition).levels["modern"].groups == groups


def test_certificates_of_each_level() -> None:
    levels = guideline("5.8").levels
    assert {n: p.certificate_types for n, p in levels.items()} == {
        "modern": ("ecdsa",),
        "intermediate": ("ecdsa", "rsa"),
        "old": ("rsa",),
    }
    assert {n: p.maximum_life for n, p in levels.items()} == {"modern": 90, "intermediate": 366, "old": 366}
    assert {n: p.rsa_bits for n, p in levels.items()} == {"modern": None, "intermediate": 2048, "old": 2048}


@pytest.mark.parametrize(("edition", "seconds"), [("4.0", 15768000), ("5.7", 63072000), ("5.8", 63072000)])
def test_hsts_minimum(edition: str, seconds: int) -> None:
    assert guideline(edition).levels["modern"].hsts_min_age == seconds


def test_only_old_asks_for_an_order() -> None:
    assert {n: p.server_order for n, p in guideline("5.8").levels.items()} == {
        "modern": False,
        "intermediate": False,
        "old": True,
    }


def test_first_and_last_of_old() -> None:
    suites = guideline("5.8").levels["old"].suites
    assert (suites[0], suites[-1], len(suites)) == (
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
        21,
    )


def test_a_keyword_of_4_0_means_what_current_openssl_makes_of_it() -> None:
    old = set(guideline("4.0").levels["old"].suites)
    assert {"TLS_DHE_RSA_WITH_ARIA_128_GCM_SHA256", "TLS_RSA_WITH_AES_128_CCM_8", "TLS_RSA_WITH_SEED_CBC_SHA"} <= old
    assert not any("RC4" in suite or "NULL" in suite or "anon" in suite or "PSK" in suite for suite in old)


@pytest.mark.parametrize("edition", NEWEST_FIRST)
def test_every_edition_names_its_source_and_iana_suites_only(edition: str) -> None:
    found = guideline(edition)
    assert found.version == edition
    assert found.source.endswith(f"{edition}.json")
    for profile in found.levels.values():
        assert all(s.startswith("TLS_") for s in (*profile.suites, *profile.suites_tls13))
        assert len(set(profile.suites)) == len(profile.suites)
