"""What has to be known of two runs before their verdicts are compared: other targets, rules, selections, catalogues."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.comparison.volatile import Passing
from conformance.engine.results import Results, Target

_NOTED_KEYS = 12


@dataclass(frozen=True, slots=True)
class Note:
    """Something that has to be known about the two runs; `key` names its text in the message catalogues."""

    key: str
    values: Mapping[str, str | int] = field(default_factory=dict)


def notes(old: Results, new: Results, left_out: int) -> Iterator[Note]:
    """Say what has to be known of two runs to read their comparison; `left_out` cases could not be compared."""
    if old.run.id == new.run.id:
        yield Note("same_run")
    elif old.run.started > new.run.started:
        yield Note("order")
    yield from _about_runs(old, new)
    if left_out:
        yield Note("selection", {"n": left_out})
    if old.target.name != new.target.name:
        yield Note("target", {"old": old.target.name, "new": new.target.name})
    yield from _about_targets(old.target, new.target)
    yield from _about_catalogues(old, new)


def _about_runs(old: Results, new: Results) -> Iterator[Note]:
    for which, run in (("old", old.run), ("new", new.run)):
        if run.internal_errors:
            yield Note(f"crashed_{which}")
        elif run.interrupted:
            yield Note(f"interrupted_{which}")
    if old.run.fail_on != new.run.fail_on:
        yield Note("fail_on", {"old": old.run.fail_on, "new": new.run.fail_on})


def _about_targets(old: Target, new: Target) -> Iterator[Note]:
    """Name the keys of the target file that differ, those that settle what is asked with their values."""
    if old.consent != new.consent:
        yield Note("consent", {"old": old.consent, "new": new.consent})
    gone, come = (sorted(set(a.sections) - set(b.sections)) for a, b in ((old, new), (new, old)))
    if gone:
        yield Note("sections_gone", {"sections": ", ".join(gone)})
    if come:
        yield Note("sections_new", {"sections": ", ".join(come)})
    if not old.document or not new.document:
        if old.sha256 != new.sha256:
            yield Note("target_unknown")
        return
    then, now = (dict(_leaves(Passing(one.document).without_in(one.document))) for one in (old, new))
    for key in ("webapp.security_level", "webapp.guideline"):
        values = [side.get(key, default) for side, default in ((then, _DEFAULTS[key]), (now, _DEFAULTS[key]))]
        if values[0] != values[1] and "webapp" in old.document and "webapp" in new.document:
            yield Note("setting", {"key": key, "old": str(values[0]), "new": str(values[1])})
    told = {"name", "consent", *_DEFAULTS}
    whole = (*gone, *come)
    differ = (key for key in sorted(then.keys() | now.keys()) if then.get(key) != now.get(key) and key not in told)
    keys = [key for key in differ if key.partition(".")[0] not in whole]
    if keys:
        more = ", …" if len(keys) > _NOTED_KEYS else ""
        yield Note("target_keys", {"keys": ", ".join(keys[:_NOTED_KEYS]) + more})


_DEFAULTS = {"webapp.security_level": "modern", "webapp.guideline": "5.8"}


def _leaves(tree: Mapping[str, Any], path: str = "") -> Iterable[tuple[str, Any]]:
    for key, value in tree.items():
        name = f"{path}{key}"
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{name}.")
        else:
            yield name, value


def _about_catalogues(before: Results, after: Results) -> Iterator[Note]:
    old, new = before.suite, after.suite
    if old.catalogue_sha256 != new.catalogue_sha256:
        short = {which: suite.catalogue_sha256[:12] for which, suite in (("old", old), ("new", new))}
        versions = {"old_version": old.version, "new_version": new.version}
        yield Note("catalogue", short | versions)
    elif old.version != new.version:
        yield Note("version", {"old": old.version, "new": new.version})
    then, now = ({row.id: row.level for row in found.requirements} for found in (before, after))
    for name in sorted(then.keys() & now.keys()):
        if then[name] != now[name]:
            yield Note("level", {"id": name, "old": then[name], "new": now[name]})
