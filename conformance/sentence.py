"""Sentences as data: a template and its values, English wherever they are read as text, another language where shown.

What judges and probes say is a `Sentence`. It is made by `say`, from a template that stands in the source and values
that are sentences themselves, numbers, lists, or `Own`: text that is not ours. `Own` is shown as it is, in every
language. Templates are messages of gettext, with places in braces as `str.format` has them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from string import Formatter
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from pydantic_core import CoreSchema


class Own(str):
    """Text of somebody else: the target, the operator's files, a certificate, a library's error; a path, a name.

    Never translated and never read for its meaning.
    """

    __slots__ = ()


class By(StrEnum):
    """How a list is joined: as a row with its last two joined by "and" or "or", by commas alone, or as clauses."""

    AND = "and"
    OR = "or"
    COMMA = "comma"
    CLAUSE = "clause"
    SPACE = "space"


class Language(Protocol):
    """What a sentence needs to be shown in a language."""

    def translated(self, sentence: Sentence) -> str | None:
        """Return the template in this language, None where it has none."""
        ...

    def joined(self, items: Sequence[str], by: By) -> str:
        """Return a list as the language writes it."""
        ...

    def number(self, text: str) -> str:
        """Return a decimal number, spelt as in English, as the language writes it."""
        ...


class Listed(str):
    """Several values in a row; English as text."""

    __slots__ = ("by", "items")
    items: tuple[Value, ...]
    by: By

    def __new__(cls, items: Iterable[Value], by: By = By.AND) -> Listed:
        """Join `items`."""
        kept = tuple(items)
        made = super().__new__(cls, english_list([str(item) for item in kept], by))
        made.items, made.by = kept, by
        return made


class Sentence(str):
    """One sentence, or a part of one: its English text, and the template and values that it was made from.

    `many` is the template for any number but one, `n` the number that chooses; `context` tells equal templates apart.
    Without a template it is English that came as a whole, from a results file of an earlier edition.
    """

    __slots__ = ("context", "many", "n", "template", "values")
    template: str | None
    many: str | None
    n: int | None
    context: str | None
    values: Mapping[str, Value]

    def __new__(
        cls,
        text: str,
        template: str | None = None,
        values: Mapping[str, Value] | None = None,
        *,
        many: str | None = None,
        n: int | None = None,
        context: str | None = None,
    ) -> Sentence:
        """Hold what was said; use `say` to say something."""
        made = super().__new__(cls, text)
        made.template, made.values, made.many, made.n, made.context = template, values or {}, many, n, context
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        """Cross process borders whole."""
        return _sentence, (self.data(),)

    def within(self, language: Language | None) -> str:
        """Return the sentence in `language`; in English where that is None or has no translation of the template."""
        if self.template is None or language is None:
            return str(self)
        template = language.translated(self) or _chosen(self.template, self.many, self.n)
        return template.format_map({name: _Shown(value, language) for name, value in self.values.items()})

    def speaks(self, language: Language) -> bool:
        """Tell whether all of the sentence that is ours is there in `language`."""
        if not self:
            return True
        return language.translated(self) is not None and all(
            inner.speaks(language) for value in self.values.values() for inner in _sentences(value)
        )

    def with_own(self, change: Callable[[str], str]) -> Sentence:
        """Return the sentence with `change` applied to whatever in it is not ours."""
        if self.template is None:
            return Sentence(change(str(self)))
        values = {name: _changed(value, change) for name, value in self.values.items()}
        return _made(self.template, values, many=self.many, n=self.n, context=self.context)

    def shape(self) -> tuple[Any, ...]:
        """Return the templates of the sentence and of those in it, without what is not ours."""
        if self.template is None:
            return (str(self),)
        inner = (sentence.shape() for value in self.values.values() for sentence in _sentences(value))
        return (self.context, self.template, *inner)

    def data(self) -> Any:
        """Return the sentence as JSON holds it: what `sentence` reads back."""
        if self.template is None:
            return {"text": str(self)}
        found: dict[str, Any] = {"template": self.template}
        if self.many is not None:
            found |= {"many": self.many, "n": self.n}
        if self.context is not None:
            found["context"] = self.context
        if self.values:
            found["values"] = {name: _data(value) for name, value in self.values.items()}
        return found

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> CoreSchema:
        """Let records hold sentences: their English text in JSON, the sentence itself in Python."""
        from pydantic_core import core_schema  # the command line says sentences too, and does without it

        return core_schema.no_info_plain_validator_function(
            _validated,
            serialization=core_schema.plain_serializer_function_ser_schema(_text, when_used="json"),
            json_schema_input_schema=core_schema.str_schema(),
        )


Value = Own | Sentence | Listed | int | float

NOTHING: Final = Sentence("")

LONGEST: Final = 1 << 20  # characters; what a server says is cut long before
DEEPEST: Final = 20  # sentences within sentences: far above what is said, far below Python's own limit
_SPEC: Final = re.compile(r"\+?(0?\d)?(\.\d)?[A-Za-z%]?")


def say(template: str, /, **values: Value) -> Sentence:
    """Say `template` with `values` at its places. The template is written out where `say` stands: it is extracted."""
    return _made(template, values)


def counted(one: str, many: str, n: int, /, **values: Value) -> Sentence:
    """Say `one` of a single thing, `many` of any other number `n`, which stands at the place {n}."""
    return _made(one, {"n": n, **values}, many=many, n=n)


def say_of(context: str, template: str, /, **values: Value) -> Sentence:
    """Say a template that means different things in different places; `context` tells translators which is meant."""
    return _made(template, values, context=context)


def listed(items: Iterable[Value], by: By = By.AND) -> Listed:
    """Return a list to be put into a sentence."""
    return Listed(items, by)


def clauses(*parts: Sentence) -> Sentence:
    """Say several things one after another, with a semicolon between them."""
    kept = [part for part in parts if part]
    return kept[0] if len(kept) == 1 else _made("{clauses}", {"clauses": Listed(kept, By.CLAUSE)})


def shortened(items: Iterable[Sentence], most: int) -> list[Sentence]:
    """Return the first `most` of several things that are said, and after them how many more there are."""
    every = list(items)
    more = len(every) - most
    return every if more <= 0 else [*every[:most], say("{number} more", number=more)]


def sentence(data: Any) -> Sentence:
    """Read what `Sentence.data` returned; raises ValueError for anything else, from wherever it comes."""
    return _read(data, DEEPEST)


def _read(data: Any, depth: int) -> Sentence:
    if not depth:
        raise ValueError(f"the sentence has others in it, {DEEPEST} deep")
    match data:
        case {"text": str(text)}:
            return Sentence(text)
        case {"template": str(template)}:
            try:
                values = {str(name): _value(value, depth - 1) for name, value in data.get("values", {}).items()}
                found = {name: data.get(name) for name in ("many", "n", "context")}
                for one in filter(None, (template, found["many"])):
                    _check(one, values)
                return _made(template, values, **found)
            except (AttributeError, LookupError, TypeError) as error:
                raise ValueError(f"the sentence {template[:80]!r} does not fit its values") from error
    raise ValueError("is no sentence: it has neither text nor template")


def _check(template: str, values: Mapping[str, Value]) -> None:
    """Refuse a template that reaches into its values, or makes much of little: a results file may be anybody's."""
    length = 0
    for literal, name, spec, _ in Formatter().parse(template):
        if name is not None and not (name.isidentifier() and _SPEC.fullmatch(spec or "")):
            raise ValueError(f"the sentence {template[:80]!r} has a place of no kind that is known")
        length += len(literal) + (len(str(values[name])) if name else 0)
    if length > LONGEST:
        raise ValueError(f"the sentence {template[:80]!r} is longer than {LONGEST} characters")


def own_list(items: Iterable[str], by: By = By.AND) -> Listed:
    """Return a list of texts that are not ours."""
    return Listed(map(Own, items), by)


def english_list(items: Sequence[str], by: By) -> str:
    """Join a list as English does."""
    match by:
        case By.COMMA:
            return ", ".join(items)
        case By.CLAUSE:
            return "; ".join(items)
        case By.SPACE:
            return " ".join(items)
    return f" {by} ".join(filter(None, (", ".join(items[:-1]), *items[-1:])))


_sentence = sentence


def _made(
    template: str,
    values: Mapping[str, Value],
    *,
    many: str | None = None,
    n: int | None = None,
    context: str | None = None,
) -> Sentence:
    text = _chosen(template, many, n).format_map(values)
    return Sentence(text, template, values, many=many, n=n, context=context)


def _chosen(one: str, many: str | None, n: int | None) -> str:
    return one if many is None or n == 1 else many


class _Shown:
    """A value on its way into a translated template."""

    def __init__(self, value: Value, language: Language) -> None:
        self._value, self._language = value, language

    def __format__(self, spec: str) -> str:
        match self._value:
            case Sentence() as inner:
                return format(inner.within(self._language), spec)
            case Listed(items=items, by=by):
                return self._language.joined([format(_Shown(item, self._language), "") for item in items], by)
            case str() as text:
                return format(text, spec)
            case int() as whole:
                return format(whole, spec)
        return self._language.number(format(self._value, spec))

    def __repr__(self) -> str:
        return repr(str(self._value))


def _changed(value: Value, change: Callable[[str], str]) -> Value:
    match value:
        case Sentence():
            return value.with_own(change)
        case Listed(items=items, by=by):
            return Listed([_changed(item, change) for item in items], by)
        case str():
            return Own(change(value))
    return value


def _sentences(value: Value) -> Iterator[Sentence]:
    match value:
        case Sentence():
            yield value
        case Listed(items=items):
            for item in items:
                yield from _sentences(item)


def _data(value: Value) -> Any:
    match value:
        case Sentence():
            return value.data()
        case Listed(items=items, by=by):
            return {"list": [_data(item) for item in items], "by": str(by)}
        case str():
            return str(value)
    return value


def _value(data: Any, depth: int) -> Value:
    match data:
        case str():
            return Own(data)
        case bool():
            raise ValueError("a sentence has no truth values in it")
        case int() | float():
            return data
        case {"list": list(items)}:
            return Listed([_value(item, depth) for item in items], By(data.get("by", "and")))
    return _read(data, depth)


def _text(said: Sentence) -> str:
    return str(said)


def _validated(value: Any) -> Sentence:
    if isinstance(value, Sentence):
        return value
    if isinstance(value, str):
        return Sentence(value)
    raise ValueError("is no text")
