"""Runs the far side at a vantage point: through the operator's command, and never longer or more than was meant."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, Literal

from pydantic import Base64Bytes, BaseModel, Field, ValidationError

from conformance.bench import Bench
from conformance.inputs.target import Vantage
from conformance.model import Inconclusive
from conformance.sentence import By, Own, Sentence, clauses, listed, say

START = 20.0
"""How many seconds a command may take to reach its Python: an ssh login, a new container process."""

MOST_OUTPUT = 8 << 20  # bytes: a command may be anything that prints
SHOWN = 300  # characters of what a command printed that are told

_LOOK_AGAIN = 0.2  # seconds between looks at whether the command is to be ended

_FAR = Path(__file__).with_name("far.py")
_TOO_OLD = "Portero needs Python 3.6 or later there, and python3 is "
_PROGRAM = """\
import sys
if sys.version_info < (3, 6):
    sys.exit({too_old!r} + sys.version.split()[0])
far = {{"__name__": "portero_far"}}
exec(compile({source}, "portero_far", "exec"), far)
import json
far["main"](json.loads({job}))
"""


class FarSeen(BaseModel):
    """What the far side says of one address; `heard` is what each question met: why nothing, or the first bytes."""

    address: str = Field(max_length=100)
    came: Literal["open", "refused", "filtered", "unreachable", "failed"]
    detail: str = Field(max_length=SHOWN)
    heard: list[tuple[str, Base64Bytes]] = Field(max_length=8)
    seconds: float


class FarLook(BaseModel):
    """What the far side says of one host and port."""

    key: str
    host: str
    port: int
    unresolved: str = Field(max_length=SHOWN)
    seen: list[FarSeen]


class FarDone(BaseModel):
    """The far side's last words: how many connections it opened, and which Python it is."""

    done: bool
    opened: int = Field(ge=0)
    python: str = Field(max_length=40)


def run(bench: Bench, vantage: Vantage, job: dict[str, Any]) -> tuple[list[FarLook], FarDone]:
    """Do `job` at the vantage point; raises Inconclusive in a sentence that says what did not work there."""
    token = secrets.token_hex(8)
    program = _program(job | {"token": token})
    command = [*vantage.command, "python3", "-I", "-"] if vantage.command else [sys.executable, "-I", "-"]
    patience = min(job["seconds"] + START, max(1.0, bench.left() - 1.0))
    child = _Child(command, bench.folder, token.encode("ascii"))
    code = child.finish(program, patience, lambda: bench.budget.over)
    looks, done = _said(child.output, token)
    if done is None or len(looks) < job["expected"]:
        raise Inconclusive(child.trouble(code, patience, job["seconds"]))
    return looks, done


def _program(job: dict[str, Any]) -> bytes:
    """Return what Python reads there, up to the version check in words that the oldest of them understands."""
    source, told = _FAR.read_text(encoding="ascii"), json.dumps(job)
    return _PROGRAM.format(too_old=_TOO_OLD, source=ascii(source), job=ascii(told)).encode("ascii")


def _said(output: bytes, token: str) -> tuple[list[FarLook], FarDone | None]:
    """Return the results among all that was printed: banners may stand before, between and after them."""
    looks: list[FarLook] = []
    done = None
    for line in _objects(output):
        if line.pop("portero", None) != token:
            continue
        try:
            if "done" in line:
                done = FarDone.model_validate(line)
            else:
                looks.append(FarLook.model_validate(line))
        except ValidationError:
            continue
    return looks, done


def _objects(output: bytes) -> Iterator[dict[str, Any]]:
    for line in output.decode("utf-8", "replace").splitlines():
        if (begins := line.find("{")) >= 0:  # some commands put a host's name before each line
            with contextlib.suppress(ValueError, RecursionError):
                found = json.loads(line[begins:])
                if isinstance(found, dict):
                    yield found


class _Child:
    """The vantage point's process, in a group of its own, and a bounded part of what it prints."""

    def __init__(self, command: list[str], folder: Path, token: bytes) -> None:
        """Start it; raises Inconclusive where there is no such program. Python there says `token` first of all."""
        self._token = token
        try:
            self._process = subprocess.Popen(  # noqa: S603 - the operator's own command
                command,
                cwd=folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise Inconclusive(
                say('its command "{program}" cannot be run: {why}', program=Own(command[0]), why=Own(why))
            ) from error
        self._out, self._err = bytearray(), bytearray()
        self._flood = threading.Event()

    @property
    def output(self) -> bytes:
        """Return what it printed on standard output."""
        return bytes(self._out)

    def end(self) -> None:
        """Kill the whole group; what runs as somebody else ends by the time limit that it was given."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def finish(self, program: bytes, patience: float, over: Callable[[], bool]) -> int | None:
        """Hand over `program` and read to the end; return the exit code, or None when it did not end in time.

        It is killed as well when the run is `over`.
        """
        began = time.monotonic()
        given, out, err = self._process.stdin, self._process.stdout, self._process.stderr
        assert given is not None and out is not None and err is not None  # noqa: S101, PT018 - pipes, as asked for
        threading.Thread(target=self._hand_over, args=(given, program), daemon=True).start()
        readers = [
            threading.Thread(target=self._keep, args=pair, daemon=True) for pair in ((out, self._out), (err, self._err))
        ]
        for reader in readers:
            reader.start()
        try:
            _join(readers[0], began + min(START, patience), over)
            ends = began + (patience if self._token in self._out else START)
            for reader in readers:
                _join(reader, ends, over)
            return self._process.wait(0.0 if over() else max(0.0, ends - time.monotonic()))
        except subprocess.TimeoutExpired:
            return None
        finally:
            self.end()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(1.0)

    def _hand_over(self, stream: IO[bytes], program: bytes) -> None:
        with contextlib.suppress(OSError), stream:
            stream.write(program)

    def _keep(self, stream: IO[bytes], kept: bytearray) -> None:
        with contextlib.suppress(OSError, ValueError), stream:
            while piece := os.read(stream.fileno(), 1 << 16):
                kept += piece
                if len(kept) > MOST_OUTPUT:
                    self._flood.set()
                    self.end()
                    return

    def trouble(self, code: int | None, patience: float, seconds: float) -> Sentence:
        """Say why there is no whole result of a job that was given so many `seconds`."""
        said = " ".join(bytes(self._err[-(1 << 12) :]).decode("utf-8", "replace").split())[-SHOWN:]
        _, too_old, version = said.partition(_TOO_OLD)
        if too_old:
            return say("Portero needs Python 3.6 or later there, and python3 is {version}", version=Own(version))
        return clauses(self._ended(code, patience), _heard(said, seconds))

    def _ended(self, code: int | None, patience: float) -> Sentence:
        if self._flood.is_set():
            return say("its command printed more than {most} MiB and was ended", most=MOST_OUTPUT >> 20)
        if code is None and self._token not in self._out:
            return say(
                "its command reached no Python within {seconds:.0f} s and was killed", seconds=min(START, patience)
            )
        if code is None:
            return say("its command did not end within {seconds:.0f} s and was killed", seconds=patience)
        if code != 0:
            return say("its command ended with exit code {code}", code=code)
        if self._out.strip():
            shown = " ".join(bytes(self._out[:SHOWN]).decode("utf-8", "replace").split())
            return say("its command printed no whole result, but: {shown!r}", shown=Own(shown))
        return say(
            "its command printed nothing: it has to run python3 and to hand standard input on to it, "
            "as docker exec does with -i"
        )


def _heard(said: str, seconds: float) -> Sentence:
    """Say what stands on standard error; the far side's own last words, where its time was over, are ours."""
    if not said:
        return say("it said nothing on standard error")
    spent = say("its looks were not through after {seconds:g} s: name fewer ports, or raise [limits]", seconds=seconds)
    if not said.endswith(spent):
        return say("it said: {words}", words=Own(said))
    before = said.removesuffix(spent).rstrip()
    return say("it said: {words}", words=listed([Own(before), spent] if before else [spent], By.SPACE))


def _join(reader: threading.Thread, ends: float, over: Callable[[], bool]) -> None:
    """Wait until `reader` is through, until a moment of the monotonic clock, or until the run is over."""
    while reader.is_alive() and not over() and (left := ends - time.monotonic()) > 0:
        reader.join(min(left, _LOOK_AGAIN))
