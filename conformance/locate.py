"""Finds what is shipped beside the package: in a checkout at its top, in a wheel under `_bundled`."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

_PACKAGE = Path(__file__).parent


def data(name: str) -> Path:
    """Return the folder or file `name` of the project's data, the checkout's first."""
    for home in (_PACKAGE.parent, _PACKAGE / "_bundled"):
        if (home / name).exists():
            return home / name
    raise FileNotFoundError(f"{name} is in neither the checkout nor the installed package")


def module(name: str) -> ModuleType:
    """Import the top-level package `name` (`reference_server`) from where `data` finds it."""
    root, _, rest = name.partition(".")
    bundled = data(root).parent == _PACKAGE / "_bundled"
    prefix = "conformance._bundled." if bundled else ""
    return importlib.import_module(prefix + root + ("." + rest if rest else ""))
