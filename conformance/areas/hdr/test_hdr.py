"""HTTP headers of administration and API."""

from __future__ import annotations

from conformance.areas.hdr import judge as judges
from conformance.areas.hdr import judge_places as places
from conformance.areas.hdr import look as probes
from conformance.engine.cases import proves
from conformance.model import Verdict


@proves("HDR-01", observes=probes.headers, judged_by=judges.script_policy)
def test_script_policy(verdict: Verdict) -> None:
    """Administration pages send the documented policy, and it lets script files of the own domain run only."""
    verdict.enforce()


@proves("HDR-02", observes=probes.headers, judged_by=judges.frames)
def test_frames(verdict: Verdict) -> None:
    """Administration pages cannot be framed by any domain."""
    verdict.enforce()


@proves("HDR-03", observes=probes.headers, judged_by=judges.xss_protection)
def test_xss_protection(verdict: Verdict) -> None:
    """Administration pages switch on the script filter of browsers that have one."""
    verdict.enforce()


@proves("HDR-04", observes=probes.headers, judged_by=judges.sniffing)
def test_sniffing(verdict: Verdict) -> None:
    """Administration pages forbid guessing at content types."""
    verdict.enforce()


@proves("HDR-05", observes=probes.headers, judged_by=judges.transport)
def test_transport(verdict: Verdict) -> None:
    """Administration pages tell browsers to come back over HTTPS only."""
    verdict.enforce()


@proves("HDR-06", observes=probes.headers, judged_by=places.api_sends_none)
def test_api_sends_none(verdict: Verdict) -> None:
    """API endpoints send none of the administration's headers."""
    verdict.enforce()


@proves("HDR-07", observes=probes.headers, judged_by=places.errors_and_redirects)
def test_errors_and_redirects(verdict: Verdict) -> None:
    """Errors and redirects of the administration send what its pages send."""
    verdict.enforce()


@proves("HDR-08", observes=probes.headers, judged_by=judges.standard_policy)
def test_standard_policy(verdict: Verdict) -> None:
    """The script policy stands under the standard name too, and is no looser there."""
    verdict.enforce()


@proves("HDR-09", observes=probes.headers, judged_by=judges.transport_life)
def test_transport_life(verdict: Verdict) -> None:
    """Browsers are told to remember HTTPS for as long as the guideline asks."""
    verdict.enforce()


@proves("HDR-10", observes=probes.headers, judged_by=judges.inline_scripts)
def test_inline_scripts(verdict: Verdict) -> None:
    """The script policy allows no inline script."""
    verdict.enforce()


@proves("HDR-11", observes=probes.headers, judged_by=judges.no_conflict)
def test_no_conflict(verdict: Verdict) -> None:
    """No protective header is sent twice with different values."""
    verdict.enforce()
