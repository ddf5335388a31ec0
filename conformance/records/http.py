"""HTTP exchanges as they were seen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what came back.

    `headers` are the raw lines in order, repeats kept, folded, stripped of space and tab only. `body` is its first
    64 KiB as text. `trouble` is empty, or says in plain words why there is no answer; `status` is then 0.
    """

    method: str
    url: str
    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    body_bytes: int = 0
    trouble: str = ""

    def values(self, name: str) -> tuple[str, ...]:
        """Return the value of every line called `name`, in order; names compare without case."""
        return tuple(value for key, value in self.headers if key.lower() == name.lower())
