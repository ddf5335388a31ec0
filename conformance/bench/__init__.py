"""What a probe works with: the target and its secrets, and what all probes of a run share."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from conformance.bench.budget import Budget
from conformance.bench.clock import Clock, SystemClock
from conformance.bench.logins import Logins
from conformance.bench.once import Once
from conformance.bench.restoring import Restorer
from conformance.bench.silence import Silence
from conformance.inputs.target import Target
from conformance.secrecy.redact import Redactor
from conformance.secrecy.secret import Vault


@dataclass(frozen=True, slots=True)
class Bench:
    """What a probe works with. `began` is when the run did, on the monotonic clock."""

    target: Target
    vault: Vault
    budget: Budget
    redactor: Redactor
    folder: Path = Path()
    clock: Clock = field(default_factory=SystemClock)
    once: Once = field(default_factory=Once)
    logins: Logins = field(default_factory=Logins)
    silence: Silence = field(default_factory=Silence)
    restorer: Restorer = field(default_factory=Restorer)
    ends: float = math.inf
    began: float = field(default_factory=time.monotonic)

    def left(self) -> float:
        """Return how many seconds the probe still has; infinite outside a probe."""
        return max(0.0, self.ends - time.monotonic())

    def for_restoring(self) -> Bench:
        """Return the same bench for putting back what was changed, whatever became of the probe or the run."""
        return replace(self, budget=self.budget.for_restoring(), ends=math.inf)

    def file(self, name: str) -> Path:
        """Return a file that the target file names; relative to the target file's own folder."""
        return self.folder / name
