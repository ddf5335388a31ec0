"""Reads HTML in one pass, as a browser does: scripts, and what character references stand for.

The standard library's parser is not used: what is never closed makes it start again at every `<`, for minutes.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
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


_READ = ("src", "href", "rel", "action", "formaction", "http-equiv", "content", "data")
"""The attributes that lead somewhere, or say what kind of lead that is."""


@dataclass(frozen=True, slots=True)
class Tag:
    """An opening tag with the attributes that lead somewhere, and the text of an element that holds no tags."""

    name: str
    attributes: dict[str, str]
    text: str = ""


@dataclass(slots=True)
class Scripts:
    """A page's scripts: what its tags lead to, as it stands there, and the texts of the inline ones."""

    sources: list[str] = field(default_factory=list)
    inline: list[str] = field(default_factory=list)


def scripts(page: str) -> Scripts:
    """List the scripts of a page."""
    found = Scripts()
    for tag in tags(page):
        if tag.name == "script" and tag.attributes.get("src"):
            found.sources.append(tag.attributes["src"])
        if tag.name == "script" and tag.text:
            found.inline.append(tag.text)
        if tag.name == "link" and "modulepreload" in tag.attributes.get("rel", "").lower().split():
            found.sources += filter(None, [tag.attributes.get("href")])
    return found


def tags(page: str) -> Iterator[Tag]:
    """Go through a page's opening tags. What is never closed (tag, comment, script) is none, and ends the page."""
    at = 0
    while opened := _OPENED.search(page, at):
        at = opened.end()
        if not (name := opened["tag"]):
            closed = page.find(">", at) + 1
            if opened["comment"]:
                end = _COMMENT_END.search(page, at - len("--"))
                closed = end.end() if end else 0
        else:
            tag, closed = _tag(page, at, name.lower(), closing=bool(opened["end"]))
            if tag is not None:
                yield tag
        if not closed:
            break
        at = closed


def _tag(page: str, at: int, name: str, *, closing: bool) -> tuple[Tag | None, int]:
    """Read a tag from its first attribute on; return it and where what belongs to it ends, 0 where nothing ends it."""
    named: dict[str, str] = {}
    while attribute := _ATTRIBUTE.match(page, at):
        at = attribute.end()
        if attribute["closed"]:
            break
        if (key := attribute["name"].lower()) in _READ:
            value = attribute["double"] or attribute["single"] or attribute["bare"] or ""
            named.setdefault(key, unescaped(value))
    else:
        return None, 0
    if closing:
        return None, at
    if name not in _TEXT_ENDS or attribute[0].endswith("/>"):
        return Tag(name, named), at
    end = _TEXT_ENDS[name].search(page, at)
    return Tag(name, named, page[at : end.start()] if end else ""), end.start() if end else 0


def unescaped(text: str) -> str:
    """Return `text` with its character references read; a number of any length is one."""
    return html.unescape(_NUMBER.sub(_shorter, text))


def _shorter(reference: re.Match[str]) -> str:
    digits = reference[1].lstrip("0")
    return "\ufffd" if len(digits) > _DIGITS else f"&#{digits or 0};"
