"""A conforming gateway in small, and the faults that break it."""

from .gateway import FaultsClash, Gateway

__all__ = ["FaultsClash", "Gateway"]
