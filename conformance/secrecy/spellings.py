"""How a secret may be spelt once it has travelled: which parts of it matter, and in which encodings."""

from __future__ import annotations

import base64
import html
import json
import re
import urllib.parse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

SHORTEST_PIECE = 8  # as `secret.SHORTEST`: shorter pieces stand in texts by chance
LONGEST_WORD = 16

_PEM_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----", re.DOTALL)
_SCHEME = re.compile(r"(?:bearer|basic|token|apikey|digest)\s+(?=\S)", re.IGNORECASE)
_VERDICTS = ("not-applicable", "not-run", "not-conformant", "conformant-with-waivers")
_DEEPEST = 3
"""How often escapes are undone: JSON in HTML in JSON is met, one more is nobody's."""

_UNIT = re.compile(r"[0-9a-fA-F]{4,5}")
_ESCAPES = re.compile(
    r"((?:%[0-9a-fA-F]{2})+|(?:\\[xX][0-9a-fA-F]{2})+)"
    r"|((?:\\u[0-9a-fA-F]{4})+|\\u\{[0-9a-fA-F]{4,5}\})"
    r"|&#([xX][0-9a-fA-F]{1,8}|[0-9]{1,8});?"
    r"|&([A-Za-z]{2,8});"
    r"|\\([/\\\"'+=-])"
)
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
    raw = raw_of(text)
    plain = {
        text,
        urllib.parse.quote(raw, safe=""),
        urllib.parse.quote(raw),
        urllib.parse.quote_plus(raw),
        "".join(f"%{byte:02x}" for byte in raw),
        raw.hex(),
        *(raw.hex(between) for between in ":- "),
        ", ".join(f"0x{byte:02x}" for byte in raw),
        ",".join(f"0x{byte:02x}" for byte in raw),
        *_base64(raw),
        *(twice for once in _whole_base64(raw) for twice in _base64(once)),
    }
    escaped = {spelling for form in plain for spelling in _escapes(form)}
    return plain | escaped | {spelling for form in escaped for spelling in _escapes(form)}


def raw_of(text: str) -> bytes:
    """Return the bytes of a text: those that it came of, or what stands there in place of half a character."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _escapes(text: str) -> set[str]:
    quoted = html.escape(text)
    return {
        json.dumps(text)[1:-1],
        json.dumps(text, ensure_ascii=False)[1:-1],
        json.dumps(text)[1:-1].replace("/", "\\/"),
        repr(text)[1:-1],
        text.replace("\\", "\\\\").replace("'", "\\'"),
        repr(raw_of(text))[2:-1],
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


@dataclass(frozen=True, slots=True)
class View:
    """A text as it reads once its escapes are undone; `at` has, for each character and the end, its place before.

    `undone` are the places in the text where an escape stood, in order; None for the text as it is.
    """

    text: str
    at: Sequence[int]
    undone: Sequence[int] | None = None


def views(text: str) -> Iterator[View]:
    """Return `text`, and as it reads with its escapes undone once, twice, three times, as far as there are any.

    Whoever echoes a secret may escape any of its characters, and in any of the usual ways: listing the forms of the
    whole would never end.
    """
    view = View(text, range(len(text) + 1))
    yield view
    for _ in range(_DEEPEST):
        undone = _undone(view)
        if undone is None:
            return
        yield undone
        view = undone


def _undone(view: View) -> View | None:
    text, at = view.text, view.at
    parts: list[str] = []
    places: list[int] = []
    undone: list[int] = []
    done = length = 0
    for found in _ESCAPES.finditer(text):
        meant = _meant(found)
        if meant is None:
            continue
        parts += [text[done : found.start()], meant]
        length += found.start() - done
        if found[5] is None:  # a backslash before a character is looked through in every text
            undone.append(length)
        length += len(meant)
        places += at[done : found.start()]
        places += [at[found.start()]] * len(meant)
        done = found.end()
    if not parts:
        return None
    return View("".join([*parts, text[done:]]), [*places, *at[done:]], undone)


def _meant(found: re.Match[str]) -> str | None:
    """Return what an escape, or a run of escaped bytes, stands for; None where it stands for itself."""
    run, unit, number, entity, plain = found.groups()
    if run:
        raw = bytes.fromhex(run.replace("%", "").replace("\\x", "").replace("\\X", ""))
        try:
            return raw.decode()
        except UnicodeDecodeError:
            return raw.decode("latin-1")
    if unit:
        return (
            "".join(chr(int(one, 16)) for one in _UNIT.findall(unit))
            .encode("utf-16", "surrogatepass")
            .decode("utf-16", "replace")
        )
    if number:
        code = int(number[1:], 16) if number[0] in "xX" else int(number)
        return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else None
    return html.unescape(f"&{entity};") if entity else plain


def is_ordinary(text: str) -> bool:
    """Tell whether `text` is a single word, or a verdict: without it reports would lose words of their own."""
    return is_word(text) or text.lower() in _VERDICTS


def _whole_base64(raw: bytes) -> Iterator[bytes]:
    """Spell `raw` in base64 as a text of its own: what somebody may encode once more."""
    for coded in (base64.b64encode(raw), base64.urlsafe_b64encode(raw)):
        yield coded.rstrip(b"=")


def looks_random(text: str) -> bool:
    """Tell whether `text` cannot be mistaken for words, a date or padding."""
    if len(set(text)) < SHORTEST_PIECE // 2:
        return False
    mixed = any(c.isdigit() for c in text) and any(c.isalpha() for c in text)
    return mixed or re.search(r"[a-z][A-Z]", text) is not None


def is_word(text: str) -> bool:
    """Tell whether `text` is short enough, and plain enough, to stand in prose by chance."""
    return len(text) < LONGEST_WORD and text.isalpha() and (text.islower() or text.isupper() or text.istitle())
