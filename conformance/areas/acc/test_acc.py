"""Access and certificates."""

from __future__ import annotations

from conformance.areas.acc import chain as probes
from conformance.areas.acc import judge as judges
from conformance.areas.acc import judge_certificates as certificates
from conformance.areas.acc import plain
from conformance.areas.acc.authority import authority
from conformance.areas.acc.uploads import certificate_uploads
from conformance.engine.cases import proves
from conformance.model import Verdict


@proves("ACC-01", observes=plain.plain, judged_by=judges.https_only)
def test_https_only(verdict: Verdict) -> None:
    """API and administration answer over HTTPS and serve nothing over plain HTTP."""
    verdict.enforce()


@proves("ACC-02", observes=probes.chain, judged_by=judges.certificate_verifies)
def test_certificate_verifies(verdict: Verdict) -> None:
    """A client that trusts what is declared gets a chain that verifies today, and for this name."""
    verdict.enforce()


@proves("ACC-03", observes=probes.nodes, judged_by=judges.addresses_agree)
def test_addresses_agree(verdict: Verdict) -> None:
    """Every address behind the name behaves as the others do."""
    verdict.enforce()


@proves("ACC-04", observes=probes.chain, judged_by=certificates.generated_certificate_replaced)
def test_generated_certificate_replaced(verdict: Verdict) -> None:
    """An authority issued the certificate that is served."""
    verdict.enforce()


@proves("ACC-05", observes=authority, judged_by=certificates.authority_can_be_fetched)
def test_authority_can_be_fetched(verdict: Verdict) -> None:
    """An administrator can fetch the CA certificate that verifies the endpoint."""
    verdict.enforce()


@proves("ACC-06", observes=certificate_uploads, judged_by=certificates.bad_upload_changes_nothing)
def test_bad_upload_changes_nothing(verdict: Verdict) -> None:
    """An upload by somebody who may not, or of what is no good, changes nothing."""
    verdict.enforce()


@proves("ACC-07", observes=certificate_uploads, judged_by=certificates.good_upload_is_served)
def test_good_upload_is_served(verdict: Verdict) -> None:
    """A good certificate is taken and served."""
    verdict.enforce()
