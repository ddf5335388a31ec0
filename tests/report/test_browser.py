"""The pages as a browser shows them: on a phone, under a strict policy, with hostile evidence."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest

from conformance import report
from tests.chromium import JENKINS, dump, served
from tests.report import samples

PHONE = 390
LOOK = """<!doctype html><body><iframe id="page" src="/compliance.html" width="%d" height="800"></iframe>
<script>
addEventListener("load", () => {
  const page = document.getElementById("page").contentDocument, root = page.documentElement;
  page.querySelectorAll("details").forEach(d => d.open = true);
  const wide = [...page.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > %d + 1);
  document.body.textContent = JSON.stringify({
    title: page.title, width: root.scrollWidth, wide: wide.map(e => e.tagName + "." + e.className.toString()),
    weight: getComputedStyle(page.querySelector(".verdict")).fontWeight, scripts: page.scripts.length,
    images: page.images.length,
  });
});
</script>"""


def look(folder: Path, policy: str = "") -> dict[str, Any]:
    (folder / "look.html").write_text(LOOK % (PHONE, PHONE))
    with served(folder, policy) as url:
        dom = dump(f"{url}/look.html", folder / "profile")
    body = re.search(r"<body>(.*)</body>", dom, re.DOTALL)
    assert body, dom
    found: dict[str, Any] = json.loads(html.unescape(body[1]))
    return found


@pytest.mark.parametrize("sample", ["broken", "hostile"])
@pytest.mark.parametrize("language", ["en", "es"])
def test_page_fits_a_phone(tmp_path: Path, sample: str, language: str) -> None:
    report.write(getattr(samples, sample)(), tmp_path, language)
    seen = look(tmp_path)
    assert seen["width"] <= PHONE, seen["wide"]
    assert not seen["wide"]


def test_hostile_evidence_does_not_run(tmp_path: Path) -> None:
    report.write(samples.hostile(), tmp_path)
    seen = look(tmp_path)
    assert seen["title"] != "owned"
    assert (seen["scripts"], seen["images"]) == (0, 0)


def test_page_is_styled_where_inline_style_is_forbidden(tmp_path: Path) -> None:
    report.write(samples.broken(), tmp_path)
    assert look(tmp_path, JENKINS)["weight"] == "600"
    (tmp_path / "compliance.css").unlink()
    assert look(tmp_path, JENKINS)["weight"] == "400"


def test_page_is_styled_by_itself(tmp_path: Path) -> None:
    report.write(samples.broken(), tmp_path)
    (tmp_path / "compliance.css").unlink()
    assert look(tmp_path)["weight"] == "600"
