"""How the web app can be reached: plain HTTP, its certificate, every address behind its name."""

from __future__ import annotations

from dataclasses import dataclass, field

from conformance.handshake import record
from conformance.sentence import NOTHING, Own, Sentence, say
from conformance.web.exchange import Answered, Exchange

NOT_READABLE = say("not readable")


@dataclass(frozen=True, slots=True)
class PlainLook:
    """One request in plain HTTP at `address`, beside what HTTPS answers to it.

    `shared` is the part, 0 to 1, of the text that HTTPS serves which stands in the plain answer too; `password_field`
    says that the plain answer asks for a password. `of_api` tells a request of the API's; `alike` that both are
    the same refusal but for ids and times, `everywhere` that the plain port refuses a path that is not there like that.
    """

    exchange: Exchange
    https_status: int
    https_trouble: Sentence
    shared: float
    password_field: bool
    address: str = ""
    of_api: bool = False
    alike: bool = False
    everywhere: bool = False


@dataclass(frozen=True, slots=True)
class PlainObservation:
    """Plain HTTP spoken to each port, keyed by port."""

    plain: dict[str, tuple[PlainLook, ...]]


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate as it was served. Names are RFC 4514 strings, or NOT_READABLE; instants ISO 8601 in UTC.

    `key` is its kind and size (`rsa-2048`, `secp256r1`), `signature` its signature's algorithm (`rsa-sha256`); empty
    where they could not be read. `start` and `end` are the same instants in Unix seconds, 0 where they cannot be read.
    `issuer_url` is where it says that its issuer's certificate can be fetched, empty where it says nothing.
    `self_signed` says that it is its own issuer.
    """

    subject: str
    issuer: str
    names: tuple[str, ...]
    not_before: str
    not_after: str
    sha256: str
    key: str = ""
    signature: str = ""
    issuer_url: str = ""
    self_signed: bool = False
    start: float = 0.0
    end: float = 0.0


def named(name: str) -> Own | Sentence:
    """Return a certificate's subject or issuer to be put into a sentence."""
    return NOT_READABLE if name == NOT_READABLE else Own(name)


@dataclass(frozen=True, slots=True)
class ChainObservation:
    """A chain as it was served in one handshake, leaf first, and what OpenSSL says of it.

    `code` is its X509_V_ERR number, 0 when the chain verifies; `message` its words. `weak` are its words where the
    chain verifies but for a key or a signature that current clients refuse; `strict` those under X509_STRICT. `trust`
    is the declared file's name, empty for the system's trust store. `leaf` are the facts of the first certificate that
    a level says something of, None where it could not be read. `staple` is what the OCSP answer beside it says of the
    leaf: `good`, `revoked`, `unknown`, or nothing; `listed` tells that a declared revocation list of its issuer's was
    looked at. `address` is where it was served, and `clients` are the kinds of client that got it.
    """

    host: str
    trust: str
    served: tuple[Certificate, ...]
    code: int
    message: str
    strict: str
    leaf: record.Certificate | None = None
    weak: str = ""
    staple: str = ""
    listed: bool = False
    address: str = ""
    clients: tuple[Sentence, ...] = ()


@dataclass(frozen=True, slots=True)
class ChainsObservation:
    """Every chain that some client gets at some address behind the name.

    `left_out` says of the other addresses why nothing was seen there; `varies` names those where one and the same
    client got different ones. `unanswered` says why not every kind of client was tried, or nothing. `looked` is when
    that was, in Unix seconds.
    """

    chains: tuple[ChainObservation, ...]
    left_out: dict[str, Sentence] = field(default_factory=dict)
    varies: tuple[str, ...] = ()
    unanswered: Sentence = NOTHING
    looked: float = 0.0


@dataclass(frozen=True, slots=True)
class Node:
    """One address behind the name. `trouble` is empty, or says why it was left out; the rest is then None or empty.

    `versions` are the protocol versions that it offers, `page` its first administration page.
    """

    address: str
    trouble: Sentence = NOTHING
    chain: ChainObservation | None = None
    versions: tuple[str, ...] = ()
    page: Exchange | None = None

    @property
    def certificates(self) -> tuple[record.Certificate, ...]:
        """Return the certificate that was presented there, where it could be read."""
        return (self.chain.leaf,) if self.chain and self.chain.leaf else ()


@dataclass(frozen=True, slots=True)
class NodesObservation:
    """Every address behind the name, or of those that the target file lists."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class AuthorityObservation(Answered):
    """What an administrator gets who asks for the CA certificate, and whether the served chain verifies with it.

    `certificates` are those that came, none where the body holds no certificate. `message` are OpenSSL's words where
    the chain does not verify with them, empty where it does; names and dates are not looked at. `chain` is what was
    served, and what the declared trust says of it.
    """

    status: int
    trouble: Sentence = NOTHING
    kind: str = ""
    certificates: tuple[Certificate, ...] = ()
    message: str = ""
    chain: ChainObservation | None = None


@dataclass(frozen=True, slots=True)
class Upload(Answered):
    """One upload of a certificate, and what is seen afterwards.

    `served` is the SHA-256 of the certificate that is presented now, `unserved` says why none is; `stored` is the
    SHA-256 of what GET of the CA certificate answers, its status before it; `broken` says how the API fails, empty
    where it works.
    """

    status: int
    trouble: Sentence = NOTHING
    served: str = ""
    unserved: Sentence = NOTHING
    stored: str = ""
    broken: Sentence = NOTHING

    @property
    def accepted(self) -> bool:
        """Tell whether the answer says so."""
        return self.ok

    def words(self) -> Sentence:
        """Say what the answer was."""
        return self.trouble or say("answered {status}", status=self.status)


@dataclass(frozen=True, slots=True)
class UploadsObservation:
    """Uploads by those who may not, of what is no good, and of a good certificate of the suite's own.

    `present` and `own` are the SHA-256 of the operator's certificate and of the suite's. `again` is the upload of the
    present one before all others, `refused` are keyed by kind; `left_out` says why one was not made. `settled` is what
    was seen after a restart that followed them, None where none is declared. `good` is the suite's, `back` the present
    one after it. `stopped` says why no more was uploaded, or nothing at all.
    """

    stopped: Sentence = NOTHING
    present: str = ""
    own: str = ""
    restarts: bool = False
    again: Upload | None = None
    refused: dict[str, Upload] = field(default_factory=dict)
    left_out: dict[str, Sentence] = field(default_factory=dict)
    settled: Upload | None = None
    good: Upload | None = None
    back: Upload | None = None


@dataclass(frozen=True, slots=True)
class Lead:
    """Where an answer leads: `by` is `redirect` (a refresh among them), `form`, or `script` (frames and sheets, too).

    `target` is the whole address, as a browser makes it of what stands there.
    """

    by: str
    target: str

    @property
    def plain(self) -> bool:
        """Tell whether that is in plain HTTP."""
        return self.target.lower().startswith("http:")


@dataclass(frozen=True, slots=True)
class OnwardAnswer(Answered):
    """What one request over HTTPS was answered with.

    `who` is `nobody`, `visitor` (with webapp.page_headers, where they are declared) or `administrator`. `page` tells
    whether a page came, `whole` whether all of it was read.
    """

    who: str
    method: str
    path: str
    address: str
    status: int
    trouble: Sentence = NOTHING
    page: bool = False
    whole: bool = True
    leads: tuple[Lead, ...] = ()


@dataclass(frozen=True, slots=True)
class OnwardObservation:
    """Where HTTPS leads, at every address. `not_admin` says why the API was not asked as an administrator."""

    answers: tuple[OnwardAnswer, ...]
    not_admin: Sentence = NOTHING
