"""What an observation is judged against: the target file's declarations and the guideline they name.

The guidelines are Mozilla's server-side TLS guidelines as data: what each level allows.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any

from conformance.inputs.target import Target, Webapp
from conformance.locate import data

NEWEST_FIRST = ("6.0", "5.8", "5.7", "4.0")


@dataclass(frozen=True, slots=True)
class Profile:
    """One level of one guideline. None (or an empty tuple) means that the guideline does not state it.

    Versions are spelt `tls-1.3`; suites are IANA names, in the level's order; groups are the registry's
    (`x25519`, `secp256r1`); sizes are bits, lives are days, `hsts_min_age` is seconds.
    """

    level: str
    versions: tuple[str, ...]
    suites: tuple[str, ...]
    suites_tls13: tuple[str, ...]
    groups: tuple[str, ...]
    certificate_types: tuple[str, ...]
    certificate_curves: tuple[str, ...]
    certificate_signatures: tuple[str, ...]
    hsts_min_age: int
    rsa_bits: int | None = None
    dh_bits: int | None = None
    maximum_life: int | None = None
    recommended_life: int | None = None
    server_order: bool | None = None


@dataclass(frozen=True, slots=True)
class Guideline:
    """One edition of the guideline."""

    version: str
    source: str
    levels: dict[str, Profile]


@dataclass(frozen=True, slots=True)
class Policy:
    """The declared side of a judgement. Holds no secret, so it can be rebuilt from a results file."""

    target: Target

    @property
    def webapp(self) -> Webapp:
        """Return the declared web app; its requirements are not judged where there is none."""
        return self.target.declared(Webapp)

    @property
    def guideline(self) -> Guideline:
        """Return the Mozilla guideline that the target file names."""
        return guideline(self.webapp.guideline)

    @property
    def level(self) -> Profile:
        """Return the declared level's profile under that guideline."""
        return self.guideline.levels[self.webapp.security_level]


@cache
def guideline(version: str) -> Guideline:
    """Return the guideline `version` (`5.8`); KeyError or FileNotFoundError for one that is not shipped."""
    path = data("fixtures") / "profiles" / f"{version}.toml"
    content: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    levels = {name: _profile(name, row) for name, row in content["level"].items()}
    return Guideline(content["version"], content["source"], levels)


def _profile(name: str, row: dict[str, Any]) -> Profile:
    values: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in row.items()}
    return Profile(level=name, **values)
