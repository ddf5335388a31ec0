"""`python -m benchmarks.matrix`: writes docs/matrix.md, which requirement is broken by which faults."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from conformance import catalogue
from conformance.model import Level
from reference_server.faults import Fault, faults, near_misses

PAGE = Path(__file__).parents[1] / "docs" / "matrix.md"

_HEAD = """\
# Which fault breaks which requirement

The proof that the suite sees: each fault breaks the reference gateway in one way, and `tests/test_faults.py` shows
that exactly the requirements fail that it declares, over all areas; a near miss is odd and right, and breaks none.
`portero --fault NAME` plays one. Written by `python -m benchmarks.matrix`; a test holds it to the code, and every
requirement that can fail to at least two faults.
"""


def text() -> str:
    """Return the page."""
    return "\n".join((_HEAD, *_areas()))


def write() -> None:
    """Write the page where it is read."""
    PAGE.write_text(text(), encoding="utf-8")


def breakable() -> dict[str, list[Fault]]:
    """Return, for every requirement that can fail, the faults that break it."""
    rows = catalogue.load().values()
    can_fail = [row.id for row in rows if not row.excluded and row.level is not Level.MAY]
    return {name: [each for each in faults().values() if name in each.breaks] for name in can_fail}


def _areas() -> Iterator[str]:
    broken = breakable()
    for area in catalogue.AREAS:
        yield f"## {area.upper()}\n\n| requirement | broken by |\n|---|---|"
        for name, by in broken.items():
            row = catalogue.load()[name]
            if row.area == area:
                yield f"| **{name}** {row.title} | {'<br>'.join(f'`{each.name}` {_why(each)}' for each in by)} |"
        near = [each for each in near_misses().values() if each.area == area]
        yield "\n| near miss | why it is right |\n|---|---|"
        yield "\n".join(f"| `{each.name}` | {_why(each)} |" for each in near)
        yield ""


def _why(fault: Fault) -> str:
    """Return a fault's text without what the table says already, on one line that a table can hold."""
    line = " ".join(fault.text.split()).replace("|", "\\|").replace("<", "&lt;")
    return re.sub(r"^(?:Breaks [A-Z0-9, and-]+: |Is right: )", "", line)


if __name__ == "__main__":
    write()
