"""What the documentation says is there: commands, options, keys and files, and its examples are sound."""

from __future__ import annotations

import argparse
import ast
import json
import re
import shlex
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from conformance import cli, codecs
from conformance.inputs import schemas, target
from conformance.model import Exit
from tests.codecs import test_codecs
from tests.pages import CHECKOUT, PAGES, Page

EVERY_PAGE = pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)

NOTHING = "–"  # noqa: RUF001 - as the pages spell it


class Parsed(Exception):
    """The command line was understood."""


@pytest.fixture
def only_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    understand = argparse.ArgumentParser.parse_args

    def parse(self: argparse.ArgumentParser, words: Sequence[str]) -> None:
        understand(self, words)
        raise Parsed

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", parse)


def _understood(use: str) -> bool:
    """Tell whether the command line is understood; a command without words stands for itself."""
    words = shlex.split(use)[1:]
    alone = len(words) == 1 and not words[0].startswith("-")
    try:
        cli.main([*words, "--help"] if alone else words)
    except Parsed:
        return True
    except SystemExit as ended:
        return (alone or "--help" in words) and ended.code == Exit.OK
    return False


@pytest.mark.usefixtures("only_parsed")
@EVERY_PAGE
def test_every_use_of_the_command_in_the_text_is_understood(page: Page) -> None:
    uses = [span for span in page.spans if span.startswith("portero ") and "…" not in span]
    assert not [use for use in uses if not _understood(use)]


@pytest.mark.usefixtures("only_parsed")
def test_a_use_that_is_wrong_would_be_noticed() -> None:
    assert not _understood("portero run --no-such-option")
    assert not _understood("portero no-such-command")


@EVERY_PAGE
def test_every_option_in_the_text_exists(page: Page, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("run", "init", "list", "diff", "check"):
        with pytest.raises(SystemExit):
            cli.main([command, "--help"])
    known = set(re.findall(r"--[a-z-]+", capsys.readouterr().out))
    spans = [span for span in page.spans if not re.match(r"docker|ruff|python", span)]
    named = {option for span in spans for option in re.findall(r"(?<!\S)--[a-z-]+", span)}
    assert named - {"--env-file"} <= known  # that one is compose's


@EVERY_PAGE
def test_every_file_it_names_is_there(page: Page) -> None:
    folder = (CHECKOUT / page.name).parent
    for link in page.links:
        path, _, anchor = link.partition("#")
        aim = (folder / path).resolve() if path else CHECKOUT / page.name
        assert aim.exists(), link
        assert not anchor or anchor in PAGES[aim.relative_to(CHECKOUT).as_posix()].anchors, link
    for span in page.spans:
        if re.match(r"(conformance|tests|fixtures|reference_server|docs)/[\w./]+$", span):
            assert (CHECKOUT / span).exists(), span


@EVERY_PAGE
def test_examples_of_files_are_taken(page: Page) -> None:
    for kind, head in (("target", "name"), ("waivers", "waiver")):
        validator = jsonschema.Draft7Validator(json.loads(schemas.shipped(schemas.KINDS[kind])))
        for table in page.tables():
            if head in table:
                plain = json.loads(json.dumps(table, default=str))
                assert [error.message for error in validator.iter_errors(plain)] == []
                assert kind == "waivers" or target.parse(table)


@EVERY_PAGE
def test_examples_of_code_are_quoted_from_the_tree(page: Page) -> None:
    """But for whole ones, which are run below."""
    sources = [path.read_text(encoding="utf-8") for path in (CHECKOUT / "conformance" / "areas").glob("*/test_*.py")]
    sources += [path.read_text(encoding="utf-8") for path in (CHECKOUT / "reference_server" / "faults").glob("*.py")]
    for text in page.blocks("python"):
        assert ast.parse(text)
        assert text.startswith("import ") or any(text in source for source in sources), text


def _tables(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Go through every table of a schema, with what a heading calls it."""
    yield path or "The top of the file", schema
    for key, described in schema["properties"].items():
        reference = described.get("$ref") or described.get("items", {}).get("$ref")
        if reference is not None:
            name = f"{path.strip('[]')}.{key}".strip(".")
            heading = f"[[{name}]]" if "items" in described else f"[{name}]"
            yield from _tables(TARGET["$defs"][reference.rpartition("/")[2]], heading)


def _check_rows(rows: dict[str, list[str]], schema: dict[str, Any]) -> None:
    """Check a table of the reference: every key, its default or that it is required, its choices."""
    keys = {
        key: it for key, it in schema["properties"].items() if "$ref" not in it and "$ref" not in it.get("items", {})
    }
    assert rows.keys() == keys.keys()
    for key, described in keys.items():
        default, meaning = rows[key]
        assert (default == "required") == (key in schema.get("required", ())), key
        if default != "required":
            told = None if default == NOTHING else tomllib.loads(f"x = {default.strip('`')}")["x"]
            assert (None if told == {} else told) == described.get("default"), key
        for choice in described.get("enum", ()):
            assert f'"{choice}"' in meaning, key


TARGET = json.loads(schemas.shipped(schemas.KINDS["target"]))
TABLES = dict(_tables(TARGET))


@pytest.mark.parametrize("name", TABLES)
def test_reference_of_the_target_file_holds_every_key(name: str) -> None:
    _check_rows(PAGES["docs/target-file.md"].rows(name), TABLES[name])


def test_reference_of_the_waiver_file_holds_every_key() -> None:
    waiver = json.loads(schemas.shipped(schemas.KINDS["waivers"]))["$defs"]["Waiver"]
    _check_rows(PAGES["docs/target-file.md"].rows("The waiver file"), waiver)


def test_the_codec_that_is_shown_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = PAGES["docs/codecs.md"]
    (source,), (package,) = page.blocks("python"), page.tables()
    ((name, place),) = package["project"]["entry-points"]["portero.codecs"].items()
    (tmp_path / f"{place.partition(':')[0]}.py").write_text(source, encoding="utf-8")
    (tmp_path / "acme-1.dist-info").mkdir()
    (tmp_path / "acme-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1\n")
    (tmp_path / "acme-1.dist-info" / "entry_points.txt").write_text(f"[portero.codecs]\n{name} = {place}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert target.parse({"schema": 1, "name": "t", "channel": {"url": "tcp://core.example:1", "codec": name}})
    shown = codecs.load(name)
    test_codecs.test_what_one_side_seals_the_other_opens(shown)
    test_codecs.test_no_bit_can_be_changed(shown)
    test_codecs.test_noise_is_refused_in_one_way(shown)
    test_codecs.test_margin_counts_both_ways(shown, -11, opens=False)
    test_codecs.test_a_request_does_not_open_as_an_answer(shown)
    test_codecs.test_regions_cover_a_message_without_gaps(shown)
    test_codecs.test_any_integer_can_be_stamped(shown, -1)
