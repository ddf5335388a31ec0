"""Results files that were cut, edited, made up, or are of another edition: one sentence each, and never a verdict."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance import catalogue, report
from conformance.cli import main
from conformance.engine import results_file
from conformance.engine.results import as_json
from conformance.model import Exit, Outcome
from conformance.report.folder import claimed
from conformance.sentence import Sentence
from tests.report import samples


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(200 << 20)


def _edited(change: Callable[[dict[str, Any]], None]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        document = as_json(samples.broken())
        change(document)
        path.write_text(json.dumps(document))

    return write


def _verdict(document: dict[str, Any]) -> None:
    document["requirements"][1]["cases"][0]["verdict"] = "ok"


def _no_cases(document: dict[str, Any]) -> None:
    document["requirements"][0]["cases"] = []


def _raw(content: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(content)

    return write


WHOLE = report.encoded(samples.broken())
BAD: dict[str, tuple[Callable[[Path], None], str]] = {
    "absent": (lambda _: None, "cannot be read: No such file or directory"),
    "a folder": (Path.mkdir, "cannot be read: Is a directory"),
    "empty": (_raw(b""), "not whole JSON, cut short perhaps"),
    "cut": (_raw(WHOLE[: len(WHOLE) // 2]), "not whole JSON, cut short perhaps"),
    "not JSON": (_raw(b"<html>"), "not whole JSON"),
    "not text": (_raw(b"\xff\xfe\x00"), "is not UTF-8 text at byte 0"),
    "200 MB": (_sparse, "is larger than 32 MiB, which no results file is"),
    "deep": (_raw(b"[" * 200_000), "nested too deeply"),
    "a long number": (_raw(b'{"schema": ' + b"1" * 5000 + b"}"), "not a results file"),
    "not a number": (_raw(b'{"schema": NaN}'), "NaN stands in it"),
    "a list": (_raw(b"[]"), "not a results file: its top"),
    "newer": (_raw(b'{"schema": 2}'), "written in results schema 2 by a newer Portero; this one reads 1"),
    "older than any": (_raw(b'{"schema": 0}'), "written in results schema 0, which never was one"),
    "no schema": (_raw(b'{"run": {}}'), "not a results file: /schema: Field required"),
    "edited": (_edited(_verdict), "/requirements/1/cases/0/verdict (in CHN-01): Input should be 'fail'"),
    "without cases": (_edited(_no_cases), "/requirements/0/cases (in ACC-03): List should have at least 1 item"),
}


@pytest.mark.parametrize("kind", BAD)
def test_every_command_says_what_is_wrong_in_one_sentence(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write, told = BAD[kind]
    bad, good = tmp_path / "bad.json", tmp_path / "good.json"
    write(bad)
    good.write_bytes(WHOLE)
    for words in (["diff", bad, good], ["diff", good, bad], ["rejudge", bad], ["render", bad]):
        assert main([str(word) for word in words]) == Exit.UNUSABLE
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.startswith(f"portero: {bad}: ")
        assert told in said.err
        assert len(said.err.splitlines()) == 1
    assert {path.name for path in tmp_path.iterdir()} <= {"bad.json", "good.json"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read anything")
def test_file_that_may_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "results.json").touch(0o000)
    assert main(["render", str(tmp_path / "results.json")]) == Exit.UNUSABLE


def test_endless_file_is_not_read_to_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["render", "/dev/zero"]) == Exit.UNUSABLE
    assert "is larger than 32 MiB" in capsys.readouterr().err


def test_true_results_are_far_from_too_large() -> None:
    assert len(report.encoded(samples.large())) * 20 < results_file.LARGEST


def test_file_with_half_a_character_is_read_as_it_was_written(tmp_path: Path) -> None:
    document = samples.clean()
    document.requirements[0].cases[0].observed = Sentence("answered \ud800")
    (tmp_path / "r.json").write_bytes(report.encoded(document))
    assert results_file.read(tmp_path / "r.json") == document


def test_file_that_contradicts_itself_is_read_and_told_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = samples.clean()
    document.requirements[0].cases[0].verdict = Outcome.FAIL
    (tmp_path / "r.json").write_bytes(report.encoded(document))
    assert main(["render", str(tmp_path / "r.json")]) == Exit.OK
    told = capsys.readouterr().err.splitlines()
    assert [line.partition("r.json: ")[2] for line in told] == [
        "it counts 2 pass, and 1 cases say so: it was changed after it was written",
        "it counts 0 fail, and 1 cases say so: it was changed after it was written",
        "CHN-01 is pass, and its cases make it fail: it was changed after it was written",
        "its verdict is conformant, and its cases make it not-conformant: it was changed after it was written",
    ]
    assert results_file.contradictions(samples.broken()) == []


def test_target_that_was_edited_cannot_be_drawn_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = samples.broken()
    document.target.document["webapp"] = "https://gw.example"
    (tmp_path / "r.json").write_bytes(report.encoded(document))
    assert main(["render", str(tmp_path / "r.json")]) == Exit.UNUSABLE
    assert "what it records cannot be drawn; was it edited? (AttributeError: " in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["r.json"]
    good = tmp_path / "good.json"
    good.write_bytes(WHOLE)
    assert main(["diff", str(tmp_path / "r.json"), str(good)]) == Exit.OK


def recorded(tmp_path: Path, observations: dict[str, Any], **target: Any) -> str:
    """Write a results file of a web app whose every case passed."""
    aim = {"schema": 1, "name": "staging", "webapp": {"url": "https://gw.example:9090", **target}}
    document = samples.document(samples.requirement("TLS-09", samples.case("TLS-09")))
    document.target.document, document.target.sections = aim, ["webapp"]
    document.observations = observations
    (tmp_path / "r.json").write_bytes(report.encoded(document))
    return str(tmp_path / "r.json")


def test_rejudging_says_when_the_catalogue_is_another(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rejudge", recorded(tmp_path, {})]) == Exit.INCOMPLETE
    first = capsys.readouterr().out.splitlines()[0]
    assert first.startswith(
        f"Recorded under catalogue c0ffeec0ffee of version 0.1.0, judged under {catalogue.digest()[:12]}:"
    )
    assert main(["rejudge", recorded(tmp_path, {}), "--lang", "es"]) == Exit.INCOMPLETE
    assert capsys.readouterr().out.splitlines()[-1] == "veredicto: incomplete (antes conformant)"


def test_rejudging_takes_no_observation_of_another_edition_for_a_pass(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = {"tls/0": {"odd": 1}, "channel/0": {"core_clock": 1}}
    assert main(["rejudge", recorded(tmp_path, odd)]) == Exit.INCOMPLETE
    told = capsys.readouterr().out
    assert "TLS-02/tls-1.2: absent -> inconclusive: the results file's observation tls/0 is not one of this ed" in told


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ({"security_level": "modem"}, "records a target that cannot be used: webapp.security_level: Input should be"),
        ({"no_such": 1}, "records a target that cannot be used: webapp.no_such: Extra inputs are not permitted"),
    ],
)
def test_rejudging_a_target_that_is_none(
    target: dict[str, Any], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rejudge", recorded(tmp_path, {}, **target)]) == Exit.UNUSABLE
    assert told in capsys.readouterr().err


def test_rejudging_what_no_judge_can_make_sense_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: object) -> None:
        raise KeyError("version")

    monkeypatch.setattr("conformance.engine.assessment.Assessment.rule", lost)
    assert main(["rejudge", recorded(tmp_path, {})]) == Exit.UNUSABLE
    assert "cannot be judged; was it edited? (KeyError: 'version')" in capsys.readouterr().err


def test_drawing_into_a_folder_that_a_run_writes_to_waits_for_no_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "results.json").write_bytes(WHOLE)
    with claimed(tmp_path):
        assert main(["render", str(tmp_path / "results.json")]) == Exit.UNUSABLE
    assert "another run is writing its reports here" in capsys.readouterr().err
    assert json.loads((tmp_path / "results.json").read_bytes())["run"]["id"] == "0123456789abcdef"


SAID = {"template": "no answer to {what}", "values": {"what": "a fresh message"}}
DEEP: dict[str, Any] = {"text": "x"}
for _ in range(60):
    DEEP = {"template": "{x}", "values": {"x": DEEP}}
TWICE: dict[str, Any] = {"text": "x" * 60}
for _ in range(18):
    TWICE = {"template": "{x}{x}", "values": {"x": TWICE}}


def _said(reason: Any, text: str = "no answer to a fresh message") -> Callable[[dict[str, Any]], None]:
    """Let the case that could not be tested say so; `reason` stands beside `text`."""

    def change(document: dict[str, Any]) -> None:
        case = next(case for row in document["requirements"] for case in row["cases"] if case["id"] == "CHN-01")
        case["reason"], case["said"] = text, {"reason": reason}

    return change


def reason_of(path: Path) -> Sentence:
    return next(case.reason for case in results_file.read(path).cases if case.id == "CHN-01")


def test_what_was_said_is_believed_where_it_comes_out_as_the_text_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    _edited(_said(SAID))(path)
    assert (reason_of(path).template, reason_of(path).values) == ("no answer to {what}", {"what": "a fresh message"})
    again = tmp_path / "again.json"
    again.write_bytes(report.encoded(results_file.read(path)))
    assert again.read_bytes() == report.encoded(results_file.read(again))
    assert json.loads(again.read_bytes())["requirements"][1]["cases"][0]["said"] == {"reason": SAID}


@pytest.mark.parametrize(
    "change",
    [
        _said(SAID, "edited"),
        _said({"template": "edited", "values": {}}),
        _said({"text": "no answer to a fresh message"}),
        lambda _: None,
    ],
    ids=["other text", "other template", "text alone", "nothing said"],
)
def test_text_that_was_edited_or_is_older_stands_as_it_is(
    change: Callable[[dict[str, Any]], None], tmp_path: Path
) -> None:
    path = tmp_path / "r.json"
    _edited(change)(path)
    assert reason_of(path).template is None
    assert reason_of(path) in ("edited", "no answer to a fresh message")
    assert main(["render", str(path), "--lang", "es"]) == Exit.OK
    assert f'<span lang="en">{reason_of(path)}</span>' in (tmp_path / "compliance.html").read_text()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (3, "is no sentence: it has neither text nor template"),
        ({"template": "{gone}"}, "the sentence '{gone}' does not fit its values"),
        ({"template": "{x", "values": {"x": "y"}}, "expected '}' before end of string"),
        ({"template": "{x.__class__}", "values": {"x": "y"}}, "has a place of no kind that is known"),
        ({"template": "{x:999999999}", "values": {"x": 1}}, "has a place of no kind that is known"),
        ({"template": "{x:d}", "values": {"x": "y"}}, "Unknown format code 'd'"),
        ({"template": "{x}", "values": ["y"]}, "does not fit its values"),
        ({"template": "{x}", "values": {"x": True}}, "a sentence has no truth values in it"),
        ({"template": "{x}", "values": {"x": {"list": ["y"], "by": "none"}}}, "'none' is not a valid By"),
        ({"template": "a", "many": 3, "n": 2}, "does not fit its values"),
        (DEEP, "has others in it, 20 deep"),
        (TWICE, "is longer than"),
    ],
)
def test_what_is_no_sentence_is_told_in_one(
    said: Any, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "r.json"
    _edited(_said(said))(path)
    assert main(["render", str(path)]) == Exit.UNUSABLE
    error = capsys.readouterr().err
    assert error.startswith(f"portero: {path}: not a results file: /requirements/1/cases/0 (in CHN-01): ")
    assert told in error
    assert len(error.splitlines()) == 1


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"tls/0": {"/endpoint": 3}}, "/said/tls/0//endpoint: Value error, is no sentence"),
        ([], "/said: Input should be a valid dictionary"),
    ],
)
def test_sentences_of_observations_are_read_as_carefully(
    said: Any, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "r.json"
    _edited(lambda document: document.update(said=said))(path)
    assert main(["render", str(path)]) == Exit.UNUSABLE
    assert told in capsys.readouterr().err


def test_sentences_of_observations_that_are_of_no_place_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    places = ["/endpoint", "/no/such/place", "/suites", "endpoint", "", "/suites/tls-1.0/in_order/" + "9" * 5000]
    _edited(lambda document: document.update(said={"tls/0": dict.fromkeys(places, SAID), "no/0": {"/x": SAID}}))(path)
    found = results_file.read(path)
    assert found.observed.spoken("tls/0") == found.observations["tls/0"]
