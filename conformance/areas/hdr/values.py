"""What the values of the protective headers mean, to the document and to a current browser."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from conformance.areas.hdr import csp
from conformance.areas.hdr.csp import Scripts
from conformance.areas.hdr.sources import ANYWHERE, Source, own
from conformance.origin import Origin
from conformance.sentence import NOTHING, Own, Sentence, say
from conformance.web.exchange import Exchange

SCRIPT_POLICY = "X-Content-Security-Policy"
STANDARD_POLICY = "Content-Security-Policy"
FRAMES = "X-Frame-Options"
XSS = "X-XSS-Protection"
SNIFFING = "X-Content-Type-Options"
TRANSPORT = "Strict-Transport-Security"
FIVE = (SCRIPT_POLICY, FRAMES, XSS, SNIFFING, TRANSPORT)

_XSS_ON = re.compile(r"1([ \t]*;[ \t]*(mode[ \t]*=[ \t]*block|report[ \t]*=[ \t]*[^\s;,]+))*[ \t]*;?", re.IGNORECASE)
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - the grammar's token
_DIRECTIVE = re.compile(rf'({_TOKEN})(?:[ \t]*=[ \t]*(?:({_TOKEN})|"((?:[^"\\]|\\.)*)"))?')

_PARTS = re.compile(r'(?:[^;"]|"(?:[^"\\]|\\.)*"?)+')


def members(values: Iterable[str]) -> list[str]:
    """Return the values of all lines, those between commas apart: a list is the same on one line or on several."""
    return [member.strip(" \t\r\n") for member in ",".join(values).split(",")]


def framing(page: Exchange) -> str:
    """Return what a current browser does: `deny`, `sameorigin`, `none` (anybody may frame), or `frame-ancestors`.

    The last says that an enforced standard policy replaces X-Frame-Options, and lets somebody frame the page.
    """
    ancestors = csp.frame_ancestors(page.values(STANDARD_POLICY), page.url)
    if ancestors is not None:
        return "frame-ancestors" if ancestors else "deny"
    return framing_by_options(page)


def framing_by_options(page: Exchange) -> str:
    """Return what X-Frame-Options by itself does: `deny`, `sameorigin` or `none`."""
    words = {member.lower() for member in members(page.values(FRAMES))}
    if len(words) > 1:
        return "deny" if words & {"deny", "allowall", "sameorigin"} else "none"
    return (words & {"deny", "sameorigin"} or {"none"}).pop()


def framers(page: Exchange) -> tuple[Source, ...]:
    """Return the sources that a current browser lets frame the page; nobody is ()."""
    ancestors = csp.frame_ancestors(page.values(STANDARD_POLICY), page.url)
    by_options = {"deny": (), "sameorigin": (own(page.url),), "none": (ANYWHERE,)}
    return by_options[framing_by_options(page)] if ancestors is None else ancestors


def stops_sniffing(page: Exchange) -> bool:
    """Tell whether a browser heeds the header: the first member of all lines decides."""
    return members(page.values(SNIFFING))[0].lower() == "nosniff"


def filters_scripts(page: Exchange) -> bool:
    """Tell whether the first X-XSS-Protection value is well formed and switches the filter on."""
    return _XSS_ON.fullmatch(members(page.values(XSS))[0]) is not None


@dataclass(frozen=True, slots=True)
class Transport:
    """The first Strict-Transport-Security line: a life in seconds, or why a browser ignores the line."""

    life: int | None
    trouble: Sentence = NOTHING
    subdomains: bool = False


def transport(page: Exchange) -> Transport:
    """Read the first line, the only one that counts (RFC 6797)."""
    found: dict[str, str] = {}
    for part in _PARTS.findall(page.values(TRANSPORT)[0]):
        if not (text := part.strip(" \t")):
            continue
        directive = _DIRECTIVE.fullmatch(text)
        if directive is None:
            return Transport(None, say("{text!r} is not a directive", text=Own(text)))
        name = directive[1].lower()
        if name in found:
            return Transport(None, say("{name} stands there twice", name=Own(name)))
        if name == "includesubdomains" and "=" in text:
            return Transport(None, say("{name} has a value, and takes none", name=Own(directive[1])))
        found[name] = directive[2] or directive[3] or ""
    if "max-age" not in found:
        return Transport(None, say("there is no max-age"))
    if not re.fullmatch(r"[0-9]+", found["max-age"]):
        return Transport(None, say("max-age is {value!r}, not a number of seconds", value=Own(found["max-age"])))
    return Transport(int(found["max-age"][:20]), subdomains="includesubdomains" in found)


def transport_effect(page: Exchange) -> str:
    """Return what a current browser does: `upgrade`, `removed` or `none`."""
    origin = Origin.of(page.url)
    if not page.values(TRANSPORT) or origin.scheme != "https" or not is_named(origin.host):
        return "none"
    life = transport(page).life
    return "none" if life is None else "upgrade" if life else "removed"


def is_named(host: str) -> bool:
    """Tell whether browsers keep Strict-Transport-Security for `host`: not for IP addresses and localhost."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host != "localhost" and not host.endswith(".localhost")
    return False


def scripts(page: Exchange, name: str) -> Scripts:
    """Return what the policies of one of the two headers let run."""
    return csp.scripts(page.values(name), page.url, old=name == SCRIPT_POLICY)


def script_effect(page: Exchange) -> str:
    """Return what a current browser runs under the standard policy: `runs:eval,self`, or `none` without one."""
    found = scripts(page, STANDARD_POLICY)
    return "runs:" + ",".join(sorted(found.kinds)) if found.restricted else "none"


def variants(page: Exchange, name: str) -> list[str]:
    """Return the different values that `name` is sent with; spelling aside."""
    lines = page.values(name)
    each = [value for value in (lines if name == TRANSPORT else members(lines)) if value]
    spellings = {_spelling(value): value for value in reversed(each)}
    return [value for value in each if spellings.pop(_spelling(value), None) is not None]


def _spelling(value: str) -> frozenset[str]:
    return frozenset(re.sub(r'[ \t"]', "", part).lower() for part in value.split(";")) - {""}
