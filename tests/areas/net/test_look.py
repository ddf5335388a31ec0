"""Vantage points as others have them: wrapped in banners, broken, hanging, lying; and what is asked of a port."""

from __future__ import annotations

import ast
import json
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from conformance.areas.net import look as network
from conformance.areas.net import vantage as network_vantage
from conformance.areas.net.answers import protocol, questions
from conformance.bench import Bench
from conformance.bench.budget import Budget
from conformance.inputs import target
from conformance.secrecy.redact import Redactor
from conformance.secrecy.secret import Vault
from reference_server import Gateway
from reference_server.network import endpoint
from tests import layouts
from tests.arena import Outcomes, assess

WEB, CORE = endpoint("web", 443), endpoint("core", 6250)
SECRET = "correct-horse-battery-staple-4711"
RUNS_IT = '"$@"'


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    with layouts.layout() as running:
        yield running


def looked(gateway: Gateway, *scripts: str, reach: str = CORE, **of_vantage: Any) -> Outcomes:
    """Look from the right places, and from a client's network by a shell script each, which is given the command."""
    document = gateway.document()
    client = next(one for one in document["network"]["vantage"] if one["name"] == "client")
    for number, script in enumerate(scripts):
        command = ["sh", "-c", script, "sh", *client["command"]]
        document["network"]["vantage"].append(client | {"name": f"v{number}", "command": command} | of_vantage)
        document["network"]["reach"].append(
            {"from": f"v{number}", "to": reach, "service": "communication", "allowed": False}
        )
    return assess(document, gateway.environ | {"WA_SECRET": SECRET}, areas=["net"])


def why(outcomes: Outcomes, number: int, reach: str = CORE) -> str:
    """Return why nothing could be said from a place: for neither of its cases, and never a pass."""
    cases = [f"NET-02/from-v{number}/{reach}", f"NET-05/from-v{number}/{reach.rpartition(':')[0]}"]
    assert not set(cases) & outcomes.verdicts.keys()
    first, second = (outcomes.inconclusive[case] for case in cases)
    assert first == second
    return first


def test_commands_that_do_not_work_say_what_did_not(gateway: Gateway) -> None:
    asked_too_much = f"""sed 's/(3, 6)/(99, 0)/' | {RUNS_IT}"""
    scripts = {
        "exit 7": "ended with exit code 7; it said nothing on standard error",
        'echo "Permission denied (publickey)." >&2; exit 255': "exit code 255; it said: Permission denied",
        "cat > /dev/null": "printed nothing",
        "cat > /dev/null; echo Last login: yesterday": "printed no whole result, but: 'Last login: yesterday'",
        'cat > /dev/null; echo "{}"; echo "{\\"portero\\": \\"guess\\", \\"done\\": true}"': "printed no whole result",
        f"{RUNS_IT} | head -n 3": "printed no whole result",
        asked_too_much: "needs Python 3.6 or later there, and python3 is 3.",
        "exec no-such-program": "exit code 127",
        f"echo {SECRET} >&2; exit 1": "it said: «secret:WA_SECRET»",
        "yes": "printed more than 8 MiB",
    }
    outcomes = looked(gateway, *scripts)
    for number, words in enumerate(scripts.values()):
        assert words in why(outcomes, number)
    assert SECRET not in json.dumps(outcomes.observations)
    assert not outcomes.failed()
    assert len(outcomes.inconclusive) == 2 * len(scripts)  # the other places count as ever


def test_lines_may_come_with_a_prefix_each(gateway: Gateway) -> None:
    prefixed = f"""echo "{{motd}}"; {RUNS_IT} | sed "s/^/client: /" """
    outcomes = looked(gateway, prefixed, f"exec nice {RUNS_IT}")
    assert not outcomes.failed()
    assert {f"NET-02/from-v{number}/{CORE}" for number in (0, 1)} <= outcomes.verdicts.keys()


def test_a_command_that_is_not_there_is_named(gateway: Gateway) -> None:
    outcomes = looked(gateway, "", command=["no-such-program-4711", "-x"])
    assert 'its command "no-such-program-4711" cannot be run: No such file' in why(outcomes, 0)


def test_a_command_that_hangs_is_killed_with_all_that_it_started(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(network_vantage, "START", 2.0)
    began = time.monotonic()
    outcomes = looked(gateway, f"sleep 600 & echo $! > {tmp_path}/child; wait")
    assert "reached no Python within 2 s and was killed" in why(outcomes, 0)
    assert time.monotonic() - began < 15
    left = Path(f"/proc/{(tmp_path / 'child').read_text().strip()}/stat")
    assert not left.exists() or left.read_text().split()[2] == "Z"


def test_a_command_is_killed_when_the_run_is_over(gateway: Gateway, tmp_path: Path) -> None:
    document = gateway.document()
    document["network"]["vantage"][0]["command"] = [
        "sh",
        "-c",
        f"echo $$ > {tmp_path}/pid.new; mv {tmp_path}/pid.new {tmp_path}/pid; sleep 600",
    ]
    aim = target.parse({key: document[key] for key in ("schema", "name", "network")})
    bench = Bench(aim, Vault({}), Budget(aim.limits), Redactor())
    with ThreadPoolExecutor(1) as pool:
        seen = pool.submit(network.network.look, bench)
        while not (tmp_path / "pid").exists():
            os.sched_yield()
        bench.budget.stop()
        assert seen.result(10).vantages[0].trouble
    assert not Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}").exists()


def test_a_vantage_point_without_its_control_is_no_witness(gateway: Gateway) -> None:
    outcomes = looked(gateway, RUNS_IT, reachable=endpoint("core", 6252))
    assert "its own control 10.213.4.2:6252 has to answer there, and did not: refused" in why(outcomes, 0)


def test_a_middlebox_that_takes_every_connection_is_told_by_an_address_that_nobody_has() -> None:
    def everything_to_the_web_node(gateway: Gateway) -> None:
        rule = 'iifname "client" meta l4proto tcp dnat ip to 10.213.3.2:443'
        chain = f"chain prerouting {{\ntype nat hook prerouting priority -100;\n{rule}\n}}"
        gateway.networks.more_rules = f"table ip proxy {{\n{chain}\n}}"

    with layouts.layout(everything_to_the_web_node) as gateway:
        outcomes = assess(gateway.document(), gateway.environ, areas=["net"])
    ours = {case: reason for case, reason in outcomes.inconclusive.items() if "/from-client/" in case}
    assert len(ours) == 6
    assert all("something on the way takes every connection" in reason for reason in ours.values())
    assert not outcomes.failed()


def test_a_name_is_resolved_there_and_one_that_is_not_is_looked_at_by_address(gateway: Gateway, tmp_path: Path) -> None:
    knows = tmp_path / "knows.py"
    resolver = "import socket\nold = socket.getaddrinfo\n"
    resolver += "socket.getaddrinfo = lambda host, *rest, **more: "
    resolver += "old('10.213.4.2' if host == 'core.test' else host, *rest, **more)\n"
    knows.write_text(resolver)
    document = gateway.document()["network"]
    table = {"ports": [8080], "vantage": document["vantage"], "reach": []}
    web = next(one for one in table["vantage"] if one["name"] == "web")
    web["command"] = ["sh", "-c", f"cat {knows} - | {RUNS_IT}", "sh", *web["command"]]
    for name, allowed in (("web", True), ("client", False), ("management", False)):
        table["reach"].append({"from": name, "to": "core.test:6250", "service": "communication", "allowed": allowed})
    outcomes = assess({**gateway.document(), "network": table}, gateway.environ, areas=["net"])
    assert not outcomes.failed()
    verdict = outcomes.verdicts["NET-02/from-client/core.test:6250"]
    assert "10.213.4.2 refused" in verdict.observed
    assert "is not resolved at client" in verdict.notes[0]
    assert "answered" in outcomes.verdicts["NET-02/from-web/core.test:6250"].observed


def test_a_name_that_nobody_resolves_is_open(gateway: Gateway) -> None:
    outcomes = looked(gateway, RUNS_IT, reach="nowhere.invalid:6250")
    assert "no address to look at from v0" in outcomes.inconclusive["NET-02/from-v0/nowhere.invalid:6250"]


def test_limits_bound_what_a_vantage_point_sends(gateway: Gateway) -> None:
    document = gateway.document() | {"limits": {"connections": 1, "requests_per_second": 500, "requests": 90}}
    outcomes = assess(document, gateway.environ, areas=["net"])
    assert any("the limit of" in reason for reason in outcomes.inconclusive.values())
    assert not outcomes.failed()


def test_what_the_far_side_says_is_ours_where_it_is_no_error_of_a_system() -> None:
    def silence_for_clients(gateway: Gateway) -> None:
        chain = (
            'chain prerouting {\ntype filter hook prerouting priority -200;\niifname "client" tcp dport 6250 drop\n}'
        )
        gateway.networks.more_rules = f"table ip silence {{\n{chain}\n}}"

    with layouts.layout(silence_for_clients) as gateway:
        outcomes = looked(gateway, RUNS_IT, reach="nowhere.invalid:6250")
    verdict = outcomes.verdicts[f"NET-02/from-client/{CORE}"]
    assert ": filtered (no answer within 3 s); " in verdict.observed
    assert "no answer within {seconds:g} s" in str(verdict.observed.shape())
    assert outcomes.inconclusive["NET-02/from-v0/nowhere.invalid:6250"].shape()[-1][1] == "{error}"


def test_looks_that_are_not_through_in_time_say_so(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "LONGEST", 0.0)
    reason = looked(gateway, f"echo a banner >&2; {RUNS_IT}").inconclusive[f"NET-02/from-v0/{CORE}"]
    ours = "its looks were not through after {seconds:g} s: name fewer ports, or raise [limits]"
    assert f"exit code 3; it said: a banner {ours.format(seconds=0.0)}" in reason
    assert ours in str(reason.shape())


def test_the_far_side_is_python_3_6() -> None:
    source = Path(network.__file__).with_name("far.py").read_text(encoding="ascii")
    ast.parse(source, feature_version=(3, 6))
    assert "annotations" not in source.partition("class")[0]  # 3.7's


@pytest.mark.parametrize(
    ("said", "named"),
    [
        (b"HTTP/1.1 403 Forbidden\r\n", "HTTP 403"),
        (b"\x15\x03\x03\x00\x02\x02\x28", "TLS alert"),
        (b"\x16\x03\x03\x00\x7a\x02", "TLS"),
        (b"S", "PostgreSQL"),
        (b"N", "PostgreSQL"),
        (b"\x4a\0\0\0\x0a8.0.36\0", "MySQL"),
        (b"\x45\0\0\0\xff\x6a\x04Host", "MySQL"),
        (b"\x45\0\0\1\xff\x6a\x04Host", "MySQL"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "SSH"),
        (b"220 mail.example ESMTP\r\n", "an unknown protocol ('220 mail.example ESMTP\\r\\n')"),
    ],
)
def test_an_answer_is_named_by_its_protocol(said: bytes, named: str) -> None:
    assert protocol([("", said)], questions("core.example", 6250, set())) == (named, "")


def test_a_refusal_is_told_from_a_line_that_goes_dead() -> None:
    asked = questions("core.example", 6250, {"communication"})
    assert [question.name for question in asked] == ["http", "tls", "message", "database", "nothing"]
    refuses = [("silent", b""), ("silent", b""), ("closed", b""), ("silent", b""), ("silent", b"")]
    assert "waits for the end of a message" in protocol(refuses, asked)[0]
    for closing in ("closed", "reset"):
        reads_and_closes = [(closing, b"")] * 4 + [("silent", b"")]
        assert "waits for a message" in protocol(reads_and_closes, asked)[0]
    hangs_up = [("closed", b"")] * 5
    assert protocol(hangs_up, asked) == ("", "closed the connection without a word")
    assert protocol([("silent", b"")] * 5, asked) == ("", "said nothing to any question")


@pytest.mark.parametrize("host", ["core.example", "10.0.0.1", "fd00::1", "bücher.example", "-.", "a" * 80])
def test_every_host_can_be_asked(host: str) -> None:
    for services in (set(), {"database"}, {"control"}, {"admin"}):
        asked = questions(host, 443, services)
        assert [question.name for question in asked if not question.send] == ["nothing"] * ("control" in services)
