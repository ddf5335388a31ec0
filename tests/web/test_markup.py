from __future__ import annotations

import html

import pytest

from conformance.web.markup import scripts, unescaped


@pytest.mark.parametrize(
    ("page", "sources", "inline"),
    [
        ("<!doctype html><script src='/a.js'></script><p>text</p><script>b()</script>", ["/a.js"], ["b()"]),
        ('<SCRIPT\n async SRC = "/a.js?x=1&amp;y=2"></SCRIPT >', ["/a.js?x=1&y=2"], []),
        ("<script src=/a.js/></script>", ["/a.js/"], []),
        ("<script src='a'/><script src='b'></script>", ["a", "b"], []),
        ("<script src></script><script src=''></script>", [], []),
        ("<link rel='modulepreload stylesheet' href=/m.js><link rel=icon href=/i>", ["/m.js"], []),
        ("<p title='<script>no()</script>'><script>yes('</p>')</script>", [], ["yes('</p>')"]),
        ('<p title=">"a"b=c><script>yes()</script>', [], ["yes()"]),
        ("<script>a < b && c</scripts>d</script\n>", [], ["a < b && c</scripts>d"]),
        ("<!-- <script>no()</script> --><script>yes()</script>", [], ["yes()"]),
        ("<!--><script>yes()</script>", [], ["yes()"]),
        ("<!-- --!><script>yes()</script>", [], ["yes()"]),
        ("<? x ?></ ><![x]><script>yes()</script>", [], ["yes()"]),
        ("<style><script>no()</script></style><script>yes()</script>", [], ["yes()"]),
        ("<title><!--</title><script>yes()</script>", [], ["yes()"]),
        ("1 < 2 <3 <script>yes()</script>", [], ["yes()"]),
        ("<script>yes()</script><script>never closed", [], ["yes()"]),
        ("<script src='/a.js'></script><a href='never closed", ["/a.js"], []),
        ("<script src='/a.js'></script><!-- never closed <script>no()</script>", ["/a.js"], []),
    ],
)
def test_scripts_are_what_a_browser_takes_for_one(page: str, sources: list[str], inline: list[str]) -> None:
    found = scripts(page)
    assert (found.sources, found.inline) == (sources, inline)


@pytest.mark.parametrize(
    "text", ["&#65;&#0000000065;&#x41", "&amp;&lt&nosuch;", "&#0;&#128;&#00000000;&#1114112;", "&#", "&#123456789x", ""]
)
def test_references_are_read_as_the_standard_library_reads_them(text: str) -> None:
    assert unescaped(text) == html.unescape(text)


def test_a_reference_of_any_length_is_one_character() -> None:
    assert unescaped(f"&#{'9' * 5000};a") == "\ufffda"
    assert unescaped(f"&#{'0' * 5000}65;a") == "Aa"
