"""`portero init`: a commented target file to begin with."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from conformance import catalogue
from conformance.inputs import schemas, toml_comments
from conformance.inputs.complaints import unwritable
from conformance.inputs.target import CONSENT
from conformance.locale import SOURCE, Tongue, tongue
from conformance.model import Exit, UnusableInput
from conformance.report.wording import Wording
from conformance.sentence import Own, Sentence, say

TEMPLATE = Path(__file__).with_name("init.toml")
SCHEMA = schemas.KINDS["target"]
OPT_IN = {"AUTH-09": say("webapp.probe_throttling is not switched on")}


def run(options: argparse.Namespace) -> int:
    """Write the file, and beside it the schema that an editor completes it by.

    Raises UnusableInput where there is a target file already, or where nothing can be seen at --from-url.
    """
    if options.file.exists():
        raise UnusableInput(_is_there(options.file))
    words, language = Wording(options.lang), tongue(options.lang)
    values = _filled_in(options.from_url, language) if options.from_url else _example(language)
    _write(options.file, _text(options.consent, values, language))
    sys.stdout.write(words("init.written", file=options.file) + "\n")
    if told := _schema_beside(options.file.with_name(SCHEMA)):
        sys.stdout.write(words(told, file=options.file.with_name(SCHEMA)) + "\n")
    return Exit.OK


def _filled_in(url: str, language: Tongue) -> Mapping[str, str]:
    from conformance.web import first_target  # it loads what looks at TLS and HTTP

    return first_target.values(url, language)


def _example(language: Tongue) -> Mapping[str, str]:
    ports = say("ports of plain HTTP, which has to stay silent or redirect").within(language)
    trust = say("left out: what this machine trusts").within(language)
    return {
        "name": '"staging"',
        "url": '"https://wa.staging.example:9090"',
        "http_ports": f"[80]           # {ports}",
        "ca_file": f'# ca_file = "staging-ca.pem"        # {trust}',
        "security_level": '"modern"   # WA_WEB_SECURITY_LEVEL: modern | intermediate | old',
        "admin_paths": '["/", "/login"]',
        "api_paths": '["/v1/health", "/v1/settings/application"]',
    }


def _text(consent: str, values: Mapping[str, str], language: Tongue) -> str:
    text = TEMPLATE.read_text(encoding="utf-8")
    if language.code != SOURCE:  # English comments are as somebody has laid them out
        text = toml_comments.told(text, language)
    for name, value in {"consent": consent, "exclusions": _exclusions(consent, language), **values}.items():
        text = text.replace(f"@{name}@", value)
    return text


def _write(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise UnusableInput(_is_there(path)) from error
    except (OSError, ValueError) as error:
        raise UnusableInput(unwritable(path, error)) from error


def _is_there(path: Path) -> Sentence:
    return say("{file}: is there already, and is left as it is: choose another name", file=Own(path))


def _schema_beside(path: Path) -> str:
    """Write the schema where there is none yet; return what is to be said of it."""
    text = schemas.shipped(SCHEMA)
    if not path.exists():
        _write(path, text)
        return "init.schema_written"
    return "" if path.is_file() and path.read_bytes() == text.encode() else "init.schema_left"


def _exclusions(consent: str, language: Tongue) -> str:
    """List the requirements that need a higher tier, or an opt-in: what is left out on purpose is no open question."""
    beyond = CONSENT[CONSENT.index(consent) + 1 :]
    reasons = OPT_IN | {
        row.id: say('needs consent "{consent}", which is not given here', consent=Own(row.consent))
        for row in catalogue.load().values()
        if row.consent in beyond and row.excluded is None
    }
    told = {row: json.dumps(reason.within(language), ensure_ascii=False) for row, reason in sorted(reasons.items())}
    return "".join(f'  {{requirement = "{row}", reason = {reason}}},\n' for row, reason in told.items())
