"""The catalogues of translations agree with the sources, and with each other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Message
from babel.messages.mofile import read_mo

from conformance import catalogue
from conformance.locale import FOLDER, LANGUAGES, SOURCE, translations
from conformance.locale.__main__ import TEMPLATE, add, languages, main, read, template, texts
from conformance.report.wording import messages

PO_FILES = list(languages())


def forms(text: object) -> list[str]:
    """Give the one text of a message, or its plural forms."""
    return list(text) if isinstance(text, (list, tuple)) else [str(text or "")]


def messages_of(path: Path) -> Iterator[Message]:
    return (message for message in read(path) if message.id)


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def is_of_a_row(message: Message) -> bool:
    return str(message.context).partition(" ")[0] in catalogue.load()


def test_the_template_is_what_extraction_finds() -> None:
    assert texts(read(TEMPLATE)) == texts(template()), "python -m conformance.locale brings it up to date"


def test_rows_and_words_are_extracted() -> None:
    found = {context for context, _ in texts(template())}
    assert {f"{id_} {name}" for id_ in catalogue.load() for name in catalogue.TEXTS} <= found
    assert {f"areas.{area}" for area in messages()["areas"]} <= found


def test_languages_are_those_that_have_a_catalogue() -> None:
    assert (SOURCE, *(path.parts[-3] for path in PO_FILES)) == LANGUAGES
    assert "es" in LANGUAGES


@pytest.mark.parametrize("path", PO_FILES, ids=lambda path: path.parts[-3])
def test_every_text_is_translated_and_nothing_else(path: Path) -> None:
    found = read(path)
    assert texts(found) == texts(read(TEMPLATE)), "python -m conformance.locale brings it up to date"
    assert not found.obsolete
    assert not [message.context for message in messages_of(path) if message.fuzzy or not all(forms(message.string))]


@pytest.mark.parametrize("path", PO_FILES, ids=lambda path: path.parts[-3])
def test_languages_have_the_same_places(path: Path) -> None:
    words = [message for message in messages_of(path) if not is_of_a_row(message)]
    wanted = {message.context: places(forms(message.id)[-1]) for message in words}
    found = {message.context: set().union(*map(places, forms(message.string))) for message in words}
    assert found == wanted


@pytest.mark.parametrize("path", PO_FILES, ids=lambda path: path.parts[-3])
def test_the_compiled_catalogue_is_fresh(path: Path) -> None:
    with path.with_suffix(".mo").open("rb") as file:
        assert len(read_mo(file)) == len(read(path)), "python -m conformance.locale compiles it"
    found = translations(path.parts[-3])
    for message in messages_of(path):
        context, ids = str(message.context), forms(message.id)
        if len(ids) > 1:
            told = [found.npgettext(context, ids[0], ids[1], n) for n in (1, 2)]
        else:
            told = [found.pgettext(context, ids[0])]
        assert set(told) <= set(forms(message.string)), "python -m conformance.locale compiles it"


def test_a_text_is_translated_by_its_context() -> None:
    assert translations("es").pgettext("verdict.pass", "pass") == "cumple"
    assert translations(SOURCE).pgettext("verdict.pass", "pass") == "pass"
    with pytest.raises(FileNotFoundError):
        translations("xx")


def test_a_language_is_begun_and_brought_up_to_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from conformance.locale import __main__ as command

    found = template()
    monkeypatch.setattr(command, "FOLDER", tmp_path)
    monkeypatch.setattr(command, "TEMPLATE", tmp_path / TEMPLATE.name)
    monkeypatch.setattr(command, "template", lambda: found)
    monkeypatch.setattr("sys.argv", ["locale", "--add", "pl"])
    main()
    path = tmp_path / "pl" / "LC_MESSAGES" / "portero.po"
    assert texts(read(path)) == texts(read(TEMPLATE))
    assert read(path).num_plurals == 3
    assert path.with_suffix(".mo").exists()
    assert f"{len(texts(found))} without a translation" in capsys.readouterr().out
    before = path.read_bytes()
    add("pl")
    assert path.read_bytes() == before
    assert tmp_path != FOLDER
