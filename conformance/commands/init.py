"""`portero init`: a commented target file to begin with."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from conformance import catalogue
from conformance.model import Exit, UnusableInput
from conformance.target import CONSENT

TEMPLATE = Path(__file__).with_name("init.toml")


def run(options: argparse.Namespace) -> int:
    """Write the file; raises UnusableInput where there is one already."""
    text = TEMPLATE.read_text(encoding="utf-8").replace("@consent@", options.consent)
    text = text.replace("@exclusions@", _exclusions(options.consent))
    try:
        with options.file.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise UnusableInput(f"{options.file}: is there already, and is left as it is: choose another name") from error
    except OSError as error:
        raise UnusableInput(f"{options.file}: cannot be written: {error.strerror}") from error
    sys.stdout.write(f"{options.file}: written; fill it in, then: portero check {options.file}\n")
    return Exit.OK


def _exclusions(consent: str) -> str:
    """List the requirements that need a higher tier: what is left out on purpose is not an open question."""
    beyond = CONSENT[CONSENT.index(consent) + 1 :]
    lines = [
        f'  {{requirement = "{row.id}", reason = "needs consent \\"{row.consent}\\", which is not given here"}},\n'
        for row in catalogue.load().values()
        if row.consent in beyond and row.excluded is None
    ]
    return "".join(lines)
