"""Deployment files."""

from __future__ import annotations

from conformance.areas.dep import judge, judge_places, judge_stores
from conformance.areas.dep.look import deployment
from conformance.engine.cases import every_case_of, proves
from conformance.model import Verdict

proves("DEP-01", observes=deployment, judged_by=judge.secret_is_shared)
proves("DEP-02", observes=deployment, judged_by=judge.secret_is_strong)
proves("DEP-03", observes=deployment, judged_by=judge.database_settings_complete)
proves("DEP-04", observes=deployment, judged_by=judge.database_verified)
proves("DEP-05", observes=deployment, judged_by=judge.retired_option_replaced)
proves("DEP-06", observes=deployment, judged_by=judge_places.files_in_place)
proves("DEP-07", observes=deployment, judged_by=judge_places.keys_are_private)
proves("DEP-08", observes=deployment, judged_by=judge_places.networks_apart)
proves("DEP-09", observes=deployment, judged_by=judge_places.core_publishes_nothing)
proves("DEP-10", observes=deployment, judged_by=judge_places.web_publishes_https)
proves("DEP-11", observes=deployment, judged_by=judge.level_not_lowered)
proves("DEP-12", observes=deployment, judged_by=judge.none_in_clear)
proves("DEP-14", observes=deployment, judged_by=judge_stores.stores_are_kept)


@every_case_of("dep")
def test_dep(verdict: Verdict) -> None:
    """A conforming gateway keeps what the case asks of it."""
    verdict.enforce()
