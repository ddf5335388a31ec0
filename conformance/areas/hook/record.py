"""What arrived at the suite's callback receivers. Of what was sent there only lengths and digests are kept."""

from __future__ import annotations

from dataclasses import dataclass, field

from conformance.sentence import NOTHING, Sentence
from conformance.web.exchange import Answered

CHANGING = "changing"
FOLLOWED, REDIRECT = "followed-", "redirect-"
"""What phases are called that redirects lead to, and those whose receiver redirects; the case's name follows."""

OTHER = "other"
"""The method of what is no HTTP."""

_RIGHT = (("good", "first"), ("other-ca", "second"))
REDIRECTS = (301, 302, 303, 307, 308)
"""Clients make a GET of a POST at the first three; some follow these alone, some the others."""

_ASKING = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection to a receiver.

    `role` is what the receiver showed itself as, `during` the phase it came in, `meant_for` the phase whose word stood
    in its path or body, empty where none did. `authority` is the one that the gateway trusted all the while (`first`,
    `second`, `none`), or `changing`. `hello` tells whether it began as TLS, `handshake` why that failed, empty
    where it did not. `received` counts the bytes that came inside, or in the clear; `body` those after an HTTP head.
    `answered` is the status that the receiver gave, 0 where nothing came to be answered.
    """

    role: str
    during: str
    meant_for: str = ""
    authority: str = "none"
    hello: bool = False
    handshake: Sentence = NOTHING
    received: int = 0
    method: str = ""
    body: int = 0
    sha256: str = ""
    answered: int = 0

    @property
    def delivered(self) -> bool:
        """Tell whether this brought a callback: more than a question whether somebody is there."""
        return self.received > 0 and (self.method not in _ASKING or self.body > 0)

    @property
    def followed(self) -> bool:
        """Tell whether a redirect led here: HOOK-06 judges that, and nothing else does."""
        return self.meant_for.startswith(FOLLOWED)

    @property
    def attempted(self) -> bool:
        """Tell whether somebody tried to speak TLS, or delivered."""
        return self.hello or self.delivered

    @property
    def verifies(self) -> bool:
        """Tell whether the receiver's certificate was right under that authority, or may have been."""
        return (self.role, self.authority) in _RIGHT or (self.role in dict(_RIGHT) and self.authority == CHANGING)


@dataclass(frozen=True, slots=True)
class Phase(Answered):
    """One address that callbacks were to go to, and whether the gateway took it.

    `status` answered the change of settings, 0 for an address that only redirects named; `trouble` says why nothing
    did. `trigger` says why the gateway was not made to call back, and is empty where it was. `waited` is in seconds.
    """

    role: str
    url: str
    status: int = 0
    trouble: Sentence = NOTHING
    trigger: Sentence = NOTHING
    waited: float = 0.0

    @property
    def taken(self) -> bool:
        """Tell whether the gateway calls back there now."""
        return self.ok

    @property
    def refused(self) -> bool:
        """Tell whether the gateway said that it takes no such address; too many requests or a late one is no answer."""
        return 400 <= self.status < 500 and self.status not in (408, 429)


@dataclass(frozen=True, slots=True)
class Upload(Answered):
    """A request about the webhook's authority.

    `before` and `after` are SHA-256 of what is stored then, "none" where nothing is, empty where it cannot be read.
    `who` says why it could not be made at all, and is empty where it was.
    """

    method: str
    status: int = 0
    trouble: Sentence = NOTHING
    before: str = ""
    after: str = ""
    who: Sentence = NOTHING

    @property
    def taken(self) -> bool:
        """Tell whether the answer says that it was done."""
        return self.ok


@dataclass(frozen=True, slots=True)
class WebhookObservation:
    """Every address that was tried, in order, and every connection that came.

    `steps` are the administrator's own changes of the authority, `intruders` those of others. `stopped` says why not
    all was tried. `pause_ms` is what the gateway agreed to wait between tries, 0 where it did not; `strangers` counts
    those among the callbacks that were none of this run's.
    """

    stopped: Sentence = NOTHING
    phases: dict[str, Phase] = field(default_factory=dict)
    connections: tuple[Connection, ...] = ()
    steps: dict[str, Upload] = field(default_factory=dict)
    intruders: dict[str, Upload] = field(default_factory=dict)
    pause_ms: int = 0
    strangers: int = 0
    put_back: bool = True
