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

PAGE = os.sysconf("SC_PAGE_SIZE")
SAMPLING = 0.02


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
    """Samples the resident memory of a process and all below it, where the system shows it (Linux).

    Pages that processes share are counted for each of them: the true peak is lower, never higher.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._peak = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._over.wait(SAMPLING):
            self._peak = max(self._peak, sum(map(_resident, _tree(self._pid))))

    def stop(self) -> float:
        """Return the peak in MB."""
        self._over.set()
        self._thread.join()
        return self._peak / (1 << 20)


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for listing in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = listing.read_text(encoding="ascii").split()
        except OSError:
            continue
        for child in children:
            yield from _tree(int(child))


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * PAGE
    except OSError:
        return 0
