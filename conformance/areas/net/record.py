"""What was reached from where."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from conformance.sentence import NOTHING, Sentence

SPARE_PORT = 4
"""Assigned to nobody, and offered by nobody: a host that seems to is not the one that takes the connection."""


class Came(StrEnum):
    """What came of one address: an answer in some protocol, a mute connection, or one of the ways to get none."""

    ANSWERED = "answered"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    FILTERED = "filtered"
    UNREACHABLE = "unreachable"
    FAILED = "failed"

    @property
    def is_open(self) -> bool:
        """Tell whether a connection was made."""
        return self in (Came.ANSWERED, Came.ACCEPTED)


@dataclass(frozen=True, slots=True)
class Seen:
    """One address of a host, at one port. `protocol` is what it answered in; `detail` says why it did not."""

    address: str
    came: Came
    protocol: Sentence = NOTHING
    detail: Sentence = NOTHING
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Look:
    """One host and port: every address that its name has at the vantage point.

    `unresolved` says why it has none there; `seen` are then the addresses that other vantage points found, if any did.
    """

    host: str
    port: int
    seen: tuple[Seen, ...] = ()
    unresolved: Sentence = NOTHING


@dataclass(frozen=True, slots=True)
class VantageLook:
    """What one vantage point sees. `trouble` is not empty where nothing of it can be relied upon.

    `looks` are keyed by host:port as the target file spells them. `control` is what has to answer; `nowhere` are
    addresses set aside for documentation, where nobody can; `spares` are the hosts at a port that nobody uses.
    """

    name: str
    command: tuple[str, ...]
    trouble: Sentence = NOTHING
    python: str = ""
    control: Look | None = None
    nowhere: tuple[Look, ...] = ()
    looks: dict[str, Look] = field(default_factory=dict)
    spares: dict[str, Look] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NetworkObservation:
    """Every vantage point, in the target file's order."""

    vantages: tuple[VantageLook, ...]
