from __future__ import annotations

import json

import pytest

from conformance.hostile import json_text, shown, shown_block


@pytest.mark.parametrize(
    ("raw", "visible"),
    [
        ("plain, josé, 日本語, 🙂", "plain, josé, 日本語, 🙂"),
        ("a\nb\r\tc", r"a\nb\r\tc"),
        ("\x00\x1b[31m\x7f\x9b", r"\x00\x1b[31m\x7f\x9b"),
        ("\u202egnp.exe\u2066", r"\u202egnp.exe\u2066"),
        ("a\u200bb\ufeff\u2028", r"a\u200bb\ufeff\u2028"),
        ("\ud800", r"\ud800"),
        ("\U000e0041", r"\U000e0041"),
    ],
)
def test_what_cannot_be_seen_is_escaped(raw: str, visible: str) -> None:
    assert shown(raw) == visible


def test_what_is_long_is_cut_and_says_so() -> None:
    assert shown("x" * 12, 10) == "x" * 10 + "… (+2)"
    assert shown("x" * 10, 10) == "x" * 10


def test_block_keeps_lines_and_nothing_else() -> None:
    assert shown_block("a\n\tb\x1b\r") == "a\n\tb\\x1b\\r"


def test_json_text_shows_no_control_and_says_the_same() -> None:
    text = "a\x1b[31m\x9b31m\u202e\u2028\ufeff\U000e0001\ud800\x7fñ\n\t"
    written = json_text(json.dumps([text], ensure_ascii=False, indent=2))
    assert json.loads(written) == [text]
    assert {char for char in written if not char.isprintable()} == {"\n"}
    assert "ñ" in written
