"""What is not ours stands as it is in every report of every language, even a word that reports translate."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from itertools import cycle
from pathlib import Path
from string import Formatter
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from conformance import catalogue, report
from conformance.engine import results_file
from conformance.locale import catalogues
from conformance.locale.__main__ import languages, read
from conformance.model import Also, Exit, Outcome
from conformance.sentence import Sentence, sentence
from reference_server import Gateway
from reference_server.http import Request, Response
from reference_server.pki import Authority
from tests.live import describe, portero
from tests.report.samples import case, document, requirement

TOGETHER = 120  # cases of one run: summary.md has room for them
LONGEST = 300  # characters of a sentence that every report shows


@cache
def vocabulary() -> tuple[str, ...]:
    """List every word of the English that is translated, and every text of it that a header or a name may be."""
    texts = [text for language in languages() for message in messages(language) for text in forms(message.id)]
    whole = {text for text in texts if len(text) < 40 and not re.search(r"[{}\"'\\]", text)}
    return tuple(sorted(whole | {word for text in texts for word in re.findall(r"[A-Za-z][A-Za-z-]+", text)}))


def messages(language: str) -> list[Any]:
    return [message for path in catalogues(language) for message in read(path) if message.id]


def forms(text: Any) -> list[str]:
    return [text] if isinstance(text, str) else list(text or ())


def templates(language: str) -> list[tuple[str, str | None, str]]:
    """List what judges and probes say with values in it: one, many, and the translation of the last of them."""
    rows = catalogue.load()
    found = []
    for path in catalogues(language):
        for message in read(path):
            one, many = [*forms(message.id), None][:2] if message.id else (None, None)
            of_words = path.stem == "report" or str(message.context).partition(" ")[0] in rows
            told = forms(message.string)
            if one and not message.context and not of_words and all(told) and places(one):
                found.append((one, many, told[-1]))
    return found


def places(text: str) -> list[tuple[str, str]]:
    return [(name, spec or "") for _, name, spec, _ in Formatter().parse(text) if name]


class Decimal(float):
    """A number as Spanish writes it."""

    def __format__(self, spec: str) -> str:
        return super().__format__(spec).replace(".", ",").replace("%", "\u00a0%")


def filled(language: str) -> Iterator[tuple[Sentence, str, list[str]]]:
    """Say everything that is translated, until each word stood somewhere; with it the translation, and the words."""
    words = iter(vocabulary())
    for one, many, told in cycle(templates(language)):
        values: dict[str, Any] = {}
        used: list[str] = []
        for name, spec in places(many or one):
            if many and name == "n":
                values["n"] = 3
            elif spec:
                values[name] = 42 if spec[-1] in "Xd" else 2.5
            elif name not in values:
                if (word := next(words, None)) is None:
                    return
                values[name] = word
                used.append(word)
        data = {"template": one, "values": values} | ({"many": many, "n": 3} if many else {})
        shown = {name: Decimal(value) if isinstance(value, float) else value for name, value in values.items()}
        yield sentence(data), told.format_map(shown), used


def drawn(said: list[Sentence], folder: Path, language: str) -> dict[str, str]:
    """Draw a run that observed this, from the file that it was written to; return the text of each report."""
    cases = [case(f"HDR-02/{n}", "fail", observed=one, expected=one, notes=[one]) for n, one in enumerate(said)]
    report.write(document(requirement("HDR-02", *cases)), folder)
    report.render(results_file.read(folder / "results.json"), folder / "results.json", folder, language, Also)
    found = {path.name: plain(path) for path in folder.iterdir() if path.suffix in READ}
    assert found.keys() == {*report.names(Also)} - {"compliance.css"}
    return found


def plain(path: Path) -> str:
    return READ[path.suffix](path.read_text(encoding="utf-8"))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _strings(inner)


READ: dict[str, Callable[[str], str]] = {
    ".html": html.unescape,
    ".md": html.unescape,
    ".json": lambda text: "\n".join(_strings(json.loads(text))),
    ".sarif": lambda text: "\n".join(_strings(json.loads(text))),
    ".xml": lambda text: "\n".join(value for part in ET.fromstring(text).iter() for value in part.attrib.values()),
}
ENGLISH = {"junit.xml", "results.json"}  # for machines


@pytest.mark.parametrize("language", languages())
def test_no_word_of_the_target_is_translated(language: str, tmp_path: Path) -> None:
    every = list(filled(language))
    assert {"none", "and", "closed", "nothing", "everywhere", "not selected"} <= {w for *_, used in every for w in used}
    for start in range(0, len(every), TOGETHER):
        part = every[start : start + TOGETHER]
        for name, text in drawn([said for said, *_ in part], tmp_path, language).items():
            for said, told, _ in part:
                wanted = str(said) if name in ENGLISH else told
                assert wanted[:LONGEST] in text, (name, wanted)


def test_names_of_the_target_stand_in_every_report(tmp_path: Path) -> None:
    words = vocabulary()[::7]
    found = document(*(requirement(f"HDR-{n:02}", case(f"HDR-{n:02}", "fail")) for n in range(1, 9)))
    for one, word in zip(found.cases, words, strict=False):
        one.subject = word
    for language in languages():
        report.write(found, tmp_path, language, Also)
        for path in tmp_path.iterdir():
            if path.suffix in READ:
                assert all(one.subject in plain(path) for one in found.cases), path.name


ODD = {"x-frame-options": "none", "x-content-type-options": "closed"}
AUTHORITY = "Johnson and Johnson"


@pytest.fixture(scope="module")
def spanish(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the Spanish reports on a gateway that speaks in words of ours."""
    folder = tmp_path_factory.mktemp("spanish")
    gateway = Gateway()
    gateway.authority = Authority(AUTHORITY)
    answer = gateway.web.answer

    def odd(request: Request) -> Response:
        response = answer(request)
        response.headers = [(name, ODD.get(name.lower(), value)) for name, value in response.headers]
        return response

    gateway.web.answer = odd  # type: ignore[method-assign]
    with gateway:
        target = describe(gateway, folder)
        target.write_text(re.sub(r"(?m)^ca_file = .*\n", "", target.read_text()))  # nobody trusts the authority
        areas = ("hdr", "acc", "chn")
        words = [*(f"--area={area}" for area in areas), "--also=sarif", "--also=oscal", "--lang=es"]
        ended = portero("run", "--target", target, *words, "--reports", folder, environ=gateway.environ)
    assert ended.code == Exit.VIOLATION, ended.output + ended.errors
    return folder


SPOKEN = ("compliance.html", "summary.md", "results.sarif", "results.oscal.json")


@pytest.mark.parametrize("name", [*SPOKEN, "junit.xml", "results.json"])
def test_what_a_gateway_said_stands_in_the_reports_of_its_run(name: str, spanish: Path) -> None:
    text = plain(spanish / name)
    assert "X-Frame-Options: none" in text
    for said in (*ODD.values(), AUTHORITY):
        assert said in text
    for wrong in ("X-Frame-Options: ningun", "Johnson y Johnson", "X-Content-Type-Options: cerrad"):
        assert wrong not in text


@pytest.mark.parametrize("name", SPOKEN)
def test_what_we_say_of_it_is_spanish(name: str, spanish: Path) -> None:
    text = plain(spanish / name)
    said = {case.why for case in results_file.read(spanish / "results.json").cases if case.verdict is Outcome.FAIL}
    assert said
    assert not [one for one in said if one in text]


def test_what_is_not_declared_is_said_in_spanish(spanish: Path) -> None:
    text = plain(spanish / "compliance.html")
    assert "[channel] no está declarada en el archivo de objetivo" in text
    assert "is not declared in the target file" not in text
    assert 'lang="en"' not in (spanish / "compliance.html").read_text()
