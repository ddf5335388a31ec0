"""Reports, drawn from results.json alone."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path

from jinja2 import TemplateError

from conformance.engine.results import Results, as_json
from conformance.hostile import shown
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
    """Write results.json, and then every report that is drawn from it, in place of an earlier run's."""
    for name in names(Also):
        (folder / name).unlink(missing_ok=True)
    results = encoded(found)
    (folder / NAMES[0]).write_bytes(results)
    draw(found, results, folder, language, also)


def render(found: Results, results: Path, folder: Path, language: str = "en", also: Iterable[str] = ()) -> list[Path]:
    """Draw the reports again from the results file that `found` was read from, which stays as it is.

    Raises UnusableInput when they cannot be written, or when what is recorded cannot be made sense of.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return draw(found, results.read_bytes(), folder, language, also)
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


def draw(found: Results, results: bytes, folder: Path, language: str, also: Iterable[str] = ()) -> list[Path]:
    """Write every report that is drawn from `found`; `results` is its file's content, for the digest."""
    drawn = {
        "compliance.html": page.draw(found, hashlib.sha256(results).hexdigest(), language),
        page.STYLESHEET: page.stylesheet(),
        "junit.xml": junit.draw(found),
        "summary.md": markdown.draw(found, language),
    }
    drawn |= {name: draws(found, language) for name, draws in (_ALSO[Also(extra)] for extra in also)}
    for name, text in drawn.items():
        (folder / name).write_text(text, encoding="utf-8", errors="backslashreplace")
    return [folder / name for name in drawn]


def append_to_job(written: Iterable[Path]) -> None:
    """Append summary.md to the page of the CI job, where GITHUB_STEP_SUMMARY names its file; raises OSError."""
    job = os.environ.get("GITHUB_STEP_SUMMARY")
    for summary in written:
        if job and summary.name == "summary.md" and summary.exists():
            with Path(job).open("a", encoding="utf-8") as file:
                file.write(summary.read_text(encoding="utf-8"))


def encoded(found: Results) -> bytes:
    """Return results.json as it is written; a lone surrogate becomes its JSON escape."""
    text = json.dumps(as_json(found), indent=2, ensure_ascii=False, allow_nan=False)
    return f"{text}\n".encode("utf-8", "backslashreplace")
