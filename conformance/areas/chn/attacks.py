"""Messages that a core must refuse, and some that it must take: how each is made."""

from __future__ import annotations

import base64
import math
import secrets
import string
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent import futures

from conformance.areas.chn import timing
from conformance.areas.chn.line import Line, Make
from conformance.areas.chn.record import Attempt
from conformance.areas.chn.timing import Timing
from conformance.codecs import Region
from conformance.sentence import Sentence, counted, say, say_of

Attempts = Mapping[str, Callable[[], Attempt]]

DEFAULTS = ("secret", "WA_SECRET", "changeme", "password", "whatsapp")
_PREFIXES = (8, 16, 32)  # characters of the secret, where only its beginning may count
_FAR_PAST = {"1-hour": 3600, "1-day": 86400}  # seconds
_INSIDE = (10, 20, 40)  # per cent of the tolerance
_SILENCE, _LONG_SILENCE, _LEAD = 0.5, 5.0, 0.1
_MEGABYTE = 1 << 20
_HALF = 100  # bytes that are announced and never come
_JSON = "application/json"
_REGIONS = {
    Region.VERSION: say_of("region", "version"),
    Region.TIMESTAMP: say_of("region", "timestamp"),
    Region.NONCE: say_of("region", "nonce"),
    Region.CIPHERTEXT: say_of("region", "ciphertext"),
    Region.MAC: say_of("region", "mac"),
}


def _fresh(line: Line, attempts: Mapping[str, tuple[Sentence, Make]]) -> Attempts:
    """Send each with the timestamp of a fresh message, so that it differs from the control in one property."""
    when = timing.fresh(line.tolerance)
    return {name: _sending(line, what, when, make) for name, (what, make) in attempts.items()}


def _sending(line: Line, what: Sentence, when: Timing, make: Make | None = None) -> Callable[[], Attempt]:
    return lambda: line.send(what, when, make)


def unsealed(line: Line) -> Attempts:
    """Send the payload as it is."""
    payload = line.channel.payload.encode()
    attempts = _fresh(
        line,
        {
            "plain": (say("the payload in the clear"), lambda _: payload),
            "empty": (say("an empty message"), lambda _: b""),
            "base64": (say("the payload in base64"), lambda _: base64.b64encode(payload)),
            "base64/url": (say("the payload in base64url"), lambda _: base64.urlsafe_b64encode(payload)),
        },
    )
    if not line.speaks_http or line.channel.content_type == _JSON:
        return attempts
    what, when = say("the payload in the clear, announced as JSON"), timing.fresh(line.tolerance)
    return {**attempts, "plain/json": lambda: line.send(what, when, lambda _: payload, content_type=_JSON)}


def forged(line: Line) -> Attempts:
    """Seal the payload with another secret; a variant that equals the right one is left out."""
    right = line.secret
    another = say("a message sealed with another secret")
    guessed = say("a message sealed with a secret that anybody would guess")
    trimmed = say("a message sealed with the secret without the space around it")
    variants = {f"other/{n}": (another, secrets.token_urlsafe(32)) for n in (1, 2, 3)}
    variants["empty"] = (say("a message sealed with an empty secret"), "")
    variants |= {f"default/{n}": (guessed, text) for n, text in enumerate(DEFAULTS, 1)}
    variants["trimmed"] = (trimmed, right.strip())
    for size in (*_PREFIXES, len(right) - 1):
        if size < len(right.strip()):
            what = counted(
                "a message sealed with the secret's first character",
                "a message sealed with the secret's first {n} characters",
                size,
            )
            variants[f"prefix/{size}"] = (what, right[:size])
    payload = line.channel.payload.encode()

    def sealer(secret: str) -> Make:
        codec = line.with_secret(secret)
        return lambda stamp: codec.seal(payload, stamp)

    return _fresh(line, {name: (what, sealer(secret)) for name, (what, secret) in variants.items() if secret != right})


def changed(line: Line) -> Attempts:
    """Change a right message on its way."""
    attempts = {
        f"bit-{region}/{n}": (
            say("a message with one bit of its {region} changed", region=_REGIONS[region]),
            _flip(line, region, n),
        )
        for region in regions(line)
        for n in (1, 2, 3)
    }
    for region in list(regions(line))[:-1]:
        what = say("a message cut off after its {region}", region=_REGIONS[region])
        attempts[f"truncated/{region}"] = (what, _cut(line, region))
    more: dict[str, tuple[Sentence, Callable[[bytes], bytes]]] = {
        "truncated/last": (say("a message without its last byte"), lambda raw: raw[:-1]),
        "appended/zero": (say("a message with a zero byte appended"), lambda raw: raw + b"\0"),
        "appended/block": (say("a message with 16 bytes appended"), lambda raw: raw + raw[-16:]),
    }
    attempts |= {name: (what, _raw(line, change)) for name, (what, change) in more.items()}
    restamped = say("an old message with a fresh timestamp written over its own")
    return _fresh(line, attempts | {"re-stamped": (restamped, _restamp(line))})


def changed_later(line: Line, delivered: bytes) -> Attempts:
    """Change a message that the core has taken already: it may spare what it knows the check of its seal."""

    def sent(change: Callable[[bytes], bytes]) -> Make:
        return lambda _: line.codec.wrap(change(line.codec.unwrap(delivered)))

    attempts = {
        f"bit-{region}/delivered": (
            say("a message that was taken before, with one bit of its {region} changed", region=_REGIONS[region]),
            sent(_flipping(line, region, 3)),
        )
        for region in regions(line)
    }
    cut = say("a message that was taken before, without its last byte")
    longer = say("a message that was taken before, with a zero byte appended")
    restamped = say("a message that was taken before, with a fresh timestamp written over its own")
    attempts |= {
        "truncated/delivered": (cut, sent(lambda raw: raw[:-1])),
        "appended/delivered": (longer, sent(lambda raw: raw + b"\0")),
        "re-stamped/delivered": (restamped, lambda stamp: _with_stamp(line, delivered, stamp)),
    }
    return _fresh(line, attempts)


def respelt(line: Line, message: bytes, when: Timing) -> Attempts:
    """Spell a message otherwise that was taken before; none where the codec's messages are raw bytes."""
    raw = line.codec.unwrap(message)
    if raw == message:
        return {}
    text = message.rstrip(b"=")
    spellings = {
        "line-feed": (say("the same message with a line feed after it"), message + b"\n"),
        "space": (say("the same message with spaces around it"), b" " + message + b" "),
        "broken": (say("the same message with a line break in it"), message[:40] + b"\r\n" + message[40:]),
        "alphabet": (say("the same message in base64 of the other alphabet"), _other_alphabet(message)),
        "padding": (
            say("the same message with other padding"),
            text if text != message else message + b"====",
        ),
        "last-bits": (say("the same message with other unused bits at its end"), _other_last_bits(message)),
    }
    return {
        name: _sending(line, what, when, lambda _, spelt=spelt: spelt)  # type: ignore[misc]
        for name, (what, spelt) in spellings.items()
        if spelt != message
    }


def _other_alphabet(message: bytes) -> bytes:
    """Exchange the two characters that base64 and base64url do not share."""
    other = bytes.maketrans(b"-_", b"+/") if set(message) & set(b"-_") else bytes.maketrans(b"+/", b"-_")
    return message.translate(other)


def _other_last_bits(message: bytes) -> bytes:
    """Change the bits of the last character that stand for nothing, where there is padding."""
    text = message.rstrip(b"=")
    order = string.ascii_uppercase + string.ascii_lowercase + string.digits
    last = order.find(text[-1:].decode("latin-1"))
    if len(text) == len(message) or last < 0:
        return message
    return text[:-1] + order[last ^ 1].encode() + message[len(text) :]


def regions(line: Line) -> tuple[Region, ...]:
    """Name the regions of the codec's messages, in order."""
    return tuple(line.codec.regions(line.codec.unwrap(line.seal(0))))


def _raw(line: Line, change: Callable[[bytes], bytes]) -> Make:
    return lambda stamp: line.codec.wrap(change(line.codec.unwrap(line.seal(stamp))))


def _flip(line: Line, region: Region, n: int) -> Make:
    return _raw(line, _flipping(line, region, n))


def _flipping(line: Line, region: Region, n: int) -> Callable[[bytes], bytes]:
    """Change the first byte's highest bit, one in the middle, or the last byte's lowest."""

    def change(raw: bytes) -> bytes:
        span = line.codec.regions(raw)[region]
        index, bit = {1: (span[0], 0x80), 2: (span[len(span) // 2], 0x10), 3: (span[-1], 0x01)}[n]
        return raw[:index] + bytes([raw[index] ^ bit]) + raw[index + 1 :]

    return change


def _cut(line: Line, region: Region) -> Make:
    return _raw(line, lambda raw: raw[: line.codec.regions(raw)[region].stop])


def _restamp(line: Line) -> Make:
    return lambda stamp: _with_stamp(line, line.seal(stamp - 2 * line.tolerance - 60), stamp)


def _with_stamp(line: Line, message: bytes, stamp: int) -> bytes:
    """Write a timestamp over a message's own; the one before it where that is its own."""
    old = line.codec.unwrap(message)
    span = line.codec.regions(old)[Region.TIMESTAMP]
    for other in (stamp, stamp - 1):
        made = line.codec.unwrap(line.seal(other))
        written = old[: span.start] + made[span.start : span.stop] + old[span.stop :]
        if written != old:
            break
    return line.codec.wrap(written)


def stale(line: Line) -> Attempts:
    """Send right messages that were sealed too long ago."""
    margin = line.tolerance
    ages = {"margin-plus-1s": margin + 1, "3-margins": 3 * margin, "6-margins": 6 * margin}
    ages |= {name: age for name, age in _FAR_PAST.items() if age > 6 * margin}
    attempts = {
        name: _sending(line, _sealed_ago(max(age, margin + 1)), timing.stale(max(age, margin + 1), margin))
        for name, age in ages.items()
    }
    return {**attempts, "epoch-0": _sending(line, say("a message stamped 0 (1 January 1970)"), timing.fixed(0))}


def _sealed_ago(seconds: int) -> Sentence:
    return say("a message sealed {seconds} s ago", seconds=seconds)


def future(line: Line) -> Attempts:
    """Send right messages that say they were sealed too far ahead, or in other units."""
    margin = line.tolerance
    leads = {"margin-plus-2s": margin + 2, "6-margins": max(6 * margin, margin + 2), "10-hours": 36_000}
    attempts = {
        name: _sending(line, say("a message stamped {seconds} s ahead", seconds=lead), timing.ahead(lead, margin))
        for name, lead in leads.items()
        if lead >= margin + 2
    }
    odd = {
        "2-to-31": (say("a message stamped 2^31"), lambda now: max(1 << 31, math.ceil(now) + margin + 2)),
        "2-to-63": (say("a message stamped 2^63 - 1"), lambda _: (1 << 63) - 1),
        "32-bit-wrap": (
            say("a message stamped 2^32 s ahead: fresh, if only 32 bits are read"),
            lambda now: int(now) + (1 << 32),
        ),
        "milliseconds": (say("a message stamped in milliseconds"), lambda now: int(now * 1000)),
        "negative": (say("a message stamped with the present below zero"), lambda now: -int(now)),
    }
    for name, (what, stamp) in odd.items():
        attempts[name] = _sending(line, what, Timing(_by_middle(stamp)))
    return attempts


def _by_middle(stamp: Callable[[float], int]) -> Callable[[float, float], int]:
    return lambda low, high: stamp((low + high) / 2)


def inside(line: Line) -> Attempts:
    """Send right messages that every reading of the margin accepts."""
    margin = line.tolerance
    ages = {f"{part}-percent": part * margin / 100 for part in _INSIDE}
    old = {
        f"old-{name}": _sending(
            line, say("a message sealed {seconds:g} s ago", seconds=age), timing.inside(age, margin)
        )
        for name, age in ages.items()
    }
    ahead = {
        f"ahead-{name}": _sending(
            line, say("a message sealed {seconds:g} s ahead", seconds=age), timing.inside(-age, margin)
        )
        for name, age in ages.items()
    }
    return old | ahead


def ages(line: Line) -> Iterator[tuple[float, Callable[[], Attempt]]]:
    """Send right messages of every age around the margin, 1 s apart (further for a margin of more than 30 s)."""
    reach = line.tolerance + 4
    step = max(1, reach // 30)
    for age in range(-reach, reach + 1, step):
        yield float(age), _sending(line, _sealed_ago(age), timing.about(age))


def malformed(line: Line) -> Attempts:
    """Send what is no message at all, each once: what becomes of the service is seen afterwards."""

    def starred(stamp: int) -> bytes:
        message = line.seal(stamp)
        middle = len(message) // 2
        return message[:middle] + b"*" + message[middle + 1 :]

    made: dict[str, tuple[Sentence, Make]] = {
        "too-short": (say("the first byte of a message"), lambda stamp: line.seal(stamp)[:1]),
        "bad-base64": (say("a message with a character that no base64 has"), starred),
        "padding": (say("a message without its last three characters"), lambda stamp: line.seal(stamp)[:-3]),
        "zero-bytes": (say("64 zero bytes"), lambda _: bytes(64)),
        "1-mb": (say("a megabyte that is no message"), lambda _: b"A" * _MEGABYTE),
    }
    when = timing.fresh(line.tolerance)
    attempts = {name: _once(line, what, when, make) for name, (what, make) in made.items()}
    if line.speaks_http:
        half = len(line.seal(0)) // 2
        what = say("a message announced half as long")
        attempts["declared-length"] = _once(line, what, when, line.seal, declare=-half)
    return attempts


def half_open(line: Line) -> dict[str, Attempt]:
    """Send half a request, and a fresh message while the rest of it is waited for.

    Where that takes longer than usual, the half request stays open for as long as an answer is waited for: a core that
    is slow answers meanwhile, and one that serves one at a time may give up the half request by itself.
    """
    seen = _half_open(line, _SILENCE)
    meanwhile = seen["meanwhile"]
    held_up = meanwhile.trouble or meanwhile.seconds - line.usual_seconds > _SILENCE / 2
    return _half_open(line, _LONG_SILENCE) if held_up else seen


def _half_open(line: Line, seconds: float) -> dict[str, Attempt]:
    when, sent = timing.fresh(line.tolerance), threading.Event()

    def halved(stamp: int) -> bytes:
        message = line.seal(stamp)
        sent.set()
        return message[: len(message) // 2]

    with futures.ThreadPoolExecutor(1) as pool:
        what = say("half a request, then silence")
        half = pool.submit(line.send, what, when, halved, declare=_HALF, wait=seconds)
        sent.wait(seconds)
        futures.wait([half], _LEAD)
        what = say("a fresh sealed message, while half a request was open")
        meanwhile = line.send(what, when, wait=_LONG_SILENCE - 2 * _LEAD)
        return {"half-request": half.result(), "meanwhile": meanwhile}


def _once(line: Line, what: Sentence, when: Timing, make: Make, *, declare: int = 0) -> Callable[[], Attempt]:
    return lambda: line.send(what, when, make, declare=declare, wait=line.patience)
