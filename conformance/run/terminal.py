"""What `portero run` shows instead of pytest's letters. Loaded with `-p conformance.run.terminal`, beside `-qq`."""

from __future__ import annotations

import io
import sys
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from conformance.bench.clock import SystemClock
from conformance.hostile import shown
from conformance.model import Case
from conformance.report import findings
from conformance.report.view import COLUMNS
from conformance.report.wording import Wording
from conformance.run.plugin import case_of, session_of

if TYPE_CHECKING:
    from rich.live import Live

    from conformance.run.session import Session

_SHORTEST_WAIT = 2.0


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Begin to listen, around pytest's own reporter; processes that only work for another stay silent."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Terminal(config), "portero-terminal")


class _Terminal:
    """Says what is probed, shows progress to a person, and keeps pytest's own closing words away."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._say = Wording(config.option.lang)
        self._verbosity = findings.TOLD[config.option.findings]
        self._areas: dict[str, list[Case]] = {}
        self._area_of: dict[str, str] = {}
        self._left: Counter[str] = Counter()
        self._live: Live | None = None

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Say what is probed, and begin to show progress."""
        run = session_of(self._config)
        if run is None or self._config.option.collectonly:
            return
        self._expect((item.nodeid, case) for item in session.items if (case := case_of(item)))
        self._tell(
            "probing" if self._areas else "nothing",
            target=shown(run.target.name),
            consent=run.target.consent,
            cases=self._say("terminal.cases", n=len(self._area_of)),
            areas=", ".join(self._areas),
        )
        if sys.stdout.isatty() and self._verbosity >= 0:
            self._live = _live(lambda: self._progress(run))

    def _expect(self, cases: Iterable[tuple[str, Case]]) -> None:
        for nodeid, case in cases:
            self._areas.setdefault(case.requirement.area, []).append(case)
            self._area_of[nodeid] = case.requirement.area
        self._left.update(self._area_of.values())

    def _tell(self, key: str, **values: Any) -> None:
        text = self._say(f"terminal.{key}", **values)
        if self._live is not None:
            self._live.console.print(text, markup=False, highlight=False)
        elif self._verbosity >= 0:
            self._config.get_terminal_writer().line(text)

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Give a case no letter of its own."""
        return ("conformance", "", "") if report.nodeid in self._area_of else None

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Tell an area once its last case is through."""
        if (area := self._area_of.get(nodeid)) is None:
            return
        self._left[area] -= 1
        if not self._left[area]:
            self._tell("area", area=self._say.area(area), counts=self._counts(area))

    def _counts(self, area: str) -> str:
        run = session_of(self._config)
        entries = run.entries if run else {}
        found = Counter(entries[case.id].verdict if case.id in entries else "not-run" for case in self._areas[area])
        return ", ".join(f"{self._say('verdict.' + verdict)} {found[verdict]}" for verdict in COLUMNS if found[verdict])

    def _progress(self, run: Session) -> str:
        judged = {area: (len(cases) - self._left[area], len(cases)) for area, cases in self._areas.items()}
        clock = run.observatory.bench.clock
        seconds = clock.remaining() if isinstance(clock, SystemClock) else 0.0
        return progress(self._say, judged, run.observatory.waiting(), seconds)

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self) -> Generator[None]:
        """Take the progress away; pytest and its plugins close in silence, the findings follow."""
        if self._live is not None:
            self._live.stop()
            self._live = None
        writer: Any = self._config.get_terminal_writer()
        audible, writer._file = writer._file, io.StringIO()
        try:
            yield
        finally:
            writer._file = audible


def progress(words: Wording, judged: Mapping[str, tuple[int, int]], looking: Sequence[str], seconds: float) -> str:
    """Say how many cases of each area that is not through are judged, what still looks, and how long the wait lasts."""
    doing = [words("terminal.looking", probes=", ".join(looking)) if looking else words("terminal.judging")]
    if seconds > _SHORTEST_WAIT:
        doing.append(words("terminal.waiting", n=round(seconds)))
    areas = [f"{area} {done}/{total}" for area, (done, total) in judged.items() if done < total]
    return "\n".join(" · ".join(line) for line in (areas, doing) if line)


def _live(text: Callable[[], str]) -> Live:
    """Show what `text` returns, below everything else that is written, until it is stopped."""
    from rich.live import Live
    from rich.text import Text

    live = Live(get_renderable=lambda: Text(text()), refresh_per_second=4, transient=True)
    live.start()
    return live
