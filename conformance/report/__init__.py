"""Reports, drawn from results.json alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def write(document: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write results.json and every report that is drawn from it; return what was written."""
    results = folder / "results.json"
    results.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return [results]
