"""No page keeps a probe busy: time grows as its size does, and every expression that reads one says why."""

from __future__ import annotations

import ast
import hashlib
import inspect
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from conformance.areas.auth import secret_finds
from conformance.areas.idv import key_material, page_hashes, pages, repositories
from conformance.web import browse, markup
from tests.areas.idv.hostile import STEPS, TEXTS, UNSURE

CHECKOUT = Path(__file__).parents[3]
PATIENCE = 60.0
"""Seconds for a run of one page."""


@pytest.fixture(scope="module")
def taken() -> dict[str, dict[str, list[float]]]:
    """How long each reader took, by text and reader, at each size; what never ended is left out."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.areas.idv.hostile"], cwd=CHECKOUT, capture_output=True, check=True
    )
    return dict(json.loads(line) for line in done.stdout.splitlines())


@pytest.mark.parametrize("name", TEXTS)
def test_time_grows_as_the_text_does(taken: dict[str, dict[str, list[float]]], name: str) -> None:
    assert name in taken, "it took too long, and was ended"
    slow = {which: times for which, times in taken[name].items() if times[-1] > 2 * STEPS[-1] * max(times[0], UNSURE)}
    assert not slow


def test_a_page_that_would_hold_the_run_for_ever_is_judged_and_so_are_the_others() -> None:
    script = "; ".join(
        (
            "import json, sys",
            "from reference_server.http import Response",
            "from tests.areas.idv.test_pages import look, serving",
            "page = Response.html('<script>hmac(' + ' ' * 3000 + '</script>')",
            "seen, _ = look(serving(lambda request, usual, _: page if request.path == '/' else usual(request)))",
            "json.dump({case: str(verdict.outcome) for case, verdict in seen.verdicts.items()}, sys.stdout)",
        )
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=CHECKOUT, timeout=PATIENCE, capture_output=True, check=True
    )
    outcomes = json.loads(done.stdout)
    judged = {"IDV-06/pages", "IDV-07", "IDV-09/site-page/page-1", "IDV-09/signed-in/page-1", "IDV-09/nobody/page-1"}
    assert {case: outcomes.get(case) for case in judged} == dict.fromkeys(judged, "pass")


WORD = "begins with a fixed word; after it, no run of characters can be read in two ways, nor from two beginnings"
BOUND = "bounded, from a fixed beginning on"
RUN = "runs of one kind, and nothing after them can fail"

LINEAR = {
    "repositories._ALL_BRANCHES": ("2a3d2f91", "matched at the start of a line of git's own configuration"),
    "repositories._ANNEX": ("e9a3f204", "matched as a whole against 1 KiB at most"),
    "repositories._LFS": ("25446d05", "matched at the start of 1 KiB at most, over 13 lines"),
    "key_material._CALLS[0]": ("7fb2130d", WORD),
    "key_material._CALLS[1]": ("24ee7585", WORD),
    "key_material._CALLS[2]": ("5a49a5c7", WORD),
    "key_material._CALLS[3]": ("50d162c5", "as the others, 16 times at most: four things may stand there or not"),
    "key_material._MESSAGE_FIRST": ("67515c9b", WORD),
    "key_material._EXPRESSION": ("569dad3b", "matched in one place: for two calls at most that are within each other"),
    "key_material._SECOND": (
        "df1cda0c",
        "matched at commas, of two calls at most; a literal ends at the next quote of its kind",
    ),
    "key_material._ONWARD": (
        "4d4acf9a",
        "matched in one place; what is between parentheses is walked over for its call and the one around",
    ),
    "key_material._IMPORT": ("9e46bfc3", WORD),
    "key_material._SIGN": ("496c6bf8", WORD),
    "key_material._QUOTED": ("5e029059", "a literal ends at the next quote of its kind; sees 200 characters"),
    "key_material._NAMES": ("20ac5342", "runs of one kind, and nothing after them can fail; sees 200 characters"),
    "key_material._SET": (
        "373c3105",
        "a name is looked at from its beginning only, what follows it begins where it ends",
    ),
    "key_material._CALLED": ("915b6754", "matched once, at the beginning"),
    "secret_finds._NAMED": ("bfe215f4", "fixed words, at the end of a key"),
    "secret_finds._ASSIGNED": ("746ee820", BOUND),
    "secret_finds._IN_URL": ("b8732721", BOUND),
    "secret_finds._PRIVATE_KEY": (
        "b16f35f3",
        "begins with fixed words; blanks and line ends begin differently: there is one way to read them",
    ),
    "secret_finds._PUBLIC": (
        "163c4780",
        "begins with fixed words; the run after it ends at the next dash, and they have one",
    ),
    "secret_finds._MASK": ("50943c66", RUN),
    "secret_finds._ALL_MASK": ("bc751fba", "tried once on a value, with one run in each way of reading it"),
    "secret_finds._NO_SECRET": (
        "a696c39f",
        "tried once on a value; the parts of a path end at a slash, which they cannot hold",
    ),
    "page_hashes._WORD_ENDS": ("a0737f7f", "single characters; sees the target file only"),
    "page_hashes._ESCAPED": ("77748c19", BOUND),
    "page_hashes._PERCENT": ("a0661e02", "single characters that begin with %; nothing after them can fail"),
    "page_hashes._CODED": ("d9798543", "a run too short is tried again from each of its places: 59 at most"),
    "page_hashes._FIELD": ("adc7d288", WORD),
    "page_hashes._CALL": ("ec9d725e", "begins with a fixed word; blanks are not read twice, the rest is bounded"),
    "page_hashes._CHANGES": ("be4f78d1", WORD),
    "page_hashes._NETWORK": ("39202fb1", WORD),
    "markup._OPENED": ("8f97f4ea", "begins with <; a tag's name is read once, and the search goes on behind it"),
    "markup._COMMENT_END": ("d5356400", BOUND),
    "markup._ATTRIBUTE": (
        "b0bba161",
        "matched in one place, behind the last; a quote that is never closed is the last of its kind",
    ),
    "markup._TEXT_ENDS[script]": ("d81e1b07", BOUND),
    "markup._TEXT_ENDS[style]": ("b69b4f91", BOUND),
    "markup._TEXT_ENDS[title]": ("1e3fe103", BOUND),
    "markup._TEXT_ENDS[textarea]": ("8b8768c7", BOUND),
    "markup._TEXT_ENDS[xmp]": ("57bd224e", BOUND),
    "markup._TEXT_ENDS[iframe]": ("e22adf45", BOUND),
    "markup._TEXT_ENDS[noembed]": ("3a65c0da", BOUND),
    "markup._TEXT_ENDS[noframes]": ("a00a29f7", BOUND),
    "markup._NUMBER": ("0e60dedc", "begins with &#; nothing after the run can fail"),
    "page_hashes._named(hex)": ("10d43ae9", BOUND),
    "page_hashes._named(uid)": ("e2e5f3fd", BOUND),
    "page_hashes._word": ("2a4955fe", "as long as what the target file names"),
}
"""What each expression was when it was looked at (see `_digest`), and why it takes time in proportion to the text."""


def compiled(module: ModuleType) -> Iterator[tuple[str, re.Pattern[str]]]:
    for name, value in vars(module).items():
        values = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, tuple) else []
        for key, each in [("", value), *((f"[{key}]", each) for key, each in values)]:
            if isinstance(each, re.Pattern):
                yield f"{module.__name__.rpartition('.')[2]}.{name}{key}", each


MODULES = (browse, key_material, repositories, secret_finds, page_hashes, markup, pages)
MADE = {
    "page_hashes._named(hex)": page_hashes._named("/visitor/userHash", "([0-9a-f]{64})(?![0-9a-z])"),
    "page_hashes._named(uid)": page_hashes._named("/client_hash", r"u\.1(?!\w)"),
    "page_hashes._word": page_hashes._word("u.1"),
}


def _digest(pattern: re.Pattern[str]) -> str:
    return hashlib.sha256(f"{pattern.pattern} {pattern.flags}".encode()).hexdigest()[:8]


def test_every_expression_that_reads_a_target_s_text_is_known_to_be_linear() -> None:
    found = {**dict(pair for module in MODULES for pair in compiled(module)), **MADE}
    shown = {name: _digest(pattern) for name, pattern in found.items()}
    assert shown == {name: digest for name, (digest, _) in LINEAR.items()}, (
        "look at it, and say in LINEAR why it is linear"
    )


def test_no_expression_is_made_where_that_list_does_not_see_it() -> None:
    within = []
    for module in MODULES:
        tree = ast.parse(inspect.getsource(module))
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef | ast.Lambda):
                within += [
                    (module.__name__.rpartition(".")[2], getattr(function, "name", "lambda"), call.func.attr)
                    for call in ast.walk(function)
                    if isinstance(call, ast.Call)
                    and isinstance(call.func, ast.Attribute)
                    and isinstance(call.func.value, ast.Name)
                    and call.func.value.id == "re"
                    and call.func.attr != "escape"
                ]
    assert sorted(within) == [("page_hashes", "_named", "compile"), ("page_hashes", "_word", "compile")]
