"""A waiver excuses exactly what it names, for as long as it says, and not a day longer."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from conformance import catalogue
from conformance.cli import main
from conformance.engine.assessment import Assessment
from conformance.engine.ledger import told, turns_red
from conformance.engine.observatory import Recorded
from conformance.engine.recording import Observed
from conformance.engine.results import Entry
from conformance.inputs import target, waivers
from conformance.inputs.waivers import Waiver, Waivers
from conformance.locale import tongue
from conformance.model import (
    Case,
    Exit,
    Inconclusive,
    Level,
    NotApplicable,
    Outcome,
    UnusableInput,
    Verdict,
    conforms,
    violates,
)
from conformance.report import waived
from conformance.report.wording import Wording
from conformance.sentence import say

TODAY = date(2026, 10, 20)
ROW = {
    "id": '"W-1"',
    "requirement": '"ACC-01"',
    "cases": '["ACC-01/https-port"]',
    "subjects": '["gw.example:9090"]',
    "reason": '"r"',
    "approved_by": '"a"',
    "approved_on": "2026-10-01",
    "expires": "2026-12-31",
}


def case(name: str, subject: str = "gw.example:9090", requirement: str = "ACC-01") -> Case:
    row = catalogue.load()[requirement]
    return Case(f"{requirement}/{name}", row, name, "", subject, row.level)


CASES = {c.id: c for c in (case("https-port"), case("port-80"), case("port-8080"))}


@pytest.fixture(autouse=True)
def _fixed_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waivers, "today", lambda: TODAY)


def written(folder: Path, *rows: dict[str, str], head: str = "schema = 1\n") -> Path:
    path = folder / "waivers.toml"
    tables = ["[[waiver]]\n" + "".join(f"{k} = {v}\n" for k, v in (ROW | row).items() if v) for row in rows]
    path.write_text(head + "".join(tables), encoding="utf-8")
    return path


def troubles(path: Path) -> list[str]:
    with pytest.raises(UnusableInput) as caught:
        waivers.read(path, CASES)
    return [re.sub(r"^(\d+):\d+:", r"\1:", line.removeprefix(f"{path}:")) for line in str(caught.value).splitlines()]


def test_errors_are_told_in_spanish_with_the_files_own_words_as_they_are(tmp_path: Path) -> None:
    path = written(tmp_path, {"id": '"none"', "subjects": '["closed", "closed"]', "expires": '"never"'})
    with pytest.raises(UnusableInput) as caught:
        waivers.read(path, CASES)
    told = [line.partition('"waiver[1].')[2] for line in caught.value.told(tongue("es")).splitlines()]
    assert sorted(told) == [
        'expires" tiene que ser una fecha sin comillas, como 2026-12-31',
        'subjects": contiene «closed» dos veces',
    ]


def test_whole_file_is_read(tmp_path: Path) -> None:
    found = waivers.read(written(tmp_path, {"ticket": '"T-9"'}), CASES)
    assert found.about(CASES["ACC-01/https-port"]) == found.every[0]
    assert told(found)[0].expires == "2026-12-31"
    assert waived.line(told(found)[0], TODAY, Wording("en")) == (
        "waived until 2026-12-31: ACC-01/https-port (W-1, approved by a: r)"
    )


@pytest.mark.parametrize("key", ROW)
def test_every_key_but_the_ticket_is_required(tmp_path: Path, key: str) -> None:
    assert f'2: "waiver[1].{key}" is missing' in troubles(written(tmp_path, {key: ""}))


@pytest.mark.parametrize(
    ("row", "line"),
    [
        ({"requirement": '"ACC-99"'}, '4: unknown requirement "ACC-99"; did you mean "ACC-'),
        ({"cases": '["ACC-01/htps-port"]'}, '5: unknown case "ACC-01/htps-port" of ACC-01; did you mean "ACC-01/http'),
        ({"cases": '["ACC-02/x"]', "subjects": '["other:1"]'}, '5: unknown case "ACC-02/x" of ACC-01'),
        ({"cases": "[]"}, '5: "waiver[1].cases" must name at least one, or "*"'),
        ({"cases": '["*", "*"]'}, '5: "waiver[1].cases": holds "*" twice'),
        ({"cases": '"*"'}, '5: "waiver[1].cases" must be a list'),
        ({"reason": '" "'}, '7: "waiver[1].reason" must be text that is not empty'),
        ({"expires": '"2026-12-31"'}, '10: "waiver[1].expires" must be a date without quotes, such as 2026-12-31'),
        ({"expires": "2026-12-31T10:00:00Z"}, '10: "waiver[1].expires" must be a date without quotes'),
        ({"expires": "2026-09-30"}, '2: "waiver[1]": expires before it was approved'),
        ({"expires": "2027-03-31"}, "holds for more than 180 days: it may expire on 2027-03-30 at the latest"),
        ({"approved_on": "2026-10-22"}, "9: W-1 is approved on a day that is still to come"),
        ({"aproved_by": '"x"'}, '11: unknown key "aproved_by" in [waiver[1]]; did you mean "approved_by"?'),
    ],
)
def test_error_is_told_with_its_line(tmp_path: Path, row: dict[str, str], line: str) -> None:
    told = troubles(written(tmp_path, row))
    assert any(line in one for one in told), told


@pytest.mark.parametrize(
    ("requirement", "case", "told"),
    [
        ("TLS-02", "TLS-02/tls-1.9", 'unknown case "TLS-02/tls-1.9" of TLS-02; did you mean "TLS-02/tls-1.'),
        ("ACC-02", "ACC-02/x", 'unknown case "ACC-02/x" of ACC-02; did you mean "ACC-02'),
        ("HDR-02", "HDR-02/post/login", 'unknown case "HDR-02/post/login" of HDR-02'),
        ("TLS-02", "TLS-02/tls-1.3", ""),
        ("ACC-02", "ACC-02", ""),
        ("ACC-01", "ACC-01/port-8080", ""),
        ("HDR-02", "HDR-02/get/login", ""),
    ],
)
def test_case_that_no_target_can_have_is_named_without_one(
    requirement: str, case: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, {"requirement": f'"{requirement}"', "cases": f'["{case}"]'})
    assert main(["check", str(path)]) == (Exit.UNUSABLE if told else Exit.OK)
    error = capsys.readouterr().err
    assert told in error
    assert error.startswith(f"portero: {path}:5:10: " if told else "")


def test_duplicates_are_refused(tmp_path: Path) -> None:
    assert '12: a second waiver is called "W-1"' in troubles(written(tmp_path, {}, {}))
    told = troubles(written(tmp_path, {}, {"id": '"W-2"', "cases": '["*"]'}))
    assert told == ["11: ACC-01/https-port is waived twice, by W-1 and W-2: keep one"]


def test_renewal_beside_what_expired_is_taken(tmp_path: Path) -> None:
    old = {"id": '"W-0"', "approved_on": "2026-05-01", "expires": "2026-10-19"}
    found = waivers.read(written(tmp_path, old, {}), CASES)
    about = found.about(CASES["ACC-01/https-port"])
    assert about is not None
    assert about.id == "W-1"


@pytest.mark.parametrize(
    ("head", "words"),
    [
        ("schema = 2\n", "1: schema 2 is newer"),
        ("schema = 0\n", "1: schema 0 does not"),
        ("", '1: "schema" is missing'),
    ],
)
def test_edition_is_checked(tmp_path: Path, head: str, words: str) -> None:
    assert any(line.startswith(words) for line in troubles(written(tmp_path, {}, head=head)))


def test_longest_term_is_allowed(tmp_path: Path) -> None:
    assert waivers.read(written(tmp_path, {"expires": "2027-03-30"}), CASES).every


def test_waiver_of_another_subject_excuses_nothing_and_its_cases_cannot_be_known(tmp_path: Path) -> None:
    found = waivers.read(written(tmp_path, {"subjects": '["prod:443"]', "cases": '["ACC-01/port-9"]'}), CASES)
    assert all(found.about(one) is None for one in CASES.values())


@pytest.mark.parametrize(
    ("change", "covered"),
    [
        ({}, {"ACC-01/https-port"}),
        ({"cases": ("*",)}, set(CASES)),
        ({"cases": ("ACC-01",)}, set()),
        ({"cases": ("ACC-01/*",)}, set()),
        ({"subjects": ("*",)}, {"ACC-01/https-port"}),
        ({"subjects": ("gw.example",)}, set()),
        ({"subjects": ("GW.example:9090",)}, set()),
        ({"requirement": "ACC-02"}, set()),
    ],
)
def test_match_is_exact(change: dict[str, Any], covered: set[str]) -> None:
    waiver = _waiver().model_copy(update=change)
    assert {name for name, one in CASES.items() if waiver.covers(one)} == covered


def _waiver(**change: Any) -> Waiver:
    plain: dict[str, Any] = {
        "id": "W-1",
        "requirement": "ACC-01",
        "cases": ["ACC-01/https-port"],
        "subjects": ["gw.example:9090"],
        "reason": "r",
        "approved_by": "a",
        "approved_on": TODAY - timedelta(days=30),
        "expires": TODAY + timedelta(days=30),
    }
    return Waiver(**(plain | change))


AIM = target.parse({"schema": 1, "name": "t", "webapp": {"url": "https://gw.example:9090"}})


class FakeAssessment(Assessment):
    """Finds of every case what it was told."""

    cases = CASES

    def __init__(self, found: dict[str, str]) -> None:
        super().__init__(AIM, Recorded(Observed()))
        self.found: dict[str, str]
        object.__setattr__(self, "found", found)

    def judge(self, case: Case) -> Verdict:
        found = self.found.get(case.name.replace("-", "_"), "pass")
        if found == "inconclusive":
            raise Inconclusive(say("no answer"))
        if found == "not-applicable":
            raise NotApplicable(say("not declared"))
        return (conforms if found == "pass" else violates)(say("nothing"), say("something"), "/a")

    def evidence_for(self, _: Case) -> str:
        return "plain/0"


def rule(found: str, waiver: Waiver | None, name: str = "https-port", **others: str) -> Entry:
    assessment = FakeAssessment({"https_port": found, **others})
    return assessment.rule(CASES[f"ACC-01/{name}"], Waivers((waiver,) if waiver else (), TODAY))


PAST, TODAY_LAST, FUTURE = (TODAY + timedelta(days=n) for n in (-1, 0, 1))


@pytest.mark.parametrize(
    ("expires", "found", "verdict", "waiver", "red"),
    [
        (None, "pass", "pass", None, False),
        (None, "fail", "fail", None, True),
        (None, "inconclusive", "inconclusive", None, False),
        (None, "not-applicable", "not-applicable", None, False),
        (PAST, "pass", "pass", None, False),
        (PAST, "fail", "fail", "W-1", True),
        (PAST, "inconclusive", "inconclusive", None, False),
        (PAST, "not-applicable", "not-applicable", None, False),
        (TODAY_LAST, "pass", "fail", "W-1", True),
        (TODAY_LAST, "fail", "waived", "W-1", False),
        (TODAY_LAST, "inconclusive", "inconclusive", None, False),
        (TODAY_LAST, "not-applicable", "not-applicable", None, False),
        (FUTURE, "pass", "fail", "W-1", True),
        (FUTURE, "fail", "waived", "W-1", False),
        (FUTURE, "inconclusive", "inconclusive", None, False),
        (FUTURE, "not-applicable", "not-applicable", None, False),
    ],
)
def test_truth_table(expires: date | None, found: str, verdict: str, waiver: str | None, red: bool) -> None:
    entry = rule(found, _waiver(expires=expires) if expires else None)
    assert (entry.verdict, entry.waiver) == (verdict, waiver)
    assert turns_red(entry, Level.MUST) is red


def test_expired_and_stale_waivers_are_named_in_the_reason() -> None:
    assert "its waiver W-1 expired on 2026-10-19" in rule("fail", _waiver(expires=PAST)).reason
    stale = rule("pass", _waiver())
    assert stale.reason.startswith("waiver W-1 excuses a violation that is not there any more")
    assert stale.evidence == ["plain/0"]


def test_stale_waiver_turns_red_at_every_level_and_an_expired_one_at_its_own() -> None:
    stale = rule("pass", _waiver())
    stale.level = Level.SHOULD
    assert turns_red(stale, Level.MUST)
    stale.stale_waiver = False
    assert not turns_red(stale, Level.MUST)


def test_waiver_for_all_cases_is_needed_while_one_of_them_fails() -> None:
    every = _waiver(cases=["*"])
    assert rule("pass", every, port_80="fail").verdict == Outcome.PASS
    assert rule("pass", every, port_80="inconclusive").verdict == Outcome.PASS
    assert rule("pass", every).verdict == Outcome.FAIL


def test_day_is_counted_in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    late = datetime(2026, 10, 20, 23, 30, tzinfo=timezone(timedelta(hours=-5)))

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return late.astimezone(tz)

    monkeypatch.setattr(waivers, "datetime", Clock)
    assert waivers.today() == date(2026, 10, 21)
