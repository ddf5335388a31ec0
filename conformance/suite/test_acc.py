"""Access and certificates."""

from __future__ import annotations

from conformance.cases import proves
from conformance.judges import access as judges
from conformance.model import Verdict
from conformance.probes import access as probes


@proves("ACC-01", observes=probes.plain, judged_by=judges.https_only)
def test_https_only(verdict: Verdict) -> None:
    """API and administration answer over HTTPS and serve nothing over plain HTTP."""
    verdict.enforce()
