"""Identity validation: client_hash, its binding, its secret and its switch."""

from __future__ import annotations

from conformance.areas.idv import judge as judges
from conformance.areas.idv import judge_answers as answers
from conformance.areas.idv import judge_exposure as exposure
from conformance.areas.idv import judge_paths as paths
from conformance.areas.idv import judge_site as site
from conformance.areas.idv import judge_switch as switching
from conformance.areas.idv.look import identity
from conformance.areas.idv.repositories import repositories
from conformance.areas.idv.switch import switch
from conformance.areas.idv.timing import timing
from conformance.engine.cases import proves
from conformance.model import Verdict


@proves("IDV-01", observes=identity, judged_by=judges.right_hash_honoured)
def test_right_hash_honoured(verdict: Verdict) -> None:
    """The service honours an initialisation that carries the client's right hash."""
    verdict.enforce()


@proves("IDV-02", observes=identity, judged_by=judges.unsigned_dropped)
def test_unsigned_dropped(verdict: Verdict) -> None:
    """With validation active the service drops an initialisation without a hash and stores nothing."""
    verdict.enforce()


@proves("IDV-03", observes=identity, judged_by=judges.forged_dropped)
def test_forged_dropped(verdict: Verdict) -> None:
    """The service drops an initialisation whose hash is not the right one and stores nothing."""
    verdict.enforce()


@proves("IDV-04", observes=identity, judged_by=judges.own_uid_only)
def test_own_uid_only(verdict: Verdict) -> None:
    """The service takes a hash as proof of the uid that it was made for, and of no other."""
    verdict.enforce()


@proves("IDV-05", observes=switch, judged_by=switching.takes_effect)
def test_switch_works(verdict: Verdict) -> None:
    """The service follows the setting: unsigned clients are unverified while it is off, dropped once it is on."""
    verdict.enforce()


@proves("IDV-06", observes=identity, judged_by=exposure.secret_out_of_browser)
def test_secret_out_of_browser(verdict: Verdict) -> None:
    """Pages, scripts and answers are free of the organisation's secret."""
    verdict.enforce()


@proves("IDV-07", observes=identity, judged_by=exposure.hash_made_by_server)
def test_hash_made_by_server(verdict: Verdict) -> None:
    """The site's server puts the hash into the page."""
    verdict.enforce()


@proves("IDV-08", observes=repositories, judged_by=exposure.secret_out_of_repository)
def test_secret_out_of_repository(verdict: Verdict) -> None:
    """A repository and its history are free of the organisation's secret."""
    verdict.enforce()


@proves("IDV-09", observes=identity, judged_by=site.right_hash_for_its_client)
def test_right_hash_for_its_client(verdict: Verdict) -> None:
    """The site hands the client who is signed in the right hash, and nobody else any."""
    verdict.enforce()


@proves("IDV-10", observes=switch, judged_by=switching.forged_dropped_while_off)
def test_forged_dropped_while_off(verdict: Verdict) -> None:
    """The service drops a wrong hash while validation is off, too."""
    verdict.enforce()


@proves("IDV-11", observes=identity, judged_by=paths.other_path_asks_for_hash)
def test_other_paths_ask_for_hash(verdict: Verdict) -> None:
    """The service asks for the hash on every path that binds or changes a client."""
    verdict.enforce()


@proves("IDV-12", observes=timing, judged_by=answers.comparison_time)
def test_comparison_time(verdict: Verdict) -> None:
    """The service takes the same time wherever a hash is wrong."""
    verdict.enforce()


@proves("IDV-13", observes=identity, judged_by=answers.refusal_tells_nothing)
def test_refusal_tells_nothing(verdict: Verdict) -> None:
    """The service answers every wrong hash alike, and never with the right one."""
    verdict.enforce()


@proves("IDV-14", observes=identity, judged_by=answers.verified_https_only)
def test_verified_https_only(verdict: Verdict) -> None:
    """The service is reached over HTTPS that verifies, and takes nothing in the clear."""
    verdict.enforce()


@proves("IDV-15", observes=identity, judged_by=answers.values_unchanged)
def test_values_unchanged(verdict: Verdict) -> None:
    """The service stores name and attributes as they were sent."""
    verdict.enforce()
