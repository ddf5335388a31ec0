from __future__ import annotations

from pathlib import Path

import pytest

from conformance.areas.dep.compose.nodes import ComposeTrouble, Node, Source, called
from conformance.areas.dep.compose.yaml_nodes import LARGEST, read_yaml


def read(folder: Path, text: str | bytes) -> Node:
    path = folder / "compose.yml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_yaml(path, Source("compose.yml", folder))[0]


@pytest.mark.parametrize(
    ("written", "spelt"),
    [
        ("yes", "yes"),
        ("off", "off"),
        ("true", "true"),
        ("True", "true"),
        ("'True'", "True"),
        ("0", "0"),
        ("010", "8"),
        ("0o10", "8"),
        ("0x1F", "31"),
        ("1_000", "1000"),
        ("1.10", "1.1"),
        ('"1.10"', "1.10"),
        ("2.0", "2"),
        ("22:22", "22:22"),
        ("1e3", "1000"),
        ("2.41.2", "2.41.2"),
        ("~", ""),
        ("null", ""),
        ("", ""),
        ("'~'", "~"),
        ("2026-01-01", "2026-01-01"),
        ("!!str 5", "5"),
        ("9090-9099", "9090-9099"),
    ],
)
def test_plain_values_are_spelt_as_compose_does(tmp_path: Path, written: str, spelt: str) -> None:
    found = read(tmp_path, f"key: {written}\n").value
    assert isinstance(found, dict)
    assert found["key"].text == spelt


def test_values_know_their_line_through_anchors_and_merge_keys(tmp_path: Path) -> None:
    text = "base: &base\n  a: one\n  b: [two]\nother:\n  <<: [*base, {a: later, c: three}]\n  b: own\n"
    other = read(tmp_path, text).get("other")
    assert other is not None
    assert {name: (n.text if n.value != [] else "", n.line) for name, n in other.items("other")} == {
        "a": ("one", 2),
        "c": ("three", 5),
        "b": ("own", 6),
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("services:\n  a: [1\n", r"^compose\.yml:3:1: not valid YAML: "),
        ("services:\n\ta: 1\n", r"^compose\.yml:2:1: not valid YAML: .*cannot start any token"),
        ("a: 1\nb: 2\na: 3\n", r"^compose\.yml:3: this key is there already, in line 1$"),
        ("a: *nobody\n", r"^compose\.yml:1:4: not valid YAML: .*undefined alias"),
        ("a: &a [*a]\n", r"^compose\.yml:1: an anchor holds an alias of itself$"),
        ("a: {<<: [1]}\n", r"^compose\.yml:1: a merge key takes a mapping"),
        ("1: a\n", r"^compose\.yml:1: a key must be text: put it in quotes$"),
        (b"a: 1\nb: \xff\n", r"^compose\.yml:2: is not UTF-8 text$"),
        (b"a: 1\nb: \x00\n", r"^compose\.yml:2:4: not valid YAML: a character that is not allowed$"),
        ("a: " + "[" * 9000 + "]" * 9000, r"^compose\.yml: is nested too deeply$"),
        ("a:\n  " + "- " * 9000 + "x\n", r"^compose\.yml: is nested too deeply$"),
        (b"#" * (LARGEST + 1), "larger than 512 KiB"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(tmp_path: Path, text: str | bytes, said: str) -> None:
    with pytest.raises(ComposeTrouble, match=said):
        read(tmp_path, text)


def test_tabs_between_tokens_are_blanks(tmp_path: Path) -> None:
    assert [leaf.text for leaf in read(tmp_path, 'a:\tone\nb: {\n\t"c":\t"two"\n}\n').leaves()] == ["one", "two"]


def test_aliases_of_aliases_are_bounded(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(ComposeTrouble, match="its aliases make more than 100000 values"):
        read(tmp_path, "\n".join(lines))


@pytest.mark.parametrize(
    "name",
    [
        *("TAG", "WA_API_VERSION", "db_password", "dbPassword", "K8S_TOKEN", "S3_BUCKET", "OAUTH2", "splunk-token"),
        *("traefik.http.routers.a.tls", "KEY_12", "requirepass"),
    ],
)
def test_names_made_of_words_may_be_repeated(name: str) -> None:
    assert called(name) == name


@pytest.mark.parametrize(
    "name",
    [
        *(
            "Zq9vLm2Rt8Wx4Yb6Nc0Ae",
            "ZQ9VLM2RT8WX",
            "zq9vlm",
            "HXV5TMY",
            "ZqVlMrTwXyBn",
            "mfrggzdfmztwq2lkmfrgg",
            "A1B2C3D",
        ),
        *("9f86d081884c", "DB_Zq9vLm", "WA_SECRET=abc", "a b", "", "x" * 101),
    ],
)
def test_what_may_be_a_piece_of_a_secret_is_not_repeated(name: str) -> None:
    assert called(name) == "…"
