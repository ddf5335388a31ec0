"""Deployment files."""

from __future__ import annotations

from conformance.areas.dep import judge as judges
from conformance.areas.dep import judge_places as places
from conformance.areas.dep.look import deployment
from conformance.engine.cases import proves
from conformance.model import Verdict


@proves("DEP-01", observes=deployment, judged_by=judges.secret_is_shared)
def test_secret_is_shared(verdict: Verdict) -> None:
    """Web app and core app are given the same WA_SECRET."""
    verdict.enforce()


@proves("DEP-02", observes=deployment, judged_by=judges.secret_is_strong)
def test_secret_is_strong(verdict: Verdict) -> None:
    """WA_SECRET is neither guessed nor known from elsewhere."""
    verdict.enforce()


@proves("DEP-03", observes=deployment, judged_by=judges.database_settings_complete)
def test_database_settings_complete(verdict: Verdict) -> None:
    """Whoever opens the database knows its authority, and has a whole client certificate or none."""
    verdict.enforce()


@proves("DEP-04", observes=deployment, judged_by=judges.database_verified)
def test_database_verified(verdict: Verdict) -> None:
    """The web app verifies the database's certificate."""
    verdict.enforce()


@proves("DEP-05", observes=deployment, judged_by=judges.retired_option_replaced)
def test_retired_option_replaced(verdict: Verdict) -> None:
    """The retired option is not relied on alone."""
    verdict.enforce()


@proves("DEP-06", observes=deployment, judged_by=places.files_in_place)
def test_files_in_place(verdict: Verdict) -> None:
    """Certificates and keys are in the data volume, and fit."""
    verdict.enforce()


@proves("DEP-07", observes=deployment, judged_by=places.keys_are_private)
def test_keys_are_private(verdict: Verdict) -> None:
    """Others have no access to private keys."""
    verdict.enforce()


@proves("DEP-08", observes=deployment, judged_by=places.networks_apart)
def test_networks_apart(verdict: Verdict) -> None:
    """The web app's clients share no network with the core app."""
    verdict.enforce()


@proves("DEP-09", observes=deployment, judged_by=places.core_publishes_nothing)
def test_core_publishes_nothing(verdict: Verdict) -> None:
    """The core app is not reached by way of the host."""
    verdict.enforce()


@proves("DEP-10", observes=deployment, judged_by=places.web_publishes_https)
def test_web_publishes_https(verdict: Verdict) -> None:
    """The web app is reached over HTTPS, at chosen addresses, and no other way."""
    verdict.enforce()


@proves("DEP-11", observes=deployment, judged_by=judges.level_not_lowered)
def test_level_not_lowered(verdict: Verdict) -> None:
    """The web app keeps its default security level."""
    verdict.enforce()


@proves("DEP-12", observes=deployment, judged_by=judges.none_in_clear)
def test_none_in_clear(verdict: Verdict) -> None:
    """Compose files hold references to secrets, and passwords are not known ones."""
    verdict.enforce()
