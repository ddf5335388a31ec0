"""Passwords and authentication."""

from __future__ import annotations

from conformance.areas.auth import (
    disclosure,
    guard,
    judge,
    judge_guard,
    judge_users,
    logins,
    logout,
    passwords,
    privileges,
    token_ends,
    tokens,
)
from conformance.engine.cases import every_case_of, proves
from conformance.model import Verdict

proves("AUTH-01", observes=guard.guard, judged_by=judge_guard.guarded)
proves("AUTH-02", observes=logins.logins, judged_by=judge.wrong_credentials)
proves("AUTH-03", observes=tokens.token, judged_by=judge.forged_tokens)
proves("AUTH-04", observes=logout.logout, judged_by=judge.logout)
proves("AUTH-05", observes=logins.logins, judged_by=judge.default_password)
proves("AUTH-06", observes=passwords.password, judged_by=judge_users.weak_password)
proves("AUTH-07", observes=privileges.privileges, judged_by=judge_users.privileges)
proves("AUTH-08", observes=tokens.token, judged_by=judge.token_life)
proves("AUTH-09", observes=logins.throttle, judged_by=judge.throttled)
proves("AUTH-10", observes=disclosure.disclosure, judged_by=judge_users.disclosure)
proves("AUTH-12", observes=token_ends.token_ends, judged_by=judge.token_ends)


@every_case_of("auth")
def test_auth(verdict: Verdict) -> None:
    """A conforming gateway keeps what the case asks of it."""
    verdict.enforce()
