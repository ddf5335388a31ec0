"""What may stand behind a key of an operator's file: each kind of value refuses in words that say what to write."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from conformance import codecs
from conformance.model import Demand, Unfit
from conformance.secrecy.secret import SecretRef
from conformance.sentence import By, own_list, say


class Table(BaseModel):
    """A table of the file: keys are strict, and it does not change once read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _told(**keywords: str | int) -> Any:
    """Tell an editor what the validator beside it holds: keywords of JSON Schema."""
    return Field(json_schema_extra=dict(keywords))


def _within(low: int, high: int) -> AfterValidator:
    def check(value: int) -> int:
        if not low <= value <= high:
            raise Demand(say("must be from {low} to {high}", low=low, high=high))
        return value

    return AfterValidator(check)


def _url(*schemes: str, path: bool = True) -> AfterValidator:
    return AfterValidator(_url_check(*schemes, path=path))


def _url_check(*schemes: str, path: bool = True) -> Callable[[str], str]:
    wanted = own_list([f"{scheme}://" for scheme in schemes], By.OR)

    def check(value: str) -> str:
        parts = _split(value)
        if parts.scheme not in schemes or not parts.hostname or not value.isprintable() or " " in value:
            raise Demand(say("must be a URL that starts with {schemes} and a host", schemes=wanted))
        if parts.username is not None:
            raise Unfit(say("a URL holds no user name and no password here: leave out all before the @"))
        if not path and (parts.path not in ("", "/") or parts.query or parts.fragment):
            raise Demand(say("must be scheme, host and port only: paths go into admin_paths and api_paths"))
        return value

    return check


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise Unfit(say("is not a URL: an IPv6 address stands in square brackets")) from None
    try:
        _ = parts.port
    except ValueError:
        raise Unfit(say("the port in this URL must be a number from 1 to 65535")) from None
    return parts


def _host_port(value: str) -> str:
    try:
        parts = urlsplit(f"//{value}")
        sound = bool(parts.hostname and parts.port) and parts.netloc == value and parts.username is None
    except ValueError:
        sound = False
    if not sound or not value.isprintable() or " " in value:
        raise Demand(
            say(
                'must be a host and a port, such as "core.staging.example:6250"; '
                "an IPv6 address stands in square brackets"
            )
        )
    return value


def _host_name(value: str) -> str:
    shown = f"[{value}]" if ":" in value and not value.startswith("[") else value
    try:
        parts = urlsplit(f"//{shown}")
        sound = parts.netloc == shown and bool(parts.hostname) and parts.port is None and parts.username is None
        value.strip("[]").encode("idna")
    except ValueError:
        sound = False
    if not sound or not value.isprintable() or " " in value:
        raise Demand(say('must be a host name or an IP address alone, such as "suite.staging.example"'))
    return value.strip("[]")


def _trigger(value: str) -> str:
    try:
        return value if value == "channel" else _url_check("http", "https")(value)
    except Unfit as error:
        raise Demand(say('must be "channel", or a URL to POST to: {trouble}', trouble=error.trouble)) from None


def _path(value: str) -> str:
    if not value.startswith("/") or not value.isascii() or not value.isprintable() or " " in value:
        raise Demand(say("must be a path that starts with / and is percent-encoded"))
    return value


def _text(value: str) -> str:
    if not value.strip() or not value.isprintable():
        raise Demand(say("must be text that is not empty and holds no control characters"))
    return value


def _pointer(value: str) -> str:
    if value and not value.startswith("/"):
        raise Demand(say('must be a JSON Pointer, which starts with /, such as "/visitor/email"'))
    return value


def _method(value: str) -> str:
    if not (value.isascii() and value.isalpha() and value.isupper()):
        raise Demand(say('must be an HTTP method in capitals, such as "POST"'))
    return value


def _address(value: str) -> str:
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        raise Demand(say("must be an IP address, without a port")) from None


def _once(values: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(set(values)) < len(values):
        raise Unfit(say("holds the same value twice"))
    return values


def _simple(value: Any) -> Any:
    if not isinstance(value, bool | int | str):
        raise Demand(say("must be true, false, a whole number or text in quotes"))
    return value


def _first_and_last(values: tuple[int, ...]) -> tuple[int, ...]:
    if len(values) != 2 or values[0] > values[1]:
        raise Demand(say("must be the first and the last port, such as [18443, 18450]"))
    return values


def _codec(value: str) -> str:
    if value not in codecs.known():
        known = own_list(codecs.known(), By.COMMA)
        raise Demand(say("must name a codec that is installed: {codecs}", codecs=known))
    return value


def _reference_or_text(value: str) -> str:
    return SecretRef.checked(value) if value.startswith(("env:", "file:")) else value


Port = Annotated[int, Field(strict=True), _within(1, 65535), _told(minimum=1, maximum=65535)]
Status = Annotated[int, Field(strict=True), _within(100, 599), _told(minimum=100, maximum=599)]
Positive = Annotated[int, Field(strict=True, gt=0)]
Text = Annotated[str, AfterValidator(_text)]
HttpsUrl = Annotated[str, _url("https"), _told(pattern="^https://")]
OriginUrl = Annotated[str, _url("https", path=False), _told(pattern="^https://[^/?#]+/?$")]
WebUrl = Annotated[str, _url("http", "https"), _told(pattern="^https?://")]
HostName = Annotated[str, AfterValidator(_host_name)]
Trigger = Annotated[str, AfterValidator(_trigger)]
ChannelUrl = Annotated[str, _url("http", "https", "tcp")]
UrlPath = Annotated[str, AfterValidator(_path), _told(pattern="^/")]
JsonPointer = Annotated[str, AfterValidator(_pointer), _told(pattern="^(/|$)")]
IpAddress = Annotated[str, AfterValidator(_address)]
Method = Annotated[str, AfterValidator(_method), _told(pattern="^[A-Z]+$")]
Once = AfterValidator(_once)
FirstAndLast = AfterValidator(_first_and_last)
CodecName = Annotated[str, AfterValidator(_codec)]
PlainValue = Annotated[Any, BeforeValidator(_simple)]
HostPort = Annotated[str, AfterValidator(_host_port)]
HeaderValue = Annotated[str, AfterValidator(_reference_or_text)]
