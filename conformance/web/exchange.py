"""HTTP exchanges as they were seen."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.sentence import NOTHING, Sentence, say

UNRESOLVED = say("the name does not resolve")
UNREACHABLE = say("the host is not reachable from here")
TOO_LATE = say("no answer in time")


class Answered:
    """What every record says that has the status of an answer, 0 where `trouble` says why there is none."""

    __slots__ = ()
    status: int
    trouble: Sentence

    @property
    def ok(self) -> bool:
        """Tell whether what was asked for was done (2xx), without any trouble."""
        return not self.trouble and 200 <= self.status < 300

    @property
    def redirects(self) -> bool:
        """Tell whether the answer leads elsewhere (3xx)."""
        return 300 <= self.status < 400

    @property
    def outcome(self) -> Sentence:
        """Say why there is no answer, or which status it has."""
        return self.trouble or say("was answered {status}", status=self.status)


@dataclass(frozen=True, slots=True)
class Exchange(Answered):
    """One request and what came back.

    `headers` are the lines in order, repeats kept, folded ones joined by a space, stripped of space and tab only;
    `malformed` are lines of the header section that are not a field at all. `body` is the first 64 KiB (or as many as
    were asked for) as text, with transfer codings undone, and gzip and deflate; `incomplete` says in plain words why
    more was expected or left unread, and is empty otherwise. `trouble` is empty, or says in plain words why there is no
    answer; `status` is then 0 and `body` may hold what came instead of HTTP. `seconds` is how long the answer took,
    from the name to the last byte.
    """

    method: str
    url: str
    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    body_bytes: int = 0
    trouble: Sentence = NOTHING
    incomplete: Sentence = NOTHING
    malformed: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def is_html(self) -> bool:
        """Tell whether a line of it calls the body a page."""
        return any("html" in kind.lower() for kind in self.values("Content-Type"))

    def values(self, name: str) -> tuple[str, ...]:
        """Return the value of every line called `name`, in order; names compare without case."""
        return tuple(value for key, value in self.headers if key.lower() == name.lower())
