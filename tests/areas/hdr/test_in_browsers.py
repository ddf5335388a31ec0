"""What the judges of headers say is what real browsers do, or it is written down why not.

Each table of fixtures/headers has header lines and what Chromium and Firefox are seen to do with them: `seen` where
they do the same. Where a judge says otherwise than one of them the row has what is `judged`, and `why`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest

from conformance.areas.hdr import judge
from conformance.areas.hdr.record import HeadersObservation
from conformance.engine.policy import Policy
from conformance.locate import data
from conformance.model import Case, NotApplicable, Outcome, Verdict
from tests.areas.hdr import verdicts
from tests.areas.hdr.pages import case, observed, path, policy
from tests.areas.hdr.stage import BROWSERS, HASH, NONCE, OWN, TOPS, Row, playing

Judge = Callable[[HeadersObservation, Policy, Case], Verdict]


@dataclass(frozen=True)
class Table:
    """Rows of one kind, the pages that show all of them, and what is judged of one of which that was seen."""

    name: str
    at_least: int
    pages: tuple[str, ...]
    judged: Callable[[Row, set[str]], set[str]]
    walked: bool = False

    @property
    def content(self) -> Any:
        """Return what the table's file holds."""
        return json.loads((data("fixtures") / "headers" / f"{self.name}.json").read_text(encoding="utf-8"))


TABLES = [
    Table("policies", 400, (f"{OWN}/top/scripted",), verdicts.scripted),
    Table("framing", 60, tuple(f"{top}/top/framed" for top in TOPS), verdicts.framed),
    Table("transport", 150, ("https://new0.sts.test/walk/0/0",), verdicts.told, walked=True),
    Table("sniffing", 40, (f"{OWN}/top/sniffed",), verdicts.sniffed),
]
tables = pytest.mark.parametrize("table", TABLES, ids=[table.name for table in TABLES])


def recorded(row: Row, browser: str) -> set[str]:
    return set((row["seen"] if "seen" in row else row[browser]).split())


@tables
@pytest.mark.parametrize("browser", BROWSERS)
def test_browser_does_what_is_recorded(browser: str, table: Table) -> None:
    rows = table.content["rows"]
    seen: list[set[str]] = [set() for _ in rows]
    with playing(browser, rows, walked=table.walked) as visit:
        for page in table.pages:
            for number, _, word in (said.partition(" ") for said in visit(page)):
                seen[int(number)].add(urlsplit(page).netloc if word == "seen" else word)
    other = [(row, found) for row, found in zip(rows, seen, strict=True) if found != recorded(row, browser)]
    assert other == []


@tables
def test_judges_say_what_browsers_do(table: Table) -> None:
    content = table.content
    for row in content["rows"]:
        seen = [recorded(row, browser) for browser in BROWSERS]
        judged = [table.judged(row, each) for each in seen]
        if "why" in row:
            assert row["why"] in content["why"]
            assert judged != seen, f"nothing is left to explain: {row}"
            assert " ".join(sorted(table.judged(row, seen[0] | seen[1]))) == row["judged"], row
        else:
            assert judged == seen, row


@tables
def test_tables_are_whole(table: Table) -> None:
    content = table.content
    assert len(content["rows"]) >= table.at_least
    assert len({json.dumps({**row, "seen": ""}) for row in content["rows"]}) == len(content["rows"])
    assert {row["why"] for row in content["rows"] if "why" in row} == {*content["why"]}


def test_policies_name_what_the_page_has() -> None:
    """A script of the page that was changed has another hash."""
    lines = [value for row in TABLES[0].content["rows"] for _, value in row["lines"]]
    assert any(f"'sha256-{HASH}'" in line for line in lines)
    assert any(f"'nonce-{NONCE}'" in line for line in lines)


def outcome(judge: Judge, row: Row) -> Outcome | None:
    """Return what a requirement's judge says of the row's page; None where it has nothing to say."""
    answer = verdicts.page(row, "https://new.sts.test/")
    try:
        return judge(observed(path(answer)), policy(), case("HDR-02")).outcome
    except NotApplicable:
        return None


def _unlike(table: Table, judge: Judge, broken: Callable[[set[str]], bool]) -> list[Row]:
    """List the rows without a reason that are said to be right though a browser shows otherwise, or the reverse."""
    found = []
    for row in table.content["rows"]:
        shown = any(broken(recorded(row, browser)) for browser in BROWSERS)
        said = outcome(judge, row)
        if said is not None and (said is Outcome.FAIL) is not shown and "why" not in row:
            found.append(row)
    return found


def test_hdr_10_fails_where_inline_script_runs() -> None:
    assert _unlike(TABLES[0], judge.inline_scripts, lambda seen: bool(seen & {"inline", "handler"})) == []


def test_hdr_02_never_passes_where_somebody_can_frame_the_page() -> None:
    for row in TABLES[1].content["rows"]:
        if outcome(judge.frames, row) is Outcome.PASS:
            assert not any(recorded(row, browser) for browser in BROWSERS), row


def test_hdr_05_fails_where_a_browser_is_not_told_to_come_back_over_https() -> None:
    assert _unlike(TABLES[2], judge.transport, lambda seen: "upgrade" not in seen) == []


def test_hdr_04_fails_where_text_runs_as_script() -> None:
    table = TABLES[3]
    for row in table.content["rows"]:
        if row["as"] == "script" and row["type"] == "text/plain":
            ran = recorded(row, "chromium") | recorded(row, "firefox")
            assert (outcome(judge.sniffing, row) is Outcome.FAIL) is bool(ran), row
