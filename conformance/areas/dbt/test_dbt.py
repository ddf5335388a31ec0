"""Database communication."""

from __future__ import annotations

from conformance.areas.dbt import client as database_client
from conformance.areas.dbt import judge as judges
from conformance.areas.dbt import judge_stub as stub_judges
from conformance.areas.dbt import look as database
from conformance.areas.dbt import sessions as database_sessions
from conformance.areas.dbt import stub as database_stub
from conformance.areas.dbt import tls as database_tls
from conformance.engine.cases import proves
from conformance.model import Verdict


@proves("DBT-01", observes=database.database, judged_by=judges.offers_tls)
def test_offers_tls(verdict: Verdict) -> None:
    """The database offers TLS to whoever asks."""
    verdict.enforce()


@proves("DBT-02", observes=database.database, judged_by=judges.refuses_the_clear)
def test_refuses_the_clear(verdict: Verdict) -> None:
    """The database takes the gateway's account over TLS only."""
    verdict.enforce()


@proves("DBT-03", observes=database.database, judged_by=judges.certificate_verifies)
def test_certificate_verifies(verdict: Verdict) -> None:
    """The database shows a certificate that its clients can verify."""
    verdict.enforce()


@proves("DBT-04", observes=database_client.client, judged_by=judges.client_certificate)
def test_client_certificate(verdict: Verdict) -> None:
    """The database takes the gateway's client certificate, and nobody without it."""
    verdict.enforce()


@proves("DBT-05", observes=database_tls.tls, judged_by=judges.tls_level)
def test_tls_level(verdict: Verdict) -> None:
    """The database accepts no protocol version and no cipher suite that is weaker than INTERMEDIATE."""
    verdict.enforce()


@proves("DBT-06", observes=database_stub.stub, judged_by=stub_judges.verifies)
def test_web_app_verifies(verdict: Verdict) -> None:
    """The web app keeps its login from a database whose certificate does not verify."""
    verdict.enforce()


@proves("DBT-07", observes=database_stub.stub, judged_by=stub_judges.core_encrypts)
def test_core_app_encrypts(verdict: Verdict) -> None:
    """The core app logs in over TLS, set up in the new way or in the retired one."""
    verdict.enforce()


@proves("DBT-08", observes=database_stub.stub, judged_by=stub_judges.verify_setting)
def test_verification_is_the_default(verdict: Verdict) -> None:
    """The web app verifies unless it is told not to by a 0."""
    verdict.enforce()


@proves("DBT-09", observes=database_sessions.sessions, judged_by=judges.session_encrypted)
def test_session_is_encrypted(verdict: Verdict) -> None:
    """The database's own books have the gateway's sessions as encrypted."""
    verdict.enforce()
