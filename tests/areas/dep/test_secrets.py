"""Secrets that deployment files hold, and what is left of them where a `$` is taken for a variable: never shown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from conformance.inputs.toml_text import spell
from conformance.model import Exit, Outcome
from conformance.sentence import Sentence
from tests.arena import Outcomes, assess
from tests.live import portero

HEAD, TAIL, SHORT = "h7KpWn3sDf5G", "Zq9vLm2Rt8Wx4Yb6Nc0Ae", "Jx4Qd7"
PIECES = (HEAD, TAIL, SHORT)
WINDOW = 6
CUT = f"{HEAD}${TAIL}"

WEB = "docker.whatsapp.biz/web:v2"
CORE = "docker.whatsapp.biz/coreapp:v2"


def shown(text: str) -> list[str]:
    """Return what of the secret stands in a text: six characters in a row, in whichever case."""
    folded = text.casefold()
    windows = [each[at : at + WINDOW] for each in PIECES for at in range(len(each) - WINDOW + 1)]
    return [window for window in windows if window.casefold() in folded]


def services(*lines: str, rest: str = "") -> str:
    """Return a compose file whose two services have further lines."""
    more = "".join(f"    {line}\n" for line in lines)
    return f"services:\n  web:\n    image: {WEB}\n{more}  core:\n    image: {CORE}\n{more}{rest}"


def environment(text: str) -> dict[str, str]:
    return {"c.yml": services("environment:", f"  WA_SECRET: {text}")}


REFERRED = services("environment:", "  WA_SECRET: ${WA_SECRET}")

FILES: dict[str, dict[str, str]] = {
    "a value that begins with it": environment(f'"${TAIL}"'),
    "a value cut in the middle": environment(f'"{CUT}"'),
    "a short piece is left": environment(f'"{SHORT}${TAIL}"'),
    "a short piece is swallowed": environment(f'"{HEAD}${SHORT}"'),
    "nothing but short pieces": environment(f'"${SHORT}.${SHORT}"'),
    "upper case": environment(f'"${TAIL.upper()}"'),
    "lower case": environment(f'"${TAIL.lower()}"'),
    "doubled": environment(f'"{HEAD}$${TAIL}"'),
    "in braces": environment(f'"${{{TAIL}}}"'),
    "in braces with its beginning": environment(f'"{HEAD}${{{TAIL}}}"'),
    "a default": environment(f'"${{OTHER:-{HEAD}${TAIL}}}"'),
    "a default of no colon": environment(f'"${{OTHER-${TAIL}}}"'),
    "a replacement": environment(f'"${{PWD:+${TAIL}}}"'),
    "a message": environment(f'"${{OTHER:?{TAIL}}}"'),
    "a short message": environment(f'"${{OTHER:?{SHORT}}}"'),
    "a message of two variables": environment(f'"${{OTHER?${TAIL} {HEAD}}}"'),
    "a demanded name": environment(f'"{HEAD}${{{TAIL}:?}}"'),
    "a short demanded name": environment(f'"{HEAD}${{{SHORT}:?}}"'),
    "a demanded name in a default": environment(f'"${{OTHER:-x${{{TAIL}?}}}}"'),
    "an invalid template": environment(f'"{HEAD}${{{TAIL}!}}"'),
    "an open brace": environment(f'"{HEAD}${{{TAIL}"'),
    "an operator that is none": environment(f'"${{{SHORT}:{TAIL}}}"'),
    "too deep": environment(f'"{HEAD}{"${A:-" * 30}{TAIL}{"}" * 30}"'),
    "a list": {"c.yml": services(f'environment: ["WA_SECRET={CUT}", "API_TOKEN=${TAIL}"]')},
    "a list with a colon": {"c.yml": services(f'environment: ["WA_SECRET:{HEAD}{TAIL}", "WA_SECRET:{TAIL} token=x1"]')},
    "a key": {"c.yml": services("environment:", f'  "WA_SECRET={HEAD}{TAIL}":', f'  "WA_SECRET={SHORT}": 1')},
    "a key twice": {"c.yml": services("environment:", f'  "WA_SECRET={SHORT}": 1', f'  "WA_SECRET={SHORT}": 1')},
    "a secret as a key, twice": {"c.yml": services("environment:", f"  {TAIL}: 1", f"  {TAIL}: 1")},
    "a key of another kind": {
        "c.yml": services("deploy: {x: {" + SHORT + "_TOKEN=" + TAIL + ": 1}}"),
        "d.yml": services("deploy: {x: {" + SHORT + "_TOKEN=" + TAIL + ": [1]}}"),
    },
    "other names": {
        "c.yml": services(
            "environment:",
            *(f'  {name}: "{SHORT}${TAIL}"' for name in ("WA_DB_PASSWORD", "MYSQL_ROOT_PASSWORD", "API_TOKEN")),
            f'  SIGNING_KEY: "${SHORT}"',
            f'  OTHER_KEY: "{HEAD}${TAIL}"',
        )
    },
    "an .env": {"c.yml": REFERRED, ".env": f"WA_SECRET={CUT}\n"},
    "an .env in quotes": {"c.yml": REFERRED, ".env": f'export WA_SECRET="{SHORT}${TAIL}"\n'},
    "an .env, short": {"c.yml": REFERRED, ".env": f"WA_SECRET={HEAD}${SHORT}\n"},
    "an .env that demands": {"c.yml": REFERRED, ".env": f"WA_SECRET={HEAD}${{{TAIL}:?{SHORT}}}\n"},
    "an .env of invalid templates": {"c.yml": REFERRED, ".env": f"WA_SECRET={HEAD}${{{TAIL}\n"},
    "an .env that is not closed": {"c.yml": REFERRED, ".env": f'WA_SECRET="{HEAD}${TAIL}\n'},
    "an .env with a broken line": {"c.yml": REFERRED, ".env": f"WA_SECRET={HEAD}\n${TAIL}\n"},
    "an .env with a space": {"c.yml": REFERRED, ".env": f"WA_SECRET {HEAD}{TAIL}\n"},
    "an .env with a colon": {"c.yml": REFERRED, ".env": f"WA_SECRET: {CUT}\n"},
    "an .env of several lines": {"c.yml": REFERRED, ".env": f'WA_SECRET="{HEAD}\n${TAIL}\n{SHORT}"\n'},
    "an env_file": {"c.yml": services("env_file: a.env"), "a.env": f"WA_SECRET={CUT}\nWA_DB_PASSWORD=${TAIL}\n"},
    "an env_file, raw": {
        "c.yml": services("env_file: [{path: a.env, format: raw}]"),
        "a.env": f"WA_SECRET={CUT}\n",
    },
    "an env_file, broken": {"c.yml": services("env_file: a.env"), "a.env": f"WA_SECRET={HEAD}${{{TAIL}\n"},
    "text for an env_file": {"c.yml": services(f"env_file: ['WA_SECRET={HEAD}{TAIL}']")},
    "a command": {"c.yml": services(f'command: serve --api-key "{HEAD}${TAIL}" --token=${SHORT} -x')},
    "a command as a list": {"c.yml": services(f'command: [serve, --api-key, "{HEAD}${TAIL}"]')},
    "a health check": {"c.yml": services(f"healthcheck: {{test: 'mysqladmin -uroot -p{SHORT}${TAIL} ping'}}")},
    "build arguments": {"c.yml": services(f'build: {{context: ., args: {{NPM_TOKEN: "{HEAD}${TAIL}"}}}}')},
    "build arguments as a list": {"c.yml": services(f'build: {{context: ., args: ["NPM_TOKEN={HEAD}${TAIL}"]}}')},
    "labels": {"c.yml": services(f'labels: ["backup.password={HEAD}${TAIL}", "{SHORT}.{TAIL}.password=abc"]')},
    "URLs": {
        "c.yml": services(
            "environment:",
            f"  DSN: postgres://u:{HEAD}${TAIL}@db/x",
            f"  WA_DB_HOSTNAME: postgres://u:{SHORT}${TAIL}@db/x",
            f"  WA_DB_SSL_CA: https://u:{SHORT}@db/${TAIL}",
            f"  WA_DB_ENGINE: mysql://{SHORT}:{HEAD}@db",
        )
    },
    "logins without a scheme": {
        "c.yml": services("environment:", f"  WA_DB_HOSTNAME: u:{SHORT}${TAIL}@db", f"  WA_DB_SSL_CA: 'u:{SHORT}@db'")
    },
    "what is left of a secret in other settings": {
        "c.yml": services(
            "environment:", *(f"  WA_{name}: '${{WA_SECRET}}'" for name in ("WEB_SECURITY_LEVEL", "DB_SSL_CA"))
        ),
        ".env": f"WA_SECRET={SHORT}${TAIL}\n",
    },
    "short text for an env_file": {"c.yml": services(f"env_file: ['WA_SECRET={SHORT}']")},
    "an image's login": {"c.yml": services().replace(WEB, f"https://u:{SHORT}@docker.whatsapp.biz/web:v2")},
    "settings": {"c.yml": services("environment:", f"  WA_DB_SSL_CA: ${TAIL}", f"  WA_WEB_SECURITY_LEVEL: '${SHORT}'")},
    "a secret of compose in another setting": {
        "c.yml": services(
            "environment:", "  WA_DB_SSL_VERIFY: ${WA_SECRET}", "  WA_WEB_SECURITY_LEVEL: ${WA_SECRET}"
        ).replace(WEB, WEB + "${WA_SECRET}"),
        ".env": f"WA_SECRET='{HEAD}{TAIL}'\n",
    },
    "a config": {
        "c.yml": services(rest=f'configs:\n  c: {{content: "password = {HEAD}${TAIL}"}}\n'),
    },
    "a secret's content": {"c.yml": services(rest=f'secrets:\n  c: {{content: "{HEAD}${TAIL}"}}\n')},
    "a secret in place of its name": {"c.yml": services(f"secrets: ['{HEAD}${TAIL}']")},
    "a secret in long form": {"c.yml": services(f"secrets: [{{source: '{SHORT}${TAIL}', target: x}}]")},
    "a secret's environment": {"c.yml": services(rest=f"secrets: {{c: {{environment: '{HEAD}${TAIL}'}}}}\n")},
    "a volume's options": {
        "c.yml": services(rest=f'volumes: {{v: {{driver_opts: {{o: "username=a,password={HEAD}${TAIL}"}}}}}}\n')
    },
    "an extension": {"c.yml": services(rest=f'x-a: {{A_PASSWORD: "{HEAD}${TAIL}"}}\nx-b: ["B_TOKEN=${TAIL}"]\n')},
    "a file over another": {
        "c.yml": services("environment: {WA_SECRET: x}"),
        "d.yml": services(f'environment: ["WA_SECRET={CUT}"]'),
    },
    "an extended service": {
        "c.yml": services("extends: {file: e.txt, service: e}"),
        "e.txt": "services:\n  e:\n    environment:\n"
        f'      WA_SECRET: "${TAIL}"\n      A_PASSWORD: "{HEAD}${{{TAIL}:?{SHORT}}}"\n',
    },
    "an included file": {
        "c.yml": "include: [f/i.yaml]\n" + services(),
        "f/i.yaml": 'services:\n  other:\n    image: x\n    environment: ["A_TOKEN=$S"]\n',
        "f/.env": f"S={SHORT}${TAIL}\nA_TOKEN={HEAD}${{{TAIL}?}}\n",
    },
    "an alias": environment(f"*{TAIL}"),
    "a tag": environment(f"!{SHORT}!{TAIL} x"),
    "a quote that is not closed": environment(f'"{HEAD}${TAIL}'),
    "a flow that is not closed": environment(f"{{{HEAD}: ${TAIL}"),
    "a character that begins nothing": environment(f"@{HEAD}${TAIL}"),
    "a line without its colon": {"c.yml": services("environment:", f"  WA_SECRET {HEAD}${TAIL}", "  X: 1")},
    "an escape that is none": environment(f'"{HEAD}\\q${TAIL}"'),
    "a mapping in place of the value": environment(f"{{{SHORT}: {TAIL}}}"),
    "a list in place of the value": environment(f"[{SHORT}, {TAIL}]"),
    "a service in place of the value": {"c.yml": services(rest=f"  WA_SECRET={HEAD}: {TAIL}\n")},
    "an extended secret": {"c.yml": services(f"extends: '{SHORT}${TAIL}'")},
    "a network in place of the value": {"c.yml": services(f"networks: ['{SHORT}{TAIL}']")},
}


def run(folder: Path, files: Mapping[str, str]) -> Outcomes:
    compose = write(folder, files)
    table: dict[str, Any] = {"compose_files": compose, "web_services": ["web"], "core_services": ["core"]}
    return assess({"schema": 1, "name": "x", "deployment": table}, {}, areas=["dep"], folder=folder)


def write(folder: Path, files: Mapping[str, str]) -> list[str]:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return [name for name in files if name.endswith(".yml")]


def sentences(outcomes: Outcomes) -> list[Sentence]:
    """Return what was said of every case, whose values results files hold beside the text."""
    of_verdicts = [said for each in outcomes.verdicts.values() for said in (each.expected, each.observed, *each.notes)]
    return [*of_verdicts, *outcomes.inconclusive.values(), *outcomes.not_applicable.values()]


@pytest.mark.parametrize("files", FILES.values(), ids=FILES)
def test_no_piece_of_a_secret_is_told(files: dict[str, str], tmp_path: Path) -> None:
    outcomes = run(tmp_path, files)
    told = [
        repr(outcomes.verdicts),
        *outcomes.inconclusive.values(),
        *outcomes.not_applicable.values(),
        json.dumps(outcomes.observations, ensure_ascii=False),
        *(json.dumps(said.data(), ensure_ascii=False) for said in sentences(outcomes)),
    ]
    assert any(text.strip("{}") for text in told)
    assert shown("\n".join(told)) == []


WHOLE = (
    *("a value that begins with it", "a value cut in the middle", "a short piece is swallowed", "an .env", "URLs"),
    *("a message", "a demanded name", "an invalid template", "a secret in place of its name", "an alias", "labels"),
    *("an env_file", "an .env, short", "a key twice", "a secret of compose in another setting", "an included file"),
)


@pytest.mark.parametrize("name", WHOLE)
def test_no_artefact_holds_a_piece_of_a_secret(name: str, tmp_path: Path) -> None:
    table = {"compose_files": write(tmp_path, FILES[name]), "web_services": ["web"], "core_services": ["core"]}
    target = tmp_path / "target.toml"
    target.write_text(spell({"schema": 1, "name": "x", "deployment": table}), encoding="utf-8")
    reports, also = tmp_path / "r", ("--also", "sarif", "--also", "oscal")
    ended = portero("run", "--area", "dep", "--target", target, "--reports", reports, *also, "-v")
    assert ended.code in (Exit.OK, Exit.VIOLATION, Exit.INCOMPLETE), ended.output + ended.errors
    assert {path.name for path in reports.iterdir()} >= {"results.json", "compliance.html", "tests.html", "junit.xml"}
    assert shown(ended.output + ended.errors) == []
    held = {path.name: shown(path.read_text(encoding="utf-8")) for path in reports.rglob("*") if path.is_file()}
    assert {file: found for file, found in held.items() if found} == {}


def test_this_test_would_see_a_piece() -> None:
    assert shown(f"the variable {SHORT.lower()} is not set")
    assert shown(f"{TAIL[4:10]}")
    assert not shown(TAIL[4:9])


CUTS = "a $ in it was taken for a variable that nothing sets"


@pytest.mark.parametrize(
    "files",
    [
        environment(f'"{SHORT}${TAIL}"'),
        environment(f'"${{OTHER:-{SHORT}${TAIL}}}"'),
        {"c.yml": REFERRED, ".env": f"WA_SECRET={SHORT}${TAIL}\n"},
        {"c.yml": services("environment: [WA_SECRET]"), ".env": f"WA_SECRET={SHORT}${TAIL}\n"},
        {"c.yml": services("env_file: a.env"), "a.env": f'WA_SECRET="{SHORT}${TAIL}"\n'},
    ],
)
def test_a_secret_that_a_dollar_cut_is_called_so(files: dict[str, str], tmp_path: Path) -> None:
    cut = run(tmp_path, files).verdicts["DEP-02/web"]
    assert cut.outcome is Outcome.FAIL
    assert f"shorter than 12 characters; {CUTS}" in cut.reason


@pytest.mark.parametrize(
    "files",
    [
        environment(f'"{SHORT}"'),
        environment(f'"{SHORT}$$1"'),
        {"c.yml": REFERRED, ".env": f"WA_SECRET='{SHORT}${SHORT[:4]}'\n"},
        {"c.yml": services(f"environment: {{WA_SECRET: {SHORT}, OTHER: $NOTHING}}")},
    ],
)
def test_a_short_secret_that_nothing_cut_is_not(files: dict[str, str], tmp_path: Path) -> None:
    short = run(tmp_path, files).verdicts["DEP-02/web"]
    assert short.outcome is Outcome.FAIL
    assert "$" not in short.reason


def test_what_is_left_of_a_cut_secret_may_be_strong_or_nothing(tmp_path: Path) -> None:
    strong = run(tmp_path, environment(f'"{HEAD}{TAIL}${SHORT}"')).verdicts["DEP-02/web"]
    assert strong.outcome is Outcome.PASS
    assert strong.notes == (f"c.yml:5: WA_SECRET of web is shorter than written: {CUTS}.",)
    nothing = run(tmp_path, environment(f'"${TAIL}"'))
    assert CUTS in nothing.verdicts["DEP-01/web"].reason
    assert CUTS in nothing.not_applicable["DEP-02/web"]


def test_a_secret_with_a_dollar_in_the_compose_file_is_in_clear(tmp_path: Path) -> None:
    for text in (f'"{CUT}"', f'"${TAIL}"', f'"{HEAD}$${TAIL}"'):
        assert "WA_SECRET of web stands in clear" in run(tmp_path, environment(text)).verdicts["DEP-12/in-clear"].reason
