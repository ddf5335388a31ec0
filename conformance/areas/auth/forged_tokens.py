"""Bearer tokens that were never given out, made from one that was, and other things that are none."""

from __future__ import annotations

import base64
import hmac
import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from conformance.sentence import Own, Sentence, own_list, say

_LIFE = 3600  # seconds that are added to a token's life
_YEAR_2099 = 4102444800  # any reader of "exp" takes it for the future, in 32 bits without a sign too
_NONE = ("none", "None", "NONE", "nOnE")
_WORDS = ("secret", "changeme", "password")
_NO_FILE = "../../../../../../../../dev/null"
_NO_ROW = "portero' UNION SELECT 'portero' -- "
_COOKIES = ("token", "access_token", "jwt", "Authorization", "session")
_HEADERS = ("X-Access-Token", "X-Auth-Token", "X-Authorization", "X-Token", "X-JWT", "X-API-Key", "Token")
_SIZE = 32  # octets of a P-256 coordinate and of each half of an ES256 signature (RFC 7518, 3.4 and 6.2.1)

USER_HEADERS = (
    "X-Forwarded-User",
    "X-Remote-User",
    "Remote-User",
    "X-Auth-Request-User",
    "X-Authenticated-User",
    "X-Authenticated-Userid",
    "X-WEBAUTH-USER",
    "X-Forwarded-Preferred-Username",
    "X-User",
    "X-Username",
    "X-User-Name",
)
"""Headers by which proxies name who has logged in: oauth2-proxy, Grafana, Kong, mod_auth_*, and whoever copies them."""

HOST_HEADERS = ("X-Forwarded-For", "X-Real-IP", "X-Client-IP", "X-Originating-IP", "True-Client-IP", "Client-IP")
"""Headers by which proxies say where a request comes from."""


@dataclass(frozen=True, slots=True)
class Forgery:
    """What is sent instead of `Authorization: Bearer <token>`; `body` is called a form."""

    what: Sentence
    authorization: str = ""
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


def is_jwt(token: str) -> bool:
    """Tell whether a token is a signed JSON Web Token (RFC 7519): a header, claims and a signature."""
    return token.count(".") == 2 and _part(token, 0) is not None and _part(token, 1) is not None


def claims(token: str) -> dict[str, Any]:
    """Return what a JSON Web Token claims; nothing of an opaque token."""
    return (_part(token, 1) or {}) if is_jwt(token) else {}


def forgeries(token: str, username: str) -> dict[str, tuple[Forgery, ...]]:
    """Return every way of forging `token`, which belongs to `username`, by the name of its case."""
    return {
        "alg-none": tuple(_unsigned(token, username)),
        "no-key": tuple(_guessed_keys(token, username)),
        "own-key": tuple(_own_keys(token, username)),
        "changed-payload": (_bearer(*_changed_payload(token)),),
        "changed-signature": (
            _bearer(say("another character near the end"), _replaced(token, len(token) - 3)),
            _bearer(say("another character where the last part begins"), _replaced(token, _last_part(token))),
        ),
        "truncated": (
            _bearer(say("all but the last four characters"), token[:-4]),
            _bearer(say("the first half"), token[: len(token) // 2]),
            *(
                (_bearer(say("a token without its signature"), token[: token.rindex(".") + 1]),)
                if is_jwt(token)
                else ()
            ),
        ),
        "empty": (_bearer(say("a scheme without a token"), ""), _bearer(say("the word null"), "null")),
        "other-scheme": (
            *(
                Forgery(say("the token under the scheme {scheme}", scheme=Own(scheme)), f"{scheme} {token}")
                for scheme in ("Digest", "Token", "JWT")
            ),
            Forgery(say("the token without a scheme"), token),
            Forgery(say("the token as a user's name"), f"Basic {base64.b64encode(f'{token}:'.encode()).decode()}"),
        ),
        "query-string": (
            *(
                Forgery(say("the token as ?{parameter}", parameter=Own(name)), query=f"{name}={quote(token, safe='')}")
                for name in ("access_token", "token", "jwt", "auth_token")
            ),
        ),
        "other-place": tuple(_other_places(token)),
        "proxy-headers": (
            Forgery(
                say("a user's name in {headers}", headers=own_list(USER_HEADERS)),
                headers=dict.fromkeys(USER_HEADERS, username),
            ),
            Forgery(
                say("the gateway's own address in {headers}", headers=own_list(HOST_HEADERS)),
                headers=dict.fromkeys(HOST_HEADERS, "127.0.0.1"),
            ),
        ),
    }


def _bearer(what: Sentence, token: str) -> Forgery:
    return Forgery(what, f"Bearer {token}".rstrip())


def _unsigned(token: str, username: str) -> Iterator[Forgery]:
    held = _claimed(token, username)
    for alg in _NONE:
        what = say("a token whose header says alg {alg}, unsigned", alg=Own(alg))
        yield _bearer(what, f"{_coded({'alg': alg, 'typ': 'JWT'})}.{held}.")
    signed = f"{_coded({'alg': 'none', 'typ': 'JWT'})}.{held}.AAAA"
    yield _bearer(say("a token whose header says alg none, with a signature"), signed)
    yield _bearer(say("a token whose header names no alg, unsigned"), f"{_coded({'typ': 'JWT'})}.{held}.")


def _guessed_keys(token: str, username: str) -> Iterator[Forgery]:
    held = _claimed(token, username)
    for size in (256, 384, 512):
        alg = f"HS{size}"
        yield _bearer(say("a token signed by {alg} with an empty key", alg=Own(alg)), _hashed({"alg": alg}, held, b""))
    for word in _WORDS:
        what = say("a token signed by HS256 with the key {word}", word=Own(word))
        yield _bearer(what, _hashed({"alg": "HS256"}, held, word.encode()))


def _own_keys(token: str, username: str) -> Iterator[Forgery]:
    """Sign with keys that the token itself names (RFC 7515, 4.1.3 to 4.1.6), or leads to."""
    held = _claimed(token, username)
    key = ec.generate_private_key(ec.SECP256R1())
    numbers = key.public_key().public_numbers()
    public = {"kty": "EC", "crv": "P-256"} | {n: _bytes(getattr(numbers, n).to_bytes(_SIZE)) for n in ("x", "y")}
    yield _bearer(say("a token signed by a key that stands in its header (jwk)"), _signed({"jwk": public}, held, key))
    chain = [base64.b64encode(_certificate(key)).decode()]
    yield _bearer(
        say("a token signed by a key whose certificate stands in it (x5c)"), _signed({"x5c": chain}, held, key)
    )
    word = b"portero"
    shared = {"alg": "HS256", "jwk": {"kty": "oct", "k": _bytes(word)}}
    yield _bearer(say("a token signed by a word that stands in its header (jwk)"), _hashed(shared, held, word))
    for kid, found in ((_NO_FILE, b""), (_NO_ROW, word)):
        what = say("a token whose kid is {kid}", kid=Own(kid))
        yield _bearer(what, _hashed({"alg": "HS256", "kid": kid}, held, found))


def _other_places(token: str) -> Iterator[Forgery]:
    cookie = {"Cookie": "; ".join(f"{name}={token}" for name in _COOKIES)}
    yield Forgery(say("the token in the cookies {names}", names=own_list(_COOKIES)), headers=cookie)
    what = say("the token in the headers {names}", names=own_list(_HEADERS))
    yield Forgery(what, headers=dict.fromkeys(_HEADERS, token))
    form = f"access_token={quote(token, safe='')}&token={quote(token, safe='')}".encode()
    sent = {"Content-Type": "application/x-www-form-urlencoded"}
    yield Forgery(say("the token in a form"), headers=sent, body=form)


def _claimed(token: str, username: str) -> str:
    """Return the token's own claims, coded; of an opaque token, claims made up for its user."""
    if is_jwt(token):
        return token.split(".")[1]
    return _coded({"sub": username, "user": username, "exp": _YEAR_2099})


def _hashed(header: dict[str, Any], held: str, key: bytes) -> str:
    signed = f"{_coded(header | {'typ': 'JWT'})}.{held}"
    digest = "sha" + str(header["alg"])[2:]
    return f"{signed}.{_bytes(hmac.digest(key, signed.encode(), digest))}"


def _signed(header: dict[str, Any], held: str, key: ec.EllipticCurvePrivateKey) -> str:
    signed = f"{_coded({'alg': 'ES256', 'typ': 'JWT'} | header)}.{held}"
    numbers = utils.decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{signed}.{_bytes(b''.join(number.to_bytes(_SIZE) for number in numbers))}"


def _certificate(key: ec.EllipticCurvePrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "portero")])
    began = datetime.now(UTC) - timedelta(days=1)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    dated = builder.not_valid_before(began).not_valid_after(began + timedelta(days=30))
    return dated.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def _changed_payload(token: str) -> tuple[Sentence, str]:
    found = claims(token)
    if not found:
        return say("another character in the middle"), _replaced(token, len(token) // 2)
    head, _, signature = token.split(".")
    ends = found.get("exp")
    changed = found | ({"exp": ends + _LIFE} if isinstance(ends, int | float) else {"portero": secrets.token_hex(4)})
    return say("claims changed under the old signature"), f"{head}.{_coded(changed)}.{signature}"


def _last_part(token: str) -> int:
    return token[:-1].rfind(".") + 1


def _replaced(token: str, place: int) -> str:
    """Put another character in one place, far enough from the end that base64 cannot decode to the same bytes."""
    place = max(0, place)
    other = "A" if token[place] not in "Aa" else "B"
    return token[:place] + other + token[place + 1 :]


def _part(token: str, number: int) -> dict[str, Any] | None:
    coded = token.split(".")[number]
    try:
        found = json.loads(base64.urlsafe_b64decode(coded + "=" * (-len(coded) % 4)))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _coded(document: dict[str, Any]) -> str:
    return _bytes(json.dumps(document, separators=(",", ":")).encode())


def _bytes(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
