"""The identity service: honours a widget's initialisation only with the right client_hash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .gateway import Gateway


class IdentityService:
    """The identity service: honours a widget's initialisation only with the right client_hash."""

    def __init__(self, gateway: Gateway) -> None:
        """Bind nothing yet."""
        self.gateway = gateway

    def start(self) -> None:
        """Serve in the background."""

    def stop(self) -> None:
        """Release the ports."""

    def document(self) -> dict[str, Any]:
        """Return this part's tables of a fitting target file."""
        return {}
