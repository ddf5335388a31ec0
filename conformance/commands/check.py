"""`portero check FILE`: is a target or waiver file usable?"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from conformance.inputs import schemas, target_file, waivers
from conformance.inputs.complaints import read_toml
from conformance.inputs.target import Target
from conformance.model import Exit, UnusableInput
from conformance.report import waived
from conformance.report.wording import Wording
from conformance.secrecy.secret import open_vault


def run(options: argparse.Namespace) -> int:
    """Say that the file is usable; raises UnusableInput that names every error with its line."""
    if options.schema is not None:
        sys.stdout.write(schemas.shipped(schemas.KINDS[options.schema]))
        return Exit.OK
    if options.file is None:
        raise UnusableInput("check: name the target or waiver file to validate")
    if "waiver" in read_toml(options.file).content:
        found = waivers.read(options.file)
        lines = [waived.line(waiver, found.day, Wording("en")) for waiver in found.as_results()]
        lines.append(f"{options.file}: a usable waiver file; its cases are checked against a target when it is used")
    else:
        lines = _about(target_file.read(options.file), options.file.parent)
        lines.append(f"{options.file}: a usable target file")
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return Exit.OK


def _about(target: Target, folder: Path) -> list[str]:
    return [
        f"probes {', '.join(target.sections)} with consent {target.consent}",
        *(f"a run cannot begin here yet: {trouble}" for trouble in _unusable_secrets(target, folder)),
    ]


def _unusable_secrets(target: Target, folder: Path) -> list[str]:
    try:
        open_vault(target.secret_refs(), os.environ, folder)
    except UnusableInput as error:
        return str(error).splitlines()
    return []
