"""Texts that a page may hold to keep a reader busy, by size, and how long each reader takes over one of them."""

from __future__ import annotations

import json
import multiprocessing
import sys
import time
from collections.abc import Callable

from conformance.areas.auth.secret_finds import SecretFinder
from conformance.areas.idv import page_hashes
from conformance.areas.idv.key_material import key_material
from conformance.secrecy.secret import Secret
from conformance.web import markup

BUNDLE = (
    'function a(e,t){var n=e.querySelector("#b");return n&&t?n.c(t).map((function(e){return e.id})):[]}'
    'var K="4f1c09aa",o={method:"POST",headers:{"x-y":"z"}};fetch("/api/chat").then((function(e){return e.json()}));'
    "hmac(K,o);HmacSHA256(a(o,K),K);/[\"'`]+/.test(o);i=`${a}-${`${o}`}`;"
)


def _times(unit: str, before: str = "", after: str = "", *, larger: int = 1) -> Callable[[int], str]:
    """Return what makes a text of about so many characters (`larger` times as many), `unit` again and again."""
    return lambda size: before + unit * (larger * size // len(unit)) + after


TEXTS: dict[str, Callable[[int], str]] = {
    "spaces in hmac": _times(" ", "<script>hmac(", "</script>"),
    "spaces after every comma of hmac": _times("hmac(" + " " * 90 + "," + " " * 90),
    "hmac, short": _times("hmac("),
    "hmac of a sha256": _times("hmac('sha256' "),
    "hmac of quotes": _times("hmac(\"hmac('hmac(`"),
    "createHmac with nested brackets": _times("([{", "createHmac(", ")"),
    "createHmac, quotes open": _times("createHmac('sha256',`"),
    "createHmac, spaces": _times("createHmac" + " " * 500),
    "HmacSHA256 within HmacSHA256": _times("HmacSHA256("),
    "HmacSHA256 of many": _times("HmacSHA256(a,", "", ")"),
    "HmacSHA256 of groups": _times("(a,b)", "HmacSHA256("),
    "HmacSHA256 of groups of itself": _times("HmacSHA256(a)", "HmacSHA256("),
    "HmacSHA256 of commas and quotes": _times(",'a,\"", "HmacSHA256("),
    "importKey": _times(".importKey('raw',,,,,,,,,"),
    "importKey of names": _times(".importKey('raw',aa bb cc dd ee ff,HMAC", ".sign('HMAC'"),
    "sign": _times(".sign({", ".importKey('raw',a,HMAC"),
    "sign of spaces": _times(" ", ".importKey('raw',a,HMAC.sign("),
    "names that are set": _times("a0 = "),
    "names that are set, quotes open": _times("a='", "HmacSHA256(b,a)"),
    "names and spaces": _times("a" + " " * 300, "HmacSHA256(b,a)"),
    "one word": _times("a"),
    "one number": _times("9"),
    "spaces": _times(" "),
    "lines": _times("\n"),
    "backslashes": _times("\\"),
    "escapes": _times("\\u0041"),
    "references": _times("&#"),
    "a reference": _times("9", "&#", ";"),
    "references, hexadecimal": _times("&#xffffffff"),
    "percent signs": _times("%"),
    "percent, coded": _times("%c3"),
    "base64": _times("A" * 59 + " "),
    "braces": _times("{"),
    "templates within templates": _times("`${"),
    "a quote open": _times("a", "k = '"),
    "quotes, open": _times("'a\"b`"),
    "a remark open": _times("/*"),
    "comments open": _times("<!--"),
    "a comment of dashes": _times("-", "<!--"),
    "tags open": _times("<script"),
    "scripts open": _times("<script>"),
    "scripts": _times("<script>a</script>"),
    "attributes": _times("<a b "),
    "attributes, quotes open": _times(" b='c\"d", "<a"),
    "equals signs": _times("=", "<a b"),
    "less-than signs": _times("<"),
    "ends of tags": _times("</script "),
    "fields open": _times("<input type "),
    "fields and types": _times("<input type" + " " * 99),
    "fetches": _times("fetch('"),
    "fetch and spaces": _times("fetch" + " " * 300),
    "open and spaces": _times(".open(" + " " * 300),
    "names of the hash": _times("client_hash "),
    "names of the hash, then what is no word": _times("client_hash" + "=" * 12),
    "assignments": _times("a.b-password="),
    "URLs": _times("x://a:"),
    "keys": _times("-----BEGIN PRIVATE KEY-----\n\\n"),
    "certificates": _times("-----BEGIN CERTIFICATE-----a"),
    "masks": _times("/a", "secret="),
    "a bundle of 1 MB": _times(BUNDLE, larger=8),
}
UID, POINTER = "a@example.org", "/visitor/client_hash"
_FINDER = SecretFinder([Secret("SECRET", "s3creto-de-organizacion-Kx9")])

READERS: dict[str, Callable[[str], object]] = {
    "key material": lambda text: key_material(text, "s3creto-de-organizacion-Kx9"),
    "calls": page_hashes.calls,
    "password": page_hashes.asks_for_password,
    "readings": page_hashes.readings,
    "hashes": lambda text: page_hashes.carried(text, UID, {UID: "0" * 64}, POINTER),
    "uid": lambda text: (page_hashes.hands_over(text, UID, POINTER), page_hashes.shows(text, UID)),
    "scripts": markup.scripts,
    "secrets": _FINDER.finds,
}
SIZE = 1 << 15
STEPS = (1, 2, 4)
TRIES = 3
UNSURE = 0.02
"""Seconds; less than that is as long as anything may take."""
PATIENCE = 20.0
"""Seconds for one text. What holds the interpreter's lock can only be ended from outside."""


def _seconds(reader: Callable[[str], object], text: str) -> float:
    best = float("inf")
    for _ in range(TRIES):
        began = time.process_time()
        reader(text)
        best = min(best, time.process_time() - began)
        if best < UNSURE:
            break
    return best


def _report(name: str) -> None:
    texts = [TEXTS[name](SIZE * step) for step in STEPS]
    taken = {which: [_seconds(reader, text) for text in texts] for which, reader in READERS.items()}
    sys.stdout.write(json.dumps([name, taken]) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Print, a line for each text, how long each reader takes over it at each size; nothing of what never ends."""
    for name in TEXTS:
        reading = multiprocessing.get_context("fork").Process(target=_report, args=(name,))
        reading.start()
        reading.join(PATIENCE)
        reading.kill()
        reading.join()


if __name__ == "__main__":
    main()
