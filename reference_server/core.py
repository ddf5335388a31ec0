"""The core app: takes sealed messages from the web app and answers them sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .gateway import Gateway


class Core:
    """The core app: takes sealed messages from the web app and answers them sealed."""

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
