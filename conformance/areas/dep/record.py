"""What the deployment files say: services as compose would run them, and the files that their settings name.

No secret is in here, nor anything that one could be worked out from: only whether it is there, equal, or weak.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from conformance.sentence import NOTHING, Sentence

SetState = Literal["set", "empty", "unset", "unknown"]


@dataclass(frozen=True, slots=True)
class Setting:
    """A variable of a container, with its place (`file:line`), and its value where that is no secret.

    `unknown` is one that the files leave to the shell, or that a file holds which could not be read; `why` says so.
    """

    state: SetState
    place: str = ""
    value: str = ""
    why: Sentence = NOTHING


@dataclass(frozen=True, slots=True)
class SharedSecret:
    """WA_SECRET of one container.

    Containers with the same value have the same `group`; 0 where there is no value. `weakness` is empty for a strong
    one; `is_database_password` says that a database password is the same; `cut` that something of it is lost, as
    compose took what follows a `$` for a variable that nothing sets.
    """

    setting: Setting
    group: int = 0
    weakness: Sentence = NOTHING
    is_database_password: bool = False
    cut: bool = False


@dataclass(frozen=True, slots=True)
class PublishedPort:
    """A port, or a range, on the host. `host_ip` and `published` are empty where the file does not say.

    `unknown` says that a variable in it has no value.
    """

    target: str
    published: str
    host_ip: str
    protocol: str
    place: str
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class StoredCertificate:
    """A certificate in a file. Instants are ISO 8601 in UTC; `authority` is None where it does not say.

    `signs_itself` says that its own key signed it: clients that are given it trust it, an authority's or not.
    """

    subject: str
    issuer: str
    not_before: str
    not_after: str
    expired: bool
    not_yet: bool
    authority: bool | None
    signs_itself: bool = False


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file that a setting names: `path` in the container, `host` as found here.

    `trouble` says what is wrong with it, without naming it, `unseen` why it could not be looked at; both are empty
    where neither holds.
    `keys` and `locked` count private keys, and those that need a passphrase.
    """

    setting: str
    path: str
    place: str
    host: str = ""
    trouble: Sentence = NOTHING
    unseen: Sentence = NOTHING
    certificates: tuple[StoredCertificate, ...] = ()
    keys: int = 0
    locked: int = 0


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A file with a private key, or one that is named as such. `mode` is in octal.

    `shielded_by` is a folder, not above what the container sees, that lets no others in.
    """

    host: str
    mode: str
    others: bool
    group: bool
    named_at: str = ""
    shielded_by: str = ""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something at a place, in a few words that hold no value."""

    place: str
    words: Sentence


@dataclass(frozen=True, slots=True)
class ServiceSeen:
    """A service as compose would run it.

    `networks` are docker's own names where the files give them. `bind_address` is what the networks bind ports to
    where the port does not say. `key_matches` and `issued` tell whether key and certificate belong to each other, and
    whether the named CA issued the certificate: None where that could not be told; `impostor` that its issuer has the
    CA's name and another key. `store` is a database or a cache, `switched_off` what the files say of its protection.
    """

    place: str
    image: str
    built: bool
    active: bool
    profiles: tuple[str, ...]
    networks: tuple[str, ...]
    network_mode: str
    ports: tuple[PublishedPort, ...]
    settings: dict[str, Setting]
    secret: SharedSecret
    bind_address: str = ""
    troubles: tuple[Sentence, ...] = ()
    files: tuple[NamedFile, ...] = ()
    key_matches: bool | None = None
    issued: bool | None = None
    impostor: bool = False
    store: bool = False
    switched_off: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class DeploymentObservation:
    """All services by name.

    `missing` are variables that compose demands and that nothing sets: it would not start this project. `blank` are
    the places of those that it would warn of, and leave empty; their names may be pieces of secrets. `beside` are
    compose files that compose reads though nobody named them; `left_out` is the `.env` that it does not read, as it is
    given others.
    """

    files: tuple[str, ...]
    services: dict[str, ServiceSeen]
    missing: tuple[Sentence, ...] = ()
    blank: tuple[Sentence, ...] = ()
    in_clear: tuple[Remark, ...] = ()
    samples: tuple[Remark, ...] = ()
    keys: tuple[KeyFile, ...] = ()
    keys_unseen: tuple[Sentence, ...] = field(default=())
    beside: tuple[str, ...] = ()
    left_out: str = ""
