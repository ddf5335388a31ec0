"""Access and certificates."""

from __future__ import annotations

from conformance.areas.acc import chain, judge, judge_certificates, judge_life, judge_onward, plain
from conformance.areas.acc.authority import authority
from conformance.areas.acc.onward import onward
from conformance.areas.acc.uploads import certificate_uploads
from conformance.engine.cases import every_case_of, proves
from conformance.model import Verdict

proves("ACC-01", observes=plain.plain, judged_by=judge.https_only)
proves("ACC-02", observes=chain.chains, judged_by=judge.certificates_verify)
proves("ACC-03", observes=chain.nodes, judged_by=judge.addresses_agree)
proves("ACC-04", observes=chain.chains, judged_by=judge_certificates.generated_certificate_replaced)
proves("ACC-05", observes=authority, judged_by=judge_certificates.authority_can_be_fetched)
proves("ACC-06", observes=certificate_uploads, judged_by=judge_certificates.bad_upload_changes_nothing)
proves("ACC-07", observes=certificate_uploads, judged_by=judge_certificates.good_upload_is_served)
proves("ACC-08", observes=onward, judged_by=judge_onward.never_to_plain_http)
proves("ACC-10", observes=chain.chains, judged_by=judge_life.lasts)


@every_case_of("acc")
def test_acc(verdict: Verdict) -> None:
    """A conforming gateway keeps what the case asks of it."""
    verdict.enforce()
