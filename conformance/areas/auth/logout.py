"""Logs a user of the run's own in twice and out once."""

from __future__ import annotations

from dataclasses import replace

from conformance.areas.auth.record import LogoutObservation
from conformance.areas.auth.replies import noted
from conformance.areas.auth.tokens import NOWHERE, open_to
from conformance.bench import Bench
from conformance.engine.observatory import Probe
from conformance.web.accounts import administrator, signed_in, throw_away


def _look(bench: Bench) -> LogoutObservation:
    with (
        administrator(bench) as admin,
        throw_away(admin) as user,
        signed_in(admin, user) as first,
        signed_in(admin, user) as second,
    ):
        seen = LogoutObservation(same_token=first.token == second.token)
        if (found := open_to(second)) is None:
            return replace(seen, stopped=NOWHERE)
        path, mine, bare = found
        return replace(
            seen,
            bare=bare,
            before=(noted(first.ask("GET", path)), mine),
            logout=noted(first.log_out()),
            after=(noted(first.ask("GET", path)), noted(second.ask("GET", path))),
        )


logout = Probe("auth-logout", LogoutObservation, _look)
