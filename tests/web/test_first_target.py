"""`portero init`: what it writes beside itself, and what one look at a web app fills in."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.inputs import schemas
from conformance.inputs.target_file import read
from conformance.locale import tongue
from conformance.model import Exit
from conformance.sentence import NOTHING, Sentence, say
from conformance.web import first_look, first_target
from conformance.web.exchange import Exchange
from conformance.web.first_look import NOWHERE, FirstLook, admin_pages, api_paths
from reference_server import Gateway
from tests import null
from tests.test_cli import call

SCHEMA = "portero-target.schema.json"


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    with Gateway("intermediate") as running:
        yield running


def test_one_look_fills_in_what_it_sees(
    gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    declared = gateway.document()["webapp"]
    ports = (80, declared["http_ports"][0])
    monkeypatch.setattr(first_look.look, "__defaults__", (ports,))
    path = tmp_path / "t.toml"
    assert call("init", path, "--from-url", declared["url"] + "/some/page") == Exit.OK
    told = capsys.readouterr().out
    assert told.splitlines()[0] == f"{path}: written; fill it in, then: portero check {path}"
    found = read(path)
    assert found.name == "localhost"
    assert found.webapp is not None
    assert found.webapp.url == declared["url"]
    assert found.webapp.security_level == "intermediate"
    assert {"/", "/login"} <= set(found.webapp.admin_paths)
    assert found.webapp.api_paths == ("/v1/health", "/v1/settings/application")
    assert ports[1] in found.webapp.http_ports
    text = path.read_text(encoding="utf-8")
    assert text.startswith(f"#:schema ./{SCHEMA}\n")
    assert "needed: by what this machine trusts, the certificate does not verify" in text
    assert "Seen: TLS 1.2, TLS 1.3, certificate ECDSA" in text
    assert "80: connection refused" in text


def test_look_is_a_small_one(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = first_look._bench(gateway.document()["webapp"]["url"])
    monkeypatch.setattr(first_look, "_bench", lambda _: bench)
    first_look.look(gateway.document()["webapp"]["url"], ())
    assert bench.budget.requests_sent == 6
    assert bench.budget.connections_opened <= 16


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://localhost", "must be a URL that starts with https:// and a host"),
        ("https://", "must be a URL that starts with https:// and a host"),
        ("https://u:p@localhost", "a URL holds no user name and no password here"),
        ("https://localhost:0x50", "the port in this URL must be a number"),
        ("https://[::1", "is not a URL: an IPv6 address stands in square brackets"),
        ("localhost:1", "localhost:1 could not be reached: connection refused"),
        ("https://no-such-host.invalid", "no-such-host.invalid:443 could not be reached: the name does not resolve"),
    ],
)
def test_url_that_shows_nothing_gets_a_sentence_and_no_file(
    url: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("init", tmp_path / "t.toml", "--from-url", url) == Exit.UNUSABLE
    said = capsys.readouterr().err
    assert said.startswith(f"portero: --from-url {url}: {told}")
    assert said.endswith(": nothing was written\n")
    assert list(tmp_path.iterdir()) == []


def test_plain_http_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def speaks_http(client: socket.socket) -> None:
        client.recv(1 << 12)
        client.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    with null.listening(speaks_http) as port:
        assert call("init", tmp_path / "t.toml", "--from-url", f"https://127.0.0.1:{port}") == Exit.UNUSABLE
    assert "speaks plain HTTP, not TLS: nothing was written" in capsys.readouterr().err


def page(status: int, body: str = "", *headers: tuple[str, str], trouble: Sentence = NOTHING) -> Exchange:
    return Exchange("GET", "https://x/", status, headers, body, trouble=trouble)


def seen(nowhere: Exchange, **pages: Exchange) -> FirstLook:
    every = dict.fromkeys((*first_look.ADMIN_PATHS, *first_look.API_PATHS), page(404, "none"))
    given = {name.replace("_", "/"): answer for name, answer in pages.items()}
    return FirstLook(("tls-1.3",), "rsa", NOTHING, {}, every | given | {NOWHERE: nowhere})


def test_pages_are_told_from_a_server_that_answers_everything_alike() -> None:
    same = page(200, "one page for all")
    assert admin_pages(seen(same, _=same, _login=same)) == ["/"]
    assert api_paths(seen(same, _v1_health=same)) == []
    nothing = page(404, "none")
    assert admin_pages(seen(nothing, _login=page(302, "", ("Location", "/"))))[1:] == ["/login"]
    refused = page(401, "{}", ("content-type", "application/json"))
    assert api_paths(seen(refused, _v1_health=refused)) == ["/v1/health"]
    assert api_paths(seen(nothing, _v1_health=page(0, trouble=say("connection reset")))) == []


def test_what_was_seen_cannot_break_out_of_its_comment(monkeypatch: pytest.MonkeyPatch) -> None:
    evil = page(301, "", ("Location", 'https://x/\n[webapp]\nurl = "https://evil"\x1b'))
    found = FirstLook(("tls-1.3",), "rsa", Sentence("bad\nchain"), {80: evil}, seen(page(404), _login=evil).pages)
    monkeypatch.setattr(first_target, "look", lambda _: found)
    values = first_target.values("gw.example", tongue("en"))
    assert all("\n" not in value and value.isprintable() for value in values.values())
    assert "modern asks for an ECDSA certificate" in values["security_level"]
    assert values["name"] == '"gw.example"'
    told = first_target.values("gw.example", tongue("es"))
    assert all("\n" not in value and value.isprintable() for value in told.values())
    assert "Visto: TLS 1.3, certificado RSA; modern pide un certificado ECDSA." in told["security_level"]
    assert '; /login: estado 301 hacia https://x/\\n[webapp]\\nurl = "https://evil"\\x1b' in told["admin_paths"]


def test_schema_beside_the_file_is_kept_as_somebody_left_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("init", tmp_path / "a.toml") == Exit.OK
    assert (tmp_path / SCHEMA).read_text(encoding="ascii") == schemas.shipped(SCHEMA)
    assert f"{tmp_path / SCHEMA}: written" in capsys.readouterr().out
    assert call("init", tmp_path / "b.toml") == Exit.OK
    assert SCHEMA not in capsys.readouterr().out
    (tmp_path / SCHEMA).write_text("{}", encoding="ascii")
    assert call("init", tmp_path / "c.toml", "--lang", "es") == Exit.OK
    assert "se deja como está" in capsys.readouterr().out
    assert (tmp_path / SCHEMA).read_text(encoding="ascii") == "{}"
