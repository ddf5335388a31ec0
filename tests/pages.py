"""The pages of documentation, taken apart: their blocks, their prose, the words in it that are code."""

from __future__ import annotations

import re
import tomllib
from functools import cached_property
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).parents[1]


class Page:
    """A page of Markdown, by its path in the checkout."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.text = (CHECKOUT / name).read_text(encoding="utf-8")

    @cached_property
    def prose(self) -> str:
        return re.sub(r"^```.*?^```", "", self.text, flags=re.MULTILINE | re.DOTALL)

    @cached_property
    def spans(self) -> list[str]:
        """The `code` in the text, on one line."""
        return [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", self.prose)]

    def blocks(self, kind: str) -> list[str]:
        found = re.findall(r"^( *)```(\w+)\n(.*?)^ *```", self.text, re.MULTILINE | re.DOTALL)
        return [text for _, name, text in found if name == kind]

    def tables(self) -> list[dict[str, Any]]:
        """The TOML examples."""
        return [tomllib.loads(text) for text in self.blocks("toml")]

    @cached_property
    def commands(self) -> list[str]:
        """The lines of the shell blocks, without what is said of them."""
        lines = [line for text in self.blocks("sh") for line in text.splitlines()]
        return [re.sub(r"\s+# .*", "", line) for line in lines]

    @cached_property
    def links(self) -> list[str]:
        return [link for link in re.findall(r"\]\(([^)]+)\)", self.prose) if "://" not in link]

    @cached_property
    def anchors(self) -> set[str]:
        """What a link to a heading may end with, as GitHub makes it."""
        headings = re.findall(r"^#+ (.*)", self.prose, re.MULTILINE)
        return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}

    def rows(self, heading: str) -> dict[str, list[str]]:
        """The rows of the first table of keys below the heading that names `heading`, by their keys."""
        named = re.search(rf"^#+ .*{re.escape(heading)}(?:`.*)?\n((?:(?!#|```).*\n)*)", self.text, re.MULTILINE)
        found = re.search(r"^\| key .*\n\|[-|]+\n((?:\|.*\n)*)", named[1] if named else "", re.MULTILINE)
        lines = found[1].splitlines() if found else []
        cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
        return {first.strip("`"): rest for first, *rest in cells}


PAGES = {
    page.name: page
    for page in map(
        Page,
        [
            "README.md",
            "README.es.md",
            "CONTRIBUTING.md",
            *(path.relative_to(CHECKOUT).as_posix() for path in sorted((CHECKOUT / "docs").rglob("*.md"))),
        ],
    )
}
