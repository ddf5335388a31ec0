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
from conformance.engine.cases import proves
from conformance.model import Verdict


@proves("AUTH-01", observes=auth_guard.guard, judged_by=judges.guarded)
def test_guarded(verdict: Verdict) -> None:
    """No API path answers who brings no token."""
    verdict.enforce()


@proves("AUTH-02", observes=auth_logins.logins, judged_by=judges.wrong_credentials)
def test_wrong_credentials(verdict: Verdict) -> None:
    """A login with a wrong password, or of nobody, brings no token."""
    verdict.enforce()


@proves("AUTH-03", observes=auth_tokens.token, judged_by=judges.forged_tokens)
def test_forged_tokens(verdict: Verdict) -> None:
    """A token is taken as it was given out, in the Authorization header, or not at all."""
    verdict.enforce()


@proves("AUTH-04", observes=auth_logout.logout, judged_by=judges.logout)
def test_logout(verdict: Verdict) -> None:
    """A logout ends the token that it was made with, and no other."""
    verdict.enforce()


@proves("AUTH-05", observes=auth_logins.logins, judged_by=judges.default_password)
def test_default_password(verdict: Verdict) -> None:
    """The default account has another password than the one it came with."""
    verdict.enforce()


@proves("AUTH-06", observes=auth_passwords.password, judged_by=user_judges.weak_password)
def test_weak_password(verdict: Verdict) -> None:
    """A weak password is refused for a new user, and as another password of a user."""
    verdict.enforce()


@proves("AUTH-07", observes=auth_privileges.privileges, judged_by=user_judges.privileges)
def test_privileges(verdict: Verdict) -> None:
    """Users and settings are managed by administrators alone."""
    verdict.enforce()


@proves("AUTH-08", observes=auth_tokens.token, judged_by=judges.token_life)
def test_token_life(verdict: Verdict) -> None:
    """A token ends within seven days of its login."""
    verdict.enforce()


@proves("AUTH-09", observes=auth_logins.throttle, judged_by=judges.throttled)
def test_throttled(verdict: Verdict) -> None:
    """Bad logins in a row are held back before there are many."""
    verdict.enforce()


@proves("AUTH-10", observes=auth_disclosure.disclosure, judged_by=user_judges.disclosure)
def test_disclosure(verdict: Verdict) -> None:
    """Support and error output hold no secret."""
    verdict.enforce()
