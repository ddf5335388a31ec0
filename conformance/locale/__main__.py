"""`python -m conformance.locale`: extracts every text anew, brings each language up to date, and compiles it.

What is new stands untranslated in the .po file, what is gone is taken out; `--add LANGUAGE` begins a language.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from conformance import __version__, locate
from conformance.locale import DOMAIN, FOLDER

TEMPLATE = FOLDER / f"{DOMAIN}.pot"
# Modules whose sentences reach a verdict.
FOLDERS = ("judges", "probes", "bench", "codecs", "forgeries", "records", "compose")
MODULES = ("assessment", "ledger", "model", "observatory", "policy", "rulings", "secret")
SOURCES = [
    ("requirements/*.toml", "conformance.locale.extract:extract_toml"),
    ("report/messages.toml", "conformance.locale.extract:extract_toml"),
    *((f"{name}/**.py", "conformance.locale.sentences:extract_python") for name in FOLDERS),
    *((f"{name}.py", "conformance.locale.sentences:extract_python") for name in MODULES),
]
FIXTURES = [("identity/forgeries.toml", "conformance.locale.extract:extract_toml")]
_OPTIONS = {"judges/**.py": {"words": "yes"}}
_HEADER = "# Texts of Portero. Under the licence of Portero.\n"


def template() -> Catalog:
    """Extract every text that is to be translated."""
    found = _empty()
    for folder, sources in ((FOLDER.parent, SOURCES), (locate.data("fixtures"), FIXTURES)):
        for name, line, text, comments, context in extract_from_dir(folder, sources, _OPTIONS):
            found.add(text, None, [(name, line)], auto_comments=comments, context=context)
    return found


def _empty(language: str | None = None) -> Catalog:
    now = datetime.now(UTC)
    return Catalog(
        language,
        DOMAIN,
        _HEADER,
        project="Portero",
        version=__version__,
        msgid_bugs_address="",
        last_translator="",
        language_team=language or "",
        creation_date=now,
        revision_date=now,
        fuzzy=False,
    )


def read(path: Path) -> Catalog:
    """Read a .po or .pot file."""
    with path.open("rb") as file:
        return read_po(file, domain=DOMAIN, abort_invalid=True)


def written(catalog: Catalog) -> bytes:
    """Return a catalogue as a .po file."""
    out = BytesIO()
    write_po(out, catalog, width=120, ignore_obsolete=True, include_lineno=False)
    return out.getvalue()


def compiled(catalog: Catalog) -> bytes:
    """Return a catalogue as a .mo file."""
    out = BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


def texts(catalog: Catalog) -> list[tuple[object, object]]:
    """List what a catalogue asks to translate: context and text."""
    return [(message.context, message.id) for message in catalog if message.id]


def languages() -> Iterator[Path]:
    """Name the .po file of each language."""
    yield from sorted(FOLDER.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))


def refresh() -> None:
    """Write the template, the .po files and the .mo files anew; the template keeps its date while its texts stay."""
    found = template()
    if TEMPLATE.exists() and texts(old := read(TEMPLATE)) == texts(found):
        found.creation_date, found.revision_date = old.creation_date, old.revision_date
    TEMPLATE.write_bytes(written(found))
    for path in languages():
        language = read(path)
        language.update(found, no_fuzzy_matching=True)
        language.fuzzy = False
        path.write_bytes(written(language))
        path.with_suffix(".mo").write_bytes(compiled(language))
        missing = [message for message in language if message.id and not _translated(message.string)]
        sys.stdout.write(f"{path}: {len(language)} texts, {len(missing)} without a translation\n")


def _translated(text: str | list[str] | tuple[str, ...] | None) -> bool:
    return all([text] if isinstance(text, str) else text or [""])


def add(language: str) -> None:
    """Begin a language; raises babel.UnknownLocaleError for one that CLDR does not know."""
    path = FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.po"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_bytes(written(_empty(language)))


def main() -> None:
    """Bring the catalogues up to date."""
    parser = argparse.ArgumentParser(prog="python -m conformance.locale", description=refresh.__doc__)
    parser.add_argument("--add", metavar="LANGUAGE", help="begin a language: an ISO 639 code such as fr")
    if language := parser.parse_args().add:
        add(language)
    refresh()


if __name__ == "__main__":
    main()
