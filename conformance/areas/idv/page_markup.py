"""Reads HTML in one pass, as a browser does: scripts, and what character references stand for.

The standard library's parser is not used: what is never closed makes it start again at every `<`, for minutes.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

_OPENED = re.compile(r"<(?:(?P<comment>!--)|(?P<other>[!?]|/(?![A-Za-z]))|(?P<end>/?)(?P<tag>[A-Za-z][^\s/>]*+))")
_COMMENT_END = re.compile(r"--!?>")
_ATTRIBUTE = re.compile(
    r"[\s/]*+(?:(?P<closed>>)|(?P<name>[^\s/>][^\s/>=]*+)"
    r"(?P<is>\s*+=\s*+(?:\"(?P<double>[^\"]*+)\"|'(?P<single>[^']*+)'|(?P<bare>[^\s>\"'][^\s>]*+|(?=>))))?)"
)
_TEXT_ENDS = {
    tag: re.compile(rf"</{tag}(?=[\s/>])", re.IGNORECASE)
    for tag in ("script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes")
}
_NUMBER = re.compile(r"&#([0-9]{8,}+);?")
_DIGITS = 7  # 0x10FFFF is 1114111: what has more is no character


@dataclass(slots=True)
class Scripts:
    """A page's scripts: what its tags lead to, as it stands there, and the texts of the inline ones."""

    sources: list[str] = field(default_factory=list)
    inline: list[str] = field(default_factory=list)


def scripts(page: str) -> Scripts:
    """List the scripts of a page. What is never closed (a tag, a comment, a script) is none, and ends the page."""
    found, at = Scripts(), 0
    while opened := _OPENED.search(page, at):
        at = opened.end()
        if not (tag := opened["tag"]):
            closed = page.find(">", at) + 1
            if opened["comment"]:
                end = _COMMENT_END.search(page, at - len("--"))
                closed = end.end() if end else 0
        else:
            closed = _tag(page, at, "" if opened["end"] else tag.lower(), found)
        if not closed:
            break
        at = closed
    return found


def _tag(page: str, at: int, tag: str, found: Scripts) -> int:
    """Read a tag from its first attribute on; return where what belongs to it ends, or 0 where nothing ends it."""
    named: dict[str, str] = {}
    while attribute := _ATTRIBUTE.match(page, at):
        at = attribute.end()
        if attribute["closed"]:
            break
        if (name := attribute["name"].lower()) in ("src", "href", "rel"):
            value = attribute["double"] or attribute["single"] or attribute["bare"] or ""
            named.setdefault(name, unescaped(value))
    else:
        return 0
    if tag == "script" and named.get("src"):
        found.sources.append(named["src"])
    if tag == "link" and named.get("href") and "modulepreload" in named.get("rel", "").lower().split():
        found.sources.append(named["href"])
    if tag not in _TEXT_ENDS or attribute[0].endswith("/>"):
        return at
    end = _TEXT_ENDS[tag].search(page, at)
    if end and tag == "script" and end.start() > at:
        found.inline.append(page[at : end.start()])
    return end.start() if end else 0


def unescaped(text: str) -> str:
    """Return `text` with its character references read; a number of any length is one."""
    return html.unescape(_NUMBER.sub(_shorter, text))


def _shorter(reference: re.Match[str]) -> str:
    digits = reference[1].lstrip("0")
    return "\ufffd" if len(digits) > _DIGITS else f"&#{digits or 0};"
