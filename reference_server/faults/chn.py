"""Faults of the sealed channel: what a core app takes that it must not, or refuses that it must take."""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..http import Request, Response
from ..sealing import FernetFormat, Message, Refused
from . import fault

if TYPE_CHECKING:
    from ..core import Core
    from ..gateway import Gateway


def _now(core: Core) -> int:
    return math.floor(core.clock())


def _fernet(core: Core) -> FernetFormat:
    assert isinstance(core.format, FernetFormat)  # noqa: S101 - what the reference is built with
    return core.format


def _also_takes(core: Core, recognised: Callable[[bytes], bool]) -> None:
    """Let the core take what is `recognised` beside what is sealed."""
    sealed = core.unseal
    core.unseal = lambda body: Message(body, _now(core)) if recognised(body) else sealed(body)


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except ValueError:
        return False
    return True


def _is_json_in_base64(body: bytes) -> bool:
    try:
        return _is_json(base64.urlsafe_b64decode(body))
    except binascii.Error:
        return False


@fault("CHN-01")
def needs_a_message_to_age(gateway: Gateway) -> None:
    """Breaks CHN-01: a message of this very second is refused, as if it came from the future."""
    core = gateway.core
    core.fresh = lambda stamp: 1 <= abs(_now(core) - stamp) <= core.tolerance


@fault("CHN-01")
def takes_one_message_a_second(gateway: Gateway) -> None:
    """Breaks CHN-01: two different messages with one timestamp count as a replay."""
    core = gateway.core
    core.new = lambda _, message: core.seen.add(str(message.stamp).encode())


@fault("CHN-01")
def takes_a_payload_once(gateway: Gateway) -> None:
    """Breaks CHN-01: a second message that says the same counts as a replay."""
    core = gateway.core
    core.new = lambda _, message: core.seen.add(message.payload)


@fault("CHN-02")
def takes_plain_json(gateway: Gateway) -> None:
    """Breaks CHN-02: a JSON document in the clear is taken as well."""
    _also_takes(gateway.core, _is_json)


def _answers_in_the_clear(core: Core, recognised: Callable[[Request], bool]) -> None:
    """Let the core take the requests that are `recognised`, and answer them as they came: unsealed."""
    answer = core.answer
    core.answer = lambda request: Response.json({"type": "pong"}) if recognised(request) else answer(request)  # type: ignore[method-assign]


@fault("CHN-02")
def falls_back_to_plain_json(gateway: Gateway) -> None:
    """Breaks CHN-02: who speaks in the clear is served in the clear."""
    _answers_in_the_clear(gateway.core, lambda request: _is_json(request.body))


@fault("CHN-02")
def takes_what_is_announced_as_json(gateway: Gateway) -> None:
    """Breaks CHN-02: a body of another content type is not opened, but taken as it is."""
    _answers_in_the_clear(gateway.core, lambda request: request.header("Content-Type") == "application/json")


@fault("CHN-02")
def takes_base64_for_sealed(gateway: Gateway) -> None:
    """Breaks CHN-02: a JSON document in base64 is taken as well."""
    _also_takes(gateway.core, _is_json_in_base64)


@fault("CHN-02")
def takes_an_empty_message(gateway: Gateway) -> None:
    """Breaks CHN-02: an empty message is taken for a keep-alive."""
    _also_takes(gateway.core, lambda body: not body)


def _also_under(core: Core, secret: str) -> None:
    core.request_keys = [core.key("web->core", secret), *core.request_keys]


@fault("CHN-03")
def takes_the_empty_secret(gateway: Gateway) -> None:
    """Breaks CHN-03: messages sealed with an empty secret are taken as well."""
    _also_under(gateway.core, "")


@fault("CHN-03")
def takes_a_default_secret(gateway: Gateway) -> None:
    """Breaks CHN-03: the secret of the sample configuration opens the channel as well."""
    _also_under(gateway.core, "changeme")


@fault("CHN-03")
def takes_the_beginning_of_the_secret(gateway: Gateway) -> None:
    """Breaks CHN-03: the first sixteen characters of the secret are enough."""
    _also_under(gateway.core, gateway.environ["WA_SECRET"][:16])


@fault("CHN-03")
def trims_the_secret(gateway: Gateway) -> None:
    """Breaks CHN-03: the space at the secret's end does not count."""
    core, trimmed = gateway.core, gateway.environ["WA_SECRET"]
    gateway.environ["WA_SECRET"] = trimmed + " "
    core.request_keys, core.answer_key = [core.key("web->core")], core.key("core->web")
    _also_under(core, trimmed)


@fault("CHN-03", "CHN-04")
def checks_the_form_alone(gateway: Gateway) -> None:
    """Breaks CHN-03 and CHN-04: whatever has the form of a token is taken, sealed by whomever."""
    core = gateway.core

    def parse(_key: bytes, raw: bytes) -> Message:
        if raw[:1] != b"\x80" or (len(raw) - 57) % 16:
            raise Refused("not a token")
        return Message(b"{}", int.from_bytes(raw[1:9], "big"))

    _fernet(core).parse = parse


@fault("CHN-04")
def does_not_check_the_mac(gateway: Gateway) -> None:
    """Breaks CHN-04: a message counts as sealed when it decrypts to a JSON document."""
    _fernet(gateway.core).compare = lambda _ours, _theirs: True


@fault("CHN-04")
def checks_half_of_the_mac(gateway: Gateway) -> None:
    """Breaks CHN-04: only the first half of the MAC is compared."""
    _fernet(gateway.core).compare = lambda ours, theirs: ours[:16] == theirs[:16]


@fault("CHN-04")
def leaves_the_timestamp_out_of_the_mac(gateway: Gateway) -> None:
    """Breaks CHN-04: the timestamp can be rewritten (as if it were under no MAC: any near one makes it hold)."""
    token = _fernet(gateway.core)

    def parse(key: bytes, raw: bytes) -> Message:
        stamp = int.from_bytes(raw[1:9], "big")
        for other in range(max(0, stamp - 100), stamp + 100):
            original = raw[:1] + (other % (1 << 64)).to_bytes(8, "big") + raw[9:]
            if token.mac(key, original[:-32]) == raw[-32:]:
                return Message(token.checked(key, original).payload, stamp)
        raise Refused("bad MAC")

    token.parse = parse


@fault("CHN-04")
def takes_what_is_appended(gateway: Gateway) -> None:
    """Breaks CHN-04: bytes after the message are ignored."""
    token = _fernet(gateway.core)

    def parse(key: bytes, raw: bytes) -> Message:
        for extra in (16, 1):
            try:
                return token.checked(key, raw[:-extra])
            except Refused:
                continue
        return token.checked(key, raw)

    token.parse = parse


@fault("CHN-04")
def takes_a_shortened_mac(gateway: Gateway) -> None:
    """Breaks CHN-04: as much of the MAC as was sent is compared."""
    token = _fernet(gateway.core)

    def parse(key: bytes, raw: bytes) -> Message:
        end = 25 + 16 * ((len(raw) - 26) // 16)
        for split in (end, end - 16):
            body, mac = raw[:split], raw[split:]
            if len(body) > 25 and mac and token.mac(key, body).startswith(mac):
                return Message(token.decrypt(key, body), int.from_bytes(raw[1:9], "big"))
        raise Refused("bad MAC")

    token.parse = parse


def _knows_again(core: Core, part: slice) -> None:
    """Let the core spare a message its seal where that `part` of one that it took stands in it."""
    token = _fernet(core)
    taken: dict[bytes, bytes] = {}

    def parse(key: bytes, raw: bytes) -> Message:
        stamp = int.from_bytes(raw[1:9], "big")
        if len(raw) > 57 and raw[part] in taken:
            return Message(taken[raw[part]], stamp)
        message = token.checked(key, raw)
        if core.fresh(stamp):
            taken[raw[part]] = message.payload
        return message

    token.parse = parse


@fault("CHN-04")
def knows_a_message_by_all_but_its_head(gateway: Gateway) -> None:
    """Breaks CHN-04: the ciphertext and MAC of a message that was taken are good under another timestamp."""
    _knows_again(gateway.core, slice(25, None))


@fault("CHN-04")
def knows_a_message_by_its_mac(gateway: Gateway) -> None:
    """Breaks CHN-04: the MAC of a message that was taken is good for anything."""
    _knows_again(gateway.core, slice(-32, None))


@fault("CHN-04")
def knows_a_message_by_its_beginning(gateway: Gateway) -> None:
    """Breaks CHN-04: what begins like a message that was taken is good without its MAC."""
    _knows_again(gateway.core, slice(0, 41))
