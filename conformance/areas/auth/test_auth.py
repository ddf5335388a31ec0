"""Passwords and authentication."""

from __future__ import annotations

from conformance.areas.auth import disclosure as auth_disclosure
from conformance.areas.auth import guard as auth_guard
from conformance.areas.auth import judge as judges
from conformance.areas.auth import judge_users as user_judges
from conformance.areas.auth import logins as auth_logins
from conformance.areas.auth import logout as auth_logout
from conformance.areas.auth import passwords as auth_passwords
from conformance.areas.auth import privileges as auth_privileges
from conformance.areas.auth import tokens as auth_tokens
from conformance.engine.cases import every_case_of, proves
from conformance.model import Verdict

proves("AUTH-01", observes=auth_guard.guard, judged_by=judges.guarded)
proves("AUTH-02", observes=auth_logins.logins, judged_by=judges.wrong_credentials)
proves("AUTH-03", observes=auth_tokens.token, judged_by=judges.forged_tokens)
proves("AUTH-04", observes=auth_logout.logout, judged_by=judges.logout)
proves("AUTH-05", observes=auth_logins.logins, judged_by=judges.default_password)
proves("AUTH-06", observes=auth_passwords.password, judged_by=user_judges.weak_password)
proves("AUTH-07", observes=auth_privileges.privileges, judged_by=user_judges.privileges)
proves("AUTH-08", observes=auth_tokens.token, judged_by=judges.token_life)
proves("AUTH-09", observes=auth_logins.throttle, judged_by=judges.throttled)
proves("AUTH-10", observes=auth_disclosure.disclosure, judged_by=user_judges.disclosure)


@every_case_of("auth")
def test_auth(verdict: Verdict) -> None:
    """A conforming gateway keeps what the case asks of it."""
    verdict.enforce()
