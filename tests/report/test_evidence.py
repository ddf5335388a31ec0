from __future__ import annotations

from typing import Any

import pytest

from conformance.report.evidence import MAX_EXHIBIT, MAX_PAGE, Exhibits, as_text, resolve
from tests.report import samples

SEEN = {"headers/0": {"pages": {"/a~b": [{"x": 1}, {"x": 2}]}, "": "empty name"}}


@pytest.mark.parametrize(
    ("pointer", "found"),
    [
        ("headers/0#/pages/~1a~0b/1/x", 2),
        ("headers/0#/pages/~1a~0b", [{"x": 1}, {"x": 2}]),
        ("headers/0#/", "empty name"),
        ("headers/0#", SEEN["headers/0"]),
        ("headers/0", SEEN["headers/0"]),
    ],
)
def test_pointer_is_followed(pointer: str, found: Any) -> None:
    assert resolve(SEEN, pointer) == found


@pytest.mark.parametrize(
    "pointer",
    ["tls/0#", "headers/0#/nothing", "headers/0#/pages/~1a~0b/2", "headers/0#/pages/~1a~0b/-", "headers/0#//deeper"],
)
def test_dangling_pointer_is_told_apart(pointer: str) -> None:
    with pytest.raises(LookupError):
        resolve(SEEN, pointer)
    case = samples.case("TLS-02", exhibits=[pointer])
    assert Exhibits(SEEN).of(case)[0].text == "(not in the results file)"


def test_exchange_reads_as_on_the_wire() -> None:
    assert as_text(samples.PAGE).splitlines() == [
        "GET https://gw.example:9090/login",
        "answer: status 200, 36 bytes of content",
        "Content-Type: text/html",
        "X-Frame-Options: SAMEORIGIN",
        "",
        "<!doctype html><title>Log in</title>",
    ]
    assert as_text({**samples.PAGE, "trouble": "connection reset"}).splitlines()[1] == "no answer: connection reset"


def test_header_cannot_forge_a_line() -> None:
    forged = as_text({**samples.PAGE, "headers": [["X-A", "1\r\nX-Frame-Options: DENY"]]})
    assert "X-A: 1\\r\\nX-Frame-Options: DENY" in forged.splitlines()


def test_exhibit_is_bounded() -> None:
    deep: Any = "x" * 100_000
    for _ in range(200):
        deep = {"k" * 1000: [deep] * 30}
    shown = Exhibits({"deep/0": deep}).of(samples.case("TLS-02", exhibits=["deep/0#"]))
    assert len(shown[0].text) < MAX_EXHIBIT + 100


def test_page_has_room_for_so_many_and_repeats_none() -> None:
    exhibits = Exhibits({f"p/{n}": {"body": "y" * 390} for n in range(2000)})
    shown = [exhibits.of(samples.case("TLS-02", exhibits=[f"p/{n}#"]))[0] for n in range(2000)]
    assert sum(len(exhibit.text) for exhibit in shown) < MAX_PAGE + MAX_EXHIBIT
    assert shown[-1].left_out
    again = exhibits.of(samples.case("TLS-02", exhibits=["p/0#"]))[0]
    assert (again.repeats, again.number, again.text) == (True, 1, "")


def test_page_shows_the_first_few_of_many_and_counts_them_all() -> None:
    exhibits = Exhibits({"p/0": ["a"] * 30})
    many = samples.case("TLS-02", exhibits=[f"p/0#/{n}" for n in range(30)])
    assert [exhibit.pointer for exhibit in exhibits.of(many)] == ["p/0#/0", "p/0#/1", "p/0#/2"]
    assert exhibits.count(many) == 30


def test_case_without_exhibits_shows_its_observation() -> None:
    shown = Exhibits({"tls/0": {"endpoint": "gw"}}).of(samples.case("TLS-02", exhibits=[], evidence=["tls/0"]))
    assert [exhibit.pointer for exhibit in shown] == ["tls/0#"]


def test_short_lists_stay_on_one_line() -> None:
    long = ["x" * 50, "y" * 50]
    assert as_text({"headers": [["Server", "nginx"]], "long": long}).splitlines() == [
        "{",
        '  "headers": [["Server", "nginx"]],',
        '  "long": [',
        f'    "{long[0]}",',
        f'    "{long[1]}"',
        "  ]",
        "}",
    ]
