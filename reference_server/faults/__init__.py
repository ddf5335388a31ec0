"""The faults that break the reference gateway, and the near misses that must not be mistaken for one.

A fault is a small function that spoils one thing of a gateway that has not been started yet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

Change = Callable[[Any], None]
"""Spoils a `Gateway`, which imports this module."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to be wrong; `breaks` are exactly the requirements that fail. A near miss breaks none.

    `name` begins with the area, `hdr:no-frame-options`: what is selected by area finds it.
    """

    name: str
    area: str
    breaks: tuple[str, ...]
    text: str
    level: str
    apply: Change

    @property
    def short(self) -> str:
        """Return the name without its area; it is one fault's alone."""
        return self.name.partition(":")[2]


_REGISTRY: dict[str, Fault] = {}


def fault(*breaks: str, level: str = "modern") -> Callable[[Change], Change]:
    """Register a fault of a gateway that runs, and is declared to run, security level `level`.

    Below modern TLS-09 fails as well: the level is lowered, which is a decision to be waived.
    """
    return _register((*breaks, "TLS-09") if level != "modern" else breaks, level)


def near_miss(level: str = "modern") -> Callable[[Change], Change]:
    """Register an odd but right gateway: nothing fails (but TLS-09 below modern)."""
    return _register(("TLS-09",) if level != "modern" else (), level)


def _register(breaks: tuple[str, ...], level: str) -> Callable[[Change], Change]:
    def keep(change: Change) -> Change:
        short = change.__name__.strip("_").replace("_", "-")
        if any(short == other.short for other in _REGISTRY.values()):
            raise ValueError(f"two faults are called {short}")
        area = change.__module__.rpartition(".")[2].partition("_")[0]  # tls_scripted is about tls
        name = f"{area}:{short}"
        text = (change.__doc__ or "").strip()
        _REGISTRY[name] = Fault(name, area, tuple(sorted(set(breaks))), text, level, change)
        return change

    return keep


def _everything() -> dict[str, Fault]:
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path.stem != "__init__":
            import_module(f"{__name__}.{path.stem}")
    return dict(sorted(_REGISTRY.items()))


def faults() -> dict[str, Fault]:
    """Return every fault by name."""
    return {
        name: f for name, f in _everything().items() if set(f.breaks) - {"TLS-09"} or (f.level == "modern" and f.breaks)
    }


def near_misses() -> dict[str, Fault]:
    """Return every near miss by name."""
    return {name: f for name, f in _everything().items() if name not in faults()}


def named(name: str) -> Fault:
    """Return one fault or near miss, named with its area or without; KeyError for a name that is not there."""
    every = _everything()
    return every[name] if name in every else {one.short: one for one in every.values()}[name]


def known() -> list[str]:
    """List every name that `named` takes."""
    every = _everything()
    return [*every, *(one.short for one in every.values())]
