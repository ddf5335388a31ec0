"""The header lines of administration and API. Bodies are left out: nothing is judged by them."""

from __future__ import annotations

from dataclasses import dataclass, field

from conformance.sentence import NOTHING, Sentence
from conformance.web.exchange import Exchange


@dataclass(frozen=True, slots=True)
class AdminPath:
    """What one path of the administration answers.

    `get` and `head` begin with the path itself; redirects that stay on the origin are followed, a step each. `unknown`
    is a random name below it, `method` a method that pages do not take, `slash` the path with its last slash toggled.
    `again` is the last step of `get` on condition that it has changed since; None where it sent no validator.
    """

    get: tuple[Exchange, ...]
    head: tuple[Exchange, ...]
    unknown: Exchange
    method: Exchange
    slash: Exchange
    again: Exchange | None = None


@dataclass(frozen=True, slots=True)
class HeadersObservation:
    """What was seen, by path; of the API also by method. `unknown_api` is a POST to a random path below /v1/.

    `as_admin`, and `unknown_as_admin` of that POST, is what the API answers to the administrator; empty where
    `not_admin` says why nobody was logged in.
    """

    admin: dict[str, AdminPath]
    api: dict[str, dict[str, Exchange]]
    unknown_api: Exchange
    as_admin: dict[str, dict[str, Exchange]] = field(default_factory=dict)
    not_admin: Sentence = NOTHING
    unknown_as_admin: Exchange | None = None
