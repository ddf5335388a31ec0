"""Access and certificates."""

from __future__ import annotations

from conformance.cases import proves
from conformance.judges import access as judges
from conformance.model import Verdict
from conformance.probes import access as probes
from conformance.probes import plain


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
