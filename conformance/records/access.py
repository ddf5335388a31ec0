"""How the web app can be reached."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.records.http import Exchange


@dataclass(frozen=True, slots=True)
class PlainObservation:
    """Plain HTTP spoken to each port, keyed by port; and what HTTPS serves on the same paths."""

    plain: dict[str, tuple[Exchange, ...]]
    https: tuple[Exchange, ...]
