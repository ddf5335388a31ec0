"""What reports say, in each language: one message catalogue a language, plurals, numbers and dates."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("messages")
LANGUAGES = ("en", "es")


class Wording:
    """The texts of one language."""

    def __init__(self, language: str) -> None:
        """Speak `language`, `en` or `es`."""
        self.language = language
        self._messages = messages(language)

    def __call__(self, key: str, /, **values: Any) -> str:
        """Return the text of `key` with `values` put in; a value called `n` chooses between one and many."""
        text: Any = self._messages
        for part in key.split("."):
            text = text[part]
        if isinstance(text, Mapping):
            text = text["one" if values.get("n") == 1 else "many"]
        return str(text).format(**{name: self._plain(value) for name, value in values.items()})

    def title(self, requirement: Mapping[str, Any], text: str = "title") -> str:
        """Return a text of a requirement, from the results file; its English title where there is no other."""
        found = requirement["texts"].get(self.language, {}).get(text)
        return str(found or (requirement["title"] if text == "title" else ""))

    def area(self, area: str) -> str:
        """Return the name of an area; its letters, where a later catalogue has one that is not known here."""
        return str(self._messages["areas"].get(area, area.upper()))

    def number(self, value: float, digits: int = 1) -> str:
        """Return a number as the language writes it."""
        plain = f"{value:,.{digits}f}"
        return plain.translate(str.maketrans(",.", ".,")) if self.language == "es" else plain

    def span(self, values: list[float]) -> str:
        """Return what `values` run from and to, or that there are none."""
        if not values:
            return self("measured.nothing")
        low, high = self.number(min(values)), self.number(max(values))
        return low if low == high else self("measured.span", low=low, high=high)

    def instant(self, moment: str | None) -> str:
        """Return an ISO 8601 instant as a date and a time of day, UTC."""
        if not moment:
            return self("never")
        at = datetime.fromisoformat(moment)
        return f"{self.day(moment)}, {at:%H:%M:%S} UTC"

    def day(self, moment: str) -> str:
        """Return the date of an ISO 8601 instant or date in words."""
        at = datetime.fromisoformat(moment)
        month = self._messages["months"][at.month - 1]
        return self("date", day=str(at.day), month=month, year=str(at.year))

    def _plain(self, value: Any) -> str:
        if isinstance(value, float):
            return self.number(value)
        return self.number(value, 0) if isinstance(value, int) else str(value)


@cache
def messages(language: str) -> dict[str, Any]:
    """Read the message catalogue of a language."""
    return tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
