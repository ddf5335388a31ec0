"""Projects for the tests: files written into a folder, read as compose would."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from conformance.areas.dep.compose.project import Project, read_project


def project(
    folder: Path,
    files: Mapping[str, str],
    *,
    compose_files: Sequence[str] = (),
    env_files: Sequence[str] = (),
    profiles: Sequence[str] = (),
    given: Mapping[str, str] | None = None,
) -> Project:
    """Write `files` and read them; the first one is the compose file unless others are named."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return read_project(folder, compose_files or [next(iter(files))], env_files, profiles, given or {})


def environment(read: Project, service: str) -> dict[str, str | None]:
    """Return what a container's variables are."""
    return {name: variable.value for name, variable in read.services[service].environment.items()}
