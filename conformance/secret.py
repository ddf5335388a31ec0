"""Secrets: referred to in files, read from the environment or a file, masked wherever they are shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from conformance.model import UnusableInput

SHORTEST = 8


class SecretRef(str):
    """Where a secret is to be found: `env:NAME` or `file:PATH`. Harmless by itself, so it may be shown."""

    __slots__ = ()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Accept a reference, refuse a literal without repeating it."""
        return core_schema.no_info_after_validator_function(cls._checked, core_schema.str_schema())

    @classmethod
    def _checked(cls, value: str) -> SecretRef:
        kind, _, rest = value.partition(":")
        if kind not in ("env", "file") or not rest:
            raise ValueError('a secret never stands in this file: write "env:NAME" or "file:PATH"')
        return cls(value)

    @property
    def label(self) -> str:
        """Name the secret in reports: the variable's name, or the file's."""
        kind, _, rest = self.partition(":")
        return rest if kind == "env" else Path(rest).name


class Secret:
    """A secret's text, shown as its name only."""

    __slots__ = ("_text", "label")

    def __init__(self, label: str, text: str) -> None:
        """Keep `text` under the name `label`."""
        self.label = label
        self._text = text

    def reveal(self) -> str:
        """Return the secret itself: for the wire, never for a message."""
        return self._text

    def __repr__(self) -> str:
        """Return the marker that stands for the secret in every artefact."""
        return f"«secret:{self.label}»"

    __str__ = __repr__


class Vault:
    """The secrets of one run, found once at its start."""

    def __init__(self, secrets: Mapping[SecretRef, Secret]) -> None:
        """Hold what `open_vault` found."""
        self._secrets = dict(secrets)

    def __getitem__(self, reference: SecretRef) -> Secret:
        """Return the secret that a target file's reference names."""
        return self._secrets[reference]

    def __iter__(self) -> Iterator[Secret]:
        """Go through every secret, for the redactor."""
        return iter(self._secrets.values())


def open_vault(references: list[SecretRef], environ: Mapping[str, str], folder: Path) -> Vault:
    """Read every referenced secret; paths are relative to `folder`, the target file's own.

    Raises UnusableInput that names every variable or file that is missing, empty or shorter than 8 characters.
    """
    found: dict[SecretRef, Secret] = {}
    troubles = []
    for reference in references:
        kind, _, rest = reference.partition(":")
        text: str | None
        if kind == "env":
            text, what = environ.get(rest), f"environment variable {rest}"
        else:
            path = folder / rest
            text, what = _content(path), f"secret file {path}"
        if text is None:
            troubles.append(f"{what} is not set or cannot be read; the target file refers to it as {reference}")
        elif len(text) < SHORTEST:
            troubles.append(f"{what} holds fewer than {SHORTEST} characters, too short to be kept out of the reports")
        else:
            found[reference] = Secret(reference.label, text)
    if troubles:
        raise UnusableInput("\n".join(troubles))
    return Vault(found)


def _content(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8").removesuffix("\n")
    except (OSError, UnicodeDecodeError):
        return None
