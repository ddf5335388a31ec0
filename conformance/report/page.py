"""Draws compliance.html: one file, no script, nothing of the target's unescaped."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from conformance import __version__
from conformance.engine.results import Results
from conformance.hostile import shown
from conformance.report import difference, measured, view, waived
from conformance.report.evidence import Exhibits
from conformance.report.wording import Wording

TEMPLATES = Path(__file__).with_name("templates")
STYLESHEET = "compliance.css"
LONGEST = 1200


def draw(results: Results, digest: str, language: str = "en") -> str:
    """Return the compliance report as HTML; `digest` is the SHA-256 of results.json, in hex."""
    return (
        _environment()
        .get_template("compliance.html.j2")
        .render(
            results=results,
            digest=digest,
            words=Wording(language),
            exhibits=Exhibits(results.observations),
            view=view,
            measured=measured,
            difference=difference,
            waived=waived,
            ids={row.id for row in results.requirements},
            version=__version__,
            stylesheet=STYLESHEET,
            style=Markup(stylesheet()),  # noqa: S704 - our own file
        )
    )


def stylesheet() -> str:
    """Return the report's style, which stands in the page, and beside it for servers that forbid inline style."""
    return (TEMPLATES / STYLESHEET).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        finalize=_visible,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["lines"] = _lines
    environment.filters["prose"] = _prose
    return environment


def _lines(text: str) -> Markup:
    """Escape the text of an element; quotation marks may stand there as they are, and JSON is full of them."""
    return Markup(str(escape(text)).replace("&#34;", '"').replace("&#39;", "'"))  # noqa: S704 - escaped right here


def _prose(text: str) -> Markup:
    """Return a text of the catalogue with its `code` marked up."""
    parts = shown(text, LONGEST).split("`")
    marked = (Markup("<code>{}</code>").format(part) if n % 2 else escape(part) for n, part in enumerate(parts))
    return Markup().join(marked)


def _visible(value: Any) -> Any:
    """Escape and bound every string that the template puts out, wherever it came from."""
    return value if isinstance(value, Markup) or not isinstance(value, str) else shown(value, LONGEST)
