"""What was seen of the database: TLS, what it says in the clear, its sessions, and the gateway's logins at the stub."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from conformance.areas.acc.record import ChainObservation
from conformance.handshake.record import TlsObservation
from conformance.sentence import NOTHING, Sentence


class Reply(StrEnum):
    """What a database says to a client that names its account, and sends no password."""

    ASKS = "asks"
    TAKEN = "taken"
    REFUSED = "refused"
    CLOSED = "closed"
    UNTOLD = "untold"


@dataclass(frozen=True, slots=True)
class Knock:
    """One account named to the database, and no password sent, whatever it asked for.

    `code` is the SQLSTATE of PostgreSQL or the error number of MySQL, empty without an error; `words` are the
    database's own, or say what happened instead; `detail` is what PostgreSQL's error adds to them.
    """

    reply: Reply
    code: str = ""
    words: Sentence = NOTHING
    detail: str = ""


@dataclass(frozen=True, slots=True)
class AccountRule:
    """What the database itself says of unencrypted sessions, asked over TLS by the account: MySQL tells only then.

    `everybody` is `require_secure_transport`, `account` what the account's REQUIRE says, empty for nothing, and `row`
    the account's own name, `'wa'@'%'`. `trouble` says why it could not be asked; the rest is then without meaning.
    """

    everybody: bool = False
    account: str = ""
    row: str = ""
    trouble: Sentence = NOTHING


@dataclass(frozen=True, slots=True)
class DatabaseAtAddress:
    """The database at one address, from outside.

    `direct` says that it speaks TLS at once, without being asked for it (PostgreSQL's `sslnegotiation=direct`).
    `offers_tls` is false where it declined; `declined` are the words it did so with. `chain` is what it shows, None
    without TLS; `common_name_only` says that it names the host in its subject alone. `in_the_clear` and `over_tls` are
    the same knock, the latter None without TLS; both are None where no account is declared.
    """

    engine: str
    offers_tls: bool
    declined: Sentence = NOTHING
    chain: ChainObservation | None = None
    common_name_only: bool = False
    in_the_clear: Knock | None = None
    over_tls: Knock | None = None
    rule: AccountRule | None = None
    direct: bool = False


Seen = TypeVar("Seen")


@dataclass(frozen=True, slots=True)
class AtAddresses(Generic[Seen]):
    """What was seen of the database at every address of its name.

    Nothing listens at an address that is `left_out`; one that is `unseen` could not be looked at: each says why.
    """

    addresses: dict[str, Seen] = field(default_factory=dict)
    left_out: dict[str, Sentence] = field(default_factory=dict)
    unseen: dict[str, Sentence] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TlsAtAddress:
    """Versions and suites of the database at one address; None where it offers no TLS."""

    tls: TlsObservation | None


class Shown(StrEnum):
    """Which client certificate was shown at a login."""

    DECLARED = "declared"
    NONE = "none"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class Login:
    """One login over verified TLS. `taken` None: it could not be told, and `words` say why.

    `code` is the database's own, empty where it broke the connection off without one.
    """

    shown: Shown
    taken: bool | None
    words: Sentence = NOTHING
    code: str = ""


@dataclass(frozen=True, slots=True)
class ClientAtAddress:
    """Logins with different client certificates at one address: the declared one first and last."""

    offers_tls: bool
    logins: tuple[Login, ...] = ()


class Card(StrEnum):
    """Which client certificate goes with a try of the account: its own, none, or another one of that authority."""

    OWN = "own"
    NONE = "none"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Try:
    """One try to open the account over verified TLS, with its `password` or without. See Login for the rest."""

    card: Card
    password: bool
    opened: bool | None
    words: Sentence = NOTHING
    code: str = ""


@dataclass(frozen=True, slots=True)
class AccountAtAddress:
    """Tries to open the gateway's account at one address; `other` says why the other certificate was not tried."""

    offers_tls: bool
    tries: tuple[Try, ...] = ()
    other: Sentence = NOTHING


@dataclass(frozen=True, slots=True)
class DatabaseSession:
    """One session as the database's own books have it. `local` ones came over no network.

    `encrypted` None: the database does not say. `age`, in seconds, is how long it was open; None: it does not say.
    """

    username: str
    client: str
    encrypted: bool | None
    version: str = ""
    suite: str = ""
    local: bool = False
    age: float | None = None


@dataclass(frozen=True, slots=True)
class SessionsObservation:
    """The monitor's own session, and those of the gateway's account that were open in any of `looks` looks.

    `enforced` says that the database takes no session in the clear at all. `pooled` counts sessions left out because
    something in front of the database keeps those of the suite's own logins open, and they may be such. `trouble` says
    why other sessions cannot be seen, empty where they can.
    """

    offers_tls: bool
    username: str = ""
    own: DatabaseSession | None = None
    gateway: tuple[DatabaseSession, ...] = ()
    looks: int = 0
    enforced: bool = False
    pooled: int = 0
    trouble: Sentence = NOTHING

    @property
    def ended(self) -> bool:
        """Tell whether TLS ends in front of the database, on its own host."""
        own = self.own
        return own is not None and not own.encrypted and (own.local or is_loopback(own.client))


def is_loopback(address: str) -> bool:
    """Tell whether an address, as a database writes it, is its own host's to itself."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


class Presented(StrEnum):
    """What the stub shows a client: a good certificate, one that is wrong in one thing, or no TLS at all."""

    GOOD = "good"
    UNKNOWN_AUTHORITY = "unknown-authority"
    OTHER_NAME = "other-name"
    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    NOT_OFFERED = "not-offered"


class Client(StrEnum):
    """Which set-up of the gateway a listener of the stub is for."""

    WEB = "web"
    WEB_VERIFY_OFF = "web-verify-off"
    WEB_VERIFY_OTHER = "web-verify-other"
    CORE = "core"
    CORE_RETIRED = "core-retired"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One connection of the gateway's to the stub. `login` is `tls`, `clear`, or empty where none arrived."""

    login: str
    words: Sentence


@dataclass(frozen=True, slots=True)
class StubClient:
    """What one set-up of the gateway did, by what was shown to it (a value of Presented)."""

    attempts: dict[str, tuple[Attempt, ...]] = field(default_factory=dict)

    def at(self, presented: Presented) -> tuple[Attempt, ...]:
        """Return the connections that met `presented`."""
        return self.attempts.get(presented.value, ())


@dataclass(frozen=True, slots=True)
class StubObservation:
    """The gateway's set-ups that were pointed at the stub, keyed by value of Client.

    `trusted` says that the stub's certificates are issued by the authority that the gateway trusts; without it a
    certificate that is to be good is not.
    """

    trusted: bool
    clients: dict[str, StubClient]
