from __future__ import annotations

import pytest

from conformance.areas.idv.key_material import MOST_FOUND, key_material

SECRET = "s3creto-de-organizacion-Kx9"

SIGNING = [
    "CryptoJS.HmacSHA256(user.email, 'secreto-de-organizacion').toString()",
    'CryptoJS.HmacSHA256(get(user), "secreto")',
    "const K = 'secreto-de-organizacion'; hash = HmacSHA256(uid, K)",
    "const cfg = {hmacKey: 'secreto-de-organizacion'}; hash = CryptoJS.HmacSHA256(uid, cfg.hmacKey).toString()",
    "crypto.createHmac('sha256', 'secreto').update(uid).digest('hex')",
    "sha256.hmac('secreto', uid)",
    "var s = new jsSHA('SHA-256', 'TEXT'); s.setHMACKey('secreto', 'TEXT')",
    "const k = await crypto.subtle.importKey('raw', new TextEncoder().encode('secreto'),"
    " {name: 'HMAC', hash: 'SHA-256'}, false, ['sign']); crypto.subtle.sign('HMAC', k, data)",
    f"var x = '{SECRET}'",
]

HARMLESS = [
    "CryptoJS.HmacSHA256 = function (message, key) { return hmac(message, key); }",
    "messenger.settings({client_hash: 'ad86bb13364e8b9ffbdd16f7091ee9d68ff87557cdba48f6423e64aed5da8c11'})",
    "fetch('/account/hash').then(use)",
    "function hmac(algorithm, key, message) { return lib.sign(algorithm, key, message); }",
    "crypto.subtle.digest('SHA-256', data)",
    "var key = window.prompt('key?'); CryptoJS.HmacSHA256(uid, key)",
    "crypto.subtle.importKey('raw', material, {name: 'HMAC', hash: 'SHA-256'}, false, ['verify'])",
]


@pytest.mark.parametrize("script", SIGNING)
def test_a_script_that_signs_with_its_own_key_is_found(script: str) -> None:
    found = key_material(script, SECRET)
    assert found
    assert "secreto" not in " ".join(found)


@pytest.mark.parametrize("script", HARMLESS)
def test_a_script_without_a_key_is_not(script: str) -> None:
    assert key_material(script, SECRET) == ()


def test_of_many_calls_some_are_told_and_the_secret_always() -> None:
    spelt = "".join(
        f"{''.join(c.upper() if n >> i & 1 else c for i, c in enumerate('hmac'))}('secreto', x);" for n in range(16)
    )
    more = spelt + spelt.replace("(", "_sha256(")
    assert len(key_material(more, SECRET)) == MOST_FOUND - 1
    assert key_material(f"{more}'{SECRET}'", SECRET)[-1] == "the organisation's secret"
