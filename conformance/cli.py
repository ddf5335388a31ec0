"""The command `portero`: thin, and quick to say what it can do."""

from __future__ import annotations

import argparse
import difflib
import os
import re
import signal
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Never

from conformance import __version__
from conformance.catalogue import AREAS
from conformance.locale import LANGUAGES
from conformance.model import Also, Exit, UnusableInput

CONSENT = ("read", "write", "destructive")
SECURITY_LEVELS = ("modern", "intermediate", "old")
_ALONE = ("-h", "--help", "--version")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code. Each command's module is imported when it is called."""
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or (words[0].startswith("-") and words[0] not in _ALONE):
        words.insert(0, "run")
    options = parser().parse_args(words)
    try:
        code: int = import_module(f"conformance.commands.{options.module}").run(options)
    except UnusableInput as trouble:
        sys.stderr.write(trouble.told())
        return Exit.UNUSABLE
    except KeyboardInterrupt:  # a run that has begun ends by itself, and leaves its reports
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second one would be told as a traceback
        sys.stderr.write("portero: interrupted\n")
        return Exit.INTERRUPTED
    except BrokenPipeError:  # whoever reads our output has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.OK
    except Exception:  # noqa: BLE001 - Python's own exit code would be 1, which says "violation"
        traceback.print_exc()
        return Exit.INTERNAL
    return code


class _Parser(argparse.ArgumentParser):
    """Ends with 4 where argparse would end with 2, which says "interrupted", and names what may have been meant."""

    def error(self, message: str) -> Never:
        choice = re.search(r"invalid choice: '([^']*)' \(choose from (.*)\)", message)
        if choice:
            near = difflib.get_close_matches(choice[1], re.findall(r"[\w.-]+", choice[2]), n=1)
            message += f"; did you mean {near[0]}?" if near else ""
        self.print_usage(sys.stderr)
        self.exit(Exit.UNUSABLE, f"portero: {message}\n")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line, with one of its own for each command."""
    parser = _Parser(
        prog="portero",
        description="Does a messaging gateway keep the security promises of its documentation?",
        epilog="Without a command: run. Exit codes: 0 all that was selected holds, 1 a violation, 2 interrupted, "
        "3 internal error, 4 unusable input, 5 nothing selected, 10 something could not be tested.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"portero {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, dest="command")
    _run(_command(commands, "run", "probe a target, or the bundled reference server"))
    _serve(_command(commands, "serve", "run the bundled reference server until interrupted"))
    _init(_command(commands, "init", "write a commented target file"))
    check = _command(commands, "check", "validate a target or waiver file")
    check.add_argument("file", type=Path, metavar="FILE", nargs="?")
    check.add_argument("--schema", choices=["target", "waivers"], help="print the JSON Schema of such files instead")
    listing = _command(commands, "list", "show the catalogue, or the faults of the reference server")
    listing.add_argument("--faults", action="store_true", help="the faults and near misses instead")
    listing.add_argument("--json", action="store_true", help="as JSON")
    explain = _command(commands, "explain", "tell all about one requirement, its repair too")
    explain.add_argument("id", metavar="ID")
    for command in (listing, explain):
        command.add_argument("--lang", choices=LANGUAGES, default="en", help="the language of the texts")
    render = _command(commands, "render", "draw reports from a results file once more; tests.html is not among them")
    render.add_argument("results", type=Path, metavar="results.json")
    render.add_argument("--reports", type=Path, metavar="DIR", help="default: the results file's own folder")
    render.add_argument("--lang", choices=LANGUAGES, default="en", help="the language of the reports")
    _also(render)
    _restore(_command(commands, "restore", "put back what an interrupted run left changed"))
    _diff(_command(commands, "diff", "compare two results files, the older first"))
    _rejudge(_command(commands, "rejudge", "judge the observations of a results file anew, offline"))
    completion = _command(commands, "completion", "print what makes a shell complete words of portero")
    completion.add_argument(
        "shell", choices=["bash", "zsh", "fish", "words"], metavar="SHELL", help="bash, zsh or fish"
    )
    completion.add_argument("given", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser


def _command(commands: argparse._SubParsersAction[_Parser], name: str, text: str) -> _Parser:
    parser = commands.add_parser(name, help=text, description=text.capitalize() + ".", allow_abbrev=False)
    parser.set_defaults(module=name)
    return parser


def _run(run: argparse.ArgumentParser) -> None:
    run.add_argument("--target", type=Path, metavar="FILE", help="probe the gateway that FILE describes")
    run.add_argument("--reports", type=Path, metavar="DIR", default=Path("reports"), help="where reports go")
    run.add_argument("--waivers", type=Path, metavar="FILE", help="violations that somebody answers for, until a date")
    run.add_argument("--area", action="append", choices=AREAS, default=[], help="only this area (repeatable)")
    run.add_argument("--level", choices=["must", "should", "may"], default="may", help="this level and stricter")
    run.add_argument("--fault", action="append", metavar="NAME", default=[], help="break the reference server")
    run.add_argument("--lang", choices=LANGUAGES, default="en", help="the language of the reports")
    _also(run)
    run.add_argument("--compare", type=Path, metavar="results.json", help="tell what differs from an earlier run")
    run.add_argument("--fail-on", choices=["must", "should"], default="must", help="what turns the run red")
    run.add_argument("-q", "--quiet", action="store_true", help="the verdict only")
    run.add_argument("-v", "--verbose", action="store_true", help="every finding")


def _also(command: argparse.ArgumentParser) -> None:
    command.add_argument("--also", action="append", choices=[*Also], default=[], help="one more report (repeatable)")


def _serve(serve: argparse.ArgumentParser) -> None:
    serve.add_argument("--fault", action="append", metavar="NAME", default=[], help="break it in this way (repeatable)")
    serve.add_argument("--security-level", choices=SECURITY_LEVELS, default="modern")
    serve.add_argument("--write-target", type=Path, metavar="FILE", help="write a target file that matches it")


def _init(init: argparse.ArgumentParser) -> None:
    init.add_argument("file", type=Path, metavar="FILE", nargs="?", default=Path("target.toml"))
    init.add_argument("--consent", choices=CONSENT, default="read", help="how far the probes may go")
    init.add_argument("--from-url", metavar="URL", help="fill in what one look at the web app can see")
    init.add_argument("--lang", choices=LANGUAGES, default="en", help="the language of what is told")


def _restore(restore: argparse.ArgumentParser) -> None:
    restore.add_argument("--reports", type=Path, metavar="DIR", default=Path("reports"), help="the run's reports")
    restore.add_argument("--target", type=Path, metavar="FILE", help="default: the target file of that run")


def _diff(diff: argparse.ArgumentParser) -> None:
    diff.add_argument("old", type=Path, metavar="OLD")
    diff.add_argument("new", type=Path, metavar="NEW")
    diff.add_argument("--json", action="store_true", help="as JSON")
    diff.add_argument("--lang", choices=LANGUAGES, default="en", help="the language of the texts")


def _rejudge(rejudge: argparse.ArgumentParser) -> None:
    rejudge.add_argument("results", type=Path, metavar="results.json")
    rejudge.add_argument("--waivers", type=Path, metavar="FILE", help="violations that somebody answers for")
    rejudge.add_argument("--reports", type=Path, metavar="DIR", help="write the reports anew, into DIR")
    rejudge.add_argument("--lang", choices=LANGUAGES, default="en", help="the language of the reports")
