"""`python -m conformance.locale`: extracts every text anew, and brings each language's catalogues up to date.

What is new stands untranslated in the .po files, what is gone is taken out; `--add LANGUAGE` begins a language,
`--check` writes nothing and names what is untranslated, and ends with 1 where there is anything.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from conformance import __version__, locate
from conformance.catalogue import AREAS
from conformance.locale import FOLDER, catalogues, is_frame

_TOML = "conformance.locale.extract:extract_toml"
_COMMENTS = "conformance.locale.extract:extract_comments"
_SAID = "conformance.locale.extract:extract_said"
_ROOT = FOLDER.parent

# Which catalogue the texts of which sources are in: the first that fits.
DOMAINS = {
    **{area: (f"areas/{area}/*",) for area in AREAS},
    "handshake": ("handshake/*",),
    "web": ("web/*",),
    "commands": ("cli.py", "commands/*", "inputs/*", "run/*", "secrecy/*"),
    "report": ("report/*", "comparison/*"),
    "engine": ("*",),
}
_DATED = re.compile(
    rb'^"(?:POT-Creation-Date|PO-Revision-Date|Last-Translator|Language-Team|Generated-By|Report-Msgid-Bugs-To):.*\n',
    re.MULTILINE,
)
_HEADER = "# Texts of Portero. Under the licence of Portero.\n"


def domain_of(source: str) -> str:
    """Return the catalogue that the texts of a source are in, by its path below the package."""
    return next(name for name, sources in DOMAINS.items() if any(fnmatch(source, pattern) for pattern in sources))


def templates() -> dict[str, Catalog]:
    """Extract every text that is to be translated, by catalogue."""
    found = {name: _empty() for name in DOMAINS}
    for source, text, comments, context in _texts():
        found[domain_of(source)].add(text, None, [(source, 0)], auto_comments=comments, context=context)
    return found


def _texts() -> Iterator[tuple[str, str | tuple[str, ...], list[str], str | None]]:
    toml = [("areas/*/requirements.toml", _TOML), ("report/messages.toml", _TOML), ("commands/init.toml", _COMMENTS)]
    python = [("**.py", _SAID)]
    for name, _, text, comments, context in extract_from_dir(_ROOT, toml):
        yield name, text, comments, context
    for name, _, text, comments, context in extract_from_dir(_ROOT, python):
        if not is_frame(text if isinstance(text, str) else text[0]):
            yield name, text, comments, context
    for _, _, text, comments, context in extract_from_dir(
        locate.data("fixtures"), [("identity/forgeries.toml", _TOML)]
    ):
        yield "areas/idv/requirements.toml", text, comments, context


def _empty(language: str | None = None) -> Catalog:
    return Catalog(language, header_comment=_HEADER, project="Portero", version=__version__, fuzzy=False)


def read(path: Path) -> Catalog:
    """Read a .po file."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.name, abort_invalid=True)


def written(catalog: Catalog) -> bytes:
    """Return a catalogue as a .po file, without dates: two branches that change other texts merge."""
    out = BytesIO()
    write_po(out, catalog, width=120, ignore_obsolete=True, include_lineno=False)
    return _DATED.sub(b"", out.getvalue())


def texts(catalog: Catalog) -> list[tuple[object, object]]:
    """List what a catalogue asks to translate: context and text."""
    return [(message.context, message.id) for message in catalog if message.id]


def refreshed(language: str) -> dict[Path, Catalog]:
    """Return the catalogues of a language, by their files, as the sources would have them."""
    found = {}
    for name, template in templates().items():
        path = FOLDER / language / f"{name}.po"
        catalog = read(path) if path.exists() else _empty(language)
        catalog.update(template, no_fuzzy_matching=True)
        catalog.fuzzy = False
        for message in catalog:
            message.flags.discard("fuzzy")  # what became a plural is untranslated, and no guess
        found[path] = catalog
    return found


def untranslated(catalog: Catalog) -> list[Message]:
    """List the messages that a catalogue has no translation of."""
    return [message for message in catalog if message.id and not _translated(message.string)]


def _translated(text: str | list[str] | tuple[str, ...] | None) -> bool:
    return all([text] if isinstance(text, str) else text or [""])


def languages() -> list[str]:
    """Name the languages that have catalogues."""
    return sorted({path.parent.name for path in FOLDER.glob("*/*.po")})


def refresh() -> None:
    """Bring every language's .po files up to date with the sources."""
    for language in languages():
        for path, catalog in refreshed(language).items():
            if texts(catalog):
                path.write_bytes(written(catalog))
            missing = len(untranslated(catalog))
            sys.stdout.write(f"{path}: {len(catalog)} texts, {missing} without a translation\n")
        for path in catalogues(language):
            if path.stem not in DOMAINS:
                path.unlink()


def check() -> int:
    """Name what is untranslated in each language, and return how many texts that are."""
    found = 0
    for language in languages():
        for path, catalog in refreshed(language).items():
            for message in untranslated(catalog):
                found += 1
                place = ", ".join(name for name, _ in message.locations)
                sys.stdout.write(f"{language}/{path.name}: {place}: {message.id}\n")
    return found


def add(language: str) -> None:
    """Begin a language; raises babel.UnknownLocaleError for one that CLDR does not know."""
    folder = FOLDER / language
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "engine.po").write_bytes(written(_empty(language)))


def main() -> int:
    """Bring the catalogues up to date, or tell what they lack."""
    parser = argparse.ArgumentParser(prog="python -m conformance.locale", description=refresh.__doc__)
    parser.add_argument("--add", metavar="LANGUAGE", help="begin a language: an ISO 639 code such as fr")
    parser.add_argument("--check", action="store_true", help="write nothing; end with 1 where a translation is missing")
    options = parser.parse_args()
    if options.check:
        return int(check() > 0)
    if options.add:
        add(options.add)
    refresh()
    return 0


if __name__ == "__main__":
    sys.exit(main())
