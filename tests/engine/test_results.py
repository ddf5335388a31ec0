from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from conformance import report
from conformance.cli import main
from conformance.engine import results, results_file
from conformance.model import UnusableInput
from tests.report import samples

SCHEMA = json.loads(results.SCHEMA_FILE.read_text())
MINIMAL: dict[str, Any] = {  # what the contract names, and nothing else
    "schema": 1,
    "suite": {"name": "portero", "version": "0.1.0", "catalogue_sha256": "0" * 64},
    "run": {
        "id": "1",
        "started": "2026-11-21T22:30:00Z",
        "finished": "2026-11-21T22:30:12Z",
        "argv": [],
        "host": "h",
        "requests_sent": 0,
        "connections_opened": 0,
        "interrupted": False,
    },
    "target": {
        "name": "staging",
        "sha256": "0" * 64,
        "sections": ["webapp"],
        "consent": "read",
        "clock_offset_seconds": 0.0,
        "tls_level": {"5.8": "modern"},
    },
    "verdict": "conformant",
    "counts": {"pass": 1, "fail": 0, "waived": 0, "inconclusive": 0, "not-applicable": 0, "not-run": 0},
    "requirements": [
        {
            "id": "TLS-02",
            "area": "tls",
            "level": "must",
            "title": "Protocol versions",
            "source": "S1",
            "verdict": "pass",
            "cases": [
                {
                    "id": "TLS-02/tls-1.2",
                    "subject": "gw:9090",
                    "verdict": "pass",
                    "expected": "e",
                    "observed": "o",
                    "reason": "",
                    "evidence": ["tls/0"],
                    "seconds": 0.0,
                    "waiver": None,
                }
            ],
        }
    ],
    "observations": {"tls/0": {}},
}


def valid(document: Any) -> bool:
    return jsonschema.Draft202012Validator(SCHEMA).is_valid(document)


def test_shipped_schema_is_the_one_of_the_models() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert results.schema() == SCHEMA
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize(
    "document", [MINIMAL, *map(results.as_json, (samples.broken(), samples.clean(), samples.large()))]
)
def test_schema_takes_results(document: dict[str, Any]) -> None:
    jsonschema.validate(document, SCHEMA)


def _changed(path: str, value: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(json.dumps(MINIMAL))
    *parents, last = path.split(".")
    inner: Any = document
    for part in parents:
        inner = inner[int(part) if part.isdecimal() else part]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return document


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("schema", 2),
        ("verdict", "fine"),
        ("target", None),
        ("run.started", "yesterday"),
        ("run.requests_sent", -1),
        ("waivers", [samples.WAIVER | {"expires": "soon"}]),
        ("counts.passed", 1),
        ("requirements.0.id", "tls-2"),
        ("requirements.0.level", "shall"),
        ("requirements.0.cases.0.verdict", "ok"),
        ("requirements.0.cases.0.evidence", []),
        ("requirements.0.cases.0.expected", None),
        ("observations", []),
    ],
)
def test_schema_and_reader_refuse_the_same(tmp_path: Path, path: str, value: Any) -> None:
    document = _changed(path, value)
    assert not valid(document)
    file = tmp_path / "results.json"
    file.write_text(json.dumps(document))
    with pytest.raises(UnusableInput, match="schema 2" if path == "schema" else "not a results file"):
        results_file.read(file)


def test_reader_takes_what_the_contract_names(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    file.write_text(json.dumps(MINIMAL))
    found = results_file.read(file)
    assert found.requirements[0].cases[0].level == "must"
    report.render(found, file, tmp_path)
    assert "Conformant: staging" in (tmp_path / "compliance.html").read_text()


def test_reader_returns_what_was_written(tmp_path: Path) -> None:
    report.write(samples.broken(), tmp_path)
    assert results_file.read(tmp_path / "results.json") == samples.broken()


def test_run_that_never_finished_reads_as_incomplete(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    file.write_text(json.dumps(_changed("run.finished", None)))
    found = results_file.read(file)
    assert (found.verdict, found.run.interrupted) == ("incomplete", True)
    report.render(found, file, tmp_path)
    assert "interrupted before it ended" in (tmp_path / "summary.md").read_text()


def test_render_draws_the_same_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    report.write(samples.broken(), first)
    assert main(["render", str(first / "results.json"), "--reports", str(second)]) == 0
    told = capsys.readouterr().out.split()
    assert {Path(name).name for name in told} == set(report.NAMES) - {"results.json"}
    for name in map(Path, told):
        assert name.read_bytes() == (first / name.name).read_bytes()


def test_render_speaks_spanish_and_leaves_the_results_alone(tmp_path: Path) -> None:
    report.write(samples.broken(), tmp_path)
    before = (tmp_path / "results.json").read_bytes()
    assert main(["render", str(tmp_path / "results.json"), "--lang", "es"]) == 0
    assert "No conforme: staging" in (tmp_path / "compliance.html").read_text()
    assert (tmp_path / "results.json").read_bytes() == before


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "cannot be read: No such file or directory"),
        (b'{"schema": 1, "suite": {"na', "cut short perhaps"),
        (b"", "cut short perhaps"),
        (b"\xff\xfe", "cannot be read"),
        (b"[]", "not a results file"),
        (b'{"schema": 7}', "written in results schema 7 by a newer Portero; this one reads 1"),
        (b"{}", "not a results file"),
    ],
)
def test_unusable_results_get_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, told: str
) -> None:
    file = tmp_path / "results.json"
    if content is not None:
        file.write_bytes(content)
    assert main(["render", str(file)]) == 4
    said = capsys.readouterr().err
    assert told in said
    assert len(said.splitlines()) == 1
