"""What one look at a web app puts into its target file, each value with what was seen."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError

from conformance.hostile import shown
from conformance.inputs.fields import Origin
from conformance.model import Inconclusive, UnusableInput
from conformance.web.exchange import Exchange
from conformance.web.first_look import PLAIN_PORTS, FirstLook, admin_pages, api_paths, look

_LONGEST = 100


def values(url: str) -> dict[str, str]:
    """Return what stands for each mark of the template; raises UnusableInput for a URL that shows nothing."""
    origin = _origin(url)
    try:
        seen = look(origin)
    except Inconclusive as reason:
        raise UnusableInput(f"--from-url {shown(url)}: {shown(str(reason))}: nothing was written") from reason
    return {
        "name": json.dumps(urlsplit(origin).hostname),
        "url": json.dumps(origin),
        "http_ports": _ports(seen),
        "ca_file": _trust(seen),
        "security_level": _level(seen),
        "admin_paths": _paths(seen, admin_pages(seen)),
        "api_paths": _paths(seen, api_paths(seen)),
    }


def _origin(url: str) -> str:
    """Return scheme, host and port of a URL; without a scheme it is taken for https."""
    full = url if "://" in url else f"https://{url}"
    try:
        scheme, _, rest = full.partition("://")
        return str(TypeAdapter(Origin).validate_python(f"{scheme}://{rest.partition('/')[0]}"))
    except ValidationError as error:
        words = str(error.errors()[0]["ctx"]["error"])
        raise UnusableInput(f"--from-url {shown(url)}: {words}: nothing was written") from None


def _ports(seen: FirstLook) -> str:
    """Declare 80 always, as it has to stay silent, and each other port where something answers."""
    declared = [port for port, answer in seen.plain.items() if port == PLAIN_PORTS[0] or not answer.trouble]
    told = "; ".join(f"{port}: {_answer(answer)}" for port, answer in seen.plain.items())
    return f"{declared}   # plain HTTP has to stay silent or redirect. Seen: {told}"


def _trust(seen: FirstLook) -> str:
    if not seen.distrust:
        return '# ca_file = "ca.pem"      # not needed here: this machine trusts the certificate'
    return f'# ca_file = "ca.pem"      # needed: by what this machine trusts, {shown(seen.distrust, _LONGEST)}'


def _level(seen: FirstLook) -> str:
    offered = ", ".join(version.upper().replace("-", " ") for version in seen.versions) or "no version that is known"
    older = {"tls-1.0", "tls-1.1"} & set(seen.versions)
    level = "old" if older else "intermediate" if "tls-1.2" in seen.versions else "modern"
    key = f", certificate {seen.key_type.upper()}" if seen.key_type else ""
    odd = "; modern asks for an ECDSA certificate" if level == "modern" and seen.key_type not in ("", "ecdsa") else ""
    return f'"{level}"   # modern | intermediate | old. Seen: {offered}{key}{odd}. Declare what you mean to run.'


def _paths(seen: FirstLook, found: list[str]) -> str:
    told = "; ".join(f"{path}: {_answer(seen.pages[path])}" for path in found)
    return f"{json.dumps(found)}   # {f'seen: {told}' if found else 'none was found: name your own'}"


def _answer(answer: Exchange) -> str:
    if answer.trouble:
        return shown(answer.trouble, _LONGEST)
    to = next(iter(answer.values("Location")), "") if answer.redirects else ""
    return f"status {answer.status}" + (f" to {shown(to, _LONGEST)}" if to else "")
