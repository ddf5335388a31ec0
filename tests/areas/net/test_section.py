"""What a target file may not say of its networks; each in a sentence, before anything is sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.inputs.target_file import read
from conformance.model import UnusableInput

VANTAGE = '[[network.vantage]]\nname = "client-net"\nreachable = "wa.example:443"\n'
REACH = '[[network.reach]]\nfrom = "client-net"\nto = "core.example:6250"\nservice = "communication"\nallowed = false\n'
BOTH = VANTAGE + REACH


def write(folder: Path, tables: str) -> Path:
    path = folder / "target.toml"
    path.write_text('schema = 1\nname = "layout"\n' + tables, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        (BOTH.replace('from = "client-net"', 'from = "clint-net"'), "names 'clint-net'.*client-net declared"),
        (BOTH + VANTAGE, "two .*vantage.* have the same name"),
        (BOTH + REACH.replace("false", "true"), "declared both allowed and not"),
        (BOTH.replace("core.example:6250", "core.example"), r'reach\[1\].to" must be a host and a port'),
        (BOTH.replace("core.example:6250", "fd00::1:6250"), "square brackets"),
        (BOTH.replace("core.example:6250", "core.example:66000"), "must be a host and a port"),
        (BOTH.replace("core.example:6250", "http://core.example:6250"), "must be a host and a port"),
        (BOTH.replace("wa.example:443", ":443"), r'vantage\[1\].reachable" must be a host and a port'),
        (BOTH.replace("communication", "comunication"), 'did you mean "?communication'),
        ("[network]\nports = [80, 80]\n" + BOTH, "the same value twice"),
        ("[network]\nports = [0]\n" + BOTH, "must be from 1 to 65535"),
    ],
)
def test_what_cannot_be_meant_is_refused(tables: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match=words):
        read(write(tmp_path, tables))


@pytest.mark.parametrize("address", ["10.0.0.5:6250", "[fd00::5]:6250", "core:1", "core.example.:65535"])
def test_every_spelling_of_an_address_is_taken(address: str, tmp_path: Path) -> None:
    network = read(write(tmp_path, BOTH.replace("core.example:6250", address))).network
    assert network is not None
    assert network.reach[0].to == address
