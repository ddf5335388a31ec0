"""The line of every key is found, whatever surrounds it."""

from __future__ import annotations

import tomllib

import pytest

from conformance.inputs.toml_lines import line_of

TEXT = '''\
schema = 1 # x [y]
name = "a # b = c"
[scope]
exclude = [
  {requirement = "A", reason = """x
  y = 1
  [z]"""},  # ] }
  {requirement = "B", reason = 'q'},
]
[a.b]
"x y".c = [[1, 2],
 [3]]
d = 1979-05-27 07:32:00
[[a.l]]
k = 1
[[a.l]]
k = true
[a.l.sub]
z = -1.5e3
[[a.l.deep]]
p = "\\""
last = 1
'''


@pytest.mark.parametrize(
    ("loc", "line"),
    [
        (("schema",), 1),
        (("name",), 2),
        (("scope", "exclude"), 4),
        (("scope", "exclude", 0, "reason"), 5),
        (("scope", "exclude", 1, "requirement"), 8),
        (("scope", "exclude", 1), 8),
        (("a", "b"), 10),
        (("a", "b", "x y", "c", 1), 12),
        (("a", "b", "d"), 13),
        (("a", "l", 0, "k"), 15),
        (("a", "l", 1, "k"), 17),
        (("a", "l", 1, "sub", "z"), 19),
        (("a", "l", 1, "deep", 0, "p"), 21),
        (("a", "l", 1, "deep", 0, "last"), 22),
        (("a", "l", 1, "absent"), 16),
        (("nowhere",), 1),
    ],
)
def test_line_of_key(loc: tuple[str | int, ...], line: int) -> None:
    assert tomllib.loads(TEXT)
    assert line_of(TEXT, loc) == line


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment", "a=1", "a = {}\r\nb = []\r\n"])
def test_small_texts_come_to_an_end(text: str) -> None:
    tomllib.loads(text)
    assert line_of(text, ("b",)) == (2 if "b" in text else 1) or text.startswith("#")
