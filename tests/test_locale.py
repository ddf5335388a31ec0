"""The catalogues of translations agree with the sources, and with each other."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import read_mo
from conformance.locale.sentences import extract_python

from conformance import catalogue
from conformance.locale import LANGUAGES, SOURCE, translations
from conformance.locale import __main__ as command
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


@pytest.fixture(scope="module")
def extracted() -> Catalog:
    return template()


def test_the_template_is_what_extraction_finds(extracted: Catalog) -> None:
    assert texts(read(TEMPLATE)) == texts(extracted), "python -m conformance.locale brings it up to date"


def test_rows_and_words_are_extracted(extracted: Catalog) -> None:
    found = {context for context, _ in texts(extracted)}
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
            told = [found.pgettext(context, ids[0]) if message.context else found.gettext(ids[0])]
        assert set(told) <= set(forms(message.string)), "python -m conformance.locale compiles it"


def test_a_text_is_translated_by_its_context() -> None:
    assert translations("es").pgettext("verdict.pass", "pass") == "cumple"
    assert translations(SOURCE).pgettext("verdict.pass", "pass") == "pass"
    with pytest.raises(FileNotFoundError):
        translations("xx")


def test_a_language_is_begun_and_brought_up_to_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = Catalog()
    source.add("a case", context="one")
    source.add(("{n} case", "{n} cases"), context="many")
    monkeypatch.setattr(command, "FOLDER", tmp_path)
    monkeypatch.setattr(command, "TEMPLATE", tmp_path / TEMPLATE.name)
    monkeypatch.setattr(command, "template", lambda: source)
    monkeypatch.setattr("sys.argv", ["locale", "--add", "pl"])
    main()
    path = tmp_path / "pl" / "LC_MESSAGES" / "portero.po"
    assert texts(read(path)) == texts(source)
    assert read(path).num_plurals == 3
    assert path.with_suffix(".mo").exists()
    assert "2 texts, 2 without a translation" in capsys.readouterr().out
    before = path.read_bytes()
    add("pl")
    assert path.read_bytes() == before


SOURCE_OF_A_JUDGE = '''
"""A judge of 1 thing."""
NAMES = {"key": "the name of it", "one": "single"}

def judge(seen, name):
    """Judge the thing."""
    where = "above" if seen.high else "below"
    raise Inconclusive(f"nothing was seen of {seen.name:>9}{', and twice' if seen.twice else ''}: {name!r}, {{x}}")
    re.compile("no sentence at all")
    return "port {number} is open".format(number=1) + where
'''


def test_sentences_are_extracted_as_templates() -> None:
    found = list(extract_python(BytesIO(SOURCE_OF_A_JUDGE.encode()), {}, (), {"words": "yes"}))
    assert [text for _, _, (text,), _ in found] == [
        "the name of it",
        "above",
        "below",
        "nothing was seen of {0}{1}: {2}, {{x}}",
        ", and twice",
        "port {0} is open",
    ]


def test_what_judges_probes_and_forgeries_say_is_extracted(extracted: Catalog) -> None:
    found = {text for context, text in texts(extracted) if context is None}
    assert "the target declares no [network]" in found
    assert "the right hash with bit 0 flipped" in found
    assert "{0} got no answer in {1} tries: {2}" in found
