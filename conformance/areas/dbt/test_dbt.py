"""Database communication."""

from __future__ import annotations

from conformance.areas.dbt import account, client, judge, judge_account, judge_stub, look, sessions, stub, tls
from conformance.areas.dbt.judge_addresses import everywhere
from conformance.engine.cases import every_case_of, proves
from conformance.model import Verdict

proves("DBT-01", observes=look.database, judged_by=everywhere(judge.offers_tls))
proves("DBT-02", observes=look.database, judged_by=everywhere(judge.refuses_the_clear))
proves("DBT-03", observes=look.database, judged_by=everywhere(judge.certificate_verifies))
proves("DBT-04", observes=client.client, judged_by=everywhere(judge.client_certificate))
proves("DBT-05", observes=tls.tls, judged_by=everywhere(judge.tls_level))
proves("DBT-06", observes=stub.stub, judged_by=judge_stub.verifies)
proves("DBT-07", observes=stub.stub, judged_by=judge_stub.core_encrypts)
proves("DBT-08", observes=stub.stub, judged_by=judge_stub.verify_setting)
proves("DBT-09", observes=sessions.sessions, judged_by=judge.session_encrypted)
proves("DBT-10", observes=account.account, judged_by=everywhere(judge_account.account_is_its_own))


@every_case_of("dbt")
def test_dbt(verdict: Verdict) -> None:
    """A conforming gateway keeps what the case asks of it."""
    verdict.enforce()
