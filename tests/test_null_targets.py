"""What is no gateway earns next to nothing, and soon: a pass has to rest on something that was seen."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest

from conformance.inputs.toml_text import spell
from conformance.model import Exit
from reference_server import Gateway
from reference_server.http import Response
from reference_server.pki import Authority, LeafSpec
from tests import null

CHECKOUT = Path(__file__).parents[1]
TIME_LIMIT = 45
ELSE = 10

# A web server with a good certificate keeps what TLS itself promises; none of the headers is sent anywhere.
GOOD_TLS = {
    "ACC-01",
    "ACC-02",
    "ACC-03",
    "ACC-04",
    "ACC-10",
    *(f"TLS-{n:02}" for n in range(1, 14)),
    "HDR-06",
    "HDR-11",
}
# What ten answers of a right gateway can show, whichever probes were first to get them, and what needs none.
TEN_ANSWERS = {
    *(f"ACC-{n:02}" for n in (*range(1, 6), 8, 10)),
    "CHN-14",
    "IDV-06",
    "IDV-07",
    "IDV-08",
    "IDV-09",
    "IDV-14",
}
TEN_ANSWERS |= {*(f"HDR-{n:02}" for n in range(1, 13)), *(f"AUTH-{n:02}" for n in range(1, 11))}
TEN_ANSWERS |= {f"DEP-{n:02}" for n in (*range(1, 13), 14)}  # files answer always

DECLARED = {"TLS-09"}  # by the target file alone
EARNS: dict[str, tuple[str, set[str]]] = {
    "closed": ("incomplete", DECLARED),
    "silent": ("incomplete", DECLARED),
    "resets": ("incomplete", DECLARED),
    "plain-http": ("incomplete", DECLARED),
    "same-page": ("not-conformant", GOOD_TLS | {"ACC-08", "IDV-06"}),  # its pages lead nowhere, and hold no secret
    "never-answers": ("not-conformant", GOOD_TLS),  # like the next: it also offers what MODERN leaves out
    "redirects": (
        "not-conformant",
        GOOD_TLS - {"HDR-06", "HDR-11"} | {"ACC-08"},
    ),  # to https: no page and no API among its answers
    "drops-after-ten": ("incomplete", TEN_ANSWERS | DECLARED),  # it keeps every promise: nothing may fail
}


@dataclass(frozen=True, slots=True)
class Ports:
    """Where a null target is found: where https is expected, and in the clear."""

    https: int
    clear: int


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run came out."""

    code: int
    results: dict[str, Any]

    def with_verdict(self, verdict: str) -> dict[str, list[str]]:
        """Return the cases that came out so, with what was observed, by requirement."""
        return {
            row["id"]: found
            for row in self.results["requirements"]
            if (
                found := [f"{c['id']}: {c['observed'] or c['reason']}" for c in row["cases"] if c["verdict"] == verdict]
            )
        }


def _both(server: Callable[[], Any]) -> Callable[[ExitStack, Path], Ports]:
    """Put the same kind of server at either port."""
    return lambda stack, _: Ports(stack.enter_context(server()), stack.enter_context(server()))


def _plain_http(stack: ExitStack, folder: Path) -> Ports:
    return Ports(*(stack.enter_context(null.speaking_http(lambda _: Response(404))) for _ in range(2)))


def _web(answer: Any) -> Callable[[ExitStack, Path], Ports]:
    """Serve `answer` over TLS with a certificate from the known authority, and in the clear."""

    def serve(stack: ExitStack, folder: Path) -> Ports:
        authority = Authority()
        (folder / "ca.pem").write_bytes(authority.pem)
        context = authority.issue(LeafSpec()).context()

        def wrap(sock: Any) -> ssl.SSLSocket:
            return context.wrap_socket(sock, server_side=True)

        https = stack.enter_context(null.speaking_http(answer, wrap))
        return Ports(https, stack.enter_context(null.speaking_http(answer)))

    return serve


NULL_TARGETS: dict[str, Callable[[ExitStack, Path], Ports]] = {
    "closed": _both(null.closed),
    "silent": _both(lambda: null.listening(null.stays_silent)),
    "resets": _both(lambda: null.listening(null.resets)),
    "plain-http": _plain_http,
    "same-page": _web(null.same_page),
    "never-answers": _web(null.never_answers),
    "redirects": _web(null.redirects_for_ever()),
}

DROPS = "drops-after-ten"

SECRETS = {
    "WA_SECRET": "the-secret-of-web-and-core-app",
    "PORTERO_ADMIN_PASSWORD": "Administration-1!",
    "PORTERO_IDENTITY_SECRET": "the-secret-of-the-organisation",
    "PORTERO_IDENTITY_ADMIN": "Bearer the-token-of-the-organisation",
}


def _target_file(folder: Path, ports: Ports) -> str:
    ca = 'ca_file = "ca.pem"' if (folder / "ca.pem").exists() else ""
    https, clear = f"https://localhost:{ports.https}", f"http://localhost:{ports.clear}"
    return f"""
schema = 1
name = "null"
consent = "destructive"
[webapp]
url = "{https}"
http_ports = [{ports.clear}]
{ca}
admin_paths = ["/", "/login"]
api_paths = ["/v1/health", "/v1/settings/application"]
[webapp.admin]
username = "admin"
password = "env:PORTERO_ADMIN_PASSWORD"
[channel]
url = "{clear}/channel"
secret = "env:WA_SECRET"
[identity]
url = "{https}/widget/v1/initializations"
{ca}
secret = "env:PORTERO_IDENTITY_SECRET"
uids = ["portero.test@example.org", "620"]
site_pages = ["{https}/site"]
accepted = {{ status = [200, 201] }}
[identity.state]
url = "{https}/widget/v1/contacts/{{uid}}"
authorization = "env:PORTERO_IDENTITY_ADMIN"
[identity.switch]
url = "{https}/widget/v1/settings/validation"
"""


def _behind_relays(document: dict[str, Any], stack: ExitStack) -> dict[str, Any]:
    """Point a gateway's target file at relays that drop every connection after the first ten, one for each port."""
    relays: dict[int, int] = {}

    def behind(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: behind(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [behind(inner) for inner in value]
        if not isinstance(value, str) or "://" not in value:
            return value
        parts = urlsplit(value)
        assert parts.port is not None, value
        if parts.port not in relays:
            relays[parts.port] = stack.enter_context(null.dropping_after(10, parts.port))
        return urlunsplit(parts._replace(netloc=f"{parts.hostname}:{relays[parts.port]}"))

    return {**document, **behind({k: v for k, v in document.items() if k != "limits"}), "limits": {}}


def _run(folder: Path, environ: dict[str, str]) -> Ended:
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "conformance",
        "run",
        "--target",
        folder / "target.toml",
        "--reports",
        folder,
    ]
    done = subprocess.run(
        command, cwd=CHECKOUT, env=os.environ | environ, capture_output=True, timeout=4 * TIME_LIMIT, check=False
    )
    results = folder / "results.json"
    assert results.exists(), done.stdout.decode() + done.stderr.decode()
    return Ended(done.returncode, json.loads(results.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Ended]]:
    """Run the suite against every null target, side by side: most of it is waiting."""
    with ExitStack() as stack, ThreadPoolExecutor(len(EARNS)) as pool:
        under_way = {}
        for name, serve in NULL_TARGETS.items():
            folder = tmp_path_factory.mktemp(name)
            (folder / "target.toml").write_text(_target_file(folder, serve(stack, folder)), encoding="utf-8")
            under_way[name] = pool.submit(_run, folder, SECRETS)
        folder = tmp_path_factory.mktemp(DROPS)
        gateway = stack.enter_context(Gateway())
        (folder / "target.toml").write_text(spell(_behind_relays(gateway.document(), stack)), encoding="utf-8")
        under_way[DROPS] = pool.submit(_run, folder, gateway.environ)
        yield {name: run.result() for name, run in under_way.items()}


@pytest.mark.parametrize("name", EARNS)
def test_passes_nothing_but_what_is_true_of_it(name: str, runs: dict[str, Ended]) -> None:
    passed = runs[name].with_verdict("pass")
    assert passed.keys() <= EARNS[name][1], {k: v for k, v in passed.items() if k not in EARNS[name][1]}


@pytest.mark.parametrize("name", EARNS)
def test_is_never_called_conformant(name: str, runs: dict[str, Ended]) -> None:
    run, verdict = runs[name], EARNS[name][0]
    assert run.results["verdict"] == verdict, run.with_verdict("fail")
    assert run.code == (Exit.VIOLATION if verdict == "not-conformant" else Exit.INCOMPLETE)


@pytest.mark.parametrize("name", EARNS)
def test_no_case_is_left_without_a_verdict(name: str, runs: dict[str, Ended]) -> None:
    assert not runs[name].with_verdict("not-run")


@pytest.mark.parametrize("name", EARNS)
def test_ends_soon(name: str, runs: dict[str, Ended]) -> None:
    """The run has 45 s. The probes run side by side; what else it takes is processor time, not waiting."""
    waited = runs[name].results["run"]["probe_seconds"]
    assert max(waited.values()) < TIME_LIMIT - ELSE, waited
