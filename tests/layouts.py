"""Network layouts of namespaces; where the machine does not allow any, a test that needs one says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

from reference_server import Gateway
from tests.webservers import lacking

AREA, SECTION = "net", "network"


@cache
def _trouble() -> str:
    with Gateway(costly=[AREA]) as gateway:
        return gateway.without.get(SECTION, "")


def needed() -> None:
    """Skip the test where there are no network namespaces, or fail it where servers are required."""
    if trouble := _trouble():
        lacking(trouble)


@contextmanager
def layout(change: Callable[[Gateway], object] = lambda _: None, *faults: str) -> Iterator[Gateway]:
    """Run a gateway whose nodes stand in networks of their own, which `change` may lay out in another way."""
    needed()
    gateway = Gateway(faults=faults, costly=[AREA])
    change(gateway)
    with gateway:
        yield gateway
