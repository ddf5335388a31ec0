"""Secrets are planted wherever a target or a defect could bring them up; no artefact and no terminal shows them."""

from __future__ import annotations

import base64
import html
import json
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conformance.model import Exit
from reference_server import Gateway
from reference_server.http import Request, Response
from tests.live import command, describe, portero, results

CANARIES = {
    "PORTERO_ADMIN_PASSWORD": "Zq7!vN2#kT9$wR4 <&>\"'xB6yM8p",
    "PORTERO_USER_PASSWORD": "ünïcøde-Qw8rT5zU3iO1pA7sD9fG",
    "WA_SECRET": "q7VwX2Lk9ZtR4bNmP1cD8sFgH3jY6uAe0KxT",
}

SPELLINGS: tuple[Callable[[str], str], ...] = (
    str,
    lambda s: urllib.parse.quote(s, safe=""),
    urllib.parse.quote_plus,
    lambda s: s.encode().hex(),
    lambda s: s.encode().hex().upper(),
    lambda s: base64.b64encode(s.encode()).decode(),
    lambda s: base64.urlsafe_b64encode(b"x" + s.encode()).decode(),
    lambda s: base64.b64encode(b"admin:" + s.encode()).decode(),
    html.escape,
    json.dumps,
    repr,
    lambda s: repr(s.encode()),
)

DEFECTS = """
import base64, logging, os, sys, threading, warnings
import pytest
from dataclasses import dataclass
from conformance import model
from conformance.engine import cases
from conformance.engine.observatory import Probe
from conformance.sentence import Own, own_list, say
from tests.test_canaries import CANARIES, SPELLINGS

TOLD = [spell(os.environ[name]) for name in CANARIES for spell in SPELLINGS]

@dataclass(frozen=True, slots=True)
class Record:
    seen: tuple[str, ...]
    keyed: dict[str, str]

def look(bench):
    logging.getLogger("probe").warning("sent %s", TOLD)
    return Record(tuple(TOLD), {told: told for told in TOLD})

def crash(bench):
    here = TOLD
    raise RuntimeError(f"refused {here}")

def give_up(bench):
    raise model.Inconclusive(say("the server said {told}", told=Own(str(TOLD))))

def judge(record, policy, case):
    assert record.seen[0].startswith("\\u00absecret:")
    seen = say("saw {seen} {told}", seen=Own(str(record.seen)), told=own_list(TOLD))
    return model.violates(say("nothing"), seen, "/seen")

def broken_judge(record, policy, case):
    secret = TOLD
    assert record.seen == TOLD

cases.proofs()

cases.proves("ACC-01", observes=Probe("leaky", Record, look), judged_by=judge)
@cases.every_case_of("ACC-01")
def test_violation(verdict):
    verdict.enforce()

cases.proves("ACC-02", observes=Probe("crashing", Record, crash), judged_by=judge)
@cases.every_case_of("ACC-02")
def test_probe_crashes(verdict):
    verdict.enforce()

cases.proves("ACC-03", observes=Probe("silent", Record, give_up), judged_by=judge)
@cases.every_case_of("ACC-03")
def test_inconclusive(verdict):
    verdict.enforce()

cases.proves("HDR-01", observes=Probe("leaky", Record, look), judged_by=broken_judge)
@cases.every_case_of("HDR-01")
def test_judge_crashes(verdict):
    verdict.enforce()

def test_long_values():
    page = "x" * 150 + TOLD[0] + "y" * 150 + TOLD[-1] * 9
    assert page == page[::-1]

def test_collections():
    assert {"told": TOLD} == {"told": []}

def test_chained():
    try:
        raise ValueError(TOLD[0])
    except ValueError as error:
        raise KeyError(*TOLD) from error

def test_output():
    print(TOLD)
    print(TOLD, file=sys.stderr)
    logging.getLogger("x").error("told %s", TOLD)
    try:
        raise OSError(TOLD)
    except OSError:
        logging.getLogger("x").exception("trouble")
    assert not TOLD

def test_warning():
    for told in TOLD:
        warnings.warn(told)

def test_thread():
    def work():
        raise RuntimeError(TOLD)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

@pytest.fixture
def broken():
    yield
    raise RuntimeError(TOLD)

def test_teardown(broken, record_property):
    record_property("told", str(TOLD))

def test_skipped():
    pytest.skip(str(TOLD))

@pytest.mark.xfail(reason="waits")
def test_expected():
    assert TOLD == []
"""


def shown(text: str) -> list[str]:
    """Return what is left of a canary in `text`: any spelling of it, or nine characters of one in a row."""
    found = []
    for name, canary in CANARIES.items():
        for spell in SPELLINGS:
            spelt = spell(canary)
            cut = [spelt[at : at + 9] for at in range(len(spelt) - 8) if spelt[at : at + 9] in text]
            found += [f"{name}: {piece}" for piece in cut if not piece.startswith("YWRtaW46")]
    return found


def leaking(folder: Path) -> dict[str, list[str]]:
    """Return what every file below `folder` shows, if anything."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return {path.name: left for path in files if (left := shown(path.read_text(encoding="utf-8")))}


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    """Run a gateway that tells every secret it knows, in its headers and its pages."""
    told = Gateway()
    told.environ.update(CANARIES)
    answer = told.web.answer

    def echo(request: Request) -> Response:
        response = answer(request)
        spelt = [spell(canary) for canary in CANARIES.values() for spell in SPELLINGS]
        one_line = [s for s in spelt if s.isascii()]
        response.headers += [(f"X-Echo-{n}", s) for n, s in enumerate(one_line)]
        response.body += "\n".join(spelt).encode()
        return response

    told.web.answer = echo  # type: ignore[method-assign]
    with told:
        yield told


def aim(gateway: Gateway, folder: Path) -> Path:
    path = describe(gateway, folder, ("webapp",))
    text = path.read_text(encoding="utf-8")
    if "[webapp.user]" not in text:
        text += '[webapp.user]\nusername = "a"\npassword = "env:PORTERO_USER_PASSWORD"\n'
    text += '[channel]\nurl = "tcp://127.0.0.1:9"\nsecret = "env:WA_SECRET"\n'
    path.write_text(text, encoding="utf-8")
    return path


def test_target_that_tells_them_is_not_repeated(gateway: Gateway, tmp_path: Path) -> None:
    target = aim(gateway, tmp_path)
    reports = tmp_path / "r"
    words: list[str | Path] = ["--area", "acc", "--area", "hdr", "--target", target, "--reports", reports, "-v"]
    of_a_ci = {"JENKINS_URL": "https://ci.example", "BUILD_URL": "https://ci:" + CANARIES["WA_SECRET"][::-1] + "@x"}
    ended = portero("run", *words, environ=gateway.environ | of_a_ci)
    assert ended.code in (Exit.OK, Exit.VIOLATION, Exit.INCOMPLETE), ended.output + ended.errors
    assert {path.name for path in reports.iterdir()} >= {"results.json", "compliance.html", "tests.html", "junit.xml"}
    assert leaking(reports) == {}
    assert CANARIES["WA_SECRET"][::-1] not in (reports / "tests.html").read_text(encoding="utf-8")
    assert shown(ended.output + ended.errors) == []
    assert "«secret:PORTERO_ADMIN_PASSWORD»" in json.dumps(results(reports)["observations"], ensure_ascii=False)


def test_defects_of_the_suite_do_not_repeat_them(gateway: Gateway, tmp_path: Path) -> None:
    target = aim(gateway, tmp_path)
    (tmp_path / "test_defects.py").write_text(DEFECTS, encoding="utf-8")
    reports = tmp_path / "r"
    words: list[str | Path] = [
        "-p",
        "conformance.run.plugin",
        "-p",
        "no:cacheprovider",
        "--target",
        target,
        "--reports",
        reports,
    ]
    loud = ["-l", "-vv", "-rA", "--tb=long", "--showlocals", "--durations=3", "-o", "log_cli=true", "--full-trace"]
    files = [f"--junitxml={reports}/own.xml", f"--html={reports}/own.html", f"--log-file={reports}/own.log"]
    ended = command(
        "-m", "pytest", *words, *loud, *files, "test_defects.py", cwd=tmp_path, environ=gateway.environ | CANARIES
    )
    text = ended.output + ended.errors
    assert ended.code == Exit.INTERNAL, text
    assert "test_long_values" in text
    assert "«secret:WA_SECRET»" in text
    assert "a secret stood in" not in text
    assert {path.name for path in reports.iterdir()} >= {"results.json", "own.xml", "own.html", "own.log"}
    assert shown(text) == []
    assert leaking(reports) == {}


def test_this_test_would_see_a_leak(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x" + CANARIES["WA_SECRET"][5:20], encoding="utf-8")
    assert "a.txt" in leaking(tmp_path)
