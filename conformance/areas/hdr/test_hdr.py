"""HTTP headers of administration and API."""

from __future__ import annotations

from conformance.areas.hdr import judge as judges
from conformance.areas.hdr import judge_places as places
from conformance.areas.hdr import look as probes
from conformance.engine.cases import every_case_of, proves
from conformance.model import Verdict

proves("HDR-01", observes=probes.headers, judged_by=judges.script_policy)
proves("HDR-02", observes=probes.headers, judged_by=judges.frames)
proves("HDR-03", observes=probes.headers, judged_by=judges.xss_protection)
proves("HDR-04", observes=probes.headers, judged_by=judges.sniffing)
proves("HDR-05", observes=probes.headers, judged_by=judges.transport)
proves("HDR-06", observes=probes.headers, judged_by=places.api_sends_none)
proves("HDR-07", observes=probes.headers, judged_by=places.errors_and_redirects)
proves("HDR-08", observes=probes.headers, judged_by=judges.standard_policy)
proves("HDR-09", observes=probes.headers, judged_by=judges.transport_life)
proves("HDR-10", observes=probes.headers, judged_by=judges.inline_scripts)
proves("HDR-11", observes=probes.headers, judged_by=judges.no_conflict)


@every_case_of("hdr")
def test_hdr(verdict: Verdict) -> None:
    """A conforming gateway keeps what the case asks of it."""
    verdict.enforce()
