"""Codecs are other people's code: what one raises is told in a sentence, and ends no run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from conformance import codecs
from conformance.codecs import Codec, SealBroken
from conformance.model import Inconclusive
from conformance.sentence import Own, say


class CodecRaised(Inconclusive):
    """A codec raised what its protocol does not know."""


def guarded(name: str) -> Callable[..., Codec]:
    """Return what makes a codec whose every call raises SealBroken or CodecRaised; raises CodecRaised itself."""
    make = _calling(name, codecs.load)(name)

    def made(*words: Any, **named: Any) -> Codec:
        return cast("Codec", _Guarded(name, _calling(name, make)(*words, **named)))

    return made


class _Guarded:
    def __init__(self, name: str, codec: Codec) -> None:
        self._name, self._codec = name, codec

    def __getattr__(self, method: str) -> Callable[..., Any]:
        return _calling(self._name, lambda *words, **named: getattr(self._codec, method)(*words, **named))


def _calling(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    def called(*words: Any, **named: Any) -> Any:
        try:
            return call(*words, **named)
        except (SealBroken, Inconclusive):
            raise
        except Exception as error:
            what = Own(f"{type(error).__name__}: {error}"[:200])
            raise CodecRaised(say("the codec {name} raised {error}", name=Own(name), error=what)) from error

    return called
