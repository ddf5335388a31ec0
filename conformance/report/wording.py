"""What reports say, in each language: words by key, plurals, numbers and dates."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from conformance.locale import SOURCE, tongue
from conformance.sentence import Sentence

if TYPE_CHECKING:
    from conformance.engine.results import Requirement

Text = Literal["title", "statement", "judged", "repair"]
FILE = Path(__file__).with_name("messages.toml")


class Wording:
    """The texts of one language."""

    def __init__(self, language: str) -> None:
        """Speak `language`, one of `conformance.locale.LANGUAGES`."""
        self.language = language
        self.tongue = tongue(language)
        self._translations = self.tongue.translations

    def __call__(self, key: str, /, **values: Any) -> str:
        """Return the text of `key` with `values` put in; a value called `n` chooses between one and many."""
        text: Any = messages()
        for part in key.split("."):
            text = text[part]
        if isinstance(text, Mapping):
            text = self._translations.npgettext(key, text["one"], text["many"], values["n"])
        else:
            text = self._translations.pgettext(key, text)
        return str(text).format(**{name: self._plain(value) for name, value in values.items()})

    def said(self, sentence: Sentence) -> str:
        """Return what a judge or a probe said, in this language; in English where all of it is not known here."""
        return sentence.within(self.tongue) if self.speaks(sentence) else str(sentence)

    def speaks(self, sentence: Sentence) -> bool:
        """Tell whether a sentence can be said in this language."""
        return self.language == SOURCE or sentence.speaks(self.tongue)

    def title(self, requirement: Requirement, text: Text = "title") -> str:
        """Return a text of a requirement, from the results file; its English title where there is no other."""
        texts = requirement.texts.get(self.language)
        found: str = getattr(texts, text) if texts else ""
        return found or (requirement.title if text == "title" else "")

    def area(self, area: str) -> str:
        """Return the name of an area; its letters, where a later catalogue has one that is not known here."""
        return self(f"areas.{area}") if area in messages()["areas"] else area.upper()

    def number(self, value: float, digits: int = 1) -> str:
        """Return a number as the language writes it."""
        from babel.numbers import format_decimal

        return format_decimal(value, "#,##0" + f".{'0' * digits}" * bool(digits), self.tongue.locale)

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
        from babel.dates import format_date

        return format_date(datetime.fromisoformat(moment).date(), "long", self.tongue.locale)

    def _plain(self, value: Any) -> str:
        if isinstance(value, float):
            return self.number(value)
        return self.number(value, 0) if isinstance(value, int) else str(value)


@cache
def messages() -> dict[str, Any]:
    """Read the English words."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))
