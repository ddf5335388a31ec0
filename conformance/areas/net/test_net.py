"""Network segregation."""

from __future__ import annotations

from conformance.areas.net import judge as judges
from conformance.areas.net.look import network
from conformance.engine.cases import proves
from conformance.model import Verdict


@proves("NET-01", observes=network, judged_by=judges.kept_apart("api", "admin"))
def test_administration_is_kept_apart(verdict: Verdict) -> None:
    """API and administration answer in client and management networks, and in no other."""
    verdict.enforce()


@proves("NET-02", observes=network, judged_by=judges.kept_apart("communication"))
def test_communication_is_kept_apart(verdict: Verdict) -> None:
    """The communication service answers the web nodes, and nobody else."""
    verdict.enforce()


@proves("NET-03", observes=network, judged_by=judges.kept_apart("control"))
def test_control_is_kept_apart(verdict: Verdict) -> None:
    """The control service answers the other core nodes, and nobody else."""
    verdict.enforce()


@proves("NET-04", observes=network, judged_by=judges.kept_apart("database"))
def test_database_is_kept_apart(verdict: Verdict) -> None:
    """The database answers web and core nodes, and nobody else."""
    verdict.enforce()


@proves("NET-05", observes=network, judged_by=judges.nothing_else)
def test_nothing_else_listens(verdict: Verdict) -> None:
    """A node has no port open but those that are declared."""
    verdict.enforce()
