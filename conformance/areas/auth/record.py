"""Passwords and authentication: what the API answered to whom. No password, no token and no settings are kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from conformance.sentence import NOTHING, Sentence, say
from conformance.web.exchange import Answered

OWN_USER = say("a user of the run's own")

SLOW = 1.0
"""Seconds from which on an answer counts as held back, if it also took three times as long as a good login."""

_TIMES = 3


class Form(StrEnum):
    """What kind of thing an answer's body is. ERRORS is a JSON object that tells of errors and of nothing else."""

    NOTHING = "nothing"
    ERRORS = "errors"
    DOCUMENT = "document"
    PAGE = "page"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Reply(Answered):
    """What the API answered.

    `asked` is method and path. `trouble` is empty, or says why there is no answer; `status` is then 0. `said` is how
    the body of a refusal begins, and empty otherwise. `denied` says that whoever is not let in gets this answer on
    other paths too, whatever its status. `seconds` is how long the answer took.
    """

    asked: str
    status: int = 0
    trouble: Sentence = NOTHING
    form: Form = Form.NOTHING
    said: str = ""
    seconds: float = 0.0
    denied: bool = False

    @property
    def taken(self) -> bool:
        """Tell whether the API did what was asked, or says so."""
        return self.ok and self.form not in (Form.ERRORS, Form.PAGE) and not self.denied

    @property
    def turned_away(self) -> bool:
        """Tell whether the API refused; being asked to wait, and a defect of its own, are no refusals."""
        if self.ok:
            return not self.taken
        return 300 <= self.status < 500 and self.status not in (408, 429)

    @property
    def words(self) -> Sentence:
        """Say in a few words what came."""
        if self.trouble:
            return self.trouble
        if self.denied:
            return say("answered {status}, with what is said on other paths as well", status=self.status)
        if self.taken != self.ok:
            return say("answered {status} with errors only", status=self.status)
        return say("answered {status}", status=self.status)


@dataclass(frozen=True, slots=True)
class Stranger:
    """A request without a token that is none of the plain ones, and what came of it.

    `repeated` is the part, 0 to 1, of what the administrator gets by a GET that stands in its answer. `does` says that
    its method does something, so that a success needs no content to be one.
    """

    what: Sentence
    reply: Reply
    repeated: float = 0.0
    does: bool = False


@dataclass(frozen=True, slots=True)
class Guarded:
    """One API path asked for without a token, by method (`get`, `head`), and by the administrator.

    `landed` is where a redirect of the GET without a token led to in the end. `repeated` is the part, 0 to 1, of what
    the administrator gets, and refusals do not say, that stands in the body without a token too. `everywhere` says that
    a path that is not there is answered in the same way, and that the administrator gets nothing else either. `again`
    was asked without a token after the administrator, at every address; `methods` and `respelt` with other methods and
    other spellings, and `last` by the administrator after all of them. `untried` are methods that the path knows, and
    that were not tried. `admin` is empty where nobody could log in, and so are those.
    """

    bare: dict[str, Reply]
    admin: dict[str, Reply]
    landed: Reply | None = None
    repeated: float = 0.0
    everywhere: bool = False
    again: tuple[Stranger, ...] = ()
    methods: tuple[Stranger, ...] = ()
    untried: tuple[str, ...] = ()
    respelt: tuple[Stranger, ...] = ()
    last: Reply | None = None


@dataclass(frozen=True, slots=True)
class Posted:
    """A path that takes POST alone, sent an empty JSON object without a token.

    `there` says whether the administrator finds it: None where that could not be seen without doing something. `admin`
    is the same request by the administrator, None without consent to write. `like_admin` says that the administrator
    got the same answer, and a path that is not there another.
    """

    bare: Reply
    there: bool | None = None
    admin: Reply | None = None
    like_admin: bool = False


@dataclass(frozen=True, slots=True)
class GuardObservation:
    """The declared API paths. `stopped` says why nobody could log in, and is empty otherwise."""

    paths: dict[str, Guarded]
    stopped: Sentence = NOTHING
    posts: dict[str, Posted] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lifetime:
    """What states when a token ends (`expires_after`, `exp`), as it stands there, and how many seconds that is away.

    `seconds` is None where it cannot be read; `zone` says whether it names a time zone.
    """

    where: Sentence
    stated: str
    seconds: float | None
    zone: bool = True


@dataclass(frozen=True, slots=True)
class Forged:
    """A request with a token that is none, and what came of it."""

    what: Sentence
    reply: Reply


@dataclass(frozen=True, slots=True)
class TokenObservation:
    """A token of the administrator's, how long it lives, and what forgeries of it are worth on one path.

    `kind` is `jwt` or `opaque`. `before` was asked with the token itself, and `controls` after each kind of forgery;
    `bare` without any. `stopped` says why no forgery was sent, and is empty otherwise.
    """

    kind: str
    lifetimes: tuple[Lifetime, ...]
    before: Reply | None = None
    bare: Reply | None = None
    forged: dict[str, tuple[Forged, ...]] = field(default_factory=dict)
    controls: dict[str, Reply] = field(default_factory=dict)
    stopped: Sentence = NOTHING


@dataclass(frozen=True, slots=True)
class Try:
    """A login, and whether it brought a token. `withheld` says why it was not made, and is empty otherwise."""

    reply: Reply | None = None
    token: bool = False
    withheld: Sentence = NOTHING

    @property
    def works(self) -> bool | None:
        """Tell whether the credentials are good; None where the login was not decided."""
        if self.token or self.reply is None or self.reply.trouble or self.reply.status in (408, 429):
            return self.token or None
        return False if self.reply.status < 500 else None


@dataclass(frozen=True, slots=True)
class LoginObservation:
    """Logins that must not work, and some that must: `account`'s, whose password was wrong, before and after (`again`).

    `default` is the default account with the default password. `again` leaves no count of bad logins behind at a
    declared account.
    """

    account: Sentence
    control: Try
    wrong: Try
    unknown: Try
    default: Try
    again: Try = Try()


@dataclass(frozen=True, slots=True)
class Node:
    """What one address says of two tokens before the first was logged out, and again and again afterwards.

    `address` is empty for whatever the name leads to. `ended` was asked with the token that was logged out, up to an
    answer that takes it, `other` with the other one, up to one that does not.
    """

    address: str
    before: tuple[Reply, Reply]
    ended: tuple[Reply, ...] = ()
    other: tuple[Reply, ...] = ()


@dataclass(frozen=True, slots=True)
class LogoutObservation:
    """Two sessions of one user, of which the first logs out. `bare` is the same request without a token."""

    same_token: bool = False
    bare: Reply | None = None
    logout: Reply | None = None
    nodes: tuple[Node, ...] = ()
    stopped: Sentence = NOTHING


@dataclass(frozen=True, slots=True)
class EndedToken:
    """A user's token before and after something that ought to end it; by address, empty for the name's only one.

    `done` is the answer to the change, `control` what the administrator's token is good for at the same path
    afterwards. `stopped` says why it was not tried; the rest is then without meaning.
    """

    done: Reply | None = None
    before: dict[str, Reply] = field(default_factory=dict)
    after: dict[str, tuple[Reply, ...]] = field(default_factory=dict)
    control: dict[str, Reply] = field(default_factory=dict)
    stopped: Sentence = NOTHING


@dataclass(frozen=True, slots=True)
class TokenEndsObservation:
    """Tokens whose user got another `password`, and whose `user` was removed."""

    tokens: dict[str, EndedToken]


@dataclass(frozen=True, slots=True)
class Trial:
    """A request that may change something. `effect` says whether it did, None where that is not known.

    `unseen` says that it ought to have been seen: no password was found that works.
    """

    reply: Reply
    effect: bool | None = None
    unseen: bool = False


@dataclass(frozen=True, slots=True)
class PasswordObservation:
    """Passwords given to users of the run's own, on creation and on change, by what they are.

    `again` is on creation the strong password that was taken before the weak ones, after them.
    """

    creation: dict[str, Trial] = field(default_factory=dict)
    change: dict[str, Trial] = field(default_factory=dict)
    stopped: Sentence = NOTHING


@dataclass(frozen=True, slots=True)
class Deed:
    """What only an administrator may do, done by somebody else, by nobody, and by the administrator (`control`)."""

    reply: Reply
    control: Reply | None
    effect: bool | None = None
    nobody: Reply | None = None
    nobody_effect: bool | None = None


@dataclass(frozen=True, slots=True)
class PrivilegeObservation:
    """What a user without the administrator's role tried. `own` is a request that any user may make."""

    account: Sentence = NOTHING
    own: Reply | None = None
    deeds: dict[str, Deed] = field(default_factory=dict)
    stopped: Sentence = NOTHING


@dataclass(frozen=True, slots=True)
class ThrottleObservation:
    """Bad logins of a user of the run's own, one after the other, between two with the right password.

    `alive` is another request, made where a bad login was not answered at all; `harmless` are statuses of bad logins
    after which the right password worked.
    """

    good: Reply
    bad: tuple[Reply, ...] = ()
    harmless: tuple[int, ...] = ()
    after: Try = Try()
    alive: Reply | None = None

    @property
    def held_back(self) -> int | None:
        """Return the place of the first bad login that was treated otherwise than at first, or None."""
        usual = {self.bad[0].status, *self.harmless} if self.bad else set()
        for place, reply in enumerate(self.bad):
            if self.plainly(reply) or reply.status not in usual:
                return place
        return None

    def plainly(self, reply: Reply) -> bool:
        """Tell whether a bad login was held back by what it says, or by the time it took."""
        slow = reply.seconds >= max(SLOW, _TIMES * self.good.seconds)
        return slow or bool(reply.trouble) or reply.status in (423, 429, 503)


@dataclass(frozen=True, slots=True)
class Find:
    """A secret that was shown: which one, and where."""

    what: Sentence
    where: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One piece of output and the secrets in it; the output itself is not kept.

    `unread` says why something of it was not searched, and is empty where all of it was.
    """

    what: Sentence
    reply: Reply
    size: int = 0
    finds: tuple[Find, ...] = ()
    unread: Sentence = NOTHING


@dataclass(frozen=True, slots=True)
class DisclosureObservation:
    """The support output, and what the API says when something is wrong.

    `nowhere` says that a path that is not there is answered as the support output's is.
    """

    support: Shown
    errors: tuple[Shown, ...]
    nowhere: bool = False
