"""`portero run`: the suite under pytest, with options of its own."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from conformance.run.endings import end_politely

PACKAGE = Path(__file__).parents[1]


def run(options: argparse.Namespace) -> int:
    """Run the suite and return its exit code."""
    end_politely()
    return int(pytest.main(_arguments(options)))


def _arguments(options: argparse.Namespace) -> list[str]:
    argv = ["-c", str(PACKAGE / "portero.toml"), "--rootdir", str(PACKAGE.parent)]
    argv.append("--noconftest")  # the folder that a run is started in is not to run code of its own
    argv += [
        "-p",
        "conformance.run.plugin",
        "-p",
        "conformance.run.terminal",
        "--capture=no",
        "--tb=no",
        "--no-header",
        "-qq",
    ]
    argv += ["--findings", "verdict" if options.quiet else "all" if options.verbose else "first"]
    argv += ["--pyargs", "conformance.areas"]
    argv += [f"--html={options.reports / 'tests.html'}", "--self-contained-html"]
    for name in ("reports", "level", "fail_on", "lang", "target", "waivers", "compare"):
        if (value := getattr(options, name)) is not None:
            argv.append(f"--{name.replace('_', '-')}={value}")
    return argv + [f"--{name}={value}" for name in ("area", "fault", "also") for value in getattr(options, name)]
