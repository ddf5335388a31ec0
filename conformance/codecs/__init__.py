"""Wire formats of the web-core channel. A codec comes in by entry point, in the group `portero.codecs`."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from importlib.metadata import entry_points
from typing import Protocol

GROUP = "portero.codecs"


class Region(StrEnum):
    """The parts that a sealed message may have. A format names those it has; it has a timestamp."""

    VERSION = "version"
    TIMESTAMP = "timestamp"
    NONCE = "nonce"
    CIPHERTEXT = "ciphertext"
    MAC = "mac"


class SealBroken(ValueError):
    """The message was not sealed by a holder of the secret for this direction, or not within the margin."""


class Codec(Protocol):
    """One side of the channel: seals what it sends, opens what it is sent.

    The web app's side unless `core` is true. `secret` is WA_SECRET as it stands; `tolerance` is in seconds. All
    timestamps are Unix seconds.
    """

    def __init__(self, secret: str, *, core: bool = False, tolerance: int = 10) -> None:
        """Derive the keys of both directions."""
        ...

    def seal(self, payload: bytes, at: int) -> bytes:
        """Return the message that carries `payload`, stamped `at`; any integer, stored modulo the field's size."""
        ...

    def stamp(self, message: bytes) -> int:
        """Return the timestamp that a message from the other side bears; raises SealBroken."""
        ...

    def open(self, message: bytes, now: float) -> bytes:
        """Return the payload of a message from the other side; raises SealBroken, for whatever cause."""
        ...

    def unwrap(self, message: bytes) -> bytes:
        """Return the message's bytes without their transfer encoding, in which the regions lie."""
        ...

    def wrap(self, raw: bytes) -> bytes:
        """Return `raw` in the transfer encoding: what `unwrap` undoes."""
        ...

    def regions(self, raw: bytes) -> Mapping[Region, range]:
        """Say where each region lies in an unwrapped message, in order and without gaps."""
        ...


def known() -> list[str]:
    """Name every codec that is installed."""
    return sorted(point.name for point in entry_points(group=GROUP))


def load(name: str) -> type[Codec]:
    """Return the codec called `name`; raises KeyError when none of that name is installed."""
    found: type[Codec] = entry_points(group=GROUP)[name].load()
    return found
