"""The command `portero`: thin, and quick to say what it can do."""

from __future__ import annotations

import argparse
import difflib
import os
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any, Never

from conformance import __version__
from conformance.catalogue import AREAS
from conformance.locale import LANGUAGES, SOURCE, Tongue, tongue
from conformance.model import Also, Exit, UnusableInput
from conformance.sentence import Own, Sentence, say

CONSENT = ("read", "write", "destructive")
SECURITY_LEVELS = ("modern", "intermediate", "old")
_ALONE = ("-h", "--help", "--version")

_FILE, _DIR, _NAME = say("FILE"), say("DIR"), say("NAME")
_OF_MESSAGES = say("the language of messages")
_OF_REPORTS = say("the language of messages and reports")
_OF_TEXTS = say("the language of the texts")
_AS_JSON = say("as JSON")

# What argparse itself says of our command lines, and asks gettext for. Its places are those of the % operator.
OF_ARGPARSE = {
    str(said): said
    for said in (
        say("usage: "),
        say("positional arguments"),
        say("options"),
        say("show this help message and exit"),
        say("argument %(argument_name)s: %(message)s"),
        say("expected one argument"),
        say("expected at least one argument"),
        say("expected at most one argument"),
        say("ignored explicit argument %r"),
        say("invalid choice: %(value)r (choose from %(choices)s)"),
        say("the following arguments are required: %s"),
        say("unrecognized arguments: %s"),
    )
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code. Each command's module is imported when it is called."""
    os.environ.pop("SSLKEYLOGFILE", None)  # OpenSSL's keys of what is sent here are nobody's, children's included
    words = with_command(sys.argv[1:] if argv is None else argv)
    language = _language_of(words)
    with _spoken_by_argparse(tongue(language)):
        options = parser(language).parse_args(words)
    try:
        code: int = import_module(f"conformance.commands.{options.module}").run(options)
    except UnusableInput as trouble:
        sys.stderr.write(trouble.told(tongue(options.lang)))
        return Exit.UNUSABLE
    except KeyboardInterrupt:  # a run that has begun ends by itself, and leaves its reports
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second one would be told as a traceback
        sys.stderr.write(f"portero: {say('interrupted').within(tongue(options.lang))}\n")
        return Exit.INTERRUPTED
    except BrokenPipeError:  # whoever reads our output has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.OK
    except Exception:  # noqa: BLE001 - Python's own exit code would be 1, which says "violation"
        traceback.print_exc()
        return Exit.INTERNAL
    return code


def with_command(words: Sequence[str]) -> list[str]:
    """Return a command line with `run` in it where no command is named."""
    at = before_command(words)
    named = words[at : at + 1]
    if named and (named[0] in _ALONE or not named[0].startswith("-")):
        return [*words]
    return [*words[:at], "run", *words[at:]]


def before_command(words: Sequence[str]) -> int:
    """Count the words that stand before the command: a language, if any."""
    if words and words[0].startswith("--lang="):
        return 1
    return 2 if len(words) > 1 and words[0] == "--lang" else 0


def _language_of(words: Sequence[str]) -> str:
    """Return the language that a command line asks for, before it is known to be usable; English where it asks none.

    The environment is not asked: what CI reads is to stay the same everywhere.
    """
    found = SOURCE
    for word, following in pairwise([*words, ""]):
        if word in ("--", "completion"):
            break
        name, joined, value = word.partition("=")
        if name == "--lang" and (named := value if joined else following) in LANGUAGES:
            found = named
    return found


@contextmanager
def _spoken_by_argparse(language: Tongue) -> Iterator[None]:
    """Have argparse ask us, and not gettext and the environment, for its own words."""
    names = vars(argparse)
    gettext = names["_"]
    names["_"] = lambda text: OF_ARGPARSE[text].within(language) if text in OF_ARGPARSE else text
    try:
        yield
    finally:
        names["_"] = gettext


class _Parser(argparse.ArgumentParser):
    """Speaks a language, ends with 4 where argparse would end with 2, which says "interrupted", and guesses words."""

    def __init__(self, *, language: str, **keywords: Any) -> None:
        self.language = language
        super().__init__(allow_abbrev=False, **self._told(keywords))

    def _told(self, keywords: dict[str, Any]) -> dict[str, Any]:
        """Return keywords of argparse with their sentences as text."""
        words = tongue(self.language)
        return {name: one.within(words) if isinstance(one, Sentence) else one for name, one in keywords.items()}

    def add_argument(self, *names: str, **keywords: Any) -> argparse.Action:
        return super().add_argument(*names, **self._told(keywords))

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        try:
            super()._check_value(action, value)
        except argparse.ArgumentError as error:
            near = difflib.get_close_matches(str(value), map(str, action.choices or ()), n=1)
            if near:
                asked = say("{trouble}; did you mean {word}?", trouble=Own(error.message), word=Own(near[0]))
                error.message = asked.within(tongue(self.language))
            raise

    def error(self, message: str) -> Never:
        self.print_usage(sys.stderr)
        self.exit(Exit.UNUSABLE, f"portero: {message}\n")


def parser(language: str = SOURCE) -> argparse.ArgumentParser:
    """Return the parser of the command line, with one of its own for each command; its help is in `language`."""
    parser = _Parser(
        language=language,
        prog="portero",
        description=say("Does a messaging gateway keep the security promises of its documentation?"),
        epilog=say(
            "Without a command: run. Exit codes: 0 all that was selected holds, 1 a violation, 2 interrupted, "
            "3 internal error, 4 unusable input, 5 nothing selected, 10 something could not be tested."
        ),
    )
    version = say("show program's version number and exit")
    parser.add_argument("--version", action="version", version=f"portero {__version__}", help=version)
    _lang(parser, say("the language of what is told, this help too"))
    commands = parser.add_subparsers(metavar=say("COMMAND").within(tongue(language)), required=True, dest="command")

    def command(name: str, text: Sentence) -> _Parser:
        told = text.within(tongue(language))
        described = f"{told[:1].upper()}{told[1:]}."
        made: _Parser = commands.add_parser(name, language=language, help=told, description=described)
        made.set_defaults(module=name)
        return made

    _run(command("run", say("probe a target, or the bundled reference server")))
    _serve(command("serve", say("run the bundled reference server until interrupted")))
    _init(command("init", say("write a commented target file")))
    _check(command("check", say("validate a target or waiver file")))
    _list(command("list", say("show the catalogue, or the faults of the reference server")))
    _explain(command("explain", say("tell all about one requirement, its repair too")))
    _render(command("render", say("draw reports from a results file once more; tests.html is not among them")))
    _restore(command("restore", say("put back what an interrupted run left changed")))
    _diff(command("diff", say("compare two results files, the older first")))
    _rejudge(command("rejudge", say("judge the observations of a results file anew, offline")))
    _completion(command("completion", say("print what makes a shell complete words of portero")))
    return parser


def _run(run: _Parser) -> None:
    run.add_argument("--target", type=Path, metavar=_FILE, help=say("probe the gateway that FILE describes"))
    run.add_argument("--reports", type=Path, metavar=_DIR, default=Path("reports"), help=say("where reports go"))
    run.add_argument(
        "--waivers", type=Path, metavar=_FILE, help=say("violations that somebody answers for, until a date")
    )
    run.add_argument("--area", action="append", choices=AREAS, default=[], help=say("only this area (repeatable)"))
    run.add_argument("--level", choices=["must", "should", "may"], default="may", help=say("this level and stricter"))
    run.add_argument("--fault", action="append", metavar=_NAME, default=[], help=say("break the reference server"))
    _lang(run, _OF_REPORTS)
    _also(run)
    run.add_argument("--compare", type=Path, metavar="results.json", help=say("tell what differs from an earlier run"))
    run.add_argument("--fail-on", choices=["must", "should"], default="must", help=say("what turns the run red"))
    run.add_argument("-q", "--quiet", action="store_true", help=say("the verdict only"))
    run.add_argument("-v", "--verbose", action="store_true", help=say("every finding"))


def _lang(command: _Parser, told: Sentence) -> None:
    command.add_argument("--lang", choices=LANGUAGES, default=command.language, help=told)


def _also(command: _Parser) -> None:
    command.add_argument(
        "--also", action="append", choices=[*Also], default=[], help=say("one more report (repeatable)")
    )


def _serve(serve: _Parser) -> None:
    serve.add_argument(
        "--fault", action="append", metavar=_NAME, default=[], help=say("break it in this way (repeatable)")
    )
    serve.add_argument("--security-level", choices=SECURITY_LEVELS, default="modern")
    serve.add_argument("--write-target", type=Path, metavar=_FILE, help=say("write a target file that matches it"))
    _lang(serve, _OF_MESSAGES)


def _init(init: _Parser) -> None:
    init.add_argument("file", type=Path, metavar=_FILE, nargs="?", default=Path("target.toml"))
    init.add_argument("--consent", choices=CONSENT, default="read", help=say("how far the probes may go"))
    init.add_argument("--from-url", metavar="URL", help=say("fill in what one look at the web app can see"))
    _lang(init, say("the language of messages and of the file's comments"))


def _check(check: _Parser) -> None:
    check.add_argument("file", type=Path, metavar=_FILE, nargs="?")
    check.add_argument(
        "--schema", choices=["target", "waivers"], help=say("print the JSON Schema of such files instead")
    )
    _lang(check, _OF_MESSAGES)


def _list(listing: _Parser) -> None:
    listing.add_argument("--faults", action="store_true", help=say("the faults and near misses instead"))
    listing.add_argument("--json", action="store_true", help=_AS_JSON)
    _lang(listing, _OF_TEXTS)


def _explain(explain: _Parser) -> None:
    explain.add_argument("id", metavar="ID")
    _lang(explain, _OF_TEXTS)


def _render(render: _Parser) -> None:
    render.add_argument("results", type=Path, metavar="results.json")
    render.add_argument("--reports", type=Path, metavar=_DIR, help=say("default: the results file's own folder"))
    _lang(render, _OF_REPORTS)
    _also(render)


def _restore(restore: _Parser) -> None:
    restore.add_argument("--reports", type=Path, metavar=_DIR, default=Path("reports"), help=say("the run's reports"))
    restore.add_argument("--target", type=Path, metavar=_FILE, help=say("default: the target file of that run"))
    _lang(restore, _OF_MESSAGES)


def _diff(diff: _Parser) -> None:
    diff.add_argument("old", type=Path, metavar=say("OLD"))
    diff.add_argument("new", type=Path, metavar=say("NEW"))
    diff.add_argument("--json", action="store_true", help=_AS_JSON)
    _lang(diff, _OF_TEXTS)


def _rejudge(rejudge: _Parser) -> None:
    rejudge.add_argument("results", type=Path, metavar="results.json")
    rejudge.add_argument("--waivers", type=Path, metavar=_FILE, help=say("violations that somebody answers for"))
    rejudge.add_argument("--reports", type=Path, metavar=_DIR, help=say("write the reports anew, into DIR"))
    _lang(rejudge, _OF_REPORTS)


def _completion(completion: _Parser) -> None:
    completion.add_argument(
        "shell", choices=["bash", "zsh", "fish", "words"], metavar=say("SHELL"), help=say("bash, zsh or fish")
    )
    completion.add_argument("given", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
