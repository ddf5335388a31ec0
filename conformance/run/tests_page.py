"""tests.html, the engineer's page that pytest-html draws: its columns, every cell escaped, nothing of a CI in it."""

from __future__ import annotations

import html
from typing import Any

import pytest

from conformance.hostile import shown

LONGEST = 600
_TITLE = "Portero: tests"
_COLUMNS = ("requirement", "level", "verdict", "subject", "expected", "observed")


@pytest.hookimpl(optionalhook=True)
def pytest_html_report_title(report: Any) -> None:
    """Name the page by nothing that the target has a say in."""
    report.title = _TITLE


@pytest.hookimpl(optionalhook=True)
def pytest_html_results_summary(prefix: list[str]) -> None:
    """Send an auditor to the right page."""
    prefix.append('<p>For the engineer. The auditor\'s report is <a href="compliance.html">compliance.html</a>.</p>')


@pytest.hookimpl(optionalhook=True)
def pytest_html_results_table_header(cells: list[str]) -> None:
    """Add the columns of a case between test and duration."""
    cells[2:] = [*(_header(name) for name in _COLUMNS), cells[2]]


@pytest.hookimpl(optionalhook=True)
def pytest_html_results_table_row(report: pytest.TestReport, cells: list[str]) -> None:
    """Fill the columns of a case; of any other test they stay empty."""
    noted = {name: str(value) for name, value in getattr(report, "user_properties", ())}
    name = noted.get("portero-case") or report.nodeid
    cells[1:] = [_cell("testId", name), *(_cell(name, noted.get(name, "")) for name in _COLUMNS), cells[2]]


def _header(name: str) -> str:
    return f'<th class="sortable" data-column-type="{name}">{name.capitalize()}</th>'


def _cell(name: str, text: str) -> str:
    return f'<td class="col-{name}">{html.escape(shown(text, LONGEST))}</td>'
