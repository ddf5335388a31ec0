"""Database communication."""

from __future__ import annotations

from conformance.areas.dbt import client as database_client
from conformance.areas.dbt import judge as judges
from conformance.areas.dbt import judge_stub as stub_judges
from conformance.areas.dbt import look as database
from conformance.areas.dbt import sessions as database_sessions
from conformance.areas.dbt import stub as database_stub
from conformance.areas.dbt import tls as database_tls
from conformance.engine.cases import every_case_of, proves
from conformance.model import Verdict

proves("DBT-01", observes=database.database, judged_by=judges.offers_tls)
proves("DBT-02", observes=database.database, judged_by=judges.refuses_the_clear)
proves("DBT-03", observes=database.database, judged_by=judges.certificate_verifies)
proves("DBT-04", observes=database_client.client, judged_by=judges.client_certificate)
proves("DBT-05", observes=database_tls.tls, judged_by=judges.tls_level)
proves("DBT-06", observes=database_stub.stub, judged_by=stub_judges.verifies)
proves("DBT-07", observes=database_stub.stub, judged_by=stub_judges.core_encrypts)
proves("DBT-08", observes=database_stub.stub, judged_by=stub_judges.verify_setting)
proves("DBT-09", observes=database_sessions.sessions, judged_by=judges.session_encrypted)


@every_case_of("dbt")
def test_dbt(verdict: Verdict) -> None:
    """A conforming gateway keeps what the case asks of it."""
    verdict.enforce()
