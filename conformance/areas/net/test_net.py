"""Network segregation."""

from __future__ import annotations

from conformance.areas.net import judge
from conformance.areas.net.look import network
from conformance.engine.cases import every_case_of, proves
from conformance.model import Verdict

proves("NET-01", observes=network, judged_by=judge.kept_apart("api", "admin"))
proves("NET-02", observes=network, judged_by=judge.kept_apart("communication"))
proves("NET-03", observes=network, judged_by=judge.kept_apart("control"))
proves("NET-04", observes=network, judged_by=judge.kept_apart("database"))
proves("NET-05", observes=network, judged_by=judge.nothing_else)


@every_case_of("net")
def test_net(verdict: Verdict) -> None:
    """A conforming gateway keeps what the case asks of it."""
    verdict.enforce()
