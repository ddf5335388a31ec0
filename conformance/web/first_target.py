"""What one look at a web app puts into its target file, each value with what was seen."""

from __future__ import annotations

import json

from pydantic import TypeAdapter, ValidationError

from conformance.hostile import shown
from conformance.inputs.fields import OriginUrl
from conformance.locale import Tongue
from conformance.model import Inconclusive, UnusableInput
from conformance.origin import Origin
from conformance.sentence import By, Own, Sentence, clauses, listed, say
from conformance.web.exchange import Exchange
from conformance.web.first_look import PLAIN_PORTS, FirstLook, admin_pages, api_paths, look

_LONGEST = 100  # characters of what a server says in a comment of the file


def values(url: str, words: Tongue) -> dict[str, str]:
    """Return what stands for each mark of the template; raises UnusableInput for a URL that shows nothing."""
    origin = _origin(url)
    try:
        seen = look(origin)
    except Inconclusive as reason:
        raise UnusableInput(_nothing_written(url, reason.reason.with_own(shown))) from reason
    return {
        "name": json.dumps(Origin.of(origin).host),
        "url": json.dumps(origin),
        "http_ports": _ports(seen, words),
        "ca_file": _trust(seen, words),
        "security_level": _level(seen, words),
        "admin_paths": _paths(seen, admin_pages(seen), words),
        "api_paths": _paths(seen, api_paths(seen), words),
    }


def _origin(url: str) -> str:
    """Return scheme, host and port of a URL; without a scheme it is taken for https."""
    full = url if "://" in url else f"https://{url}"
    try:
        scheme, _, rest = full.partition("://")
        return str(TypeAdapter(OriginUrl).validate_python(f"{scheme}://{rest.partition('/')[0]}"))
    except ValidationError as error:
        raise UnusableInput(_nothing_written(url, error.errors()[0]["ctx"]["error"].trouble)) from None


def _nothing_written(url: str, trouble: Sentence) -> Sentence:
    return say("--from-url {url}: {trouble}: nothing was written", url=Own(shown(url)), trouble=trouble)


def _ports(seen: FirstLook, words: Tongue) -> str:
    """Declare 80 always, as it has to stay silent, and each other port where something answers."""
    declared = [port for port, answer in seen.plain.items() if port == PLAIN_PORTS[0] or not answer.trouble]
    told = (say("{port}: {answer}", port=port, answer=_answer(answer)) for port, answer in seen.plain.items())
    note = say("plain HTTP has to stay silent or redirect. Seen: {answers}", answers=listed(told, By.CLAUSE))
    return f"{declared}   # {note.within(words)}"


def _trust(seen: FirstLook, words: Tongue) -> str:
    note = say("not needed here: this machine trusts the certificate")
    if seen.distrust:
        trouble = seen.distrust.with_own(_short)
        note = say("needed: by what this machine trusts, {trouble}", trouble=trouble)
    return f'# ca_file = "ca.pem"      # {note.within(words)}'


def _level(seen: FirstLook, words: Tongue) -> str:
    older = {"tls-1.0", "tls-1.1"} & set(seen.versions)
    level = "old" if older else "intermediate" if "tls-1.2" in seen.versions else "modern"
    found: list[Own | Sentence] = [Own(version.upper().replace("-", " ")) for version in seen.versions]
    if not found:
        found.append(say("no version that is known"))
    if seen.key_type:
        found.append(say("certificate {algorithm}", algorithm=Own(seen.key_type.upper())))
    told = say("{findings}", findings=listed(found, By.COMMA))
    if level == "modern" and seen.key_type not in ("", "ecdsa"):
        told = clauses(told, say("modern asks for an ECDSA certificate"))
    note = say("modern | intermediate | old. Seen: {findings}. Declare what you mean to run.", findings=told)
    return f'"{level}"   # {note.within(words)}'


def _paths(seen: FirstLook, found: list[str], words: Tongue) -> str:
    told = (say("{path}: {answer}", path=Own(path), answer=_answer(seen.pages[path])) for path in found)
    note = say("seen: {answers}", answers=listed(told, By.CLAUSE)) if found else say("none was found: name your own")
    return f"{json.dumps(found)}   # {note.within(words)}"


def _answer(answer: Exchange) -> Sentence:
    if answer.trouble:
        return answer.trouble.with_own(_short)
    to = next(iter(answer.values("Location")), "") if answer.redirects else ""
    if to:
        return say("status {status} to {place}", status=answer.status, place=Own(_short(to)))
    return say("status {status}", status=answer.status)


def _short(text: str) -> str:
    return shown(text, _LONGEST)
