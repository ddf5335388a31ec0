"""Line and column of every key are found, whatever surrounds it."""

from __future__ import annotations

import tomllib

import pytest

from conformance.inputs.toml_lines import place_of

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
    ("loc", "line", "column"),
    [
        (("schema",), 1, 1),
        (("name",), 2, 1),
        (("scope", "exclude"), 4, 1),
        (("scope", "exclude", 0, "reason"), 5, 23),
        (("scope", "exclude", 1, "requirement"), 8, 4),
        (("scope", "exclude", 1), 8, 3),
        (("a", "b"), 10, 1),
        (("a", "b", "x y", "c", 1), 12, 2),
        (("a", "b", "d"), 13, 1),
        (("a", "l", 0, "k"), 15, 1),
        (("a", "l", 1, "k"), 17, 1),
        (("a", "l", 1, "sub", "z"), 19, 1),
        (("a", "l", 1, "deep", 0, "p"), 21, 1),
        (("a", "l", 1, "deep", 0, "last"), 22, 1),
        (("a", "l", 1, "absent"), 16, 1),
        (("nowhere",), 1, 1),
    ],
)
def test_place_of_key(loc: tuple[str | int, ...], line: int, column: int) -> None:
    assert tomllib.loads(TEXT)
    assert place_of(TEXT, loc) == (line, column)


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment", "a=1", "a = {}\r\nb = []\r\n"])
def test_small_texts_come_to_an_end(text: str) -> None:
    tomllib.loads(text)
    assert place_of(text, ("b",))[0] == (2 if "b" in text else 1) or text.startswith("#")
