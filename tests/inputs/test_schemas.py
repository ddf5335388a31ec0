"""The JSON Schemas for editors: current, and of the same opinion as the readers."""

from __future__ import annotations

import json
import re
import tomllib
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from conformance.cli import main
from conformance.inputs import schemas
from conformance.model import Exit
from reference_server import Gateway

CHECKOUT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", schemas.MODELS)
def test_shipped_schema_is_the_one_of_the_models(name: str) -> None:
    shipped = schemas.shipped(name)
    assert shipped == schemas.text(name), (
        "a model has changed: `python -m conformance.inputs.schemas` writes the schemas again"
    )
    jsonschema.Draft7Validator.check_schema(json.loads(shipped))


@pytest.fixture(scope="module")
def served() -> dict[str, Any]:
    with Gateway() as gateway:
        return gateway.document()


def troubles(kind: str, document: Any) -> list[str]:
    validator = jsonschema.Draft7Validator(json.loads(schemas.shipped(schemas.KINDS[kind])))
    return [error.message for error in validator.iter_errors(document)]


def test_schema_takes_what_the_suite_writes_and_shows(served: dict[str, Any]) -> None:
    assert troubles("target", served) == []
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```toml\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    assert troubles("target", tomllib.loads(example)) == []


@pytest.mark.parametrize(
    ("section", "key", "value", "told"),
    [
        ("webapp", "no_such", 1, "Additional properties are not allowed"),
        ("webapp", "security_level", "modem", "is not one of"),
        ("webapp", "http_ports", 80, "is not of type 'array'"),
        ("channel", "secret", "the secret itself", "does not match"),
        ("webapp", "http_ports", [70000], "is greater than the maximum of 65535"),
        ("webapp", "url", "http://gw.example", "does not match"),
        ("webapp", "url", "https://gw.example/path", "does not match"),
        ("webapp", "admin_paths", ["login"], "does not match"),
        ("identity", "method", "post", "does not match"),
        ("identity", "hash_pointer", "client_hash", "does not match"),
        ("channel", "wait", "yes", "is not of type 'boolean'"),
    ],
)
def test_schema_refuses_what_the_reader_refuses(
    section: str, key: str, value: Any, told: str, served: dict[str, Any]
) -> None:
    document = deepcopy(served)
    document[section][key] = value
    assert any(told in trouble for trouble in troubles("target", document))


def test_schema_of_a_waiver_file() -> None:
    listed = {name: ["*"] for name in ("cases", "subjects")}
    row = dict.fromkeys(("id", "requirement", "reason", "approved_by"), "x") | listed
    document: dict[str, Any] = {"schema": 1, "waiver": [row | {"approved_on": "2026-10-01", "expires": "2026-12-31"}]}
    assert troubles("waivers", document) == []
    del document["waiver"][0]["expires"]
    assert troubles("waivers", document) == ["'expires' is a required property"]


@pytest.mark.parametrize("kind", schemas.KINDS)
def test_check_prints_them(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--schema", kind]) == Exit.OK
    assert capsys.readouterr().out == schemas.shipped(schemas.KINDS[kind])
