"""Sentences are data: English as text, another language where shown, and what is not ours stays as it is."""

from __future__ import annotations

import ast
import json
import pickle
from pathlib import Path
from string import Formatter

import pytest
from pydantic import TypeAdapter

from conformance.locale import extract, tongue
from conformance.sentence import By, Own, Sentence, clauses, counted, listed, own_list, say, sentence, shortened

PACKAGE = Path(__file__).parents[1] / "conformance"
SPEAKERS = {name: count for name, (_, count) in extract.SPEAKERS.items()}


def spoken() -> list[tuple[str, ast.Call, int]]:
    """List every call that says something, and how many texts it takes."""
    return [
        (f"{path.relative_to(PACKAGE)}:{node.lineno}:{node.col_offset}", node, SPEAKERS[node.func.id])
        for path in sorted(PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SPEAKERS
    ]


SAID = [
    say("not selected"),
    say("{page} sends {header}", page=Own("GET /"), header=Own("{braces} and “quotes”")),
    counted("one page", "{n} pages", 1),
    counted("one page", "{n} pages", 3),
    say("offers {suites}", suites=own_list(["a", "b", "c"], By.COMMA)),
    clauses(say("{n:.1f} s", n=2.5), say("it is {why}", why=say("late"))),
    say("{text!r} is no directive", text=Own("it's")),
]


@pytest.mark.parametrize("said", SAID)
def test_what_was_said_is_read_back_from_json_and_crosses_processes(said: Sentence) -> None:
    for back in (sentence(json.loads(json.dumps(said.data()))), pickle.loads(pickle.dumps(said))):
        assert (back, back.data(), back.shape()) == (said, said.data(), said.shape())


def test_english_is_what_is_read_as_text() -> None:
    assert SAID[1] == "GET / sends {braces} and “quotes”"
    assert [SAID[2], SAID[3]] == ["one page", "3 pages"]
    assert clauses(say("a"), say(""), say("b")) == "a; b"
    assert say("{all}", all=own_list(["a", "b", "c"])) == "a, b and c"
    assert say("{all}", all=own_list(["a"], By.OR)) == "a"
    assert say("{all}", all=listed([], By.OR)) == ""


@pytest.mark.parametrize(("most", "said"), [(0, "3 more"), (2, "a; b; 1 more"), (3, "a; b; c"), (4, "a; b; c")])
def test_many_things_are_shortened_to_the_first_and_how_many_more(most: int, said: str) -> None:
    several = (say("{x}", x=Own(letter)) for letter in "abc")
    assert clauses(*shortened(several, most)) == said


def test_a_record_holds_sentences_as_text_in_json_and_whole_in_python() -> None:
    adapter = TypeAdapter(dict[str, Sentence])
    assert adapter.dump_python({"trouble": SAID[1]}, mode="json") == {"trouble": str(SAID[1])}
    assert adapter.dump_python({"trouble": SAID[1]})["trouble"].template == SAID[1].template
    assert adapter.validate_python({"trouble": "came as a whole"})["trouble"].template is None


@pytest.mark.parametrize(
    "data", [None, 3, "text", {}, {"template": "{gone}"}, {"template": "{0}", "values": {"0": True}}]
)
def test_what_is_no_sentence_is_refused(data: object) -> None:
    with pytest.raises(ValueError, match="sentence"):
        sentence(data)


def test_what_is_not_ours_is_never_translated() -> None:
    said = say("excluded by the target file's [scope]: {reason}", reason=Own("not selected"))
    assert said.within(tongue("es")) == "excluido por [scope] del archivo de objetivo: not selected"
    assert say("not selected").within(tongue("es")) == "no seleccionado"


def test_what_has_no_translation_is_english_and_says_so() -> None:
    said = say("no catalogue has {this}", this=Own("x"))
    assert said.within(tongue("es")) == "no catalogue has x"
    assert not said.speaks(tongue("es"))
    assert say("not selected").speaks(tongue("es"))


def test_numbers_and_lists_are_written_as_the_language_does() -> None:
    assert say("{n:.1f}", n=2.5).within(tongue("es")) == "2,5"
    assert say("{n:.0%}", n=0.45).within(tongue("es")) == "45\xa0%"
    assert say("{n}", n=1234).within(tongue("es")) == "1234"
    assert say("{all}", all=own_list(["a", "b", "c"])).within(tongue("es")) == "a, b y c"
    assert say("{all}", all=own_list(["a", "b", "c"], By.COMMA)).within(tongue("es")) == "a, b, c"


def test_what_is_not_ours_can_be_changed_and_nothing_else() -> None:
    said = say("{page} says {inner}", page=Own("page"), inner=say("a page of {own}", own=Own("page")))
    assert said.with_own(str.upper) == "PAGE says a page of PAGE"


@pytest.mark.parametrize("where", spoken(), ids=lambda where: where[0])
def test_templates_stand_in_the_source_and_name_the_values_they_get(where: tuple[str, ast.Call, int]) -> None:
    _, call, texts = where
    written = [argument.value for argument in call.args[:texts] if isinstance(argument, ast.Constant)]
    assert len(written) == texts, "a template is written out where it is said"
    given = {keyword.arg for keyword in call.keywords} | ({"n"} if len(call.args) > texts else set())
    context = getattr(call.func, "id", "") == "say_of"
    for template in map(str, written[context:]):
        asked = {str(name) for _, name, _, _ in Formatter().parse(template) if name is not None}
        assert asked <= given
    assert {name for name in given if name} - {"n"} <= {
        str(name) for template in map(str, written[context:]) for _, name, _, _ in Formatter().parse(template)
    }
