"""What pytest makes of a verdict, and what becomes of a case that does not keep to its own."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from conformance.engine import cases
from conformance.model import Exit
from conformance.run.endings import POLITE
from tests.live import results

pytest_plugins = ["pytester"]

SUITE = """
import pytest
from dataclasses import dataclass
from conformance import model
from conformance.engine import cases
from conformance.engine.observatory import Probe
from conformance.sentence import say

@dataclass(frozen=True, slots=True)
class Record:
    seen: str

probe = Probe("fake", Record, lambda bench: Record("x"))
cases.proofs()

def judge(record, policy, case):
    {judge}

cases.proves("ACC-02", observes=probe, judged_by=judge)

@cases.every_case_of("ACC-02")
def test_case(verdict):
    {body}
"""
FAILS = 'return model.violates(say("right"), say("wrong"))'
PASSES = 'return model.conforms(say("right"), say("right"))'
TARGET = 'schema = 1\nname = "x"\n[webapp]\nurl = "https://127.0.0.1:9"\n'


@pytest.fixture(autouse=True)
def registry_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what a suite of a test registers be forgotten after it."""
    monkeypatch.setattr(cases, "_PROOFS", dict(cases.proofs()))


def run(pytester: pytest.Pytester, judge: str, body: str, *words: str, target: str = TARGET) -> tuple[int, Any, str]:
    """Run a suite of one case in this process; return the exit code, the results and the terminal's text."""
    pytester.makepyfile(SUITE.format(judge=judge, body=body))
    pytester.makefile(".toml", aim=target)
    words = ("-p", "conformance.run.plugin", "-p", "no:cacheprovider", "--target", "aim.toml", "--reports", "r", *words)
    ended = pytester.runpytest_inprocess(*words)
    text = ended.stdout.str() + ended.stderr.str()
    written = pytester.path / "r" / "results.json"
    return int(ended.ret), results(written.parent) if written.exists() else None, text


def verdict_of(document: Any, case: str = "ACC-02") -> str:
    found: str = next(c["verdict"] for r in document["requirements"] for c in r["cases"] if c["id"].startswith(case))
    return found


@pytest.mark.parametrize(
    ("judge", "body", "code", "verdict"),
    [
        (PASSES, "verdict.enforce()", Exit.OK, "pass"),
        (FAILS, "verdict.enforce()", Exit.VIOLATION, "fail"),
        ("raise model.Inconclusive(say('no answer'))", "verdict.enforce()", Exit.INCOMPLETE, "inconclusive"),
        ("raise model.NotApplicable(say('not asked'))", "verdict.enforce()", Exit.NOTHING_SELECTED, "not-applicable"),
    ],
)
def test_verdict_becomes_outcome(pytester: pytest.Pytester, judge: str, body: str, code: int, verdict: str) -> None:
    found, document, text = run(pytester, judge, body)
    assert (found, verdict_of(document)) == (code, verdict), text
    assert document["run"]["internal_errors"] == []


@pytest.mark.parametrize(
    ("judge", "body", "said"),
    [
        (FAILS, "pass", "its verdict is fail, which its body does not enforce"),
        (FAILS, "pytest.skip('not today')", "crashed: Skipped: not today"),
        (FAILS, "pytest.xfail('not today')", "crashed: "),
        (PASSES, "raise model.NonConformance(say('x'))", "crashed: NonConformance: x"),
        (PASSES, "raise model.Inconclusive(say('x'))", "crashed: Inconclusive: x"),
        (PASSES, "assert 1 == 2", "crashed: AssertionError"),
        ("return 1 / 0", "verdict.enforce()", "crashed: ZeroDivisionError: division by zero"),
        ("return None", "verdict.enforce()", "crashed: AttributeError"),
    ],
)
def test_defect_of_the_suite_is_never_green(pytester: pytest.Pytester, judge: str, body: str, said: str) -> None:
    code, document, text = run(pytester, judge, body)
    assert code == Exit.INTERNAL, text
    assert any(said in error for error in document["run"]["internal_errors"]), document["run"]["internal_errors"]
    assert document["verdict"] in ("incomplete", "not-conformant")


def test_case_without_the_verdict_fixture_is_a_defect(pytester: pytest.Pytester) -> None:
    pytester.makepyfile('import pytest\n@pytest.mark.every_case_of("ACC-02")\ndef test_it(case): pass\n')
    pytester.makefile(".toml", aim=TARGET)
    ended = pytester.runpytest_inprocess("-p", "conformance.run.plugin", "--target", "aim.toml", "--reports", "r")
    assert ended.ret == Exit.INTERNAL
    assert "ended without a verdict" in results(pytester.path / "r")["run"]["internal_errors"][0]


def test_suite_that_cannot_be_collected_is_a_defect(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_broken="import nothing_of_that_name")
    code, _, text = run(pytester, PASSES, "verdict.enforce()", "--continue-on-collection-errors")
    assert code == Exit.INTERNAL, text


def test_failing_test_beside_a_conforming_target_fails(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_other="def test_other(): assert False")
    code, document, _ = run(pytester, PASSES, "verdict.enforce()")
    assert code == Exit.VIOLATION
    assert verdict_of(document) == "pass"


def test_should_below_the_bar_is_expected(pytester: pytest.Pytester) -> None:
    suite = SUITE.replace("ACC-02", "ACC-03").format(judge=FAILS, body="verdict.enforce()")
    for words, code in (((), Exit.OK), (("--fail-on", "should"), Exit.VIOLATION)):
        pytester.makepyfile(suite)
        pytester.makefile(".toml", aim=TARGET)
        options = ("-p", "conformance.run.plugin", "--target", "aim.toml", "--reports", "r", "-rx", *words)
        ended = pytester.runpytest_inprocess(*options)
        assert ended.ret == code
        assert verdict_of(results(pytester.path / "r"), "ACC-03") == "fail"
        if not words:
            ended.assert_outcomes(xfailed=1)


@pytest.mark.parametrize(
    ("words", "code", "verdict"),
    [
        (("-k", "ACC"), Exit.OK, "partial"),
        (("-k", "nothing_like_it"), Exit.NOTHING_SELECTED, "incomplete"),
        (("-m", "requirement"), Exit.OK, "partial"),
        (("-m", "not requirement"), Exit.NOTHING_SELECTED, "incomplete"),
        (("--area", "tls"), Exit.NOTHING_SELECTED, "incomplete"),
        (("--level", "must"), Exit.OK, "partial"),
        (("-x",), Exit.OK, "partial"),
    ],
)
def test_selection_is_never_called_conformant(
    pytester: pytest.Pytester, words: tuple[str, ...], code: int, verdict: str
) -> None:
    found, document, text = run(pytester, PASSES, "verdict.enforce()", *words)
    assert (found, document["verdict"]) == (code, verdict), text


def test_target_that_cannot_be_used_ends_with_4(pytester: pytest.Pytester) -> None:
    code, document, text = run(pytester, PASSES, "verdict.enforce()", target=TARGET.replace("1", "2", 1))
    assert code == Exit.UNUSABLE
    assert document is None
    assert "aim.toml:1:1: schema 2 is newer" in text


def test_secret_in_a_path_is_refused_and_not_repeated(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY", canary := "q7VwX2Lk9ZtR4bNmP1cD8sFg")
    admin = '[webapp.admin]\nusername = "a"\npassword = "env:CANARY"\n'
    target = f'{TARGET}admin_paths = ["/{canary}/login"]\n{admin}'
    code, document, text = run(pytester, PASSES, "verdict.enforce()", target=target)
    assert code == Exit.UNUSABLE
    assert document is None
    assert "the target file spells out a secret that it refers to elsewhere" in text
    assert canary not in text


def test_secret_that_is_an_ordinary_word_upsets_nothing(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY", "conformance")
    target = TARGET + '[webapp.admin]\nusername = "a"\npassword = "env:CANARY"\n'
    code, document, text = run(pytester, FAILS, "verdict.enforce()", target=target)
    assert code == Exit.VIOLATION, text
    assert verdict_of(document) == "fail"


def test_folder_in_use_is_refused(pytester: pytest.Pytester) -> None:
    from conformance.report.folder import claimed

    with claimed(pytester.path / "r"):
        code, document, text = run(pytester, PASSES, "verdict.enforce()")
    assert code == Exit.UNUSABLE
    assert document is None
    assert "another run is writing its reports here" in text
    assert run(pytester, PASSES, "verdict.enforce()")[0] == Exit.OK


@pytest.mark.parametrize("words", [("--target", "aim.toml"), ("--pyargs", "conformance.areas")])
def test_several_processes_are_refused(pytester: pytest.Pytester, words: tuple[str, ...]) -> None:
    pytester.makepyfile(several="def pytest_addoption(parser): parser.addoption('--numprocesses', type=int)")
    pytester.syspathinsert()
    pytester.makefile(".toml", aim=TARGET)
    ended = pytester.runpytest_inprocess("-p", "conformance.run.plugin", "-p", "several", *words, "--numprocesses", "2")
    assert ended.ret == Exit.UNUSABLE
    assert "the conformance suite runs in one process" in ended.stderr.str()


def test_report_that_cannot_be_drawn_is_no_violation(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    from conformance import report

    def broken(*_: Any) -> None:
        raise TypeError("a defect of a report")

    monkeypatch.setattr(report, "write", broken)
    code, _, text = run(pytester, PASSES, "verdict.enforce()")
    assert code == Exit.INTERNAL
    assert "the reports could not be finished: TypeError: a defect of a report" in text


def test_leaking_file_of_this_run_is_deleted_and_another_s_is_not(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY", canary := "q7VwX2Lk9ZtR4bNmP1cD8sFg")
    pytester.makeconftest(
        "import os, pathlib\n"
        "def pytest_sessionfinish(session):\n"
        "    pathlib.Path('r/mine.log').write_text(os.environ['CANARY'])\n"
    )
    (pytester.path / "r").mkdir()
    (pytester.path / "r" / "notes.txt").write_text(canary)
    words = ("--junitxml=r/own.xml", "--log-file=r/mine.log")
    target = TARGET + '[webapp.admin]\nusername = "a"\npassword = "env:CANARY"\n'
    code, _, text = run(pytester, PASSES, "verdict.enforce()", *words, target=target)
    assert code == Exit.INTERNAL, text
    assert "a secret stood in" in text
    assert text.rstrip().splitlines()[-1] == "exit 3: an error of the suite itself, or a secret found in a report"
    assert not (pytester.path / "r" / "mine.log").exists()
    assert (pytester.path / "r" / "own.xml").exists()
    assert (pytester.path / "r" / "notes.txt").read_text() == canary


def test_interrupt_while_reports_are_written_is_too_late(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("""
        import os, signal
        def pytest_sessionfinish():
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                os.kill(os.getpid(), number)
    """)
    handlers = [signal.getsignal(number) for number in POLITE]
    code, document, _ = run(pytester, PASSES, "verdict.enforce()", "-k", "ACC-02")
    assert code == Exit.OK
    assert document["run"]["interrupted"] is False
    assert (pytester.path / "r" / "compliance.html").exists()
    assert [signal.getsignal(number) for number in POLITE] == handlers


def test_results_and_entries_survive_as_json(pytester: pytest.Pytester) -> None:
    _, document, _ = run(pytester, FAILS, "verdict.enforce()")
    case = next(c for r in document["requirements"] for c in r["cases"] if c["verdict"] == "fail")
    assert case["expected"] == "right"
    assert case["observed"] == "wrong"
    assert case["evidence"] == ["fake/0"]
    assert case["seconds"] >= 0
    assert json.loads((Path("r") / "results.json").read_text()) == document
