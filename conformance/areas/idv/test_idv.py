"""Identity validation: client_hash, its binding, its secret and its switch."""

from __future__ import annotations

from conformance.areas.idv import judge, judge_answers, judge_exposure, judge_paths, judge_site, judge_switch
from conformance.areas.idv.look import identity
from conformance.areas.idv.repositories import repositories
from conformance.areas.idv.switch import switch
from conformance.areas.idv.timing import timing
from conformance.engine.cases import every_case_of, proves
from conformance.model import Verdict

proves("IDV-01", observes=identity, judged_by=judge.right_hash_honoured)
proves("IDV-02", observes=identity, judged_by=judge.unsigned_dropped)
proves("IDV-03", observes=identity, judged_by=judge.forged_dropped)
proves("IDV-04", observes=identity, judged_by=judge.own_uid_only)
proves("IDV-05", observes=switch, judged_by=judge_switch.takes_effect)
proves("IDV-06", observes=identity, judged_by=judge_exposure.secret_out_of_browser)
proves("IDV-07", observes=identity, judged_by=judge_exposure.hash_made_by_server)
proves("IDV-08", observes=repositories, judged_by=judge_exposure.secret_out_of_repository)
proves("IDV-09", observes=identity, judged_by=judge_site.right_hash_for_its_client)
proves("IDV-10", observes=switch, judged_by=judge_switch.forged_dropped_while_off)
proves("IDV-11", observes=identity, judged_by=judge_paths.other_path_asks_for_hash)
proves("IDV-12", observes=timing, judged_by=judge_answers.comparison_time)
proves("IDV-13", observes=identity, judged_by=judge_answers.refusal_tells_nothing)
proves("IDV-14", observes=identity, judged_by=judge_answers.verified_https_only)
proves("IDV-15", observes=identity, judged_by=judge_answers.values_unchanged)


@every_case_of("idv")
def test_idv(verdict: Verdict) -> None:
    """A conforming gateway keeps what the case asks of it."""
    verdict.enforce()
