"""Reports, drawn from results.json alone."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from jinja2 import TemplateError

from conformance.engine.results import Results, as_json
from conformance.hostile import json_text, shown
from conformance.model import Also, UnusableInput
from conformance.regular import why_unread
from conformance.report import junit, markdown, oscal, page, sarif
from conformance.sentence import Own, say

NAMES = ("results.json", "compliance.html", page.STYLESHEET, "junit.xml", "summary.md")

_ALSO = {Also.SARIF: ("results.sarif", sarif.draw), Also.OSCAL: ("results.oscal.json", oscal.draw)}


def names(also: Iterable[str] = ()) -> tuple[str, ...]:
    """Name every file that a run leaves, with those that were asked for besides."""
    return (*NAMES, *(_ALSO[Also(extra)][0] for extra in also))


def write(found: Results, folder: Path, language: str = "en", also: Iterable[str] = ()) -> None:
    """Write results.json and every report that is drawn from it, in place of an earlier run's: all of them, or none.

    What was seen is kept where a report cannot be drawn: results.json then stands alone. Raises OSError.
    """
    results = {NAMES[0]: encoded(found)}
    drawn: dict[str, bytes] = {}
    try:
        drawn = _drawn(found, results[NAMES[0]], language, also)
    finally:
        _place(folder, results | drawn)
        for name in {*names(Also)} - {*results, *drawn}:
            (folder / name).unlink(missing_ok=True)


def render(found: Results, results: Path, folder: Path, language: str = "en", also: Iterable[str] = ()) -> list[Path]:
    """Draw the reports again from the results file that `found` was read from, which stays as it is.

    Raises UnusableInput when they cannot be written, or when what is recorded cannot be made sense of.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        drawn = _drawn(found, results.read_bytes(), language, also)
        _place(folder, drawn)
        return [folder / name for name in drawn]
    except OSError as error:
        why = why_unread(error)
        raise UnusableInput(
            say("{folder}: reports cannot be written here ({error})", folder=Own(folder), error=why)
        ) from error
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, TemplateError) as error:
        what = shown(f"{type(error).__name__}: {error}")
        trouble = say(
            "{file}: what it records cannot be drawn; was it edited? ({error})", file=Own(results), error=Own(what)
        )
        raise UnusableInput(trouble) from error


def _drawn(found: Results, results: bytes, language: str, also: Iterable[str] = ()) -> dict[str, bytes]:
    """Draw every report from `found`, by its name; `results` is its file's content, for the digest."""
    drawn = {
        "compliance.html": page.draw(found, hashlib.sha256(results).hexdigest(), language),
        page.STYLESHEET: page.stylesheet(),
        "junit.xml": junit.draw(found),
        "summary.md": markdown.draw(found, language),
    }
    drawn |= {name: draws(found, language) for name, draws in (_ALSO[Also(extra)] for extra in also)}
    return {name: text.encode("utf-8", "backslashreplace") for name, text in drawn.items()}


def _place(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files beside those of an earlier run, and put them into their place once all are whole: disks fill up."""
    parts = {name: folder / f".{name}.part" for name in files}
    try:
        for name, content in files.items():
            parts[name].write_bytes(content)
        for name, part in parts.items():
            part.replace(folder / name)
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)


def append_to_job(written: Iterable[Path]) -> None:
    """Append summary.md to the page of the CI job, where GITHUB_STEP_SUMMARY names its file; raises OSError."""
    job = os.environ.get("GITHUB_STEP_SUMMARY")
    for summary in written:
        if job and summary.name == "summary.md" and summary.exists():
            with Path(job).open("a", encoding="utf-8") as file:
                file.write(summary.read_text(encoding="utf-8"))


def encoded(found: Results) -> bytes:
    """Return results.json as it is written; a lone surrogate becomes its JSON escape."""
    text = json_text(json.dumps(as_json(found), indent=2, ensure_ascii=False, allow_nan=False))
    return f"{text}\n".encode("utf-8", "backslashreplace")
