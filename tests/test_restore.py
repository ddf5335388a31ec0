"""A run that was killed leaves a journal, and `portero restore` puts back what stands in it."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from conformance.bench.journal import NAME, Entry, Page, Request, write
from conformance.engine import results_file
from conformance.model import Exit
from conformance.secrecy.secret import SecretRef
from conformance.sentence import Sentence, say
from reference_server import Gateway
from reference_server.http import HttpServer, Response
from reference_server.http import Request as Asked
from tests.live import CHECKOUT, Ended, at_default, describe, portero

JSON = {"Content-Type": "application/json"}


@dataclass(slots=True)
class Slow:
    """A gateway that is slow at the moment when something of it is changed; `sections` are what a run looks at then."""

    gateway: Gateway
    sections: tuple[str, ...]
    area: str
    is_changed: Callable[[], bool]
    changed: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)

    def pause(self) -> None:
        self.changed.set()
        self.ended.wait(20)


def slow_identity() -> Slow:
    """Return one whose identity service answers no initialisation while validation is off."""
    gateway = Gateway()
    slow = Slow(gateway, ("identity",), "idv", lambda: not gateway.identity.validation)
    serve = gateway.identity.serve

    def slow_while_off(request: Asked) -> Response:
        if request.method == "POST" and slow.is_changed():
            slow.pause()
        return serve(request)

    gateway.identity.serve = slow_while_off
    return slow


def slow_webhooks() -> Slow:
    """Return one that does not call back in time."""
    gateway = Gateway()
    hooks = gateway.webhooks
    slow = Slow(gateway, ("webapp", "webhook"), "hook", lambda: hooks.ca is not None and hooks.address != "")
    hooks.post = lambda *_: slow.pause() or 0  # type: ignore[func-returns-value]
    return slow


def slow_certificates() -> Slow:
    """Return one that hands out the authority of an uploaded certificate too late."""
    gateway = Gateway()
    stored = gateway.certificates
    slow = Slow(gateway, ("webapp",), "acc", lambda: stored.authority != gateway.authority.pem)

    def slow_while_another() -> Response:
        if slow.is_changed():
            slow.pause()
        return stored.stored_authority()

    stored.shown = slow_while_another
    return slow


@pytest.fixture(params=[slow_identity, slow_webhooks, slow_certificates], ids=["identity", "webhooks", "certificates"])
def slow(request: pytest.FixtureRequest) -> Iterator[Slow]:
    case: Slow = request.param()
    with case.gateway:
        yield case
        case.ended.set()


def at_a_terminal(slow: Slow, folder: Path) -> int:
    """Begin a run at a terminal of its own, close that while something is changed, and return how the run ended."""
    aim = describe(slow.gateway, folder, slow.sections)
    words = [
        "-m",
        "conformance",
        "run",
        "--target",
        str(aim),
        "--area",
        slow.area,
        "--reports",
        str(folder / "reports"),
    ]
    with at_default(signal.SIGHUP):
        child, terminal = pty.fork()
    if child == 0:
        os.chdir(CHECKOUT)
        os.execve(sys.executable, [sys.executable, *words], os.environ | slow.gateway.environ)
    reading = threading.Thread(target=drained, args=(terminal, slow.changed), daemon=True)
    reading.start()
    assert slow.changed.wait(60)
    reading.join(20)
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def drained(terminal: int, until: threading.Event) -> None:
    while not until.is_set():
        if select.select([terminal], [], [], 0.05)[0]:
            os.read(terminal, 1 << 16)


def stopped(slow: Slow, folder: Path, number: signal.Signals) -> int:
    """Begin a run, stop it while something is changed, and return how it ended."""
    aim = describe(slow.gateway, folder, slow.sections)
    words: list[str | Path] = ["run", "--target", aim, "--area", slow.area, "--reports", folder / "reports"]
    command = [sys.executable, "-m", "conformance", *words]
    environ = os.environ | slow.gateway.environ
    with (
        at_default(signal.SIGHUP),
        subprocess.Popen(command, cwd=CHECKOUT, env=environ, stdout=subprocess.DEVNULL) as run,
    ):
        assert slow.changed.wait(60)
        assert slow.is_changed()
        run.send_signal(number)
        return run.wait(20)


def restore(folder: Path, gateway: Gateway, *words: str | Path) -> Ended:
    return portero("restore", "--reports", folder / "reports", *words, environ=gateway.environ)


def test_after_a_kill_restore_puts_back_what_the_run_had_changed(slow: Slow, tmp_path: Path) -> None:
    assert stopped(slow, tmp_path, signal.SIGKILL) == -signal.SIGKILL
    assert slow.is_changed()
    journal = tmp_path / "reports" / NAME
    kept = journal.read_text(encoding="utf-8")
    assert not any(secret in kept for secret in slow.gateway.environ.values())

    refused = portero("run", "--target", tmp_path / "target.toml", "--reports", tmp_path / "reports")
    assert refused.code == Exit.UNUSABLE
    assert f"run `portero restore --reports {tmp_path / 'reports'}` first" in refused.errors

    ended = restore(tmp_path, slow.gateway)
    assert (ended.code, ended.errors) == (Exit.OK, "")
    assert ended.output.endswith(": put back\n")
    assert not slow.is_changed()
    assert not journal.exists()


def test_without_a_journal_nothing_is_left_to_put_back(tmp_path: Path) -> None:
    ended = portero("restore", "--reports", tmp_path)
    assert (ended.code, ended.output) == (Exit.OK, f"{tmp_path / NAME}: is not there: nothing is left to put back\n")
    ended = portero("restore", "--reports", tmp_path, "--lang", "es")
    assert (ended.code, ended.output) == (Exit.OK, f"{tmp_path / NAME}: no existe: no queda nada por restaurar\n")


@pytest.mark.parametrize(
    "end",
    [
        lambda slow, folder: stopped(slow, folder, signal.SIGINT),
        lambda slow, folder: stopped(slow, folder, signal.SIGTERM),
        lambda slow, folder: stopped(slow, folder, signal.SIGHUP),
        at_a_terminal,
    ],
    ids=["ctrl-c", "a-polite-kill", "a-hang-up", "a-closed-terminal"],
)
def test_an_interrupt_puts_back_at_once(slow: Slow, tmp_path: Path, end: Callable[[Slow, Path], int]) -> None:
    assert end(slow, tmp_path) == Exit.INTERRUPTED
    assert not slow.is_changed()
    assert not (tmp_path / "reports" / NAME).exists()
    found = results_file.read(tmp_path / "reports" / "results.json")
    assert (found.run.interrupted, found.verdict) == (True, "incomplete")
    page = (tmp_path / "reports" / "compliance.html").read_text(encoding="utf-8")
    assert "was interrupted before it ended, so it cannot be called conformant" in page


def test_two_runs_that_change_one_gateway_are_not_let_in_together(slow: Slow, tmp_path: Path) -> None:
    aim = describe(slow.gateway, tmp_path, slow.sections)
    words = [sys.executable, "-m", "conformance", "run", "--target", str(aim), "--area", slow.area]
    environ = os.environ | slow.gateway.environ
    with subprocess.Popen([*words, "--reports", str(tmp_path / "first")], cwd=CHECKOUT, env=environ) as first:
        assert slow.changed.wait(60)
        second = portero(*words[3:], "--reports", tmp_path / "second", environ=slow.gateway.environ)
        first.send_signal(signal.SIGINT)
        assert first.wait(20) == Exit.INTERRUPTED
    assert second.code == Exit.UNUSABLE
    assert "another run is at" in second.errors
    assert not (tmp_path / "second" / "results.json").exists()
    assert not slow.is_changed()


NOHUP = """
import os, signal, sys
from conformance.run.endings import end_politely
signal.signal(signal.SIGHUP, signal.SIG_IGN)
end_politely()
os.kill(os.getpid(), signal.SIGHUP)
print("went on")
"""


def test_a_run_that_is_to_outlive_its_terminal_does() -> None:
    ended = subprocess.run([sys.executable, "-c", NOHUP], cwd=CHECKOUT, capture_output=True, timeout=20, check=False)
    assert (ended.returncode, ended.stdout) == (0, b"went on\n")


@dataclass(slots=True)
class Desk:
    """A gateway with a journal that names it; `put` writes one."""

    gateway: Gateway
    folder: Path
    aim: Path

    def put(self, *requests: Request) -> Path:
        entries = tuple(
            Entry(Sentence(f"change {n}"), (request,), "2026-01-01T00:00:00+00:00")
            for n, request in enumerate(requests)
        )
        path = self.folder / "reports" / NAME
        path.parent.mkdir(exist_ok=True)
        write(path, Page(1, str(self.aim), entries))
        return path

    def setting(self, **values: object) -> Request:
        url = f"https://localhost:{self.gateway.web.port}/v1/settings/application"
        return Request("PATCH", url, headers=JSON, login="webapp.admin", body=json.dumps(values))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Gateway() as gateway:
        yield Desk(
            gateway,
            tmp_path,
            describe(
                gateway,
                tmp_path,
                ["webapp", "identity"],
            ),
        )


def test_a_login_is_made_when_it_is_needed_and_the_last_change_goes_back_first(desk: Desk) -> None:
    desk.put(desk.setting(callback_persist="first"), desk.setting(callback_persist="second"))
    ended = restore(desk.folder, desk.gateway)
    assert ended.code == Exit.OK, ended.output
    assert [line.partition(",")[0] for line in ended.output.splitlines()] == ["change 1", "change 0"]
    assert desk.gateway.web.api.settings["callback_persist"] == "first"


def test_what_cannot_be_put_back_says_why_and_stays(desk: Desk) -> None:
    base = f"https://localhost:{desk.gateway.web.port}"
    requests = {
        "/v1/nowhere: was answered 404": Request("DELETE", f"{base}/v1/nowhere", login="webapp.admin"),
        "the target file names no such server": Request("PUT", "https://elsewhere.example/", login="webapp.admin"),
        "does not refer to any more": Request("PUT", base, body_from=SecretRef.checked("env:GONE_BY_NOW")),
        "the target file lacks webapp.user": Request("PUT", base, login="webapp.user"),
        "[database] is not declared": Request("PUT", base, section="database"),
    }
    path = desk.put(
        *requests.values(), desk.setting(callback_persist="back"), Request("DELETE", base + "/v1/x", also=(401,))
    )
    ended = restore(desk.folder, desk.gateway)
    assert ended.code == Exit.INCOMPLETE
    *lines, last = ended.output.splitlines()
    assert [line.partition(",")[2].endswith(": put back") for line in lines] == [True] * 2 + [False] * len(requests)
    assert all(said in line for said, line in zip(reversed(requests), lines[2:], strict=True)), lines
    assert last.startswith(f"{path}: keeps what could not be put back")
    assert desk.gateway.web.api.settings["callback_persist"] == "back"
    assert len(json.loads(path.read_text(encoding="utf-8"))["entries"]) == len(requests)


def test_a_change_that_no_request_takes_back_is_told_once(desk: Desk) -> None:
    path = desk.folder / "reports" / NAME
    path.parent.mkdir()
    write(path, Page(1, str(desk.aim), (Entry(say("names of test clients"), (), "2026-01-01T00:00:00+00:00"),)))
    ended = restore(desk.folder, desk.gateway)
    assert ended.code == Exit.INCOMPLETE
    assert "could not be put back: no request does that: see to it yourself" in ended.output
    assert not path.exists()


def test_credentials_go_to_no_server_whose_certificate_does_not_verify(desk: Desk) -> None:
    desk.put(desk.setting(callback_persist="back"))
    seen: list[Asked] = []

    def watch(request: Asked) -> Response:
        seen.append(request)
        return Response.json({})

    with Gateway() as other:
        impostor = HttpServer(watch, other.web.tls.wrap)
        impostor.start()
        away = describe(other, desk.folder, ["webapp"])
        text = away.read_text(encoding="utf-8").replace(f"localhost:{other.web.port}", f"localhost:{impostor.port}")
        text = text.replace(str(other.folder / "ca.pem"), str(desk.gateway.folder / "ca.pem"))
        away.write_text(text, encoding="utf-8")
        url = f"https://localhost:{impostor.port}/v1/settings/application"
        desk.put(Request("PATCH", url, login="webapp.admin", body="{}"))
        ended = restore(desk.folder, other, "--target", away)
        impostor.stop()
    assert ended.code == Exit.INCOMPLETE
    assert "the certificate does not verify" in ended.output
    assert not seen


@pytest.mark.parametrize(("spoil", "said"), [("journal", "is no journal of changes"), ("target", "cannot be read")])
def test_bad_files_are_named(desk: Desk, spoil: str, said: str) -> None:
    path = desk.put(desk.setting(callback_persist="back"))
    if spoil == "journal":
        path.write_text("{}", encoding="utf-8")
    else:
        desk.aim.unlink()
    ended = restore(desk.folder, desk.gateway)
    assert ended.code == Exit.UNUSABLE
    assert said in ended.errors
    assert path.exists()
