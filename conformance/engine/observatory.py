"""Runs each probe once, side by side, and remembers what it saw or why it saw nothing."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Generic, Protocol, TypeVar

from pydantic import TypeAdapter, ValidationError

from conformance.bench import Bench
from conformance.engine import recording
from conformance.inputs.target import Limits, Target
from conformance.model import Inconclusive
from conformance.sentence import Own, Sentence, say

Record = TypeVar("Record")


class ProbeCrash(RuntimeError):
    """A probe met trouble that it has no words for: a defect of the suite, never a verdict on the target."""


@dataclass(frozen=True, slots=True)
class Probe(Generic[Record]):
    """A way of looking at the target. `look` knows no requirement; its record is frozen and JSON can hold it.

    `deadline` is in seconds, at the default limits; it may depend on the target where a probe has to wait. `waits` says
    that most of its time is waiting, so that its cases are best judged last. `after` names probes that have to be done
    before this one begins, because it disturbs what they look at.
    """

    name: str
    record: type[Record]
    look: Callable[[Bench], Record]
    deadline: float | Callable[[Target], float] = 40.0
    waits: bool = False
    after: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Name the observation in results.json."""
        return f"{self.name}/0"

    def patience(self, target: Target) -> float:
        """Return the seconds that the probe gets: its deadline, and longer where [limits] makes it go slower."""
        usual, limits = Limits(), target.limits
        slower = max(
            1.0,
            usual.requests_per_second / limits.requests_per_second,
            usual.connections / limits.connections,
        )
        return slower * (self.deadline(target) if callable(self.deadline) else self.deadline)


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
        for probe in sorted(probes, key=lambda probe: bool(probe.after)):
            if probe.key not in self._runs:
                before = [run for run in self._runs.values() if run.probe.name in probe.after]
                self._runs[probe.key] = _Run(probe, self.bench, before)

    def get(self, probe: Probe[Any]) -> Any:
        """Wait for the probe and return its record, free of secrets; raises Inconclusive."""
        self.start([probe])
        return self._runs[probe.key].result()

    def waiting(self) -> list[str]:
        """Name the probes that have not finished yet."""
        return [run.probe.name for run in tuple(self._runs.values()) if not run.done.is_set()]

    def seconds(self) -> dict[str, float]:
        """Return how long each probe took, or has taken so far."""
        return {run.probe.name: round(run.seconds(), 3) for _, run in sorted(self._runs.items())}

    def recorded(self) -> recording.Observed:
        """Return every finished observation as JSON, or the reason that there is none, and the sentences in them."""
        runs = {key: run.recorded() for key, run in sorted(self._runs.items()) if run.done.is_set()}
        return recording.Observed(
            {key: seen for key, (seen, _) in runs.items()}, {key: said for key, (_, said) in runs.items() if said}
        )


class Recorded:
    """Observations out of a results file."""

    def __init__(self, observed: recording.Observed) -> None:
        """Take what a results file holds of observations."""
        self._observed = observed
        self._records: dict[str, Any] = {}

    def get(self, probe: Probe[Any]) -> Any:
        """Return the probe's record as it was; raises Inconclusive as it was."""
        if probe.key not in self._observed.seen:
            raise Inconclusive(say("the results file holds no observation {key}", key=Own(probe.key)))
        seen = self._observed.spoken(probe.key)
        if set(seen) == {"inconclusive"}:
            reason = seen["inconclusive"]
            raise Inconclusive(reason if isinstance(reason, Sentence) else Sentence(str(reason)))
        if probe.key not in self._records:
            self._records[probe.key] = _understood(probe, seen)
        return self._records[probe.key]


def _understood(probe: Probe[Any], seen: Any) -> Any:
    """Return the record that a results file holds; raises Inconclusive for one of another edition, or edited."""
    try:
        return _adapter(probe.record).validate_python(seen)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = "".join(f"/{part}" for part in first["loc"])
        raise Inconclusive(
            say(
                "the results file's observation {key} is not one of this edition: {where}: {what}",
                key=Own(probe.key),
                where=Own(where),
                what=Own(first["msg"]),
            )
        ) from None


_adapter: Callable[[Any], TypeAdapter[Any]] = cache(TypeAdapter)


class _Run:
    """One probe under way, and what came of it: settled once, by the probe or by its deadline."""

    def __init__(self, probe: Probe[Any], bench: Bench, before: Iterable[_Run] = ()) -> None:
        self.probe = probe
        self.done = threading.Event()
        self._begun = threading.Event()
        self._lock = threading.Lock()
        self._patience = probe.patience(bench.target)
        self._began = time.monotonic()
        self._ended = math.inf
        self._ends = self._began + self._patience
        self._adapter = _adapter(probe.record)
        self._record: Any = None
        self._trouble: Exception | None = None
        look = threading.Thread(target=self._look, args=(bench, tuple(before)), daemon=True)
        look.name = f"probe-{probe.name}"
        look.start()

    def _begin(self, bench: Bench, before: tuple[_Run, ...]) -> Bench:
        """Wait for what has to be done first; the probe's time runs from then on."""
        for run in before:
            run.wait()
        if before:
            self._began = time.monotonic()
            self._ends = self._began + self._patience
        self._begun.set()
        return replace(bench, budget=bench.budget.until(self._ends), ends=self._ends)

    def wait(self) -> bool:
        """Wait until the probe is done, or its time is up; tell whether it is done."""
        self._begun.wait()
        return self.done.wait(max(0.0, self._ends - time.monotonic()))

    def _look(self, bench: Bench, before: tuple[_Run, ...]) -> None:
        bench = self._begin(bench, before)
        try:
            record = self.probe.look(bench)
            seen, said = recording.taken_apart(self._adapter, record)
            seen, said = bench.redactor.tree(seen), bench.redactor.sentences(said)
            self._settle(self._adapter.validate_python(recording.put_together(seen, said)))
        except Inconclusive as trouble:
            self._settle(trouble=Inconclusive(bench.redactor.sentence(trouble.reason)))
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that asks
            what = bench.redactor.text(f"{type(error).__name__}: {error}")
            crash = ProbeCrash(f"the {self.probe.name} probe crashed: {what}")
            crash.__cause__ = error
            self._settle(trouble=crash)

    def _settle(self, record: Any = None, trouble: Exception | None = None) -> None:
        with self._lock:
            if self.done.is_set():
                return
            self._record, self._trouble, self._ended = record, trouble, time.monotonic()
            self.done.set()

    def result(self) -> Any:
        if not self.wait():
            late = say(
                "the {probe} probe did not finish within {seconds:.0f} s",
                probe=Own(self.probe.name),
                seconds=self._patience,
            )
            self._settle(trouble=Inconclusive(late))
        if isinstance(self._trouble, Inconclusive):
            raise Inconclusive(self._trouble.reason)
        if self._trouble is not None:
            raise ProbeCrash(str(self._trouble)) from self._trouble.__cause__
        return self._record

    def seconds(self) -> float:
        return min(self._ended, time.monotonic()) - self._began

    def recorded(self) -> tuple[dict[str, Any], recording.Said]:
        if self._trouble is not None:
            reason = self._trouble.reason if isinstance(self._trouble, Inconclusive) else Sentence(str(self._trouble))
            return {"inconclusive": str(reason)}, {"/inconclusive": reason}
        return recording.taken_apart(self._adapter, self._record)
