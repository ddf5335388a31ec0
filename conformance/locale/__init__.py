"""The languages of the reports: English in the sources, every other one in gettext catalogues beside this file.

A language is a folder of .po files, one for each part of the sources; they are read as they are. What a catalogue lacks
is shown in English. `python -m conformance.locale` brings them up to date, and `--add fr` begins a language.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.sentence import By, Sentence, english_list

if TYPE_CHECKING:
    from babel import Locale

FOLDER = Path(__file__).parent
SOURCE = "en"
LANGUAGES = (SOURCE, *sorted({path.parent.name for path in FOLDER.glob("*/*.po")}))

# Dates and numbers of the sources' English: 22 November 2026.
_REGIONS = {SOURCE: "en_GB"}

_WHOLE = "#,##0"  # the number's place in CLDR's pattern of percentages


class Tongue:
    """A language: its translations, and how it writes lists and numbers."""

    def __init__(self, code: str) -> None:
        """Speak `code`, one of LANGUAGES; raises FileNotFoundError for another."""
        self.code = code
        self.translations = _translations(code)

    @property
    def locale(self) -> Locale:
        """What CLDR knows of the language."""
        from babel import Locale

        return Locale.parse(_REGIONS.get(self.code, self.code))

    def translated(self, sentence: Sentence) -> str | None:
        """Return the template in this language, None where it has none."""
        template, say = sentence.template, self.translations
        if template is None:
            return None
        if self.code == SOURCE or is_frame(template):
            return template if sentence.many is None or sentence.n == 1 else sentence.many
        if sentence.many is not None and sentence.n is not None:
            found = say.ngettext(template, sentence.many, sentence.n)
            return None if found in (template, sentence.many) and not self.knows(None, template) else found
        context = sentence.context
        found = say.gettext(template) if context is None else say.pgettext(context, template)
        return None if found == template and not self.knows(sentence.context, template) else found

    def knows(self, context: str | None, template: str) -> bool:
        """Tell whether a catalogue translates a template, if only by itself."""
        return (context, template) in _known(self.code)

    def joined(self, items: Sequence[str], by: By) -> str:
        """Return a list as the language writes it, by CLDR's patterns."""
        if self.code == SOURCE or by in (By.CLAUSE, By.SPACE) or len(items) < 2:
            return english_list(items, by)
        if by is By.COMMA:
            pattern: str = self.locale.list_patterns["standard"]["start"]
            return pattern.replace("{0}", "").replace("{1}", "").join(items)
        from babel.lists import format_list

        return format_list(items, "standard" if by is By.AND else "or", self.locale)

    def number(self, text: str) -> str:
        """Return a decimal number or a percentage, spelt as in English, with the language's signs and spaces."""
        if self.code == SOURCE:
            return text
        pattern: str = self.locale.percent_formats[None].pattern if text.endswith("%") else _WHOLE
        return pattern.replace(_WHOLE, text.rstrip("%").replace(".", self.locale.number_symbols["latn"]["decimal"]))


@cache
def tongue(code: str) -> Tongue:
    """Return a language by its code; raises FileNotFoundError for one that is not in LANGUAGES."""
    return Tongue(code)


def catalogues(code: str) -> list[Path]:
    """Name the .po files of a language."""
    return sorted((FOLDER / code).glob("*.po"))


@cache
def _translations(code: str) -> NullTranslations:
    """Read what texts are translated with; English ones stay as they are."""
    if code == SOURCE:
        return NullTranslations()
    from babel.messages.catalog import Catalog
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    if not (files := catalogues(code)):
        raise FileNotFoundError(f"there is no language {code!r} in {FOLDER}")
    whole = Catalog(code)
    for path in files:
        with path.open("rb") as file:
            for message in read_po(file, locale=code):
                if message.id and message.string:
                    whole.add(message.id, message.string, context=message.context)
    compiled = BytesIO()
    write_mo(compiled, whole)
    compiled.seek(0)
    return GNUTranslations(compiled)


@cache
def _known(code: str) -> frozenset[tuple[str | None, str]]:
    """Return what stands translated in a language's catalogues, by context and text."""
    found: dict[str | tuple[str, int], str] = getattr(_translations(code), "_catalog", {})
    keys = {key if isinstance(key, str) else key[0] for key in found}  # (text, 0), (text, 1) of a plural
    pairs = (key.rpartition("\x04") for key in keys)
    return frozenset((context or None, text) for context, _, text in pairs)


def is_frame(template: str) -> bool:
    """Tell whether a template has no word of its own: it joins others."""
    from string import Formatter

    return not any(char.isalpha() for literal, *_ in Formatter().parse(template) for char in literal)
