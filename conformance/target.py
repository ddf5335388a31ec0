"""The target file: what to probe, with which consent, judged against which policy."""

from __future__ import annotations

import fnmatch
import hashlib
import ipaddress
import json
import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, model_validator

from conformance import codecs
from conformance.secret import SecretRef

CONSENT = ("read", "write", "destructive")
SECTIONS = ("webapp", "channel", "identity", "database", "webhook", "deployment", "network")


def _within(low: int, high: int) -> AfterValidator:
    def check(value: int) -> int:
        if not low <= value <= high:
            raise ValueError(f"must be from {low} to {high}")
        return value

    return AfterValidator(check)


def _url(*schemes: str, path: bool = True) -> AfterValidator:
    wanted = " or ".join(f"{scheme}://" for scheme in schemes)

    def check(value: str) -> str:
        parts = _split(value)
        if parts.scheme not in schemes or not parts.hostname or not value.isprintable() or " " in value:
            raise ValueError(f"must be a URL that starts with {wanted} and a host")
        if parts.username is not None:
            raise ValueError("a URL holds no user name and no password here: leave out all before the @")
        if not path and (parts.path not in ("", "/") or parts.query or parts.fragment):
            raise ValueError("must be scheme, host and port only: paths go into admin_paths and api_paths")
        return value

    return AfterValidator(check)


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ValueError("is not a URL: an IPv6 address stands in square brackets") from None
    try:
        _ = parts.port
    except ValueError:
        raise ValueError("the port in this URL must be a number from 1 to 65535") from None
    return parts


def _path(value: str) -> str:
    if not value.startswith("/") or not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError("must be a path that starts with / and is percent-encoded")
    return value


def _text(value: str) -> str:
    if not value.strip() or not value.isprintable():
        raise ValueError("must be text that is not empty and holds no control characters")
    return value


def _pointer(value: str) -> str:
    if value and not value.startswith("/"):
        raise ValueError('must be a JSON Pointer, which starts with /, such as "/visitor/email"')
    return value


def _method(value: str) -> str:
    if not (value.isascii() and value.isalpha() and value.isupper()):
        raise ValueError('must be an HTTP method in capitals, such as "POST"')
    return value


def _address(value: str) -> str:
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        raise ValueError("must be an IP address, without a port") from None


def _once(values: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(set(values)) < len(values):
        raise ValueError("holds the same value twice")
    return values


def _simple(value: Any) -> Any:
    if not isinstance(value, bool | int | str):
        raise ValueError("must be true, false, a whole number or text in quotes")  # noqa: TRY004 - pydantic's way
    return value


def _first_and_last(values: tuple[int, ...]) -> tuple[int, ...]:
    if len(values) != 2 or values[0] > values[1]:
        raise ValueError("must be the first and the last port, such as [18443, 18450]")
    return values


def _codec(value: str) -> str:
    if value not in codecs.known():
        raise ValueError(f"must name a codec that is installed: {', '.join(codecs.known())}")
    return value


def _reference_or_text(value: str) -> str:
    return SecretRef.checked(value) if value.startswith(("env:", "file:")) else value


Port = Annotated[int, Field(strict=True), _within(1, 65535)]
Status = Annotated[int, Field(strict=True), _within(100, 599)]
Positive = Annotated[int, Field(strict=True, gt=0)]
Text = Annotated[str, AfterValidator(_text)]
HttpsUrl = Annotated[str, _url("https")]
Origin = Annotated[str, _url("https", path=False)]
WebUrl = Annotated[str, _url("http", "https")]
ChannelUrl = Annotated[str, _url("http", "https", "tcp")]
UrlPath = Annotated[str, AfterValidator(_path)]
JsonPointer = Annotated[str, AfterValidator(_pointer)]
IpAddress = Annotated[str, AfterValidator(_address)]
Method = Annotated[str, AfterValidator(_method)]
Once = AfterValidator(_once)
HeaderValue = Annotated[str, AfterValidator(_reference_or_text)]
_CONFIDENTIAL = re.compile("authorization|cookie|token|secret|password|api[-_]?key", re.IGNORECASE)


class Table(BaseModel):
    """A table of the target file: keys are strict, and it does not change once read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


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
    """What to put back after a certificate was replaced."""

    restore: SecretRef


class Webapp(Table):
    """The web app: API and administration."""

    url: Origin
    addresses: Annotated[tuple[IpAddress, ...], Once] = ()
    http_ports: Annotated[tuple[Port, ...], Once] = ()
    ca_file: str | None = None
    client_cert: str | None = None
    client_key: SecretRef | None = None
    security_level: Literal["modern", "intermediate", "old"] = "modern"
    guideline: Literal["4.0", "5.7", "5.8", "6.0"] = "5.8"
    admin_paths: Annotated[tuple[UrlPath, ...], Once] = ()
    api_paths: Annotated[tuple[UrlPath, ...], Once] = ()
    probe_throttling: StrictBool = False
    admin: Login | None = None
    user: Login | None = None
    certificate: Certificate | None = None

    @model_validator(mode="after")
    def _level_exists(self) -> Webapp:
        if (self.guideline, self.security_level) == ("6.0", "old"):
            raise ValueError('guideline 6.0 has no security_level "old": declare guideline "5.8", or a higher level')
        if (self.client_cert is None) != (self.client_key is None):
            raise ValueError("client_cert and client_key go together: give both or neither")
        return self


class ChannelAccepted(Table):
    """What the answer to an accepted message looks like."""

    status: tuple[Status, ...] = (200,)


class Channel(Table):
    """The sealed channel between web app and core app."""

    url: ChannelUrl
    codec: Annotated[str, AfterValidator(_codec)] = "fernet"
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
    equals: Annotated[Any, BeforeValidator(_simple)] = True


class IdentityState(Table):
    """How to read what is stored of a uid. `{uid}` in the URL is replaced, percent-encoded."""

    url: WebUrl
    authorization: SecretRef | None = None
    absent_status: tuple[Status, ...] = (404,)


class OtherPath(Table):
    """Another request that binds an identity."""

    url: WebUrl
    method: Method = "PATCH"


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
    headers: dict[str, HeaderValue] = {}
    body: dict[str, Any] = {}
    accepted: IdentityAccepted = IdentityAccepted()
    state: IdentityState | None = None
    signed_in_pages: tuple[SignedInPage, ...] = ()
    other_paths: tuple[OtherPath, ...] = ()
    switch: Switch | None = None

    @model_validator(mode="after")
    def _no_literal_credentials(self) -> Identity:
        for name, value in self.headers.items():
            if _CONFIDENTIAL.search(name) and not isinstance(value, SecretRef):
                raise ValueError(f'header {name} may hold a secret: write "env:NAME" or "file:PATH"')
        return self


class Stub(Table):
    """Where the suite's stub database listens."""

    listen: str


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
    monitor: Login | None = None
    stub: Stub | None = None


class Webhook(Table):
    """Where the suite's callback receivers listen, and what makes the gateway call them."""

    listen: str
    ports: Annotated[tuple[Port, ...], AfterValidator(_first_and_last)]
    callback_host: str
    trigger: str = "channel"


class Deployment(Table):
    """The files that the gateway is deployed from."""

    compose_files: tuple[str, ...] = ()
    env_files: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    hosts: Literal["one", "many"] = "one"
    web_services: tuple[str, ...] = ()
    core_services: tuple[str, ...] = ()
    certs_dir: str | None = None


class Vantage(Table):
    """A place to look from: an argv prefix that starts a plain python3 there."""

    name: str
    command: tuple[str, ...] = ()
    reachable: str | None = None


class Reach(Table):
    """What must, or must not, be reachable from a vantage point."""

    from_: str = Field(alias="from")
    to: str
    service: Literal["api", "admin", "communication", "control", "database"]
    allowed: StrictBool


class Network(Table):
    """Where the networks are looked at from, and what is expected there."""

    ports: tuple[Port, ...] = ()
    vantage: tuple[Vantage, ...] = ()
    reach: tuple[Reach, ...] = ()


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
            parts = urlsplit(url)
            port = parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)
            host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
            return f"{host}:{port}"
        host, port = getattr(table, "host", None), getattr(table, "port", None)
        return f"{host}:{port}" if host else self.name

    def secret_refs(self) -> list[SecretRef]:
        """List every secret that the file refers to, without repeats, in file order."""
        return list(dict.fromkeys(_references(self)))


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
