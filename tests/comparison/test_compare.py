"""Two runs compared: what counts as which change, what is no change, and what has to be said with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from conformance import report
from conformance.cli import main
from conformance.comparison.compare import Comparison, compare
from conformance.engine import results
from conformance.engine.results import NOT_SELECTED, Kind, Results, excluded
from conformance.locale import LANGUAGES
from conformance.model import Exit, Level, Outcome
from conformance.report import difference, page
from conformance.report.wording import Wording
from conformance.sentence import Own, Sentence, own_list, say
from tests.report import samples
from tests.report.samples import case, document, requirement

VERDICTS = [*Outcome]
PROVED = requirement("CHN-01", case("CHN-01"))


def run_of(verdict: str | None, **changes: Any) -> Results:
    """Return a run in which one case of TLS-02 came out so, or is not there; another of it passed."""
    own = [case("TLS-02/tls-1.0", verdict, **changes)] if verdict else []
    return document(PROVED, requirement("TLS-02", case("TLS-02/tls-1.1"), *own))


def kinds(old: Results, new: Results) -> dict[str, str]:
    return {change.case: str(change.kind) for change in compare(old, new).changes}


def keys(comparison: Comparison) -> set[str]:
    """Name the notes; made-up runs share their id."""
    return {note.key for note in comparison.notes} - {"same_run"}


TURNS = {
    "pass": {"fail": "regressed", "waived": "regressed", "inconclusive": "regressed", "not-run": "regressed"},
    "fail": {"pass": "fixed", "not-applicable": "fixed", "waived": "", "inconclusive": "", "not-run": ""},
    "waived": {"fail": "regressed", "pass": "fixed", "not-applicable": "fixed", "inconclusive": "", "not-run": ""},
    "inconclusive": {"fail": "regressed", "waived": "regressed", "pass": "fixed", "not-applicable": "fixed"},
    "not-run": {"fail": "regressed", "waived": "regressed", "pass": "fixed", "not-applicable": "fixed"},
    "not-applicable": {"fail": "regressed", "waived": "regressed", "inconclusive": "regressed", "not-run": "regressed"},
}


@pytest.mark.parametrize("before", VERDICTS)
@pytest.mark.parametrize("after", VERDICTS)
def test_every_turn_of_a_verdict(before: str, after: str) -> None:
    unsettled = {before, after} == {"inconclusive", "not-run"}
    found = kinds(run_of(before, reason="r", observed="o"), run_of(after, reason="r", observed="o"))
    if before == after or unsettled:
        assert found == {}
    else:
        wanted = TURNS[before].get(after) or "otherwise"
        assert found == {"TLS-02/tls-1.0": wanted}


@pytest.mark.parametrize("verdict", ["fail", "waived"])
def test_failing_for_another_reason(verdict: str) -> None:
    old, new = run_of(verdict, observed="accepted TLS 1.0"), run_of(verdict, observed="accepted SSL 3.0")
    assert kinds(old, new) == {"TLS-02/tls-1.0": "failed-for-another-reason"}
    assert compare(old, new).exit_code == Exit.CHANGED


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ("answered after 0.53 s", "answered after 1.20 s"),
        ("seen 2026-11-21T22:30:00Z", "seen 2026-11-22T03:30:00.5Z"),
        ("in blob 6186698e119e", "in blob adb7a56c137b"),
    ],
)
def test_what_passes_is_no_other_reason(then: str, now: str) -> None:
    assert kinds(run_of("fail", observed=then), run_of("fail", observed=now)) == {}


def sends(value: str, header: str = "X-Frame-Options") -> Sentence:
    return say("sends {header}", header=Own(f"{header}: {value}"))


@pytest.mark.parametrize(
    ("then", "now", "same"),
    [
        (say("answered after {seconds:.1f} s", seconds=0.5), say("answered after {seconds:.1f} s", seconds=9.0), True),
        (say("{n} pages do", n=3), say("{n} pages do", n=4), False),
        (sends("SAMEORIGIN"), sends("SAMEORIGIN"), True),
        (sends("SAMEORIGIN"), sends("ALLOWALL"), False),
        (sends("DENY"), say("does not send {header}", header=Own("X-Frame-Options: DENY")), False),
        (sends("Mon, 2026-11-21 22:30:00", "Date"), sends("Mon, 2027-01-01 01:02:03", "Date"), True),
        (say("in {blob}", blob=Own("6186698e119e")), say("in {blob}", blob=Own("adb7a56c137b")), True),
        (say("{why}", why=sends("a")), say("{why}", why=sends("b")), False),
        (say("{all}", all=own_list(["a", "b"])), say("{all}", all=own_list(["a"])), False),
        (sends("DENY"), Sentence("sends X-Frame-Options: DENY"), True),
        (sends("DENY"), Sentence("sends X-Frame-Options: SAMEORIGIN"), False),
    ],
)
def test_reasons_are_compared_by_their_templates_and_what_is_not_ours(
    then: Sentence, now: Sentence, *, same: bool
) -> None:
    found = kinds(run_of("fail", observed=then), run_of("fail", observed=now))
    assert found == ({} if same else {"TLS-02/tls-1.0": "failed-for-another-reason"})


def test_ports_of_a_loopback_target_are_whatever_was_free() -> None:
    def served(port: int, plain: int, host: str = "localhost") -> Results:
        found = document(requirement("ACC-01", case(f"ACC-01/port-{plain}", "fail", observed=f"{host}:{port} answers")))
        found.target.document = {
            "webapp": {"url": f"https://{host}:{port}", "http_ports": [plain]},
            "database": {"host": host, "port": port + 10},
            "network": {"vantage": [{"command": ["nsenter", f"--net=/proc/{port}/fd/4"]}]},
        }
        return found

    same = compare(served(40001, 40002), served(50001, 50002))
    assert (same.changes, keys(same)) == ((), set())
    assert set(kinds(served(40001, 8080, "gw.example"), served(40001, 8081, "gw.example")).values()) == {
        "vanished",
        "new",
    }


def test_requirement_that_vanished_is_a_regression_whatever_it_was() -> None:
    for verdict in VERDICTS:
        gone = compare(run_of(verdict), document(PROVED))
        assert [(c.kind, c.case, c.after) for c in gone.changes] == [(Kind.VANISHED, "TLS-02", "absent")]
        assert gone.exit_code == Exit.VIOLATION


def test_case_that_vanished_is_one_unless_nothing_was_settled() -> None:
    assert kinds(run_of("pass"), run_of(None)) == {"TLS-02/tls-1.0": "vanished"}
    assert kinds(run_of("fail"), run_of(None)) == {"TLS-02/tls-1.0": "vanished"}
    assert kinds(run_of("inconclusive"), run_of(None)) == {"TLS-02/tls-1.0": "otherwise"}


def test_what_the_target_file_no_longer_asks_has_vanished() -> None:
    left_out = case("CHN-01", "not-applicable", reason=excluded("not here"))
    found = compare(document(PROVED), document(requirement("CHN-01", left_out)))
    assert [(c.kind, c.now) for c in found.changes] == [
        (Kind.VANISHED, "excluded by the target file's [scope]: not here")
    ]
    undeclared = document(requirement("CHN-01", case("CHN-01", "not-applicable", reason="not declared")))
    undeclared.target.sections = ["webapp"]
    found = compare(document(PROVED), undeclared)
    assert (found.changes[0].kind, keys(found)) == (Kind.VANISHED, {"sections_gone"})
    assert compare(undeclared, document(PROVED)).changes[0].kind == Kind.NEW


def test_excluding_what_could_not_be_tested_loses_nothing() -> None:
    old = document(requirement("CHN-01", case("CHN-01", "inconclusive")))
    new = document(requirement("CHN-01", case("CHN-01", "not-applicable", reason=excluded("later"))))
    assert compare(old, new).exit_code == Exit.CHANGED
    partly = document(requirement("CHN-01", case("CHN-01/a", "inconclusive"), case("CHN-01/b")))
    assert compare(partly, new).exit_code == Exit.VIOLATION


def test_new_is_no_regression_even_if_it_fails() -> None:
    found = compare(document(PROVED), run_of("fail", observed="accepted TLS 1.0"))
    assert [(c.kind, c.case, c.before, c.after) for c in found.changes] == [(Kind.NEW, "TLS-02", "absent", "fail")]
    assert found.changes[0].now == "accepted TLS 1.0"
    assert found.exit_code == Exit.CHANGED


def test_new_requirement_that_was_not_selected_is_none() -> None:
    row = requirement("TLS-02", case("TLS-02/tls-1.0", "not-run", reason=NOT_SELECTED))
    found = compare(document(PROVED), document(PROVED, row, selected_cases=1, whole_catalogue=False))
    assert (found.exit_code, keys(found)) == (Exit.OK, {"selection"})


@pytest.mark.parametrize("swap", [False, True])
def test_what_one_run_did_not_select_is_not_compared(swap: bool) -> None:
    whole = run_of("fail")
    skipped = [case(name, "not-run", reason=NOT_SELECTED) for name in ("TLS-02/tls-1.0", "TLS-02/tls-1.1")]
    part = document(PROVED, requirement("TLS-02", *skipped), selected_cases=1, whole_catalogue=False)
    found = compare(part, whole) if swap else compare(whole, part)
    assert (found.exit_code, found.compared) == (Exit.OK, 1)
    assert ("selection", {"n": 2}) in [(note.key, note.values) for note in found.notes]


def changed(**target: Any) -> Results:
    found = samples.clean()
    found.run.id = "another"
    found.target = found.target.model_copy(update=target)
    return found


def test_what_has_to_be_known_of_the_two_runs_is_said() -> None:
    old = changed()
    assert keys(compare(old, samples.clean())) == set()
    assert [note.key for note in compare(old, old).notes] == ["same_run"]
    settings = {"webapp": {"security_level": "modern", "guideline": "5.7"}, "channel": {"tolerance_seconds": 20}}
    new = changed(name="production", consent="write", document=settings)
    new.run.id, new.run.started, new.run.fail_on, new.run.interrupted = (
        "new",
        "2026-01-01T00:00:00Z",
        Level.SHOULD,
        True,
    )
    new.suite.catalogue_sha256, new.suite.version = "0" * 64, "0.2.0"
    new.requirements[0].level = Level.SHOULD
    found = compare(old, new)
    assert keys(found) == {
        "order", "interrupted_new", "fail_on", "target", "consent", "setting", "target_keys", "catalogue", "level",
    }  # fmt: skip
    told = difference.notes(difference.told(found), Wording("es"))
    assert "webapp.security_level era «intermediate» y es «modern»: las dos ejecuciones se juzgaron con reglas" in (
        " ".join(told)
    )
    assert "CHN-01 era OBLIGATORIO y es RECOMENDADO." in told
    assert keys(compare(changed(document={}, sha256="1" * 64), samples.clean())) == {"target_unknown"}


def test_every_note_and_kind_has_its_text() -> None:
    for language in LANGUAGES:
        say = Wording(language)
        assert all(say(f"difference.kind.{kind}") and say(f"difference.count.{kind}", n=2) for kind in Kind)


def file_of(found: Results, path: Path) -> str:
    path.write_bytes(report.encoded(found))
    return str(path)


@pytest.mark.parametrize(
    ("new", "code", "last"),
    [
        (run_of("fail"), Exit.OK, "Same (no verdict differs)"),
        (run_of("pass"), Exit.CHANGED, "Changed, without a regression (1 fixed)"),
        (document(PROVED), Exit.VIOLATION, "Regressed (1 vanished)"),
    ],
)
def test_command_says_it_all_and_ends_so(
    new: Results, code: int, last: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["diff", file_of(run_of("fail"), tmp_path / "old.json"), file_of(new, tmp_path / "new.json")]
    assert main(words) == code
    assert capsys.readouterr().out.splitlines()[-1] == last
    assert main([*words, "--json"]) == code
    json.loads(capsys.readouterr().out)
    assert main([*words, "--lang", "es"]) == code
    assert "Antigua: ejecución 0123456789abcdef sobre staging" in capsys.readouterr().out


def test_terminal_shows_each_change_with_its_reasons(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = file_of(run_of("pass", observed="refused"), tmp_path / "old.json")
    new = file_of(run_of("fail", reason="accepted TLS 1.0"), tmp_path / "new.json")
    assert main(["diff", old, new]) == Exit.VIOLATION
    lines = capsys.readouterr().out.splitlines()
    at = lines.index("Regressed")
    assert lines[at + 1 : at + 5] == [
        "  TLS-02  Promise TLS-02  (MUST)",
        "    TLS-02/tls-1.0  gw.example:9090  pass → fail",
        "      was: refused",
        "      is: accepted TLS 1.0",
    ]


def test_hostile_results_steer_no_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [file_of(samples.clean(), tmp_path / "old.json"), file_of(samples.hostile(), tmp_path / "new.json")]
    assert main(["diff", *words]) == Exit.VIOLATION
    assert all(line.isprintable() for line in capsys.readouterr().out.splitlines())


def test_reports_hold_the_comparison_and_can_be_drawn_again(tmp_path: Path) -> None:
    found = samples.hostile()
    report.write(found, tmp_path)
    jsonschema.validate(json.loads((tmp_path / "results.json").read_text()), results.schema())
    drawn = page.draw(found, "0" * 64, "es")
    assert 'id="difference"' in drawn
    assert "Empeorado" in drawn
    assert "<script" not in drawn
    assert "Vanished: not asked any more" not in (summary := (tmp_path / "summary.md").read_text())
    assert "### Regressed" in summary
    before = (tmp_path / "compliance.html").read_bytes()
    assert main(["render", str(tmp_path / "results.json")]) == Exit.OK
    assert (tmp_path / "compliance.html").read_bytes() == before


def test_run_without_an_earlier_one_says_nothing_of_it() -> None:
    assert "difference" not in page.draw(samples.clean(), "0" * 64)
