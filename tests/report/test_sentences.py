from __future__ import annotations

import time

import pytest

from conformance.locale import LANGUAGES, templates
from conformance.report import page
from conformance.report.sentences import LONGEST, Sentences, sentences
from tests.report import samples

SAID = {
    "the target declares no [network]": "el objetivo no declara [network]",
    "a message well inside the margin of 10 s is accepted": "un mensaje bien dentro del margen de 10 s se acepta",
    # what stands at a place is said in turn, and joined parts one by one
    "GET / sends X-Frame-Options: DENY": "GET / envía X-Frame-Options: DENY",
    "refused an empty message; a message without its last byte (status 401)": (
        "se rechazó un mensaje vacío; un mensaje sin su último byte (estado 401)"
    ),
    "nothing is delivered to a receiver with a certificate for another name, once no authority is stored": (
        "no se entrega nada a un receptor con un certificado para otro nombre, cuando no hay guardada ninguna autoridad"
    ),
    # the longer template is preferred to "{0}: {1}" and to "{0} is offered"
    "TLS 1.0 is not offered (TLS-02 judges that)": "no se ofrece TLS 1.0 (eso lo juzga TLS-02)",
    "level modern of guideline 5.8 refuses TLS 1.0": "el nivel modern de la guía 5.8 rechaza TLS 1.0",
    "excluded by the target file's [scope]: our reasons": "excluido por [scope] del archivo de objetivo: our reasons",
}


@pytest.mark.parametrize("text", SAID)
def test_sentences_are_said_in_spanish(text: str) -> None:
    assert sentences("es")(text) == SAID[text]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Something that no judge has ever said of it",
        "{0} was shown {unknown}",
        "%s {} {0.__class__}",
        "a message " * (LONGEST // 10 + 1),
    ],
)
def test_what_is_not_known_stays(text: str) -> None:
    assert sentences("es")(text) == text


def test_what_is_the_targets_own_stays() -> None:
    told = sentences("es")("the chain leads to O=Bank of America, an unknown issuer: it is not trusted")
    assert told == "la cadena lleva a O=Bank of America, un emisor desconocido: no es de confianza"


def test_english_stays() -> None:
    assert [sentences("en")(text) for text in SAID] == list(SAID)


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_every_template_is_found_again(language: str) -> None:
    say = sentences(language)
    places = [f"X{n}" for n in range(9)]
    lost = {}
    for english, translation in templates(language).items():
        text = english.format(*places)
        if say(text) == text != translation.format(*places):
            lost[english] = say(text)
    assert not lost


def test_a_page_marks_what_stays_english() -> None:
    document = samples.broken()
    first, second = [case for row in document["requirements"] for case in row["cases"] if case["verdict"] == "fail"][:2]
    first["observed"], second["observed"] = "the database offers no-such-version", "Nobody says <this>."
    drawn = page.draw(document, "0" * 64, "es")
    assert "<dd>la base de datos ofrece no-such-version</dd>" in drawn
    assert '<dd><span lang="en">Nobody says &lt;this&gt;.</span></dd>' in drawn


@pytest.mark.parametrize("text", ["a message; " * 260, "was {0} and " * 240, "the the the " * 240, ", in ( x) " * 280])
def test_hostile_text_takes_bounded_time(text: str) -> None:
    say = Sentences("es")
    begun = time.process_time()
    say(text[:LONGEST])
    assert time.process_time() - begun < 0.5
