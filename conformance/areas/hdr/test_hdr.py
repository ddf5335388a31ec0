"""HTTP headers of administration and API."""

from __future__ import annotations

from conformance.areas.hdr import judge, judge_places, judge_unchanged, look
from conformance.engine.cases import every_case_of, proves
from conformance.model import Verdict

proves("HDR-01", observes=look.headers, judged_by=judge.script_policy)
proves("HDR-02", observes=look.headers, judged_by=judge.frames)
proves("HDR-03", observes=look.headers, judged_by=judge.xss_protection)
proves("HDR-04", observes=look.headers, judged_by=judge.sniffing)
proves("HDR-05", observes=look.headers, judged_by=judge.transport)
proves("HDR-06", observes=look.headers, judged_by=judge_places.api_sends_none)
proves("HDR-07", observes=look.headers, judged_by=judge_places.errors_and_redirects)
proves("HDR-08", observes=look.headers, judged_by=judge.standard_policy)
proves("HDR-09", observes=look.headers, judged_by=judge.transport_life)
proves("HDR-10", observes=look.headers, judged_by=judge.inline_scripts)
proves("HDR-11", observes=look.headers, judged_by=judge.no_conflict)
proves("HDR-12", observes=look.headers, judged_by=judge_unchanged.no_looser)


@every_case_of("hdr")
def test_hdr(verdict: Verdict) -> None:
    """A conforming gateway keeps what the case asks of it."""
    verdict.enforce()
