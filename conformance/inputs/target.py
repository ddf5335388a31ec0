"""The target file: what to probe, with which consent, judged against which policy."""

from __future__ import annotations

import fnmatch
import hashlib
import json
import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, Field, StrictBool, model_validator

from conformance.inputs.fields import (
    ChannelUrl,
    CodecName,
    FirstAndLast,
    HeaderValue,
    HostName,
    HostPort,
    HttpsUrl,
    IpAddress,
    JsonPointer,
    Method,
    Once,
    OriginUrl,
    PlainValue,
    Port,
    Positive,
    Status,
    Table,
    Text,
    Trigger,
    UrlPath,
    WebUrl,
)
from conformance.model import Unfit
from conformance.origin import Origin
from conformance.secrecy.secret import SecretRef
from conformance.sentence import By, Own, Sentence, own_list, say

CONSENT = ("read", "write", "destructive")
SECTIONS = ("webapp", "channel", "identity", "database", "webhook", "deployment", "network")

_Section = TypeVar("_Section", bound=Table)
_CONFIDENTIAL = re.compile("authorization|cookie|token|secret|password|api[-_]?key", re.IGNORECASE)


def _no_literal_credentials(headers: dict[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if _CONFIDENTIAL.search(name) and not isinstance(value, SecretRef):
            raise Unfit(say('header {name} may hold a secret: write "env:NAME" or "file:PATH"', name=Own(name)))
    return headers


RequestHeaders = Annotated[dict[str, HeaderValue], AfterValidator(_no_literal_credentials)]


class Exclusion(Table):
    """A requirement (or a pattern such as `HOOK-*`) that is left out, and why."""

    requirement: Text
    reason: Text


class Scope(Table):
    """What the operator leaves out; the report prints every reason."""

    exclude: tuple[Exclusion, ...] = ()


class Limits(Table):
    """How hard a live target may be pressed."""

    connections: Positive = 10
    requests_per_second: Positive = 50
    requests: Positive = 20000


class Login(Table):
    """An account of the web app or the database."""

    username: str
    password: SecretRef


class Certificate(Table):
    """What to put back after a certificate was replaced, and the command that restarts the web server, if it has to."""

    restore: SecretRef
    restart: tuple[Text, ...] = ()


class Webapp(Table):
    """The web app: API and administration."""

    url: OriginUrl
    addresses: Annotated[tuple[IpAddress, ...], Once] = ()
    http_ports: Annotated[tuple[Port, ...], Once] = ()
    ca_file: str | None = None
    client_cert: str | None = None
    client_key: SecretRef | None = None
    security_level: Literal["modern", "intermediate", "old"] = "modern"
    guideline: Literal["4.0", "5.7", "5.8", "6.0"] = "5.8"
    admin_paths: Annotated[tuple[UrlPath, ...], Once] = ()
    api_paths: Annotated[tuple[UrlPath, ...], Once] = ()
    post_paths: Annotated[tuple[UrlPath, ...], Once] = ("/v1/messages",)
    page_headers: RequestHeaders = Field(default_factory=dict)
    probe_throttling: StrictBool = False
    admin: Login | None = None
    user: Login | None = None
    certificate: Certificate | None = None
    certificate_days: Positive = 14
    certificate_warning_days: Positive = 30

    @model_validator(mode="after")
    def _level_exists(self) -> Webapp:
        if (self.guideline, self.security_level) == ("6.0", "old"):
            raise Unfit(say('guideline 6.0 has no security_level "old": declare guideline "5.8", or a higher level'))
        if (self.client_cert is None) != (self.client_key is None):
            raise Unfit(say("client_cert and client_key go together: give both or neither"))
        return self


class ChannelAccepted(Table):
    """What the answer to an accepted message looks like."""

    status: tuple[Status, ...] = (200,)


class Channel(Table):
    """The sealed channel between web app and core app."""

    url: ChannelUrl
    codec: CodecName = "fernet"
    secret: SecretRef | None = None
    tolerance_seconds: Positive = 10
    payload: str = '{"type": "ping"}'
    content_type: str = "application/octet-stream"
    wait: StrictBool = True
    accepted: ChannelAccepted = ChannelAccepted()


class SignedInPage(Table):
    """A page that a client sees when signed in, and who that client is."""

    url: HttpsUrl
    cookie: SecretRef
    uid: str


class IdentityAccepted(Table):
    """What the answer to an honoured initialisation looks like."""

    status: tuple[Status, ...] = (200, 201)
    pointer: JsonPointer | None = None
    equals: PlainValue = True


class IdentityState(Table):
    """Where the record of a uid can be read. `{uid}` in the URL is replaced, percent-encoded."""

    url: WebUrl
    authorization: SecretRef | None = None
    absent_status: tuple[Status, ...] = (404,)


class OtherPath(Table):
    """Another request that binds an identity. `{uid}` in the URL is replaced, percent-encoded.

    `body` is what is sent beside uid, hash and the value that is changed; absent, the usual ways are tried. With
    `uid_pointer` a declared body names the uid, too; `hash_header` is where the hash stands if not in the body. Where
    a client is known by a session, `session_pointer` leads to it in the answer to that client's initialisation, and
    `session_header` bears it here.
    """

    url: WebUrl
    method: Method = "PATCH"
    body: dict[str, Any] | None = None
    uid_pointer: JsonPointer | None = None
    hash_pointer: JsonPointer | None = None
    value_pointer: JsonPointer | None = None
    hash_header: Text | None = None
    session_pointer: JsonPointer | None = None
    session_header: Text | None = None

    @model_validator(mode="after")
    def _session_is_whole(self) -> OtherPath:
        if (self.session_pointer is None) != (self.session_header is None):
            raise Unfit(say("session_pointer and session_header go together: give both or neither"))
        return self


class Switch(Table):
    """How validation is turned off and on.

    `pointer` leads to the flag in what is read and sent; absent, it is the one boolean that GET shows, or `/enabled`.
    """

    url: WebUrl
    method: str = "PUT"
    authorization: SecretRef | None = None
    pointer: JsonPointer | None = None


class Identity(Table):
    """The widget's initialisation with client_hash."""

    url: WebUrl
    method: Method = "POST"
    ca_file: str | None = None
    secret: SecretRef | None = None
    enforced: StrictBool = True
    uid_pointer: JsonPointer = "/visitor/email"
    hash_pointer: JsonPointer = "/client_hash"
    uids: tuple[str, ...] = ()
    previous_secrets: tuple[SecretRef, ...] = ()
    other_secrets: tuple[SecretRef, ...] = ()
    site_pages: tuple[WebUrl, ...] = ()
    repositories: tuple[str, ...] = ()
    headers: RequestHeaders = Field(default_factory=dict)
    body: dict[str, Any] = Field(default_factory=dict)
    accepted: IdentityAccepted = IdentityAccepted()
    state: IdentityState | None = None
    signed_in_pages: tuple[SignedInPage, ...] = ()
    other_paths: tuple[OtherPath, ...] = ()
    switch: Switch | None = None


class Stub(Table):
    """Where the suite's stub database listens, one address for each set-up of the gateway that is pointed at it.

    `listen` is for the web app without WA_DB_SSL_VERIFY, `verify_off_listen` for one with WA_DB_SSL_VERIFY=0,
    `verify_other_listen` for one with any other value; `core_listen` for the core app with the new settings,
    `core_retired_listen` for one with WA_DB_CONNECTION_OPTION alone. The gateway trusts `ca_cert` (WA_DB_SSL_CA), with
    whose key `ca_key` the suite issues what it shows; `host` is the name that the gateway calls the stub by, absent:
    that of `listen`. `seconds` is how long to wait for each next connection.
    """

    listen: HostPort
    verify_off_listen: HostPort | None = None
    verify_other_listen: HostPort | None = None
    core_listen: HostPort | None = None
    core_retired_listen: HostPort | None = None
    host: Text | None = None
    ca_cert: str | None = None
    ca_key: SecretRef | None = None
    seconds: Positive = 10

    @model_validator(mode="after")
    def _authority_is_whole(self) -> Stub:
        if (self.ca_cert is None) != (self.ca_key is None):
            raise Unfit(say("ca_cert and ca_key go together: give both or neither"))
        return self


class Database(Table):
    """The database behind web app and core app."""

    engine: Literal["postgresql", "mysql"]
    host: str
    port: Port
    name: str
    ca_file: str | None = None
    client_cert: str | None = None
    client_key: SecretRef | None = None
    username: str | None = None
    password: SecretRef | None = None
    other_client_cert: str | None = None
    other_client_key: SecretRef | None = None
    monitor: Login | None = None
    stub: Stub | None = None

    @model_validator(mode="after")
    def _certificate_has_a_key(self) -> Database:
        if (self.client_cert is None) != (self.client_key is None):
            raise Unfit(say("client_cert and client_key go together: give both or neither"))
        if (self.other_client_cert is None) != (self.other_client_key is None):
            raise Unfit(say("other_client_cert and other_client_key go together: give both or neither"))
        return self


class Webhook(Table):
    """Where the suite's callback receivers listen, and what makes the gateway call them.

    `payload` is what is sent to the trigger, `{nonce}` in it replaced by a fresh word; absent, `channel.payload` as it
    stands, or a JSON object with an `id` to a URL.
    """

    listen: str
    ports: Annotated[tuple[Port, ...], FirstAndLast]
    callback_host: HostName
    trigger: Trigger = "channel"
    payload: str | None = None


class Deployment(Table):
    """The files that the gateway is deployed from."""

    compose_files: tuple[str, ...] = ()
    override: StrictBool = True
    env_files: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    hosts: Literal["one", "many"] = "one"
    web_services: tuple[Text, ...] = ()
    core_services: tuple[Text, ...] = ()
    certs_dir: str | None = None


class Vantage(Table):
    """A place to look from; `command` begins the command line that runs Python over there."""

    name: Text
    command: tuple[str, ...] = ()
    reachable: HostPort | None = None


class Reach(Table):
    """An expectation: a vantage point reaches a service, or does not."""

    from_: str = Field(alias="from")
    to: HostPort
    service: Literal["api", "admin", "communication", "control", "database"]
    allowed: StrictBool


class Network(Table):
    """Where the networks are looked at from, and what is expected there."""

    ports: Annotated[tuple[Port, ...], Once] = ()
    vantage: tuple[Vantage, ...] = ()
    reach: tuple[Reach, ...] = ()

    @model_validator(mode="after")
    def _one_meaning(self) -> Network:
        names = [vantage.name for vantage in self.vantage]
        if len(set(names)) < len(names):
            raise Unfit(say("two [[network.vantage]] tables have the same name"))
        expected: dict[tuple[str, str, str], bool] = {}
        for reach in self.reach:
            if reach.from_ not in names:
                raise Unfit(_no_such_vantage(reach.from_, names))
            if expected.setdefault((reach.from_, reach.to, reach.service), reach.allowed) != reach.allowed:
                raise Unfit(
                    say(
                        "reach from {vantage} to {host} ({service}) is declared both allowed and not",
                        vantage=Own(repr(reach.from_)),
                        host=Own(repr(reach.to)),
                        service=Own(reach.service),
                    )
                )
        return self


class Target(Table):
    """A whole target file."""

    schema_: Literal[1] = Field(alias="schema")
    name: Text
    consent: Literal["read", "write", "destructive"] = "read"
    scope: Scope = Scope()
    limits: Limits = Limits()
    webapp: Webapp | None = None
    channel: Channel | None = None
    identity: Identity | None = None
    database: Database | None = None
    webhook: Webhook | None = None
    deployment: Deployment | None = None
    network: Network | None = None

    @property
    def sections(self) -> tuple[str, ...]:
        """Name the sections that are declared."""
        return tuple(name for name in SECTIONS if getattr(self, name) is not None)

    @property
    def sha256(self) -> str:
        """Return the digest of what the file says, in hex; comments and order do not count."""
        return hashlib.sha256(json.dumps(self.document(), sort_keys=True).encode()).hexdigest()

    def document(self) -> dict[str, Any]:
        """Return the file's content as JSON can hold it; secrets are references, so it can be shown."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)

    def declared(self, kind: type[_Section]) -> _Section:
        """Return the section of that kind; raises LookupError where there is none: nothing about it is asked then."""
        found = next((table for name in SECTIONS if isinstance(table := getattr(self, name), kind)), None)
        if found is None:
            raise LookupError(f"the target declares no [{kind.__name__.lower()}]")
        return found

    def permits(self, tier: str) -> bool:
        """Tell whether the consent given covers `tier`."""
        return CONSENT.index(self.consent) >= CONSENT.index(tier)

    def excluded(self, requirement: str) -> str | None:
        """Return the reason why `requirement` is out of scope, or None."""
        return next((e.reason for e in self.scope.exclude if fnmatch.fnmatchcase(requirement, e.requirement)), None)

    def missing(self, keys: tuple[str, ...]) -> list[str]:
        """Return those of the dotted `keys` (`identity.state`) that are absent or empty."""
        return [key for key in keys if not _lookup(self, key)]

    def subject(self, section: str) -> str:
        """Name the endpoint that `section` is about, as `host:port`."""
        table = getattr(self, section)
        url = getattr(table, "url", None)
        if url is not None:
            return str(Origin.of(url))
        host, port = getattr(table, "host", None), getattr(table, "port", None)
        return f"{host}:{port}" if host else self.name

    def secret_refs(self) -> list[SecretRef]:
        """List every secret that the file refers to, without repeats, in file order."""
        return list(dict.fromkeys(_references(self)))


def _no_such_vantage(name: str, declared: list[str]) -> Sentence:
    if not declared:
        return say(
            'reach "from" names {name}, and no [[network.vantage]] is called so: none declared', name=Own(repr(name))
        )
    return say(
        'reach "from" names {name}, and no [[network.vantage]] is called so: {names} declared',
        name=Own(repr(name)),
        names=own_list(declared, By.COMMA),
    )


def _lookup(table: Any, key: str) -> Any:
    for part in key.split("."):
        table = getattr(table, part, None)
    return table


def _references(value: Any) -> Iterator[SecretRef]:
    if isinstance(value, SecretRef):
        yield value
    elif isinstance(value, BaseModel):
        for _, inner in value:
            yield from _references(inner)
    elif isinstance(value, dict | tuple):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _references(inner)


def parse(document: dict[str, Any]) -> Target:
    """Build a target from the file's content; raises pydantic's ValidationError."""
    return Target.model_validate(document)
