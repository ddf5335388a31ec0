"""Catalogues of translations: what they hold fits the sources, what they lack is listed, and branches of them merge."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Message

from conformance import catalogue
from conformance.locale import FOLDER, LANGUAGES, SOURCE, catalogues, is_frame, tongue
from conformance.locale import __main__ as command
from conformance.locale.__main__ import DOMAINS, domain_of, main, read, templates, texts, untranslated, written
from conformance.report.wording import messages
from conformance.sentence import say
from tests.webservers import installed

PO_FILES = [path for language in command.languages() for path in catalogues(language)]
EVERY_CATALOGUE = pytest.mark.parametrize("path", PO_FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")


def forms(text: object) -> list[str]:
    """Give the one text of a message, or its plural forms."""
    return list(text) if isinstance(text, (list, tuple)) else [str(text or "")]


def messages_of(path: Path) -> Iterator[Message]:
    return (message for message in read(path) if message.id)


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def is_of_a_row(message: Message) -> bool:
    return str(message.context).partition(" ")[0] in catalogue.load()


def test_languages_are_those_that_have_a_catalogue() -> None:
    assert (SOURCE, *sorted({path.parent.name for path in PO_FILES})) == LANGUAGES
    assert "es" in LANGUAGES


def test_rows_words_and_sentences_are_extracted_into_the_catalogue_of_their_part() -> None:
    found = {name: {context for context, _ in texts(template)} for name, template in templates().items()}
    every = set().union(*found.values())
    assert {f"{id_} {name}" for id_ in catalogue.load() for name in catalogue.TEXTS} <= every
    assert "TLS-01 title" in found["tls"]
    assert {f"areas.{area}" for area in messages()["areas"]} <= found["report"]
    assert (None, "not selected") in texts(templates()["engine"])
    assert [domain_of(name) for name in ("areas/tls/judge_level.py", "report/sarif.py", "engine/ledger.py")] == [
        "tls",
        "report",
        "engine",
    ]


@EVERY_CATALOGUE
def test_a_catalogue_is_of_a_part_and_holds_no_dates_and_no_guesses(path: Path) -> None:
    assert path.stem in DOMAINS
    content = path.read_bytes()
    assert not re.search(rb"^\"[A-Za-z-]*(?:Date|Translator|Team|Generated-By)", content, re.MULTILINE)
    assert b"fuzzy" not in content
    assert b"\n#~" not in content
    assert written(read(path)) == content, "python -m conformance.locale writes it so"


@EVERY_CATALOGUE
def test_languages_have_the_same_places(path: Path) -> None:
    for message in messages_of(path):
        if not is_of_a_row(message):
            wanted = set().union(*map(places, forms(message.id)))
            for text in filter(None, forms(message.string)):
                assert places(text) <= wanted, text
            if all(forms(message.string)):
                assert set().union(*map(places, forms(message.string))) == wanted, message.id


def test_nothing_but_a_catalogue_is_tracked() -> None:
    kept = {path.suffix for path in FOLDER.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert kept == {".po", ".py"}


def test_a_text_is_translated_by_its_context() -> None:
    assert tongue("es").translations.pgettext("verdict.pass", "pass") == "cumple"
    assert tongue(SOURCE).translations.pgettext("verdict.pass", "pass") == "pass"
    with pytest.raises(FileNotFoundError):
        tongue("xx")


def test_a_frame_has_no_word_of_its_own() -> None:
    assert is_frame("{clauses}")
    assert not is_frame("{n} s")
    assert say("{clauses}", clauses=say("not selected")).within(tongue("es")) == "no seleccionado"


SOURCES = {
    "areas/tls/judge.py": ["the first", "the second", "the third", "the fourth"],
    "report/words.py": ["of a report"],
}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a package of its own that says a few things, with a language begun."""
    package = tmp_path / "package"
    for name, said in SOURCES.items():
        speak(package / name, said)
    monkeypatch.setattr(command, "FOLDER", package / "locale")
    monkeypatch.setattr(command, "_ROOT", package)
    monkeypatch.setattr(command, "catalogues", lambda language: sorted((package / "locale" / language).glob("*.po")))
    monkeypatch.setattr("conformance.locate.data", lambda name: tmp_path / name)
    run(monkeypatch, "--add", "pl")
    return package


def speak(path: Path, said: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"say({text!r})\n" for text in said), encoding="utf-8")


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr("sys.argv", ["locale", *words])
    return main()


def translate(path: Path, **known: str) -> None:
    found = read(path)
    for message in found:
        if message.id and not message.string:
            message.string = known.get(str(message.id).replace(" ", "_"), f"pl: {message.id}")
    path.write_bytes(written(found))


def test_a_language_is_begun_and_brought_up_to_date(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tls, words = (package / "locale" / "pl" / f"{name}.po" for name in ("tls", "report"))
    assert [message.id for message in messages_of(tls)] == SOURCES["areas/tls/judge.py"]
    assert [message.id for message in messages_of(words)] == SOURCES["report/words.py"]
    assert read(tls).num_plurals == 3
    translate(tls)
    speak(package / "areas/tls/judge.py", ["the first", "another second", "the third", "the fourth"])
    assert run(monkeypatch) == 0
    assert [message.string for message in messages_of(tls)] == ["pl: the first", "", "pl: the third", "pl: the fourth"]
    before = tls.read_bytes()
    assert run(monkeypatch, "--add", "pl") == 0
    assert tls.read_bytes() == before


def test_what_is_untranslated_is_listed_and_nothing_is_written(
    package: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    po = package / "locale" / "pl"
    translate(po / "tls.po")
    translate(po / "report.po")
    capsys.readouterr()
    assert run(monkeypatch, "--check") == 0
    assert capsys.readouterr().out == ""
    speak(package / "areas/tls/judge.py", [*SOURCES["areas/tls/judge.py"], "the fifth"])
    before = {path: path.read_bytes() for path in po.iterdir()}
    assert run(monkeypatch, "--check") == 1
    assert capsys.readouterr().out == "pl/tls.po: areas/tls/judge.py: the fifth\n"
    assert {path: path.read_bytes() for path in po.iterdir()} == before


def git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    subprocess.run([installed("git"), *who, *words], cwd=folder, check=True, capture_output=True, timeout=60)


def test_two_branches_that_each_change_a_sentence_merge(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = package / "locale" / "pl" / "tls.po"

    def commit(branch: str, said: list[str]) -> None:
        git(package, "checkout", "-q", "-b", branch, "start")
        speak(package / "areas/tls/judge.py", said)
        run(monkeypatch)
        translate(path)
        git(package, "commit", "-q", "-a", "-m", branch)

    translate(path)
    git(package, "init", "-q", "-b", "start")
    git(package, "add", ".")
    git(package, "commit", "-q", "-m", "start")
    commit("one", ["the first", "a new second", "the third", "the fourth"])
    commit("other", ["the first", "the second", "the third", "a new fourth"])
    git(package, "merge", "-q", "one", "-m", "both")
    merged = path.read_bytes()
    assert [message.string for message in messages_of(path)] == [
        f"pl: {text}" for text in ("the first", "a new second", "the third", "a new fourth")
    ]
    run(monkeypatch)
    assert path.read_bytes() == merged
    assert not untranslated(read(path))
