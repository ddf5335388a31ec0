"""What the identity service did with initialisations, right and wrong. No secret and no right hash stands here."""

from __future__ import annotations

from dataclasses import dataclass, field

from conformance import pointers
from conformance.inputs.target import IdentityAccepted
from conformance.sentence import NOTHING, Own, Sentence, say
from conformance.web.exchange import TOO_LATE, Answered

MOST_STORED = 200  # bounds the record where a service shows much of a client


def status_words(status: int) -> Sentence:
    """Say which status came back."""
    return say("status {status}", status=status)


@dataclass(frozen=True, slots=True)
class Answer(Answered):
    """The answer to one initialisation.

    `found` is the JSON text at the target file's `accepted.pointer`, empty where nothing is there. `body` is the
    beginning, left out where it was honoured: a session's token would stand there. `shows_signed` and `shows_sent`
    tell whether the uid that was signed, or sent, stands there as a value; `cut` that it is too long to be read;
    `reveals` that the right hash does although it was not sent; `secret_forms` in which spellings the secret does.
    """

    status: int = 0
    trouble: Sentence = NOTHING
    found: str = ""
    body: str = ""
    shows_signed: bool = False
    shows_sent: bool = False
    cut: bool = False
    reveals: bool = False
    secret_forms: tuple[Sentence, ...] = ()

    def honoured(self, accepted: IdentityAccepted) -> bool:
        """Tell whether this is what the target file says an honoured initialisation looks like."""
        if self.status not in accepted.status:
            return False
        if accepted.pointer is None:
            return True
        value = pointers.parse(self.found) if self.found else pointers.MISSING
        return value is not pointers.MISSING and pointers.same(value, accepted.equals)

    @property
    def late(self) -> bool:
        """Tell whether no answer came in time."""
        return self.trouble.startswith(TOO_LATE)

    def words(self) -> Sentence:
        """Say what came back."""
        if self.found and not self.trouble:
            return say("status {status} with the value {value}", status=self.status, value=Own(self.found))
        return self.trouble or status_words(self.status)


@dataclass(frozen=True, slots=True)
class State:
    """What is stored of a uid: `absent`, `present`, `unreadable` (`detail` says why) or, not looked at, empty."""

    kind: str = ""
    detail: Sentence = NOTHING


@dataclass(frozen=True, slots=True)
class Attempt:
    """One initialisation, and what is stored of the uid `watched` before and after.

    `changed` are JSON Pointers of what changed there. `same_record` compares what is stored under the uid that was
    signed and the one that was sent: `same`, `own` (the latter names itself) or `different`; empty where not compared.
    `controls` counts the controls that had been sent before. `answered_as` tells of an empty uid that was honoured by
    its status alone: answered as `nobody` is who names no uid, as `anybody` where that is how all are answered.
    """

    what: Sentence
    answer: Answer
    watched: str = ""
    before: State = State()
    after: State = State()
    changed: tuple[str, ...] = ()
    same_record: str = ""
    controls: int = 0
    answered_as: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """All attempts of one kind; `left_out` says why there are none."""

    attempts: tuple[Attempt, ...] = ()
    left_out: Sentence = NOTHING


@dataclass(frozen=True, slots=True)
class Control:
    """A right initialisation of the control uid, what is stored of it, and what that changed."""

    answer: Answer
    state: State = State()
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Welcome:
    """The right initialisation of a declared uid.

    `stored` is what is stored of it afterwards, up to MOST_STORED values: JSON texts by JSON Pointer.
    """

    uid: str
    answer: Answer
    state: State = State()
    stored: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refusal:
    """The answer to a bad hash in full, the hash that was sent replaced by {hash}. `kind` says where it was wrong."""

    kind: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: str
    trouble: Sentence = NOTHING


@dataclass(frozen=True, slots=True)
class PathControl:
    """A request to another path with the right hash, and what it did to the stored client: see PathAttempt."""

    answer: Answer
    state: State = State()
    marked: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    def had_effect(self) -> bool:
        """Tell whether it did to the client what such a request is for."""
        return 200 <= self.answer.status < 400 and self.state.kind == "present" and bool(self.marked or self.changed)


@dataclass(frozen=True, slots=True)
class PathAttempt:
    """A request to another path that must have no effect, and what is stored of the client before and after.

    `marked` are JSON Pointers of where the name that it sent is stored now, `changed` of what differs, but for what
    changes by itself and instants. `controls` counts the controls that had been sent before.
    """

    what: Sentence
    answer: Answer
    before: State = State()
    after: State = State()
    marked: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    controls: int = 0


@dataclass(frozen=True, slots=True)
class OtherPathLook:
    """Another request that binds an identity. `stopped` says why no more was tried, `layout` how it is laid out.

    `attempts` are keyed by kind. `put_back` says that the clients' names are as they were found.
    """

    method: str
    url: str
    stopped: Sentence = NOTHING
    layout: Sentence = NOTHING
    controls: tuple[PathControl, ...] = ()
    attempts: dict[str, tuple[PathAttempt, ...]] = field(default_factory=dict)
    put_back: bool = False


@dataclass(frozen=True, slots=True)
class Trials:
    """Initialisations that were tried. `stopped` says why there are no more, or none at all.

    `malformed` is the answer to a body that is no JSON. `noise` are JSON Pointers of what changes in the state by
    itself. `others` are the other paths, in the target file's order.
    """

    stopped: Sentence = NOTHING
    control_uid: str = ""
    malformed: Answer | None = None
    controls: tuple[Control, ...] = ()
    welcomes: dict[str, Welcome] = field(default_factory=dict)
    trials: dict[str, Trial] = field(default_factory=dict)
    refusals: tuple[Refusal, ...] = ()
    noise: tuple[str, ...] = ()
    others: tuple[OtherPathLook, ...] = ()


@dataclass(frozen=True, slots=True)
class Transport:
    """How the way to the service is protected.

    `verifies` is None where no handshake was made; `detail` says why it does not verify, or what failed. `plain` is
    the answer to a forged initialisation in the clear, `over_tls` the one to the same over TLS.
    """

    scheme: str
    verifies: bool | None = None
    detail: Sentence = NOTHING
    plain: dict[str, Answer] = field(default_factory=dict)
    over_tls: Answer | None = None


@dataclass(frozen=True, slots=True)
class Page(Answered):
    """A page of the customer's site, its own scripts and what these read. `uid` is who is signed in, empty for nobody.

    `secret_in` are URLs and spellings (`https://…/w.js: base64`) of the secret; `hash` is `right`, `some` or `none`;
    `key_material` quotes what computes a hash in the browser. `unread` says what could not be read in full.
    `landed` is where redirects led, empty where there were none; `carries` says whose hashes were received: the `own`
    one, `another client's`, an `unknown` one. `hands_over` and `shows_uid` tell whether the uid stands under its name,
    or anywhere; `more_calls` that scripts make calls that were not followed. `nobody` is the same page without cookie.
    """

    url: str
    uid: str = ""
    status: int = 0
    trouble: Sentence = NOTHING
    scripts: tuple[str, ...] = ()
    foreign_scripts: tuple[str, ...] = ()
    secret_in: tuple[Sentence, ...] = ()
    hash: str = "none"
    key_material: tuple[Sentence, ...] = ()
    unread: tuple[Sentence, ...] = ()
    landed: str = ""
    carries: tuple[str, ...] = ()
    hands_over: bool = False
    shows_uid: bool = False
    password_field: bool = False
    more_calls: bool = False
    nobody: Page | None = None

    def words(self) -> Sentence:
        """Say why it was not received, or with which status."""
        return self.trouble or status_words(self.status)


@dataclass(frozen=True, slots=True)
class IdentityObservation:
    """Everything seen of the identity service while its settings stayed as they were."""

    transport: Transport
    pages: tuple[Page, ...] = ()
    trials: Trials = Trials()


@dataclass(frozen=True, slots=True)
class SwitchObservation:
    """What the switch does. Flags are JSON texts of what GET shows, empty where it cannot be read.

    `stopped` says why nothing (more) was tried. `fresh_*` are about a uid that nobody has.
    """

    stopped: Sentence = NOTHING
    flag_before: str = ""
    flag_off: str = ""
    flag_on: str = ""
    flag_after: str = ""
    set_off: Answer | None = None
    set_on: Answer | None = None
    unsigned_before: Answer | None = None
    unsigned_off: Answer | None = None
    right_off: Answer | None = None
    forged_off: Answer | None = None
    forged_off_fresh: Attempt | None = None
    unsigned_on: Answer | None = None
    unsigned_on_fresh: Attempt | None = None
    right_on: Answer | None = None
    put_back: bool = False


@dataclass(frozen=True, slots=True)
class TimingObservation:
    """Seconds from sending to the answer's end, of hashes wrong in their first and in their last digit, interleaved."""

    stopped: Sentence = NOTHING
    first_digit: tuple[float, ...] = ()
    last_digit: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Repository:
    """A git checkout that was searched. `found` names each place, `untracked` those that git does not know."""

    name: str
    trouble: Sentence = NOTHING
    incomplete: Sentence = NOTHING
    objects: int = 0
    files: int = 0
    found: tuple[Sentence, ...] = ()
    untracked: tuple[Sentence, ...] = ()


@dataclass(frozen=True, slots=True)
class RepositoriesObservation:
    """Every declared repository, in the target file's order."""

    repositories: tuple[Repository, ...]
