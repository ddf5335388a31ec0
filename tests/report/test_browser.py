"""The pages as a browser shows them: at three widths, light and dark, under a strict policy, with hostile evidence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conformance import report
from conformance.locale import LANGUAGES
from tests.chromium import JENKINS, Browser, axe, served
from tests.report import samples

PHONE = 390
WIDTHS = (PHONE, 768, 1280)
OPENED = "document.querySelectorAll('details').forEach(part => part.open = true)"
# What is out of sight is left out of the drawing, and axe would find no colours there.
ALL_DRAWN = """{
  const style = new CSSStyleSheet();
  style.replaceSync("* { content-visibility: visible !important; }");
  document.adoptedStyleSheets = [style];
}"""
# Of the words in a drawing axe cannot tell what is behind them.
AXE = """axe.run().then(({violations, incomplete, passes}) => {
  const told = rules => rules.flatMap(rule => rule.nodes.map(node => `${rule.id}: ${node.html}`));
  const unsure = told(incomplete).filter(line => !line.startsWith("color-contrast: <text "));
  return {found: [...told(violations), ...unsure], kept: passes.map(rule => rule.id)};
})"""
TOO_WIDE = """[...document.querySelectorAll("body *")]
  .filter(part => part.getBoundingClientRect().right > innerWidth + 1)
  .map(part => `${part.tagName}.${part.className}`)"""
WEIGHT = "getComputedStyle(document.querySelector('.verdict')).fontWeight"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that has, for each language, a page in which everything occurs that a page can hold."""
    folder = tmp_path_factory.mktemp("pages")
    for language in LANGUAGES:
        (folder / language).mkdir()
        report.write(samples.compared(), folder / language, language)
    return folder


@pytest.mark.parametrize(
    ("language", "width", "scheme"),
    [*(("en", width, scheme) for width in WIDTHS for scheme in ("light", "dark")), ("es", PHONE, "light")],
)
def test_page_is_accessible(browser: Browser, pages: Path, language: str, width: int, scheme: str) -> None:
    source = axe()
    dark = scheme == "dark"
    with (
        served(pages / language, JENKINS) as url,
        browser.page(f"{url}/compliance.html", width, dark=dark, scripts=False) as page,
    ):
        page.evaluate(ALL_DRAWN)
        page.evaluate(OPENED)
        page.evaluate(source)
        seen = page.evaluate(AXE)
        assert seen["found"] == []
        assert {"color-contrast", "link-name", "svg-img-alt", "heading-order"} <= set(seen["kept"])


def test_axe_finds_what_is_not_accessible(browser: Browser, tmp_path: Path) -> None:
    text = '<!doctype html><title>Bad</title><main style="color: #ccc">pale<img src="data:,"></main>'
    (tmp_path / "bad.html").write_text(text)
    source = axe()
    with browser.page((tmp_path / "bad.html").as_uri()) as page:
        page.evaluate(source)
        found = {line.partition(":")[0] for line in page.evaluate(AXE)["found"]}
        assert {"color-contrast", "image-alt", "html-has-lang"} <= found


@pytest.mark.parametrize("sample", ["broken", "hostile"])
@pytest.mark.parametrize("language", ["en", "es"])
def test_page_fits_a_phone(browser: Browser, tmp_path: Path, sample: str, language: str) -> None:
    report.write(getattr(samples, sample)(), tmp_path, language)
    assert look(browser, tmp_path, OPENED, TOO_WIDE, width=PHONE) == []
    assert look(browser, tmp_path, OPENED, "document.documentElement.scrollWidth", width=PHONE) <= PHONE


def test_hostile_evidence_does_not_run(browser: Browser, tmp_path: Path) -> None:
    report.write(samples.hostile(), tmp_path)
    assert look(browser, tmp_path, "document.title") != "owned"
    assert look(browser, tmp_path, "[document.scripts.length, document.images.length]") == [0, 0]


def test_page_is_styled_where_inline_style_is_forbidden(browser: Browser, tmp_path: Path) -> None:
    report.write(samples.broken(), tmp_path)
    assert look(browser, tmp_path, WEIGHT, policy=JENKINS) == "600"
    (tmp_path / "compliance.css").unlink()
    assert look(browser, tmp_path, WEIGHT, policy=JENKINS) == "400"


def test_page_is_styled_by_itself(browser: Browser, tmp_path: Path) -> None:
    report.write(samples.broken(), tmp_path)
    (tmp_path / "compliance.css").unlink()
    assert look(browser, tmp_path, WEIGHT) == "600"


def look(browser: Browser, folder: Path, *expressions: str, width: int = 1280, policy: str = "") -> Any:
    """Open the report of a folder and return what the last expression comes to."""
    with served(folder, policy) as url, browser.page(f"{url}/compliance.html", width) as page:
        return [page.evaluate(expression) for expression in expressions][-1]
