"""Text that a server under test may have written: made visible, and bounded, before anybody is shown it."""

from __future__ import annotations

import json
import re

# Controls (C0, DEL, C1), marks that reorder or hide text, line separators, lone surrogates, non-characters.
_UNSEEN = r"\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\uffff\ud800-\udfff"
_UNSEEN_CHARACTER = re.compile(f"[{_UNSEEN}\U000e0000-\U000e0fff]")
_KEPT = "\n\t"


def shown(text: str, limit: int = 400) -> str:
    """Return `text` on one line: what cannot be seen is escaped, what is long is cut."""
    return _UNSEEN_CHARACTER.sub(_escape, bounded(text, limit))


def shown_block(text: str, limit: int = 2000) -> str:
    """Return `text` as `shown` does, its line breaks and tabs kept: for preformatted text."""
    return _UNSEEN_CHARACTER.sub(lambda m: m[0] if m[0] in _KEPT else _escape(m), bounded(text, limit))


def bounded(text: str, limit: int) -> str:
    """Return at most `limit` characters of `text`, and how many were left out: in no language, as it is evidence."""
    return text if len(text) <= limit else f"{text[:limit]}… (+{len(text) - limit})"


def json_text(text: str) -> str:
    """Return JSON text in which what cannot be seen is escaped: whoever prints the file prints no control character."""
    return _UNSEEN_CHARACTER.sub(lambda m: m[0] if m[0] in _KEPT else json.dumps(m[0])[1:-1], text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return {"\n": r"\n", "\r": r"\r", "\t": r"\t"}.get(match[0]) or (
        f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    )
