"""Runs each probe once, side by side, and remembers what it saw or why it saw nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from pydantic import TypeAdapter

from conformance.budget import Budget
from conformance.clock import Clock, SystemClock
from conformance.model import Inconclusive
from conformance.redact import Redactor
from conformance.secret import Vault
from conformance.target import Target

Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class Bench:
    """What a probe works with."""

    target: Target
    vault: Vault
    budget: Budget
    redactor: Redactor
    folder: Path = Path()
    clock: Clock = field(default_factory=SystemClock)

    def file(self, name: str) -> Path:
        """Return a file that the target file names; relative to the target file's own folder."""
        return self.folder / name


@dataclass(frozen=True, slots=True)
class Probe(Generic[Record]):
    """A way of looking at the target. `look` knows no requirement; its record is frozen and JSON can hold it."""

    name: str
    record: type[Record]
    look: Callable[[Bench], Record]
    deadline: float = 40.0

    @property
    def key(self) -> str:
        """Name the observation in results.json."""
        return f"{self.name}/0"


class Observations(Protocol):
    """Where judges' observations come from: a live target, or yesterday's results file."""

    def get(self, probe: Probe[Any]) -> Any:
        """Return the probe's record; raises Inconclusive when there is none."""
        ...


class Observatory:
    """Live observations."""

    def __init__(self, bench: Bench) -> None:
        """Wait for `start`."""
        self.bench = bench
        self._runs: dict[str, _Run] = {}

    def start(self, probes: Iterable[Probe[Any]]) -> None:
        """Set the probes going, each in a thread of its own, that does not keep the process alive."""
        for probe in probes:
            if probe.key not in self._runs:
                self._runs[probe.key] = _Run(probe, self.bench)

    def get(self, probe: Probe[Any]) -> Any:
        """Wait for the probe and return its record, free of secrets; raises Inconclusive."""
        self.start([probe])
        return self._runs[probe.key].result()

    def waiting(self) -> list[str]:
        """Name the probes that have not finished yet."""
        return [run.probe.name for run in self._runs.values() if not run.done.is_set()]

    def recorded(self) -> dict[str, Any]:
        """Return every finished observation as JSON, and the reason for each that there is none."""
        return {key: run.as_json() for key, run in sorted(self._runs.items()) if run.done.is_set()}


class Recorded:
    """Observations out of a results file."""

    def __init__(self, observations: dict[str, Any]) -> None:
        """Take the `observations` of a results file."""
        self._observations = observations

    def get(self, probe: Probe[Any]) -> Any:
        """Return the probe's record as it was; raises Inconclusive as it was."""
        seen = self._observations.get(probe.key)
        if seen is None:
            raise Inconclusive(f"the results file holds no observation {probe.key}")
        if set(seen) == {"inconclusive"}:
            raise Inconclusive(seen["inconclusive"])
        return TypeAdapter(probe.record).validate_python(seen)


class _Run:
    """One probe under way, and what came of it."""

    def __init__(self, probe: Probe[Any], bench: Bench) -> None:
        self.probe = probe
        self.done = threading.Event()
        self._ends = time.monotonic() + probe.deadline
        self._adapter: TypeAdapter[Any] = TypeAdapter(probe.record)
        self._record: Any = None
        self._trouble: BaseException | None = None
        threading.Thread(target=self._look, args=(bench,), name=f"probe-{probe.name}", daemon=True).start()

    def _look(self, bench: Bench) -> None:
        try:
            record = self.probe.look(bench)
            seen = self._adapter.dump_python(record, mode="json")
            self._record = self._adapter.validate_python(bench.redactor.tree(seen))
        except Inconclusive as reason:
            self._trouble = Inconclusive(bench.redactor.text(str(reason)))
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that asks
            self._trouble = error
        finally:
            self.done.set()

    def result(self) -> Any:
        if not self.done.wait(max(0.0, self._ends - time.monotonic())):
            self._trouble = Inconclusive(
                f"the {self.probe.name} probe did not finish within {self.probe.deadline:.0f} s"
            )
            self.done.set()
        if self._trouble is not None:
            raise self._trouble
        return self._record

    def as_json(self) -> dict[str, Any]:
        if self._trouble is not None:
            return {"inconclusive": str(self._trouble)}
        seen: dict[str, Any] = self._adapter.dump_python(self._record, mode="json")
        return seen
