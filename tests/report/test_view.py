from __future__ import annotations

from datetime import date

import pytest

from conformance.engine import ledger
from conformance.engine.results import NOT_SELECTED, Requirement, Results, Waiver, excluded
from conformance.model import Exit
from conformance.report import view, waived
from conformance.report.wording import Wording
from conformance.sentence import Own, Sentence, say
from tests.report import samples
from tests.report.samples import case, document, requirement

SAY = Wording("en")
PASS = requirement("TLS-02", case("TLS-02"))
FAIL = requirement("HDR-02", case("HDR-02", "fail"))
DEVIATION = requirement("TLS-09", case("TLS-09", "fail"), level="should")
UNTESTED = requirement("CHN-01", case("CHN-01", "inconclusive"))
ABSENT = requirement("CHN-02", case("CHN-02", "not-applicable"))
UNRUN = requirement("ACC-03", case("ACC-03", "not-run", reason=NOT_SELECTED))


@pytest.mark.parametrize(
    ("found", "verdict", "code", "sentence"),
    [
        (document(PASS), "conformant", Exit.OK, "Conformant: staging keeps every requirement that was judged"),
        (
            document(PASS, DEVIATION),
            "conformant",
            Exit.OK,
            "It also deviates from 1 SHOULD requirement (TLS-09), which this run was told not to fail on.",
        ),
        (
            document(PASS, DEVIATION, fail_on="should"),
            "not-conformant",
            Exit.VIOLATION,
            "violates 1 requirement (TLS-09)",
        ),
        (document(PASS, FAIL, UNTESTED), "not-conformant", Exit.VIOLATION, "1 selected case could not be tested."),
        (document(PASS, UNTESTED), "incomplete", Exit.INCOMPLETE, "but 1 selected case could not be tested"),
        (
            document(PASS, UNRUN, selected_cases=1, whole_catalogue=False),
            "partial",
            Exit.OK,
            "among the 1 of 2 cases that were selected",
        ),
        (document(PASS, UNRUN), "incomplete", Exit.INCOMPLETE, "but 1 selected case could not be tested"),
        (document(PASS, interrupted=True), "incomplete", Exit.INTERRUPTED, "was interrupted before it ended"),
        (
            document(PASS, internal_errors=["judge crashed"]),
            "incomplete",
            Exit.INTERNAL,
            "the suite itself met an error",
        ),
        (document(ABSENT), "incomplete", Exit.NOTHING_SELECTED, "nothing that the catalogue asks could be tested"),
        (
            document(requirement("TLS-04", case("TLS-04", "waived", waiver="W-1"))),
            "conformant-with-waivers",
            Exit.OK,
            "except for 1 waived case.",
        ),
    ],
)
def test_verdict_exit_code_and_sentence_agree(found: Results, verdict: str, code: Exit, sentence: str) -> None:
    assert found.verdict == verdict
    assert ledger.exit_code(found) == code
    assert sentence in view.headline(found, SAY)
    assert view.headline(found, Wording("es")).startswith(Wording("es")(f"run.{verdict}"))


def test_gaps_are_grouped_by_reason_gravest_first() -> None:
    rows = [
        requirement("CHN-01", case("CHN-01", "inconclusive", reason="silent")),
        requirement("CHN-02", case("CHN-02/a", "inconclusive", reason="silent"), case("CHN-02/b")),
        ABSENT,
    ]
    gaps = view.gaps(document(*rows[:2], requirement("CHN-03", case("CHN-03", "not-applicable", reason="absent"))))
    assert list(gaps) == ["inconclusive", "not-applicable", "not-judged"]
    assert gaps["inconclusive"] == [view.Gap(Sentence("silent"), (("CHN-01", 0), ("CHN-02", 1)))]


def test_matrix_counts_requirements_by_their_worst_case() -> None:
    rows = dict(view.matrix(samples.broken()))
    assert rows["tls"] == {
        "pass": 0,
        "fail": 2,
        "waived": 1,
        "inconclusive": 0,
        "not-run": 0,
        "not-applicable": 1,
    }
    assert view.total(view.matrix(samples.broken()), "fail") == 3


def test_violations_are_sorted_by_level() -> None:
    rows = [
        requirement("ACC-03", case("ACC-03", "fail"), level="should"),
        requirement("TLS-02", case("TLS-02", "fail")),
    ]
    found = view.failing(document(*rows, fail_on="should"))
    assert [row.requirement.id for row in found] == ["TLS-02", "ACC-03"]


def test_days_left_are_counted_to_the_run_not_to_today() -> None:
    (excuse,) = waived.excuses(samples.broken()).values()
    assert (excuse.id, excuse.days_left) == ("WVR-2026-003", 40)
    assert [case.id for case in excuse.cases] == ["TLS-04/tls-1.3-groups"]


def test_line_of_a_waiver_says_what_is_excused_until_when() -> None:
    every = Waiver(**samples.WAIVER | {"cases": ["*"]})
    assert waived.line(every, date(2026, 12, 31), SAY) == (
        "waived until 2026-12-31: every case of TLS-04 "
        "(WVR-2026-003, approved by Head of Security: the load balancer is replaced in January)"
    )
    assert waived.line(Waiver(**samples.WAIVER), date(2027, 1, 1), SAY).startswith(
        "no longer waived, WVR-2026-003 expired on 2026-12-31: TLS-04/tls-1.3-groups"
    )


def test_requirements_in_a_row_are_named_by_the_first_and_the_last() -> None:
    about = [("TLS-01", 0), ("TLS-02", 0), ("TLS-03", 0), ("TLS-04", 2), ("TLS-06", 0), ("TLS-07", 0), ("X", 0)]
    assert [[name for name, _ in row] for row in view.in_a_row(about)] == [
        ["TLS-01", "TLS-02", "TLS-03"],
        ["TLS-04"],
        ["TLS-06"],
        ["TLS-07"],
        ["X"],
    ]


def test_headline_says_what_the_target_file_took_out_of_the_question() -> None:
    def aside(name: str, reason: Sentence) -> Requirement:
        return requirement(name, case(name, "not-applicable", reason=reason))

    kept = requirement("TLS-02", case("TLS-02"))
    left_out = aside("HDR-01", excluded("another team's"))
    unasked = aside("TLS-08", say("the level does not ask for it"))
    both = aside("CHN-02", Sentence("excluded by the target file's [scope]: not ours"))
    found = document(
        kept, left_out, unasked, both, aside("CHN-01", say("[{section}] is not declared", section=Own("channel")))
    )
    found.target.sections = ["webapp"]
    told = view.headline(found, SAY)
    assert "2 requirements were not judged: the target file excludes them" in told
    assert "1 requirement was not judged: it is about a section that the target file does not declare" in told
    assert "not judged" not in view.headline(document(kept, unasked), SAY)


def test_headline_of_a_selection_names_what_is_waived() -> None:
    found = document(case_row := requirement("HDR-02", case("HDR-02", "waived", waiver="W")), UNRUN)
    assert case_row.verdict == "waived"
    found.verdict = "partial"
    assert view.headline(found, SAY).endswith("1 case is violated and waived.")
