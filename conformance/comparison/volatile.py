"""What differs from run to run although nothing changed: measurements, instants, and whatever ports were free."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Hashable, Iterator, Mapping
from typing import Any

from conformance.origin import Origin
from conformance.sentence import Listed, Sentence, Value

# In what a target says, and in sentences of which an older results file has but the text.
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?")
_DURATION = re.compile(r"\d+\.\d+(?= ?(?:ms|s|seconds?)\b)")
_RANDOM = re.compile(r"\b(?=[0-9a-f]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{12,}\b", re.IGNORECASE)
_PROCESS = re.compile(r"/proc/\d+/")
_FOLDER = re.compile(r"/portero-[^/\s]+")
_PORT = re.compile(r"(?<![\d.])\d{4,5}(?![\d.]\d|\d)")


class Passing:
    """Takes out of texts what two runs against the same target need not share."""

    def __init__(self, target: Mapping[str, Any]) -> None:
        """Know the ports of `target`, a target file's content; those of a loopback target may change."""
        ports = dict.fromkeys(_ports(target)) if _loopback(target) else {}
        self._ports = {port: f"«port {n}»" for n, port in enumerate(ports, 1)}

    def same(self, said: Sentence, other: Passing, as_said: Sentence) -> bool:
        """Tell whether two runs say the same, `said` in this one: by their templates, else by their texts alone."""
        if said.template is None or as_said.template is None:
            return self.without(_DURATION.sub("«n»", said)) == other.without(_DURATION.sub("«n»", as_said))
        return self._what_stays(said) == other._what_stays(as_said)

    def _what_stays(self, value: Value) -> Hashable:
        """Return what runs that say the same share: templates, counts and texts; of a measurement, that it is one."""
        match value:
            case Sentence(template=str(template)):
                own = {name: self._what_stays(inner) for name, inner in value.values.items()}
                return (value.context, template, *sorted(own.items()))
            case Listed(items=items):
                return tuple(map(self._what_stays, items))
            case str():
                return self.without(value)
            case float():
                return float
        return self._ports.get(str(value), value)

    def without(self, text: str) -> str:
        """Return `text` with whatever passes replaced by what it is."""
        for pattern, word in (
            (_INSTANT, "«instant»"),
            (_RANDOM, "«random»"),
            (_FOLDER, "/«folder»"),
            (_PROCESS, "/proc/«process»/"),
        ):
            text = pattern.sub(word, text)
        return self.without_ports(text)

    def without_ports(self, text: str) -> str:
        """Return `text` with a loopback target's ports replaced by their places in the target file."""
        return _PORT.sub(lambda match: self._ports.get(match[0], match[0]), text) if self._ports else text

    def without_in(self, value: Any) -> Any:
        """Return a target file's content with every text, and every port, as `without` has it."""
        if isinstance(value, Mapping):
            return {key: self.without_in(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self.without_in(inner) for inner in value]
        if isinstance(value, int) and not isinstance(value, bool):
            return self._ports.get(str(value), value)
        return self.without(value) if isinstance(value, str) else value


def _ports(value: Any) -> Iterator[str]:
    """Name the ports in a target file, in its order."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key in ("port", "ports", "http_ports"):
                yield from map(str, inner if isinstance(inner, list) else [inner])
            else:
                yield from _ports(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _ports(inner)
    elif isinstance(value, str):
        yield from re.findall(r":(\d{4,5})(?!\d)", value)


def _loopback(target: Mapping[str, Any]) -> bool:
    urls = [
        table["url"] for table in target.values() if isinstance(table, Mapping) and isinstance(table.get("url"), str)
    ]
    return bool(urls) and all(map(_is_here, urls))


def _is_here(url: str) -> bool:
    try:
        host = Origin.of(url).host
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
