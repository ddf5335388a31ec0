"""A conforming gateway in small, and the faults that break it."""

from .gateway import Gateway

__all__ = ["Gateway"]
