"""What a command costs: wall time, processor time and memory, its children included."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SAMPLING = 0.1


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run of a command took. Seconds; `memory` is the peak in MB of the whole tree of processes."""

    code: int
    wall: float
    cpu: float
    memory: float
    output: str


def run(command: Sequence[str | Path], environ: Mapping[str, str] | None = None) -> Cost:
    """Run `command` to its end and return what it cost."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command, env=os.environ | (environ or {}), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    gauge = _Gauge(process.pid)
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.stdout.close()
    process.returncode = os.waitstatus_to_exitcode(status)
    largest = usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    return Cost(process.returncode, wall, usage.ru_utime + usage.ru_stime, max(gauge.stop(), largest), output)


class _Gauge:
    """Samples the memory of a process and all below it, where the system shows it (Linux).

    Each process is counted with its share of the pages that it has in common with others: a database's processes would
    count for three times what they take.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._peak = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._over.wait(SAMPLING):
            self._peak = max(self._peak, sum(map(_proportional, _tree(self._pid))))

    def stop(self) -> float:
        """Return the peak in MB."""
        self._over.set()
        self._thread.join()
        return self._peak / (1 << 20)


def _tree(pid: int) -> Iterator[int]:
    yield pid
    try:
        listings = [path.read_text(encoding="ascii") for path in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:  # it has ended meanwhile
        return
    for child in " ".join(listings).split():
        yield from _tree(int(child))


def _proportional(pid: int) -> int:
    """Return the proportional set size in bytes; 0 of a process that has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:")), 0)
