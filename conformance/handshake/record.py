"""What was seen of one TLS endpoint."""

from __future__ import annotations

from dataclasses import dataclass, field

from conformance.sentence import NOTHING, Sentence

VERSIONS = ("ssl-2.0", "ssl-3.0", "tls-1.0", "tls-1.1", "tls-1.2", "tls-1.3")


@dataclass(frozen=True, slots=True)
class Answer:
    """How the server answered a hello of one protocol version.

    `outcome` is `offered` (ServerHello or HelloRetryRequest of that version), `other-version` (a ServerHello of
    another one), `alert`, `closed` (orderly, or reset), `silent`, or `not-tls`. `detail` says which alert
    (`protocol_version`), or which version (`tls-1.2`), or in plain words what came instead.
    """

    outcome: str
    detail: Sentence = NOTHING


@dataclass(frozen=True, slots=True)
class Suites:
    """The cipher suites accepted under one version; IANA names (`0x1234` for one without).

    `in_order` is the order by elimination: the server's, where `server_order` is true. `server_order` is None where
    too few suites of one kind of certificate are accepted to tell. `by_sslyze` are those that sslyze completed a
    handshake with; `by_hello` those that the server chose from our own hellos. A server with certificates of two kinds
    may prefer a kind before it looks at its order: compare suites of one kind. `complete` is false, and `trouble` says
    why, where the server fell silent instead of refusing the rest.
    """

    in_order: tuple[str, ...] = ()
    server_order: bool | None = None
    prioritises_chacha: bool = False
    by_hello: tuple[str, ...] = ()
    by_sslyze: tuple[str, ...] = ()
    complete: bool = True
    trouble: Sentence = NOTHING

    @property
    def accepted(self) -> tuple[str, ...]:
        """Every suite that either pair of eyes saw, in the order they were found."""
        return tuple(dict.fromkeys((*self.in_order, *self.by_hello, *self.by_sslyze)))


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate of the server's, the leaf of a chain.

    `key_type` is `rsa`, `ecdsa`, `ed25519`, …; `curve` an IANA group name for ECDSA; `signature` is `rsa-sha256`,
    `ecdsa-sha384`, …; times are Unix seconds, UTC; `days` the length of life in days. `staple_trouble` says why the
    stapled OCSP answer is worth nothing, `staple_unsigned` that its signature could not be checked.
    """

    subject: str
    issuer: str
    sha256: str
    key_type: str
    key_bits: int
    curve: str | None
    signature: str
    not_before: float
    not_after: float
    days: float
    must_staple: bool
    names_responder: bool
    stapled: bool
    staple_trouble: Sentence = NOTHING
    staple_unsigned: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """A finite field that was used for Diffie-Hellman: its modulus in bits, and the name that a standard gives it.

    `safe` tells whether modulus and half of it are prime, None where that was not found out.
    """

    bits: int
    name: str
    safe: bool | None


@dataclass(frozen=True, slots=True)
class Weakness:
    """What sslyze says of one known weakness: `vulnerable` is None when its check did not complete."""

    vulnerable: bool | None
    detail: Sentence = NOTHING


@dataclass(frozen=True, slots=True)
class TlsObservation:
    """One endpoint, scanned once, for all levels and guidelines. What could not be told is None.

    `canaries` are the control handshakes (before, between, after): false where one failed, and then nothing here
    proves a refusal. `versions` has every one of VERSIONS, `suites` those that are offered. Groups are IANA names in
    lower case (`x25519`, `secp256r1`, `ffdhe2048`, `x25519mlkem768`), `0x1234` for one without a name; an empty tuple
    where the version is not offered or agrees on no group. `groups_tls12` is seen at the highest version below 1.3.
    `groups_open` has those of `tls-1.2` and `tls-1.3` where the server may take more groups than were found.
    `dh_bits` is the smallest modulus seen in a DHE exchange, in bits; None where no DHE suite is accepted. `dh_fields`
    are all of them, the smallest first.
    `certificates` are all that were shown, each once; none at all means that they could not be read.
    `weaknesses` has `heartbleed`, `ccs-injection`, `robot`, `compression` and `insecure-renegotiation`.
    `fallback_scsv` is None where one version only is offered; `fallback_warned` tells that what is served all the same
    comes from TLS 1.3 alone, with the ServerHello's warning (RFC 8446, 4.1.3). `extended_master_secret` is
    None where no version below 1.3 is offered.
    `troubles` are plain words about whatever could not be looked at; they settle nothing by themselves.
    """

    endpoint: str
    started: float
    canaries: tuple[bool, ...]
    versions: dict[str, Answer]
    suites: dict[str, Suites]
    groups_tls13: tuple[str, ...] | None
    groups_tls12: tuple[str, ...] | None
    dh_bits: int | None
    dh_fields: tuple[Field, ...] = ()
    groups_open: tuple[str, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    weaknesses: dict[str, Weakness] = field(default_factory=dict)
    early_data: bool | None = None
    extended_master_secret: bool | None = None
    fallback_scsv: bool | None = None
    fallback_warned: bool | None = None
    client_renegotiation: bool | None = None
    troubles: tuple[Sentence, ...] = ()
    connections: int = 0
