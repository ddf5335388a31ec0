"""A target file that cannot be used is told so, whole, in plain words, before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from conformance.inputs.target import SECTIONS, Channel, Target, Webapp, parse
from conformance.inputs.target_file import check_client_key, read
from conformance.inputs.toml_text import spell
from conformance.model import UnusableInput
from conformance.secrecy.secret import open_vault
from reference_server.pki import Authority, LeafSpec

HEAD = 'schema = 1\nname = "x"\n'
WEBAPP = '[webapp]\nurl = "https://wa.example:9090"\n'
SECRET = "hunter2hunter2"


def troubles(folder: Path, text: str | bytes) -> list[str]:
    """Return what is said of a file, without its name."""
    path = folder / "target.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(UnusableInput) as caught:
        read(path)
    return [re.sub(r"^(\d+):\d+:", r"\1:", line.removeprefix(f"{path}:")) for line in str(caught.value).splitlines()]


def test_a_wrong_edition_hides_no_other_error(tmp_path: Path) -> None:
    found = troubles(tmp_path, HEAD.replace("1", '"1"') + WEBAPP + "http_port = [80]\n")
    assert [line.partition(":")[0] for line in found] == ["1", "5"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", '1: "schema" is missing'),
        ('name = "x"\n' + WEBAPP, '1: "schema" is missing'),
        ("schema = 1\n" + WEBAPP, '1: "name" is missing'),
        (HEAD, "1: declares nothing to probe: add at least one of [webapp], [channel], [identity]"),
        (HEAD.replace("1", "2") + WEBAPP, "1: schema 2 is newer than this Portero, which reads 1: update Portero"),
        (HEAD.replace("1", '"1"') + WEBAPP, '1: "schema" must be a whole number: write schema = 1'),
        (HEAD.replace("1", "true") + WEBAPP, '1: "schema" must be a whole number: write schema = 1'),
        (HEAD.replace("1", "0") + WEBAPP, "1: there is no schema 0: write schema = 1"),
        (
            HEAD + 'consent = "writ"\n' + WEBAPP,
            '3: "consent" must be "read", "write" or "destructive"; did you mean "wr',
        ),
        (HEAD + "tagret = 1\n" + WEBAPP, '3: unknown key "tagret" at the top of the file'),
        (HEAD + "[webap]\nurl = 1\n", '3: unknown key "webap" at the top of the file; did you mean "webapp"?'),
        (
            HEAD + 'webapp = "https://x"\n',
            '3: "webapp" must be a table: head it with [webapp], and write its',
        ),
        (HEAD + "[[webapp]]\n", '3: "webapp" must be a table'),
        (HEAD + "[webapp]\n", '3: "webapp.url" is missing'),
        (HEAD + WEBAPP + "http_port = [80]\n", '5: unknown key "http_port" in [webapp]; did you mean "http_ports"?'),
        (HEAD + WEBAPP + "http_ports = 80\n", '5: "webapp.http_ports" must be a list'),
        (HEAD + WEBAPP + "http_ports = [80, 80]\n", '5: "webapp.http_ports": holds the same value twice'),
        (HEAD + WEBAPP + "http_ports = [0]\n", '5: "webapp.http_ports[1]" must be from 1 to 65535'),
        (HEAD + WEBAPP + 'http_ports = ["80"]\n', '5: "webapp.http_ports[1]" must be a whole number, without quotes'),
        (
            HEAD + WEBAPP + "probe_throttling = 1\n",
            '5: "webapp.probe_throttling" must be true or false, without',
        ),
        (HEAD + WEBAPP + 'admin_paths = ["login"]\n', '5: "webapp.admin_paths[1]" must be a path that starts with /'),
        (HEAD + WEBAPP + 'guideline = "5.9"\n', '5: "webapp.guideline" must be "4.0", "5.7", "5.8" or "6.0"'),
        (
            HEAD + WEBAPP + 'guideline = "6.0"\nsecurity_level = "old"\n',
            '3: "webapp": guideline 6.0 has no security_level "old": declare guideline "5.8", or a higher level',
        ),
        (HEAD + '[webapp]\nurl = "http://x"\n', '4: "webapp.url" must be a URL that starts with https:// and a host'),
        (HEAD + '[webapp]\nurl = "https://x:a/"\n', '4: "webapp.url": the port in this URL must be a number'),
        (HEAD + '[webapp]\nurl = "https://[::1/"\n', '4: "webapp.url": is not a URL: an IPv6 address stands in square'),
        (
            HEAD + '[webapp]\nurl = "https://x/app"\n',
            '4: "webapp.url" must be scheme, host and port only: paths',
        ),
        (HEAD + "[limits]\nrequests = -1\n" + WEBAPP, '4: "limits.requests" must be more than 0'),
        (HEAD + "[limits]\nconnections = 1.5\n" + WEBAPP, '4: "limits.connections" must be a whole number'),
        (
            HEAD + '[channel]\nurl = "tcp://x"\ncodec = "fernt"\n',
            '5: "channel.codec" must name a codec that is',
        ),
        (HEAD + WEBAPP + 'ca_file = "none.pem"\n', '5: "webapp.ca_file": none.pem cannot be read: No such file'),
        (
            HEAD + WEBAPP + 'ca_file = "target.toml"\n',
            '5: "webapp.ca_file": target.toml holds no certificate in',
        ),
        (HEAD + WEBAPP + 'client_cert = "target.toml"\n', '3: "webapp": client_cert and client_key go together'),
        (HEAD + '[deployment]\ncompose_files = ["no.yml"]\n', '4: "deployment.compose_files": no.yml cannot be read'),
        (HEAD + '[deployment]\ncerts_dir = "target.toml"\n', '4: "deployment.certs_dir": target.toml is not a folder'),
        (
            HEAD + '[scope]\nexclude = [\n {requirement = "ACC_02", reason = "x"}]\n' + WEBAPP,
            '5: excludes "ACC_02", which is no requirement, nor a pattern of one (HOOK-*); did you mean "ACC-02"?',
        ),
        (
            HEAD + '[scope]\nexclude = [{requirement = "ACC-01", reason = ""}]\n' + WEBAPP,
            '4: "scope.exclude[1].reason" must be text that is not empty',
        ),
        (HEAD + "[identity]\nurl = 1\n", '4: "identity.url" must be text in quotes'),
        (
            HEAD + '[identity]\nurl = "https://x"\nuid_pointer = "email"\n',
            '5: "identity.uid_pointer" must be a JSON Pointer, which starts with /',
        ),
        (HEAD + "a = 1\na = 2\n", "4: not valid TOML: the same key stands there twice: keep one of the two"),
        (HEAD + "[a]\n[a]\n", "4: not valid TOML: the same table stands there twice: put its keys under one heading"),
        (HEAD + "a = x\n", "3: not valid TOML: this value cannot be read: text stands in quotes"),
        (HEAD + 'a = "x\n', "3: not valid TOML: a text is not closed: put a quote at its end, on the same line"),
        (HEAD + "a = [1\n", "not valid TOML: "),
        ('name = "é"\n'.encode("latin-1"), "1: is not UTF-8 text: save the file as UTF-8"),
        (b"#" * ((1 << 20) + 1), " is larger than 1 MiB"),
        (b"a = " + b"[" * 100_000, "nested too deeply"),
    ],
)
def test_error_is_told_with_its_line(tmp_path: Path, text: str | bytes, line: str) -> None:
    assert any(line in told for told in troubles(tmp_path, text)), troubles(tmp_path, text)


def test_every_error_is_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = HEAD + 'consent = "x"\n[limits]\nrequests = 0\n' + WEBAPP + 'ca_file = "no.pem"\nguideline = 5.8\nfoo = 1\n'
    told = troubles(tmp_path, text)
    assert [line.partition(":")[0] for line in told] == ["3", "5", "8", "9", "10"]


@pytest.mark.parametrize(
    "text",
    [
        WEBAPP + f'[webapp.admin]\nusername = "a"\npassword = "{SECRET}"\n',
        f'[webapp]\nurl = "https://admin:{SECRET}@wa.example"\n',
        f'[channel]\nurl = "tcp://x"\nsecret = "{SECRET}"\n',
        f'[channel]\nurl = "tcp://x"\nsecret = ["{SECRET}"]\n',
        f'[identity]\nurl = "https://x"\nprevious_secrets = ["{SECRET}"]\n',
        f'[identity]\nurl = "https://x"\n[identity.headers]\nAuthorization = "Bearer {SECRET}"\n',
        f'[identity]\nurl = "https://x"\n[identity.state]\nurl = "https://{SECRET}@x"\n',
        f'[database]\nengine = "mysql"\nhost = "h"\nport = 1\nname = "n"\npassword = "{SECRET}"\n',
        f'[webapp]\nurl = "https://x"\nsecurity_level = "{SECRET}"\n',
        f'[webapp]\nurl = "{SECRET}"\n',
    ],
)
def test_literal_secret_is_refused_and_not_repeated(tmp_path: Path, text: str) -> None:
    told = troubles(tmp_path, HEAD + text)
    assert told
    assert SECRET not in "\n".join(told)


def test_folder_and_absent_file_are_told_apart(tmp_path: Path) -> None:
    for path, words in ((tmp_path, "Is a directory"), (tmp_path / "no.toml", "No such file"), (Path("a\0b"), "null")):
        with pytest.raises(UnusableInput, match=words):
            read(path)


def test_mark_of_other_editors_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "target.toml"
    path.write_bytes(b"\xef\xbb\xbf" + (HEAD + WEBAPP).replace("\n", "\r\n").encode())
    assert read(path).sections == ("webapp",)


def _wrong_values(model: type[BaseModel], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, field in model.model_fields.items():
        key = (*path, field.alias or name)
        yield key
        for argument in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if isinstance(argument, type) and issubclass(argument, BaseModel):
                yield from _wrong_values(argument, key)


@pytest.mark.parametrize("key", [k for k in _wrong_values(Target) if k != ("schema",)], ids=".".join)
def test_no_wrong_value_is_answered_in_the_parser_s_words(tmp_path: Path, key: tuple[str, ...]) -> None:
    values: list[Any] = [1, -1, True, 1.5, "x", "", [1], [[]], ["a", 3], {"zz": 1}, "@date@", [{"zz": 1}]]
    for value in values:
        document: dict[str, Any] = {"schema": 1, "name": "x"}
        table = document
        for part in key[:-1]:
            table = table.setdefault(part, {})
        table[key[-1]] = value
        path = tmp_path / "target.toml"
        path.write_text(spell(document).replace('"@date@"', "2026-01-01"), encoding="utf-8")
        try:
            read(path)
        except UnusableInput as trouble:
            for line in str(trouble).splitlines():
                assert re.match(rf"{re.escape(str(path))}:\d+:\d+: ", line)
                assert not re.search(
                    r"Input should|valid (string|tuple|dict|integer|boolean)|pydantic|Field required", line
                )


def test_client_key_has_to_fit_its_certificate(tmp_path: Path) -> None:
    authority = Authority()
    leaf, other = authority.issue(LeafSpec()), authority.issue(LeafSpec())
    (tmp_path / "ca.pem").write_bytes(authority.pem)
    (tmp_path / "client.pem").write_bytes(leaf.chain_pem)
    (tmp_path / "target.toml").write_text(
        HEAD + WEBAPP + 'ca_file = "ca.pem"\nclient_cert = "client.pem"\nclient_key = "file:client.key"\n', "utf-8"
    )
    aim = read(tmp_path / "target.toml")
    for key, words in (
        (leaf.key_pem, None),
        (other.key_pem, "the key is not that of client_cert's first certificate"),
        (b"-----BEGIN NOTHING-----", "holds no private key in PEM form"),
    ):
        (tmp_path / "client.key").write_bytes(key)
        vault = open_vault(aim.secret_refs(), {}, tmp_path)
        if words is None:
            check_client_key(aim, vault, tmp_path)
            continue
        with pytest.raises(UnusableInput, match=words):
            check_client_key(aim, vault, tmp_path)


def test_the_other_certificates_key_has_to_fit_as_well(tmp_path: Path) -> None:
    authority = Authority()
    leaf, other = authority.issue(LeafSpec()), authority.issue(LeafSpec())
    (tmp_path / "other.pem").write_bytes(leaf.chain_pem)
    (tmp_path / "other.key").write_bytes(other.key_pem)
    table = '[database]\nengine = "mysql"\nhost = "db.example"\nport = 3306\nname = "waweb"\n'
    pair = 'other_client_cert = "other.pem"\n'
    path = tmp_path / "target.toml"
    path.write_text(HEAD + table + pair, "utf-8")
    with pytest.raises(UnusableInput, match="other_client_cert and other_client_key go together"):
        read(path)
    path.write_text(HEAD + table + pair + 'other_client_key = "file:other.key"\n', "utf-8")
    aim = read(path)
    with pytest.raises(UnusableInput, match="the key is not that of other_client_cert's first certificate"):
        check_client_key(aim, open_vault(aim.secret_refs(), {}, tmp_path), tmp_path)


def test_area_without_requirements_may_be_left_out_beforehand(tmp_path: Path) -> None:
    path = tmp_path / "target.toml"
    path.write_text(HEAD + '[scope]\nexclude = [{requirement = "HOOK-*", reason = "not ours"}]\n' + WEBAPP, "utf-8")
    assert read(path).excluded("HOOK-03") == "not ours"


@pytest.mark.parametrize("key", ["web_services", "core_services"])
def test_service_that_no_case_can_be_named_after_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="holds no control characters"):
        parse({"schema": 1, "name": "x", "deployment": {"compose_files": ["c.yml"], key: ["a\nb"]}})


def test_a_section_is_found_by_its_kind_and_a_missing_one_is_named() -> None:
    aim = Target.model_validate({"schema": 1, "name": "t", "webapp": {"url": "https://web.example"}})
    assert aim.declared(Webapp) is aim.webapp
    with pytest.raises(LookupError, match=r"declares no \[channel\]"):
        aim.declared(Channel)


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_has_the_name_of_its_kind(section: str) -> None:
    assert f"{section.capitalize()} | None" == Target.__annotations__[section]
