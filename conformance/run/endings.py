"""How a run is asked to end: Ctrl-C, a polite kill, a terminal that is closed."""

from __future__ import annotations

import os
import signal
from types import FrameType
from typing import Never

POLITE = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def end_politely() -> None:
    """Let a polite kill and a closed terminal end the run as Ctrl-C does: changes are put back, reports are written.

    Whoever started the run with nohup wants it to outlive the terminal.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        terminals = [number for number in (1, 2) if os.isatty(number)]
        signal.signal(signal.SIGHUP, lambda _, frame: _hung_up(terminals, frame))


def _hung_up(terminals: list[int], _: FrameType | None) -> Never:
    null = os.open(os.devnull, os.O_WRONLY)
    for number in terminals:  # whatever is written there from now on would fail, and end the run before its reports
        os.dup2(null, number)
    os.close(null)
    raise KeyboardInterrupt
