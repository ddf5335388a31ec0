from __future__ import annotations

import re
from pathlib import Path

import pytest

from conformance import report
from conformance.report import markdown
from conformance.sentence import Sentence
from tests.report import samples


def test_violations_come_first() -> None:
    text = markdown.draw(samples.broken())
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert headings == [
        "Violations",
        "Deviations that do not fail this run",
        "Waivers",
        "What was not tested, and why",
    ]
    assert text.index("**Not conformant: staging violates 2 requirements") < text.index("## Violations")
    assert (
        "- **TLS-02/tls-1.0** (gw.example:9090): accepted TLS 1.0 with ECDHE-RSA-AES128-SHA; "
        "INTERMEDIATE allows TLS 1.2 and TLS 1.3 only" in text
    )
    assert "- Could not be tested: no answer to a fresh message: CHN-01" in text


@pytest.mark.parametrize("language", ["en", "es"])
def test_stays_below_its_limit_and_says_what_it_left_out(language: str) -> None:
    document = samples.large("fail", requirements=400)
    for case in document.cases:
        case.observed = Sentence("áé" * 400)
    text = markdown.draw(document, language)
    assert 90_000 < len(text.encode()) < markdown.MAX_BYTES
    listed = len(re.findall(r"^- ", text, re.MULTILINE))
    left = re.search(r"… (?:and|y) ([\d.,]+) ", text)
    assert left
    total = len(document.cases) + 1  # the clause that nobody can judge
    assert int(re.sub(r"\D", "", left[1])) + listed == total


def test_hostile_text_is_no_markup() -> None:
    text = markdown.draw(samples.hostile())
    assert not re.search(r"<\w|!\[|\]\(|://|`|\x1b|\u202e", text)
    assert "&#60;script&#62;" in text


def test_job_page_is_appended_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = tmp_path / "job.md"
    job.write_text("before\n")
    report.write(samples.clean(), tmp_path)
    written = [tmp_path / name for name in report.NAMES]
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    report.append_to_job(written)
    assert job.read_text() == "before\n"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(job))
    report.append_to_job(written)
    assert job.read_text() == "before\n" + (tmp_path / "summary.md").read_text()
    (tmp_path / "summary.md").unlink()  # it held a secret
    report.append_to_job(written)
    assert job.read_text().count("# Compliance report") == 1
