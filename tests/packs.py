"""Packs faults that keep out of each other's way into one run of all areas, and says what each of them broke.

A run has to break exactly what its faults declare together, and may leave open only cases of the areas that they claim.
Whenever it does anything else each of its faults is run alone, and that run is what counts: a pack blames nobody.

It clears all of them because no area is claimed by two. Where a fault does not break what it declares nobody
else does, and what it breaks besides shows, unless another of its pack declares that very requirement or leaves that
very case open. PORTERO_FAULTS_ALONE=1 runs each alone, and so looks there as well.

With `--area` the faults that concern those areas are run over their cases alone: enough for a change within them, and
done in a fraction of the time.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from reference_server import FaultsClash
from reference_server.faults import Fault, faults, named
from tests.arena import reference, rejudged

ALONE = "PORTERO_FAULTS_ALONE"
OF_THE_WEB_APP = frozenset({"acc", "auth", "hdr", "hook", "tls"})


UnderWay = dict[str, Future[dict[str, "Seen"]]]
"""The run that each fault is in."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of a run: reasons by case of what failed and of what stayed open, and what offline judges see anew."""

    spoilt: tuple[str, ...]
    failures: Mapping[str, str]
    inconclusive: Mapping[str, str]
    changed_offline: tuple[str, ...]
    areas: tuple[str, ...] = ()

    @property
    def failed(self) -> set[str]:
        """The requirements that fail."""
        return {case.partition("/")[0] for case in self.failures}

    @property
    def declared(self) -> set[str]:
        """The requirements that have to."""
        every = {requirement for name in self.spoilt for requirement in named(name).breaks}
        return {requirement for requirement in every if not self.areas or area_of(requirement) in self.areas}

    @property
    def exact(self) -> bool:
        """Whether the run says of each of its faults that it is right. Near misses leave nothing open."""
        claimed = {area for fault in map(named, self.spoilt) if fault.name in faults() for area in claims(fault)}
        left_open = {area_of(case) for case in self.inconclusive}
        return self.failed == self.declared and left_open <= claimed and not self.changed_offline


def packed(spoilt: Iterable[Fault]) -> list[tuple[str, ...]]:
    """Put each fault into the first pack that has room for it; into one of its own where they are to be alone."""
    packs: list[tuple[set[str], list[str]]] = []
    for fault in spoilt:
        wanted = claims(fault)
        room = (pack for pack in packs if not wanted & pack[0] and not os.environ.get(ALONE))
        taken, names = next(room, (set(), []))
        if not names:
            packs.append((taken, names))
        taken |= wanted
        names.append(fault.name)
    return [tuple(names) for _, names in packs]


def claims(fault: Fault) -> frozenset[str]:
    """Return the areas that a fault spoils and breaks; all of the web app's for access, and for a lower level.

    Nobody logs in where the certificate is wrong. And access and TLS change one certificate: of two near misses that
    change the same thing one would be undone, and nobody would miss it.
    """
    areas = frozenset({fault.area, *map(area_of, fault.breaks)})
    return areas | OF_THE_WEB_APP if "acc" in areas or fault.level != "modern" else areas


def area_of(case: str) -> str:
    """Return the area of a case or requirement."""
    return case.partition("-")[0].lower()


def concerns(fault: Fault, areas: Sequence[str]) -> bool:
    """Tell whether a fault spoils or breaks any of the areas; every fault concerns all of them."""
    return not areas or bool({fault.area, *map(area_of, fault.breaks)} & set(areas))


def look(pack: Sequence[str], areas: tuple[str, ...] = ()) -> dict[str, Seen]:
    """Run a pack, and what is not exact once more, each alone; return the run that counts for each."""
    try:
        together = _run(tuple(pack), areas)
    except FaultsClash:  # one takes away what another changes: two areas look at one secret, say
        if len(pack) == 1:
            raise
    else:
        if len(pack) == 1 or together.exact:
            return dict.fromkeys(pack, together)
    return {name: _run((name,), areas) for name in pack}


def _run(spoilt: tuple[str, ...], areas: tuple[str, ...] = ()) -> Seen:
    outcomes = reference(*spoilt, areas=areas)
    live, offline = outcomes.by_case(), rejudged(outcomes).by_case()
    changed = tuple(case for case in live if live[case] != offline[case])
    return Seen(spoilt, outcomes.failures(), outcomes.inconclusive, changed, areas)
