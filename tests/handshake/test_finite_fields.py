"""Finite fields are known by name, or by what they are made of."""

from __future__ import annotations

import subprocess

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_parameters

from conformance.handshake import finite_fields
from tests.webservers import installed


@pytest.mark.parametrize("bits", [2048, 3072, 4096, 6144, 8192])
@pytest.mark.parametrize(("kind", "spelt"), [("ffdhe", "ffdhe{}"), ("modp", "modp_{}")])
def test_the_fields_of_the_standards_are_openssl_s(kind: str, spelt: str, bits: int) -> None:
    command = [installed("openssl"), "genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt"]
    pem = subprocess.run([*command, f"group:{spelt.format(bits)}"], check=True, capture_output=True).stdout
    prime = load_pem_parameters(pem).parameter_numbers().p
    assert finite_fields.name(prime) == f"{kind}{bits}"
    assert finite_fields.is_safe_prime(prime)


@pytest.mark.parametrize(
    ("number", "safe"),
    [
        (23, True),
        (47, True),
        (29, False),  # prime, and half of it is not
        (35, False),  # not prime, and half of it is
        (561, False),  # a Carmichael number
        ((1 << 1024) - 105, False),
        (1 << 5000 | 1, None),  # too long to find out
    ],
)
def test_what_any_other_number_is(number: int, safe: bool | None) -> None:
    assert finite_fields.name(number) == ""
    assert finite_fields.is_safe_prime(number) is safe
