"""How long a token lives, by what its login and the token itself state."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from conformance import pointers
from conformance.areas.auth import forged_tokens
from conformance.areas.auth.record import Lifetime
from conformance.bench import Bench
from conformance.sentence import Own, Sentence, say
from conformance.web.exchange import Exchange

_ENDS = {"expires_after", "expires_at", "expires", "expires_on", "expiresat", "expiresafter", "expiration", "expiry"}
_ENDS |= {"exp", "valid_until", "expires_in", "expiresin"}
_EPOCH_FROM = 1e9  # 2001 as a time, 31 years as a duration: smaller numbers are durations
_MILLISECONDS_FROM = 1e11  # 1973 in milliseconds, the year 5138 in seconds
_STATED = 80  # characters of the value as it was stated
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,9})?")


def lifetimes(bench: Bench, login: Exchange, token: str) -> tuple[Lifetime, ...]:
    """Return everything that states when the token ends, in seconds from the server's own time of the login."""
    now = _server_time(login) or bench.clock.now()
    ends = [
        (say("{pointer}", pointer=Own(at)), value)
        for at, value in pointers.leaves_of(login.body)
        if at.rpartition("/")[2].lower() in _ENDS
    ]
    claimed = forged_tokens.claims(token).get("exp")
    if claimed is not None:
        ends.append((say("the token's claim exp"), claimed))
    return tuple(_lifetime(where, value, now) for where, value in ends)


def _lifetime(where: Sentence, value: Any, now: float) -> Lifetime:
    found = next(_read(value), None)
    if found is None:
        return Lifetime(where, str(value)[:_STATED], None)
    end, zone = found
    relative = end < _EPOCH_FROM
    return Lifetime(where, str(value)[:_STATED], round(end if relative else end - now, 1), zone)


def _read(value: Any) -> Iterator[tuple[float, bool]]:
    """Read an instant in Unix seconds, or a length of time: ISO 8601, epoch (milliseconds too), an HTTP date."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return
    text = str(value).strip()
    if _NUMBER.fullmatch(text):
        number = float(text)
        yield (number / 1000 if number >= _MILLISECONDS_FROM else number), True
        return
    for read in (datetime.fromisoformat, parsedate_to_datetime, _with_named_zone):
        try:
            found = read(text)
            yield (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp(), found.tzinfo is not None
        except (ValueError, TypeError, IndexError, OverflowError):
            continue


def _with_named_zone(text: str) -> datetime:
    moment, _, zone = text.rpartition(" ")
    if zone not in ("UTC", "GMT", "Z"):
        raise ValueError
    return datetime.fromisoformat(moment).replace(tzinfo=UTC)


def _server_time(seen: Exchange) -> float | None:
    try:
        return parsedate_to_datetime(next(iter(seen.values("Date")), "")).timestamp()
    except (ValueError, TypeError, IndexError):
        return None
