"""Reports, drawn from results.json alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def write(document: Mapping[str, Any], folder: Path, language: str = "en") -> list[Path]:
    """Write results.json, and then every report that is drawn from it; return what was written."""
    from conformance.report import junit, markdown, page

    results = encoded(document)
    (folder / "results.json").write_bytes(results)
    drawn = {
        "compliance.html": page.draw(document, hashlib.sha256(results).hexdigest(), language),
        page.STYLESHEET: page.stylesheet(),
        "junit.xml": junit.draw(document),
        "summary.md": markdown.draw(document, language),
    }
    for name, text in drawn.items():
        (folder / name).write_text(text, encoding="utf-8", errors="backslashreplace")
    return [folder / name for name in ("results.json", *drawn)]


def encoded(document: Mapping[str, Any]) -> bytes:
    """Return results.json as it is written; a lone surrogate becomes its JSON escape."""
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    return f"{text}\n".encode("utf-8", "backslashreplace")
