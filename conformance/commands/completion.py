"""`portero completion SHELL`: what a shell has to know to complete words of `portero`.

The scripts are short: at each Tab they ask `portero completion words …` what may follow, so they never grow old.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence

from conformance import catalogue, cli, locate
from conformance.model import Exit

BASH = """\
_portero() {
    local IFS=$'\\n'
    COMPREPLY=($(compgen -W "$("$1" completion words "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" \\
        -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _portero portero
"""
ZSH = """\
#compdef portero
_portero() {
    local -a found
    found=(${(f)"$($words[1] completion words "${(@)words[2,CURRENT]}" 2>/dev/null)"})
    if (( $#found )); then
        compadd -a found
    else
        _files
    fi
}
if [[ $funcstack[1] == _portero ]]; then
    _portero "$@"
else
    compdef _portero portero
fi
"""
FISH = """\
function __portero_words
    set -l before (commandline -opc)
    set -l begun (commandline -ct)
    set -l found ($before[1] completion words $before[2..-1] "$begun" 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c portero -f -a '(__portero_words)'
"""
SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH}


def run(options: argparse.Namespace) -> int:
    """Print a shell's script, or the words that may stand where the last of `options.given` does."""
    if options.shell == "words":
        sys.stdout.write("".join(f"{word}\n" for word in candidates(options.given)))
    else:
        sys.stdout.write(SCRIPTS[options.shell])
    return Exit.OK


def candidates(words: Sequence[str]) -> list[str]:
    """List what the last of `words` may become; nothing where it is a file, or anything at all."""
    *before, begun = words or [""]
    return [word for word in _possible(before, begun) if word.startswith(begun)]


def _possible(before: list[str], begun: str) -> Iterable[str]:
    parser = cli.parser()
    commands = _commands(parser)
    before = before[cli.before_command(before) :]
    if not before and not begun.startswith("-"):
        return commands
    if not before or before[0].startswith("-"):
        before.insert(0, "run")
    command = commands.get(before[0])
    return _of_command(command, before[1:], begun) if command else ()


def _commands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Return the parser of each command."""
    (action,) = (one for one in parser._actions if isinstance(one, argparse._SubParsersAction))
    return dict(action.choices)


def _of_command(command: argparse.ArgumentParser, before: list[str], begun: str) -> Iterable[str]:
    options = {name: action for action in command._actions for name in action.option_strings}
    places = [action for action in command._actions if not action.option_strings]
    waiting: argparse.Action | None = None
    for word in before:
        if waiting is not None:
            waiting = None
        elif word in options:
            waiting = options[word] if options[word].nargs != 0 else None
        elif places:
            places.pop(0)
    if waiting is not None:
        return _values(waiting)
    if begun.startswith("-") or not places:
        return options
    return _values(places[0])


def _values(action: argparse.Action) -> Iterable[str]:
    if action.choices is not None:
        return [str(choice) for choice in action.choices if choice != "words"]
    return _KNOWN[action.dest]() if action.dest in _KNOWN else ()


def _faults() -> list[str]:
    # Without their areas: shells break words at a colon.
    faults = locate.module("reference_server.faults")
    return sorted(fault.short for fault in (*faults.faults().values(), *faults.near_misses().values()))


_KNOWN: dict[str, Callable[[], Iterable[str]]] = {"id": catalogue.load, "fault": _faults}
