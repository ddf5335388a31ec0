"""The command `portero`: thin, and quick to say what it can do."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

AREAS = ("acc", "tls", "hdr", "auth", "chn", "dbt", "hook", "net", "dep", "idv")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code. Heavy modules are imported by the command that needs them."""
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or (words[0].startswith("-") and words[0] not in ("-h", "--help", "--version")):
        words.insert(0, "run")
    options = _parser().parse_args(words)
    code: int = options.command(options)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="portero",
        description="Does a messaging gateway keep the security promises of its documentation?",
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    run = commands.add_parser("run", help="probe a target, or the bundled reference server")
    run.add_argument("--target", type=Path, metavar="FILE")
    run.add_argument("--reports", type=Path, metavar="DIR", default=Path("reports"))
    run.add_argument("--area", action="append", choices=AREAS, default=[])
    run.add_argument("--level", choices=["must", "should", "may"], default="may")
    run.add_argument("--fault", action="append", metavar="NAME", default=[])
    run.add_argument("--lang", choices=["en", "es"], default="en")
    run.add_argument("--fail-on", choices=["must", "should"], default="must")
    run.add_argument("-q", "--quiet", action="store_true")
    run.add_argument("-v", "--verbose", action="store_true")
    run.set_defaults(command=_run)
    return parser


def _run(options: argparse.Namespace) -> int:
    import pytest

    package = Path(__file__).parent
    argv = ["-c", str(package / "pytest.toml"), "--rootdir", str(package.parent), "-p", "conformance.plugin"]
    argv += ["-p", "conformance.terminal", "--capture=no", "-qq", "--no-header", "--lang", options.lang]
    argv += [
        "--pyargs",
        "conformance.suite",
        "--tb=no",
        "--reports",
        str(options.reports),
    ]
    argv += ["--level", options.level, "--fail-on", options.fail_on]
    argv += ["--findings", "verdict" if options.quiet else "all" if options.verbose else "first"]
    argv += [f"--html={options.reports / 'tests.html'}", "--self-contained-html"]
    if options.target:
        argv += ["--target", str(options.target)]
    for name in ("area", "fault"):
        for value in getattr(options, name):
            argv += [f"--{name}", value]
    return int(pytest.main(argv))
