"""What an observation is judged against: the target file's declarations and the guideline they name."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.engine.profiles import Guideline, Profile, guideline
from conformance.inputs.target import Target, Webapp


@dataclass(frozen=True, slots=True)
class Policy:
    """The declared side of a judgement. Holds no secret, so it can be rebuilt from a results file."""

    target: Target

    @property
    def webapp(self) -> Webapp:
        """Return the declared web app; its requirements are not judged where there is none."""
        return self.target.declared(Webapp)

    @property
    def guideline(self) -> Guideline:
        """Return the Mozilla guideline that the target file names."""
        return guideline(self.webapp.guideline)

    @property
    def level(self) -> Profile:
        """Return the declared level's profile under that guideline."""
        return self.guideline.levels[self.webapp.security_level]
