"""Loads the requirement catalogue, and refuses one that is not sound."""

from __future__ import annotations

import hashlib
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from conformance.locale import tongue
from conformance.model import CaseRow, Level, Requirement
from conformance.sentence import Sentence

FOLDER = Path(__file__).parent / "areas"
AREAS = ("acc", "tls", "hdr", "auth", "chn", "dbt", "hook", "net", "dep", "idv")

_ID = re.compile(r"[A-Z]+-\d\d")
TEXTS = ("title", "statement", "judged", "repair")
_KEYS = {"id", "level", "section", "source", "needs", "consent", "cases", "excluded", *TEXTS}


@cache
def load(folder: Path = FOLDER) -> dict[str, Requirement]:
    """Read every requirement, keyed and sorted by id.

    Raises ValueError that names the file and row when a row lacks a text, repeats an id or has an unknown key.
    """
    found: dict[str, Requirement] = {}
    for path in sorted(folder.glob("*/requirements.toml")):
        for row in tomllib.loads(path.read_text(encoding="utf-8"))["requirement"]:
            requirement = _requirement(path.parent.name, row)
            if requirement.id in found:
                raise ValueError(f"{path.parent.name}/{path.name}: {requirement.id} is there twice")
            found[requirement.id] = requirement
    return dict(sorted(found.items()))


def digest(folder: Path = FOLDER) -> str:
    """Return the SHA-256 of the catalogue's files, in hex: which edition a verdict was given under.

    Of the English rows alone: a better translation changes nothing that is judged.
    """
    total = hashlib.sha256()
    for path in sorted(folder.glob("*/requirements.toml")):
        total.update(f"{path.parent.name}.toml".encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


def text(row: Requirement, name: str, language: str) -> str:
    """Return a text of a requirement, one of TEXTS; in English where the language lacks it."""
    return tongue(language).translations.pgettext(f"{row.id} {name}", getattr(row, name))


def not_judged(reason: str) -> Sentence:
    """Return why a clause is not judged, a row's `excluded`, as the sentence that the catalogue is translated from."""
    return Sentence(reason, reason.replace("{", "{{").replace("}", "}}"))


def _requirement(area: str, row: dict[str, Any]) -> Requirement:
    where = f"{area}/requirements.toml: {row.get('id', 'a row without id')}"
    if unknown := row.keys() - _KEYS:
        raise ValueError(f"{where}: unknown key {', '.join(sorted(unknown))}")
    if not _ID.fullmatch(row["id"]) or not row["id"].lower().startswith(area + "-"):
        raise ValueError(f"{where}: an id in this file looks like {area.upper()}-01")
    if missing := [key for key in TEXTS if not row.get(key)]:
        raise ValueError(f"{where}: no {', '.join(missing)}")
    cases = tuple(_case(case) for case in row.get("cases", [""]))
    plain = {k: row[k] for k in ("id", "section", "source", *TEXTS)}
    return Requirement(
        **plain,
        area=area,
        level=Level(row["level"]),
        needs=tuple(row.get("needs", ())),
        consent=row.get("consent", "read"),
        cases=cases,
        excluded=row.get("excluded"),
    )


def _case(row: str | dict[str, str]) -> CaseRow:
    if isinstance(row, str):
        return CaseRow(row)
    level = Level(row["level"]) if "level" in row else None
    return CaseRow(row.get("name", ""), row.get("each"), level)
