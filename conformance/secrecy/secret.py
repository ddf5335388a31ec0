"""Secrets: referred to in files, read from the environment or a file, masked wherever they are shown."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Never

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from conformance.model import Unfit, UnusableInput
from conformance.regular import read_regular, why_unread
from conformance.sentence import Own, Sentence, say

SHORTEST = 8  # shorter ones stand in texts by chance, and would be blotted out there
LONGEST = 1 << 16  # bytes: a PEM of keys and certificates is smaller
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class SecretRef(str):
    """Where a secret is to be found: `env:NAME` or `file:PATH`. Harmless by itself, so it may be shown."""

    __slots__ = ()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Accept a reference, refuse a literal without repeating it."""
        return core_schema.no_info_after_validator_function(cls.checked, core_schema.str_schema())

    @classmethod
    def __get_pydantic_json_schema__(cls, _: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Tell an editor how a reference looks."""
        return {**handler(core_schema.str_schema()), "pattern": f"^(env:{_VARIABLE.pattern}|file:.+)$"}

    @classmethod
    def checked(cls, value: str) -> SecretRef:
        """Return the reference that `value` is; raises ValueError for a literal, without repeating it."""
        kind, _, rest = value.partition(":")
        if kind not in ("env", "file") or not rest or (kind == "env" and not _VARIABLE.fullmatch(rest)):
            raise Unfit(say('a secret never stands in this file: write "env:NAME" or "file:PATH"'))
        return cls(value)

    @property
    def label(self) -> str:
        """Name the secret in reports: the variable's name, or the file's."""
        kind, _, rest = self.partition(":")
        return rest if kind == "env" else re.sub(r"[^\w.-]", "_", Path(rest).name)


class Secret:
    """A secret's text, shown as its name only.

    It can be compared with another secret (in constant time), and neither pickled nor turned into JSON.
    """

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

    def __format__(self, spec: str) -> str:
        """Return the marker, however it is to be laid out."""
        return format(str(self), spec)

    def __eq__(self, other: object) -> bool:
        """Tell whether two secrets have the same text; never equal to a plain string."""
        return isinstance(other, Secret) and hmac.compare_digest(_bytes(self), _bytes(other))

    def __hash__(self) -> int:
        """Agree with equality."""
        return hash((Secret, self._text))

    def __copy__(self) -> Secret:
        """Be shared rather than copied."""
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        """Be shared rather than copied."""
        return self

    def __reduce__(self) -> Never:
        """Refuse to be pickled: a secret does not leave its process."""
        raise TypeError(f"{self} does not leave its process: it cannot be pickled")


def _bytes(secret: Secret) -> bytes:
    return secret.reveal().encode("utf-8", "surrogatepass")


class Vault:
    """The secrets of one run, found once at its start."""

    def __init__(self, secrets: Mapping[SecretRef, Secret]) -> None:
        """Hold what `open_vault` found."""
        self._secrets = dict(secrets)

    def __getitem__(self, reference: SecretRef) -> Secret:
        """Return the secret that a target file's reference names."""
        return self._secrets[reference]

    def revealed(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return a target file's headers ready for the wire, references replaced by what they refer to."""
        return {
            name: self[value].reveal() if isinstance(value, SecretRef) else value for name, value in headers.items()
        }

    def __iter__(self) -> Iterator[Secret]:
        """Go through every secret, for the redactor."""
        return iter(self._secrets.values())


def open_vault(references: list[SecretRef], environ: Mapping[str, str], folder: Path) -> Vault:
    """Read every referenced secret; paths are relative to `folder`, the target file's own.

    Raises UnusableInput that names every variable or file that is missing, empty or shorter than 8 characters.
    """
    found: dict[SecretRef, Secret] = {}
    troubles: list[Sentence] = []
    for reference in references:
        try:
            found[reference] = Secret(reference.label, _fetch(reference, environ, folder))
        except UnusableInput as error:
            troubles += (
                say(
                    "{trouble} (the target file refers to it as {reference})",
                    trouble=trouble,
                    reference=Own(reference),
                )
                for trouble in error.troubles
            )
    if troubles:
        raise UnusableInput(*troubles)
    return Vault(found)


def _fetch(reference: SecretRef, environ: Mapping[str, str], folder: Path) -> str:
    kind, _, rest = reference.partition(":")
    return _from_variable(rest, environ) if kind == "env" else _from_file(folder / rest)


def _from_variable(variable: str, environ: Mapping[str, str]) -> str:
    name, text = Own(variable), environ.get(variable)
    if text is None:
        raise UnusableInput(say("environment variable {name} is not set", name=name))
    if not text:
        raise UnusableInput(say("environment variable {name} is empty", name=name))
    if len(text) < SHORTEST:
        raise UnusableInput(
            say(
                "environment variable {name} holds fewer than {number} characters, "
                "too short to be kept out of the reports",
                name=name,
                number=SHORTEST,
            )
        )
    return text


def _from_file(path: Path) -> str:
    name = Own(path)
    try:
        raw = read_regular(path, LONGEST)
        text = raw.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError as error:
        raise UnusableInput(say("secret file {file} cannot be read: it is not UTF-8 text", file=name)) from error
    except (OSError, ValueError) as error:
        why = why_unread(error)
        raise UnusableInput(say("secret file {file} cannot be read: {error}", file=name, error=why)) from error
    if len(raw) > LONGEST:
        raise UnusableInput(say("secret file {file} is larger than 64 KiB, so it holds no secret", file=name))
    if not text:
        raise UnusableInput(say("secret file {file} is empty", file=name))
    if len(text) < SHORTEST:
        raise UnusableInput(
            say(
                "secret file {file} holds fewer than {number} characters, too short to be kept out of the reports",
                file=name,
                number=SHORTEST,
            )
        )
    return text
