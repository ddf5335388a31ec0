"""`portero check FILE`: is a target or waiver file usable?"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from conformance.engine import ledger
from conformance.inputs import schemas, target_file, waivers
from conformance.inputs.complaints import read_toml
from conformance.inputs.target import Target
from conformance.locale import tongue
from conformance.model import Exit, UnusableInput
from conformance.report import waived
from conformance.report.wording import Wording
from conformance.secrecy.secret import open_vault
from conformance.sentence import By, Own, Sentence, own_list, say


def run(options: argparse.Namespace) -> int:
    """Say that the file is usable; raises UnusableInput that names every error with its line."""
    if options.schema is not None:
        sys.stdout.write(schemas.shipped(schemas.KINDS[options.schema]))
        return Exit.OK
    if options.file is None:
        raise UnusableInput(say("check: name the target or waiver file to validate"))
    name, words = Own(options.file), tongue(options.lang)
    if "waiver" in read_toml(options.file).content:
        found = waivers.read(options.file)
        lines = [waived.line(waiver, found.day, Wording(options.lang)) for waiver in ledger.told(found)]
        usable = say("{file}: a usable waiver file; its cases are checked against a target when it is used", file=name)
    else:
        lines = [told.within(words) for told in _about(target_file.read(options.file), options.file.parent)]
        usable = say("{file}: a usable target file", file=name)
    sys.stdout.write("".join(f"{line}\n" for line in (*lines, usable.within(words))))
    return Exit.OK


def _about(target: Target, folder: Path) -> list[Sentence]:
    sections = own_list(target.sections, By.COMMA)
    return [
        say("probes {sections} with consent {consent}", sections=sections, consent=Own(target.consent)),
        *(
            say("a run cannot begin here yet: {trouble}", trouble=trouble)
            for trouble in _unusable_secrets(target, folder)
        ),
    ]


def _unusable_secrets(target: Target, folder: Path) -> tuple[Sentence, ...]:
    try:
        open_vault(target.secret_refs(), os.environ, folder)
    except UnusableInput as error:
        return error.troubles
    return ()
