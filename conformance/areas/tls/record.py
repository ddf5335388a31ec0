"""What is judged without a look at the target."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DeclaredLevel:
    """The security level that the target file declares."""

    security_level: str
