"""How a secret may be spelt once it has travelled: which parts of it matter, and in which encodings."""

from __future__ import annotations

import base64
import html
import json
import re
import urllib.parse
from collections.abc import Iterator

SHORTEST_PIECE = 8  # as `secret.SHORTEST`: shorter pieces stand in texts by chance
LONGEST_WORD = 16

_PEM_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----", re.DOTALL)
_SCHEME = re.compile(r"(?:bearer|basic|token|apikey|digest)\s+(?=\S)", re.IGNORECASE)
_COOKIES = re.compile(r"[\w.-]+=[^;]+(?:;\s*[\w.-]+=[^;]*)*")


def pieces(text: str) -> list[str]:
    """Return the parts of a secret that must not be seen, each of which may stand by itself.

    Of several lines each long one; of a PEM file the private keys' lines alone, as certificates are public; of
    "Bearer x" the x; of a cookie header each random value beside the whole.
    """
    blocks = list(_PEM_BLOCK.finditer(text))
    if blocks:
        text = "\n".join(block[0] for block in blocks if "PRIVATE KEY" in block[1]) or text
    lines = [line.strip() for line in text.splitlines()]
    long = [line for line in lines if len(line) >= SHORTEST_PIECE and not line.startswith("-----")]
    if len(lines) > 1 and long:
        return long
    bare = _SCHEME.sub("", text, count=1) if _SCHEME.match(text) else text
    return [bare if len(bare) >= SHORTEST_PIECE else text, *_cookie_values(text)]


def _cookie_values(text: str) -> Iterator[str]:
    if _COOKIES.fullmatch(text):
        for pair in text.split(";"):
            value = pair.partition("=")[2].strip()
            if len(value) >= SHORTEST_PIECE and looks_random(value):
                yield value


def encodings(text: str) -> set[str]:
    """Return `text` as it stands, and as URLs, JSON, Python, HTML, hex and base64 spell it."""
    raw = text.encode("utf-8", "surrogateescape")
    plain = {
        text,
        urllib.parse.quote(raw, safe=""),
        urllib.parse.quote(raw),
        urllib.parse.quote_plus(raw),
        "".join(f"%{byte:02x}" for byte in raw),
        raw.hex(),
        raw.hex(":"),
        *_base64(raw),
    }
    escaped = {spelling for form in plain for spelling in _escapes(form)}
    return plain | escaped | {spelling for form in escaped for spelling in _escapes(form)}


def _escapes(text: str) -> set[str]:
    quoted = html.escape(text)
    return {
        json.dumps(text)[1:-1],
        json.dumps(text, ensure_ascii=False)[1:-1],
        json.dumps(text)[1:-1].replace("/", "\\/"),
        repr(text)[1:-1],
        text.replace("\\", "\\\\").replace("'", "\\'"),
        repr(text.encode("utf-8", "surrogateescape"))[2:-1],
        quoted,
        html.escape(text, quote=False),
        quoted.replace("&#x27;", "&#39;").replace("&quot;", "&#34;"),
        quoted.replace("&#x27;", "'"),
    }


def _base64(raw: bytes) -> Iterator[str]:
    """Spell `raw` as it looks inside a longer base64 text: at each of three alignments, less what neighbours blur."""
    for offset in range(3):
        coded = base64.b64encode(b"\0" * offset + raw).decode().rstrip("=")
        core = coded[(0, 2, 3)[offset] : -1 if (len(raw) + offset) % 3 else None]
        yield core
        yield core.replace("+", "-").replace("/", "_")


def looks_random(text: str) -> bool:
    """Tell whether `text` cannot be mistaken for words, a date or padding."""
    if len(set(text)) < SHORTEST_PIECE // 2:
        return False
    mixed = any(c.isdigit() for c in text) and any(c.isalpha() for c in text)
    return mixed or re.search(r"[a-z][A-Z]", text) is not None


def is_word(text: str) -> bool:
    """Tell whether `text` is short enough, and plain enough, to stand in prose by chance."""
    return len(text) < LONGEST_WORD and text.isalpha() and (text.islower() or text.isupper() or text.istitle())
