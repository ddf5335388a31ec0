"""Logs a user of the run's own in twice and out once."""

from __future__ import annotations

from dataclasses import replace

from conformance.bench import Bench
from conformance.observatory import Probe
from conformance.probes.accounts import administrator, signed_in, throw_away
from conformance.probes.auth.replies import noted
from conformance.probes.auth.tokens import NOWHERE, open_to
from conformance.records.auth import LogoutObservation


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
