"""JSON Schemas of the operator's files, which editors complete and check by; shipped beside the code.

`python -m conformance.inputs.schemas` writes them again after a change of a model.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from conformance.inputs import waivers
from conformance.inputs.target import Target

FOLDER = Path(__file__).parent
# The name of each schema file, and what it describes. The name is also what the target file's first line calls it.
MODELS: dict[str, tuple[type[BaseModel], str]] = {
    "portero-target.schema.json": (Target, "Portero target file"),
    "portero-waivers.schema.json": (waivers.File, "Portero waiver file"),
}
KINDS = {"target": "portero-target.schema.json", "waivers": "portero-waivers.schema.json"}


def text(name: str) -> str:
    """Return the schema called `name` as its models have it: JSON Schema draft 7, which every editor knows."""
    model, title = MODELS[name]
    found = _lean(model.model_json_schema(by_alias=True))
    return json.dumps({"$schema": "http://json-schema.org/draft-07/schema#", **found, "title": title}, indent=2) + "\n"


def shipped(name: str) -> str:
    """Return the schema called `name` as it is shipped."""
    return (FOLDER / name).read_text(encoding="ascii")


def write() -> None:
    """Write every schema where it is shipped from."""
    for name in MODELS:
        (FOLDER / name).write_text(text(name), encoding="ascii")


def _lean(value: Any) -> Any:
    """Leave out what says nothing to an editor: titles made of names, and null, which TOML does not have."""
    if isinstance(value, list):
        return [_lean(one) for one in value]
    if isinstance(value, str):
        return " ".join(value.split())
    if not isinstance(value, dict):
        return value
    kept = {key: _lean(inner) for key, inner in value.items() if not _idle(key, inner)}
    choices = [one for one in kept.get("anyOf", ()) if one != {"type": "null"}]
    if len(choices) == 1:
        del kept["anyOf"]
        kept = choices[0] | kept
    return kept


def _idle(key: str, value: Any) -> bool:
    return (key == "title" and isinstance(value, str)) or (key == "default" and value is None)


if __name__ == "__main__":
    write()
