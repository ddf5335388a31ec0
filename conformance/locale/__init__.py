"""The languages of the reports: English in the sources, every other one in a gettext catalogue beside this file.

A language is a folder `<code>/LC_MESSAGES` with portero.po; `python -m conformance.locale` brings it up to date and
compiles it, and `--add <code>` begins one.
"""

from __future__ import annotations

from functools import cache
from gettext import GNUTranslations, NullTranslations, translation
from pathlib import Path

FOLDER = Path(__file__).parent
DOMAIN = "portero"
SOURCE = "en"
LANGUAGES = (SOURCE, *sorted(path.parts[-3] for path in FOLDER.glob(f"*/LC_MESSAGES/{DOMAIN}.mo")))

# Dates and numbers of the sources' English: 22 November 2026.
_REGIONS = {SOURCE: "en_GB"}


@cache
def translations(language: str) -> GNUTranslations | NullTranslations:
    """Return what texts are translated with; English ones stay as they are.

    Raises FileNotFoundError for a language that is not in LANGUAGES.
    """
    if language == SOURCE:
        return NullTranslations()
    return translation(DOMAIN, FOLDER, [language])


@cache
def templates(language: str) -> dict[str, str]:
    """Return the sentences of judges and probes by their English templates: the messages without a context."""
    from babel.messages.mofile import read_mo

    if language == SOURCE:
        return {}
    with (FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.mo").open("rb") as file:
        return {str(one.id): str(one.string) for one in read_mo(file) if one.id and one.context is None}


def region(language: str) -> str:
    """Return the CLDR locale that writes the dates and numbers of a language."""
    return _REGIONS.get(language, language)
