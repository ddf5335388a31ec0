"""The customer's site: pages that start the widget, for a signed-in client and for nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .gateway import Gateway


class Site:
    """The customer's site: pages that start the widget, for a signed-in client and for nobody."""

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
