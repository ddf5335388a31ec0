from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from conformance import report
from conformance.engine.results import Results, Waiver
from conformance.locale import LANGUAGES
from conformance.report import markdown, page
from tests.report import samples

VOID = {"meta", "link", "img", "br", "rect", "line", "circle", "path"}


class Outline(HTMLParser):
    """Collects what a page is made of, and whether it is well nested."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.attributes: list[str] = []
        self.text: list[str] = []
        self.headings: list[tuple[int, str]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        found = dict(attrs)
        self.ids += [str(found["id"])] if "id" in found else []
        self.links += [str(found[name]) for name in ("href", "src") if name in found]
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append((int(tag[1]), ""))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text.append(data)
        if self.open and re.fullmatch(r"h[1-6]", self.open[-1]):
            self.headings[-1] = (self.headings[-1][0], self.headings[-1][1] + data.strip())

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())


def drawn(document: Results, language: str = "en") -> Outline:
    outline = Outline(page.draw(document, "d" * 64, language))
    assert not outline.open
    return outline


@pytest.mark.parametrize("sample", ["broken", "clean", "hostile"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_page_holds_together(sample: str, language: str) -> None:
    outline = drawn(getattr(samples, sample)(), language)
    assert len(outline.ids) == len(set(outline.ids))
    inner = [link for link in outline.links if link.startswith("#")]
    assert {link[1:] for link in inner} <= set(outline.ids)
    assert set(outline.links) - set(inner) == {"compliance.css"}
    levels = [level for level, _ in outline.headings]
    assert levels[0] == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))


def test_sections_stand_in_the_order_of_an_audit() -> None:
    outline = drawn(samples.broken())
    assert [text.partition(" (")[0] for level, text in outline.headings if level == 2] == [
        "What was tested",
        "What was not tested, and why",
        "Verdicts by area",
        "Violations",
        "Deviations that do not fail this run",
        "Waivers",
        "Measurements",
        "Every requirement",
    ]
    assert outline.words.index("Not conformant: staging violates 2") < outline.words.index("What was tested")


def test_violation_tells_expected_observed_evidence_source_and_repair() -> None:
    words = drawn(samples.broken()).words
    start = words.index("Violations (2)")
    violation = words[start : words.index("Deviations", start)]
    for wanted in (
        "statement of HDR-02 (en)",
        "S1, web server TLS",
        "repair of HDR-02 (en)",
        "X-Frame-Options: DENY, so that no domain may frame the page",
        "SAMEORIGIN lets the own domain frame the page",
        "GET https://gw.example:9090/login answer: status 200",
        "accepted TLS 1.0 with ECDHE-RSA-AES128-SHA",
        "browsers obey it, the documentation asks for more",
    ):
        assert wanted in violation


def test_waiver_says_who_answers_and_for_how_long() -> None:
    words = drawn(samples.broken()).words
    assert "Head of Security, on 1 October 2026" in words
    assert "31 December 2026 (40 days left at the time of the run)" in words
    assert "waived TLS-04/tls-1.3-groups gw.example:9090 what was seen; what the level allows is kept" in words


def test_expired_waiver_is_told_where_it_no_longer_excuses() -> None:
    found = samples.document(samples.requirement("TLS-04", samples.case("TLS-04", "fail", waiver="WVR-2026-003")))
    found.waivers = [Waiver(**samples.WAIVER | {"expires": "2026-11-20"})]
    violation = drawn(found).words.partition("Violations (1)")[2].partition("Waivers (1)")[0]
    assert "20 November 2026 (expired at the time of the run)" in violation


def test_waived_violation_is_not_told_to_be_none() -> None:
    found = samples.document(samples.requirement("TLS-04", samples.case("TLS-04", "waived", waiver="WVR-2026-003")))
    words = drawn(found).words
    assert "No violation was found but those that are waived." in words
    assert "No violation was found." not in words


def test_waiver_without_its_text_is_named() -> None:
    found = samples.broken()
    found.waivers = []
    assert "WVR-2026-003" in drawn(found).words


def test_same_exhibit_is_shown_once() -> None:
    assert drawn(samples.broken()).words.count("GET https://gw.example:9090/login answer") == 1


def test_measurements_are_drawn_where_there_are_any() -> None:
    outline = drawn(samples.broken())
    assert outline.tags.count("circle") == 21
    assert "Messages were accepted at an age of -10.0 to 10.0 s" in outline.words
    assert "TLS_RSA_WITH_AES_128_CBC_SHA yes no" in outline.words
    assert "clients api 10.0.3.2:443 yes yes communication 10.0.4.2:6250 yes no" in outline.words
    assert "web communication 10.0.4.2:6250 no yes" in outline.words
    assert "visitors api 10.0.3.2:443 unclear no" in outline.words
    assert "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 yes yes" in outline.words
    blind = samples.broken()
    blind.observations = {"channel/0": {"inconclusive": "refused"}}
    bare = drawn(blind)
    assert "svg" in bare.tags  # the bars need no observation
    assert "circle" not in bare.tags
    assert "cipher suites" not in bare.words
    assert "May be reached" not in bare.words


def test_nothing_hostile_survives() -> None:
    text = page.draw(samples.hostile(), "d" * 64)
    outline = Outline(text)
    assert not {"script", "img", "iframe", "object", "base"} & set(outline.tags)
    assert not [name for name in outline.attributes if name.startswith("on")]
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", text)
    assert "&lt;script&gt;" in text


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("verdict", ["pass", "fail"])
def test_size_for_the_largest_catalogue(tmp_path: Path, verdict: str, language: str) -> None:
    report.write(samples.large(verdict), tmp_path, language)
    assert (tmp_path / "compliance.html").stat().st_size < 1_000_000


def test_texts_of_the_target_can_stand_in_for_none() -> None:
    document = samples.clean()
    for row in document.requirements:
        row.texts = {}
    assert "Promise TLS-02" in drawn(document, "es").words


def test_file_of_a_later_catalogue_is_drawn_all_the_same() -> None:
    document = samples.document(samples.requirement("ZZZ-01", samples.case("ZZZ-01")))
    document.target.document["webapp"]["guideline"] = "7.1"
    words = drawn(document).words
    assert "Mozilla server-side TLS 7.1" in words
    assert "ZZZ-01 Promise ZZZ-01" in words
    assert "Protocol versions and cipher suites" not in words


def test_code_in_the_catalogues_texts_is_marked_up_and_nothing_else() -> None:
    document = samples.broken()
    for row in document.requirements:
        row.texts["en"].repair = "nginx: `ssl_protocols <v>;` and no <b>more</b>"
    text = page.draw(document, "")
    assert "nginx: <code>ssl_protocols &lt;v&gt;;</code> and no &lt;b&gt;more&lt;/b&gt;" in text
    assert "nginx: `ssl_protocols <v>;` and no &#60;b&#62;more" in markdown.draw(document)
