"""The command line: quick, and plain about what it can do and what it cannot use."""

from __future__ import annotations

import argparse
import json
import re
import resource
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from conformance import __version__, catalogue, cli
from conformance.inputs import target, toml_comments
from conformance.inputs.target_file import read
from conformance.locale import LANGUAGES, tongue
from conformance.model import Exit
from conformance.sentence import Sentence
from reference_server.faults import faults, near_misses
from reference_server.pki import Authority
from tests.live import CHECKOUT, at_default, portero, results

TEMPLATE = CHECKOUT / "conformance" / "commands" / "init.toml"


def call(*words: str | Path) -> int:
    """Run a command in this process."""
    return cli.main([str(word) for word in words])


def test_help_imports_nothing_heavy() -> None:
    heavy = {"pytest", "pydantic", "requests", "sslyze", "cryptography", "rich", "jinja2", "babel"}
    program = "import sys; from conformance import cli\ntry: cli.main(['--help'])\nfinally: print(sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    assert not heavy & set(done.stdout.rpartition("[")[2].replace("'", "").replace(",", "").split())


def test_help_is_quick() -> None:
    assert min(_help_seconds() for _ in range(5)) < 0.2


def _help_seconds() -> float:
    """Return the processor time that --help takes: what others do on the machine does not count."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "conformance", "--help"], cwd=CHECKOUT, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        call("--version")
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"portero {__version__}\n"


def test_list_is_the_catalogue(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("list", "--json", "--lang", "es") == Exit.OK
    rows = json.loads(capsys.readouterr().out)
    assert [row["id"] for row in rows] == list(catalogue.load())
    assert rows[0]["title"] == catalogue.text(catalogue.load()[rows[0]["id"]], "title", "es")
    assert call("list") == Exit.OK
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(catalogue.load())


def test_list_of_faults_marks_near_misses(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("list", "--faults", "--json") == Exit.OK
    rows = json.loads(capsys.readouterr().out)
    assert {row["name"] for row in rows if not row["near_miss"]} == set(faults())
    assert {row["name"] for row in rows if row["near_miss"]} == set(near_misses())
    assert all(set(row) >= {"name", "breaks", "area", "text"} for row in rows)
    assert call("list", "--faults") == Exit.OK
    assert len(capsys.readouterr().out.splitlines()) == len(rows)


def test_explain_says_all_there_is_of_a_requirement(capsys: pytest.CaptureFixture[str]) -> None:
    row = catalogue.load()["ACC-01"]
    assert call("explain", "acc-01") == Exit.OK
    text = " ".join(capsys.readouterr().out.split())
    for part in (row.id, row.title, row.statement, row.judged, row.repair, row.source):
        assert part in text


WEB_SERVERS = ("nginx", "HAProxy", "Apache", "lighttpd")
NOT_THE_SERVERS = {"TLS-01", "TLS-06", "HDR-10"}  # a generator's, the issuer's and the page's affair


@pytest.mark.parametrize("lang", LANGUAGES)
def test_repair_of_a_web_server_names_the_usual_four(lang: str) -> None:
    rows = catalogue.load().values()
    of_servers = [row for row in rows if row.area in ("tls", "hdr") or row.id in ("ACC-01", "ACC-02")]
    lacking = {
        row.id for row in of_servers if not all(name in catalogue.text(row, "repair", lang) for name in WEB_SERVERS)
    }
    assert lacking == NOT_THE_SERVERS


def test_explain_breaks_no_directive_in_two(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("explain", "TLS-02", "--lang", "es") == Exit.OK
    told = capsys.readouterr().out
    assert "Cómo se repara: " in told
    assert "ssl-default-bind-options" in told
    assert "ssl.openssl.ssl-conf-cmd" in told


@pytest.mark.parametrize("consent", ["read", "write", "destructive"])
def test_init_writes_what_check_takes_and_leaves_out_what_consent_does(
    consent: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "target.toml"
    assert call("init", path, "--consent", consent) == Exit.OK
    assert call("check", path) == Exit.OK
    assert "a usable target file" in capsys.readouterr().out
    aim = read(path)
    rows = [row for row in catalogue.load().values() if row.excluded is None]
    beyond = {row.id for row in rows if not aim.permits(row.consent)}
    assert {row.id for row in rows if aim.excluded(row.id)} == beyond | {"AUTH-09"}  # which has an opt-in of its own


def test_init_overwrites_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "target.toml"
    path.write_text("mine", encoding="utf-8")
    assert call("init", path) == Exit.UNUSABLE
    assert path.read_text(encoding="utf-8") == "mine"
    assert "is there already" in capsys.readouterr().err
    assert call("init", tmp_path / "no" / "folder.toml") == Exit.UNUSABLE


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_key_of_the_written_file_is_known_when_switched_on(lang: str, tmp_path: Path) -> None:
    path = tmp_path / "target.toml"
    call("init", path, "--lang", lang)
    text = path.read_text(encoding="utf-8")
    switched = "".join(
        line.removeprefix("# ") if line.startswith(("# [", "# ")) and ("=" in line or line.startswith("# [")) else line
        for line in text.splitlines(keepends=True)
    )
    for name in ("staging-ca.pem", "db-ca.pem", "db-client.pem", "db-other.pem", "stub-ca.pem"):
        (tmp_path / name).write_bytes(Authority().pem)
    for name in ("docker-compose.yml", "db.env"):
        (tmp_path / name).touch()
    (tmp_path / "certs").mkdir()
    path.write_text(switched, encoding="utf-8")
    assert read(path).sections == target.SECTIONS


def test_comments_of_the_written_file_are_in_its_language(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spanish, english = tmp_path / "es.toml", tmp_path / "en.toml"
    assert (call("init", spanish, "--lang", "es"), call("init", english)) == (Exit.OK, Exit.OK)
    assert call("check", spanish) == Exit.OK
    assert capsys.readouterr().out.endswith(f"{spanish}: a usable target file\n")
    told, plain = spanish.read_text(encoding="utf-8"), english.read_text(encoding="utf-8")
    comments, templates = (
        set(toml_comments.comments(told)),
        toml_comments.comments(TEMPLATE.read_text(encoding="utf-8")),
    )
    assert len(templates) > 40
    assert {comment.within(tongue("es")) for comment in templates} <= comments
    assert comments & {*toml_comments.comments(plain)} == {"WA_WEB_SECURITY_LEVEL: modern | intermediate | old"}
    assert not comments & {*templates}
    assert r'reason = "necesita el consentimiento \"write\", que aquí no se da"' in told
    assert codes(told) == codes(plain)


def codes(text: str) -> list[str]:
    """List what stands before the comments of a target file, where it stands."""
    lines = (line for line in text.splitlines() if " = " in line or "[" in line[:3])
    return [line.rpartition(" # ")[0] or line for line in lines if "reason = " not in line]


def test_a_bad_file_is_told_of_in_spanish_and_its_own_words_are_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "open and closed.toml"
    path.write_text(
        """schema = 1
name = ""
[webapp]
url = "http://x"
admin_paths = ["header"]
haeder = "none"
ca_file = "is missing.pem"
security_level = "moderm"
[channel]
url = "https://x/c"
secret = "closed"
tolerance_seconds = "none"
""",
        encoding="utf-8",
    )
    assert call("check", path, "--lang", "es") == Exit.UNUSABLE
    told = capsys.readouterr().err.splitlines()
    expected = (
        '2:1: "name" tiene que ser texto no vacío y sin caracteres de control',
        '4:1: "webapp.url" tiene que ser una URL que empieza por https:// y una máquina',
        '5:16: "webapp.admin_paths[1]" tiene que ser una ruta que empieza por / y lleva codificación por ciento',
        '6:1: clave desconocida "haeder" en [webapp]; ahí se conocen: addresses, admin, ',
        '7:1: "webapp.ca_file": no se puede leer is missing.pem: ',
        '8:1: "webapp.security_level" tiene que ser "modern", "intermediate" o "old"; ¿quiso decir «modern»?',
        '11:1: "channel.secret": un secreto nunca figura en este archivo: escriba "env:NAME" o "file:PATH"',
        '12:1: "channel.tolerance_seconds" tiene que ser un número entero, sin comillas',
    )
    assert len(told) == len(expected)
    assert all(line.startswith(f"portero: {path}:{start}") for line, start in zip(told, expected, strict=True)), told


@pytest.mark.parametrize("words", [("--lang", "es", "--help"), ("--lang=es", "-h"), ("--lang", "es", "run", "--help")])
def test_help_in_spanish_holds_no_english(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        call(*words)
    assert ended.value.code == 0
    told = capsys.readouterr().out
    assert told.startswith("uso: portero ")
    assert "\nopciones:\n" in told
    assert "muestra esta ayuda y termina" in told
    assert not {"the", "show", "usage", "options", "FILE", "COMMAND"} & {*re.findall(r"\w+", told)}


def test_every_command_speaks_the_language_before_it_and_behind_it() -> None:
    parser = cli.parser("es")
    for name in (
        "run",
        "check",
        "init",
        "explain ACC-01",
        "list",
        "diff a b",
        "rejudge r",
        "render r",
        "restore",
        "serve",
    ):
        assert parser.parse_args(name.split()).lang == "es"
        assert parser.parse_args(["--lang", "en", *name.split(), "--lang", "es"]).lang == "es"
    assert cli.with_command(["--lang", "es"]) == ["--lang", "es", "run"]
    assert cli.with_command(["--lang", "es", "-q"]) == ["--lang", "es", "run", "-q"]
    assert cli.with_command(["--lang=es", "list"]) == ["--lang=es", "list"]
    assert cli.with_command(["--lang"]) == ["run", "--lang"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("lisst", "portero: argumento ORDEN: opción no válida: 'lisst' (elija entre "),
        ("explain", "portero: faltan estos argumentos: ID\n"),
        ("run --also", "portero: argumento --also: se esperaba un valor\n"),
        ("run --quiet=1", "portero: argumento -q/--quiet: no lleva valor, y se le dio '1'\n"),
        ("run --no-such", "portero: argumentos desconocidos: --no-such\n"),
        ("run --level mus", "; ¿quiso decir must?\n"),
        ("explain HDR-0x", "portero: ningún requisito se llama «HDR-0x»; ¿quiso decir «HDR-"),
        ("serve --fault no-such-fault-here", "portero: no hay ningún fallo que se llame «no-such-fault-here»"),
        ("check", "portero: check: nombre el archivo de objetivo o de exenciones"),
    ],
)
def test_unusable_command_lines_are_told_of_in_spanish(
    words: str, told: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: set[str] = set()

    class Noting(dict[str, Sentence]):
        def __contains__(self, text: object) -> bool:
            asked.add(str(text))
            return super().__contains__(text)

    known = cli.OF_ARGPARSE
    monkeypatch.setattr(cli, "OF_ARGPARSE", Noting(known))
    gettext = vars(argparse)["_"]
    try:
        code = call("--lang", "es", *words.split())
    except SystemExit as ended_by_argparse:
        code = int(str(ended_by_argparse.code))
    assert code == Exit.UNUSABLE
    assert told in capsys.readouterr().err
    assert asked
    assert asked <= {*known, "%(heading)s:"}, "argparse says something that has no translation"
    assert vars(argparse)["_"] is gettext


def test_a_run_that_cannot_begin_says_so_in_spanish(tmp_path: Path) -> None:
    ended = portero("--lang", "es", "--target", "no/such.toml", "--reports", tmp_path)
    assert ended.code == Exit.UNUSABLE
    assert ended.errors.startswith("portero: no/such.toml: no se puede leer: ")


def test_check_names_what_is_wrong_in_a_waiver_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "w.toml"
    path.write_text('schema = 1\n[[waiver]]\nid = "W"\n', encoding="utf-8")
    assert call("check", path) == Exit.UNUSABLE
    assert f'portero: {path}:2:1: "waiver[1].requirement" is missing' in capsys.readouterr().err


def test_check_names_secrets_that_are_not_set(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_SUCH", raising=False)
    path = tmp_path / "t.toml"
    identity = '[identity]\nurl = "https://x/i"\nsecret = "file:none.txt"\nuids = ["a"]\n'
    channel = '[channel]\nurl = "tcp://x:1"\nsecret = "env:NO_SUCH"\n'
    path.write_text(f'schema = 1\nname = "x"\n{channel}{identity}', encoding="utf-8")
    assert call("check", path) == Exit.OK
    told = capsys.readouterr().out
    assert "a run cannot begin here yet: environment variable NO_SUCH is not set" in told
    assert f"a run cannot begin here yet: secret file {tmp_path / 'none.txt'} cannot be read" in told


def test_defect_of_a_command_is_an_internal_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> None:
        raise TypeError("a defect")

    monkeypatch.setattr(catalogue, "load", broken)
    assert call("list") == Exit.INTERNAL
    assert "a defect" in capsys.readouterr().err


def test_interrupt_before_a_run_has_begun(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(catalogue, "load", interrupted)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    assert call("list") == Exit.INTERRUPTED
    assert capsys.readouterr().err == "portero: interrupted\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_serve_writes_a_target_that_a_run_from_elsewhere_takes(number: signal.Signals, tmp_path: Path) -> None:
    target = tmp_path / "here" / "served.toml"
    target.parent.mkdir()
    words = [sys.executable, "-m", "conformance", "serve", "--write-target", str(target)]
    with at_default(number), subprocess.Popen(words, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None
        lines = [serving.stdout.readline(), serving.stdout.readline()]
        assert lines[0] == f"target file: {target} (portero run --target {target})\n"
        assert lines[1].startswith("ready: webapp https://localhost:")
        secrets = sorted(target.parent.glob("served.*.secret"))
        assert secrets
        assert {stat.S_IMODE(path.stat().st_mode) for path in (target, *secrets)} == {0o600}
        assert not any(path.read_text().strip() in target.read_text() for path in secrets)
        if number is signal.SIGINT:
            ended = portero("run", "--target", target, "--area", "acc", "--reports", tmp_path / "r", cwd=tmp_path)
            assert ended.code == Exit.OK, ended.output + ended.errors
            assert results(tmp_path / "r")["target"]["name"] == "reference"
        serving.send_signal(number)
        assert serving.wait(20) == Exit.OK
    assert list(target.parent.iterdir()) == []


def test_serve_overwrites_nobody_s_file(tmp_path: Path) -> None:
    (tmp_path / "t.toml").write_text("mine", encoding="utf-8")
    ended = portero("serve", "--write-target", tmp_path / "t.toml")
    assert ended.code == Exit.UNUSABLE
    assert (tmp_path / "t.toml").read_text(encoding="utf-8") == "mine"


def test_a_run_takes_no_code_from_the_folder_that_it_is_started_in(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("raise SystemExit('taken')\n")
    ended = portero("run", "--target", "none.toml", cwd=tmp_path)
    assert ended.code == Exit.UNUSABLE
    assert ended.errors.startswith("portero: none.toml: cannot be read")


def test_reader_that_leaves_early_is_no_error() -> None:
    words = f"{sys.executable} -m conformance list --json | head -c 1"
    done = subprocess.run(["/bin/sh", "-c", words], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[", "")


def test_no_keys_of_connections_are_written_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    for area in ("idv", "tls"):
        portero("run", "--area", area, "--reports", tmp_path / "r")
    assert results(tmp_path / "r")["counts"]["pass"]
    assert not (tmp_path / "keys").exists()
