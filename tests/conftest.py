"""What holds for every test."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import pytest

from reference_server.faults import faults, named, near_misses
from tests import packs

BEHIND_THE_TESTS = 10


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out faults and near misses that do not concern the areas that were asked for."""
    areas = config.option.area

    def wanted(item: pytest.Item) -> bool:
        callspec = getattr(item, "callspec", None)
        spoilt = callspec.params.get("spoilt") if callspec else None
        return not isinstance(spoilt, str) or packs.concerns(named(spoilt), areas)

    left_out = [item for item in items if not wanted(item)]
    if left_out:
        items[:] = [item for item in items if wanted(item)]
        config.hook.pytest_deselected(items=left_out)


@pytest.fixture(autouse=True, scope="session")
def interrupts_are_taken() -> Iterator[None]:
    """Let programs that tests start take SIGINT: a shell's background job ignores it, and they would inherit that."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True, scope="session")
def under_way(request: pytest.FixtureRequest) -> Iterator[packs.UnderWay]:
    """Set the runs of all selected faults and near misses going, in the order in which they are asked for.

    They begin with the first test and have what processor time the tests before theirs leave over.
    """
    items = (item for item in request.session.items if isinstance(item, pytest.Function) and hasattr(item, "callspec"))
    names = {item.callspec.params.get("spoilt") for item in items}
    pool = ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("spawn"), os.nice, (BEHIND_THE_TESTS,))
    runs: packs.UnderWay = {}
    for kind in (faults(), near_misses()):
        for pack in packs.packed(fault for name, fault in kind.items() if name in names):
            runs |= dict.fromkeys(pack, pool.submit(packs.look, pack, tuple(request.config.option.area)))
    yield runs
    pool.shutdown(cancel_futures=True)
