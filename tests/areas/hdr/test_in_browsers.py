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

from conformance.locate import data
from tests.areas.hdr import verdicts
from tests.areas.hdr.stage import BROWSERS, HASH, NONCE, OWN, TOPS, Row, playing


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
