"""Deployment files."""

from __future__ import annotations

from conformance.areas.dep import judge as judges
from conformance.areas.dep import judge_places as places
from conformance.areas.dep.look import deployment
from conformance.engine.cases import every_case_of, proves
from conformance.model import Verdict

proves("DEP-01", observes=deployment, judged_by=judges.secret_is_shared)
proves("DEP-02", observes=deployment, judged_by=judges.secret_is_strong)
proves("DEP-03", observes=deployment, judged_by=judges.database_settings_complete)
proves("DEP-04", observes=deployment, judged_by=judges.database_verified)
proves("DEP-05", observes=deployment, judged_by=judges.retired_option_replaced)
proves("DEP-06", observes=deployment, judged_by=places.files_in_place)
proves("DEP-07", observes=deployment, judged_by=places.keys_are_private)
proves("DEP-08", observes=deployment, judged_by=places.networks_apart)
proves("DEP-09", observes=deployment, judged_by=places.core_publishes_nothing)
proves("DEP-10", observes=deployment, judged_by=places.web_publishes_https)
proves("DEP-11", observes=deployment, judged_by=judges.level_not_lowered)
proves("DEP-12", observes=deployment, judged_by=judges.none_in_clear)


@every_case_of("dep")
def test_dep(verdict: Verdict) -> None:
    """A conforming gateway keeps what the case asks of it."""
    verdict.enforce()
