"""Runs one sslyze scan in a process of its own: a job as JSON comes in on stdin, what was found goes out on stdout.

Kept apart because sslyze cannot be stopped from outside, costs half a second and much memory to import, and waits
for minutes on a server that falls silent. Its library's types do not leave this module.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from nassl import _nassl
from nassl.ssl_client import BaseSslClient, ClientCertificateRequested
from sslyze import server_connectivity
from sslyze.errors import TlsHandshakeFailed
from sslyze.plugins.robot._robot_tester import RobotScanResultEnum
from sslyze.plugins.scan_commands import ScanCommand
from sslyze.plugins.session_renegotiation_plugin import SessionRenegotiationExtraArgument
from sslyze.scanner.models import ScanCommandsExtraArguments, ServerScanRequest
from sslyze.scanner.scanner import Scanner
from sslyze.server_connectivity import ClientAuthRequirementEnum, ServerConnectivityInfo, TlsVersionEnum
from sslyze.server_setting import ClientAuthenticationCredentials, ServerNetworkConfiguration, ServerNetworkLocation

_CIPHER_COMMANDS = {
    "ssl-2.0": "ssl_2_0_cipher_suites",
    "ssl-3.0": "ssl_3_0_cipher_suites",
    "tls-1.0": "tls_1_0_cipher_suites",
    "tls-1.1": "tls_1_1_cipher_suites",
    "tls-1.2": "tls_1_2_cipher_suites",
    "tls-1.3": "tls_1_3_cipher_suites",
}
_RENEGOTIABLE = {
    "ssl-3.0": TlsVersionEnum.SSL_3_0,
    "tls-1.0": TlsVersionEnum.TLS_1_0,
    "tls-1.1": TlsVersionEnum.TLS_1_1,
    "tls-1.2": TlsVersionEnum.TLS_1_2,
}
_ALWAYS = ("heartbleed", "openssl_ccs_injection", "robot", "tls_compression", "session_renegotiation")
_FAILURES = (TlsHandshakeFailed, ClientCertificateRequested, OSError, _nassl.OpenSSLError)
_ROBOT = {
    RobotScanResultEnum.VULNERABLE_WEAK_ORACLE: True,
    RobotScanResultEnum.VULNERABLE_STRONG_ORACLE: True,
    RobotScanResultEnum.NOT_VULNERABLE_NO_ORACLE: False,
}
_ROBOT_UNTOLD = {
    RobotScanResultEnum.NOT_VULNERABLE_RSA_NOT_SUPPORTED: "no-rsa",
    RobotScanResultEnum.UNKNOWN_INCONSISTENT_RESULTS: "contradictory",
}


def scan(job: dict[str, Any]) -> dict[str, Any]:
    """Scan what the relay at `job["port"]` on loopback leads to.

    Returns SslyzeFindings' fields but for its sentences: `unfinished` has sslyze's words, None where it did not even
    begin; `robot` a kind of doubt; `refused`, alone, its words where no handshake succeeded.
    """
    if job["is_address"]:
        # RFC 6066 forbids an address as a server name; some servers refuse it.
        setattr(BaseSslClient, "set_tlsext_host_name", lambda *_: None)  # noqa: B010 - mypy forbids to assign
    if job["suites_only"]:
        # It would wait for words after the handshake, for as long as it has patience, and databases say none.
        optional = ClientAuthRequirementEnum.OPTIONAL
        setattr(server_connectivity, "_detect_client_auth_requirement_with_tls_1_3", lambda *_, **__: optional)  # noqa: B010
    credentials = None
    if job["client_cert"]:
        credentials = ClientAuthenticationCredentials(Path(job["client_cert"]), Path(job["client_key"]))
    location = ServerNetworkLocation(job["server_name"], job["port"], ip_address="127.0.0.1")
    network = ServerNetworkConfiguration(
        tls_server_name_indication=job["server_name"],
        tls_client_auth_credentials=credentials,
        network_timeout=job["patience"],
        network_max_retries=2,
    )
    names = {_CIPHER_COMMANDS[version] for version in job["versions"]}
    if not job["suites_only"]:
        names |= {*_ALWAYS, "tls_1_3_early_data"} if "tls-1.3" in job["versions"] else {*_ALWAYS}
    commands = {ScanCommand(name) for name in names}
    scanner = Scanner(job["connections"], concurrent_server_scans_limit=1)
    # Its own look at client-started renegotiation is not used.
    once = None if job["suites_only"] else SessionRenegotiationExtraArgument(client_renegotiation_attempts=1)
    arguments = ScanCommandsExtraArguments(session_renegotiation=once)
    scanner.queue_scans([ServerScanRequest(location, network, commands, arguments)])
    result = next(scanner.get_results())
    if result.scan_result is None or result.connectivity_result is None:
        return {"refused": _in_words(result.connectivity_error_trace)}
    server = ServerConnectivityInfo(location, network, result.connectivity_result)
    attempts = {name: getattr(result.scan_result, name) for name in sorted(names)}
    unfinished = {name: _in_words(each.error_trace) for name, each in attempts.items() if each.result is None}
    suites = {v: _suites(attempts[_CIPHER_COMMANDS[v]].result) for v in job["versions"]}
    if job["suites_only"]:
        return {"unfinished": unfinished, "suites": suites}
    robot = attempts["robot"].result
    findings = _findings({name: attempt.result for name, attempt in attempts.items() if attempt.result})
    findings["client-renegotiation"] = _renegotiates(server, job["versions"])
    return {
        "unfinished": unfinished,
        "robot": _ROBOT_UNTOLD.get(robot.robot_result) if robot else None,
        "suites": suites,
        "findings": findings,
    }


def _suites(result: Any) -> list[str]:
    return [accepted.cipher_suite.name for accepted in result.accepted_cipher_suites] if result else []


def _findings(results: dict[str, Any]) -> dict[str, bool | None]:
    """Return what sslyze says, without what it did not finish."""
    found: dict[str, bool | None] = {}
    if (heartbleed := results.get("heartbleed")) is not None:
        found["heartbleed"] = heartbleed.is_vulnerable_to_heartbleed
    if (ccs := results.get("openssl_ccs_injection")) is not None:
        found["ccs-injection"] = ccs.is_vulnerable_to_ccs_injection
    if (robot := results.get("robot")) is not None and robot.robot_result in _ROBOT:
        found["robot"] = _ROBOT[robot.robot_result]
    if (compression := results.get("tls_compression")) is not None:
        found["compression"] = compression.supports_compression
    if (renegotiation := results.get("session_renegotiation")) is not None:
        found["insecure-renegotiation"] = not renegotiation.supports_secure_renegotiation
    if (early := results.get("tls_1_3_early_data")) is not None:
        found["early-data"] = early.supports_early_data
    return found


def _renegotiates(server: ServerConnectivityInfo, versions: list[str]) -> bool | None:
    """Tell whether the server takes a renegotiation that the client starts; None where no handshake succeeds.

    One that is taken is taken, and more are not asked for: sslyze asks for ten in a row, and calls it refused where a
    server puts an end to them after a few. Each OpenSSL inside asks, under the highest version that has renegotiation:
    the old one knows SSL 3.0, the newer X25519 and ChaCha20; and the name may lead to more than one server.
    """
    version = next((_RENEGOTIABLE[name] for name in reversed(versions) if name in _RENEGOTIABLE), None)
    answers = [_renegotiates_with(server, version, legacy=legacy) for legacy in (True, False)] if version else []
    told = [answer for answer in answers if answer is not None]
    return any(told) if told else None


def _renegotiates_with(server: ServerConnectivityInfo, version: TlsVersionEnum, *, legacy: bool) -> bool | None:
    try:
        connection = server.get_preconfigured_tls_connection(version, should_use_legacy_openssl=legacy)
    except ValueError:  # the newer one has no SSL 3.0
        return None
    try:
        connection.connect()
    except _FAILURES:
        connection.close()
        return None
    client = connection.ssl_client
    try:
        client._ssl.renegotiate()  # only the old one's client has a method for it
        client.do_handshake()
    except _FAILURES as refusal:
        # The client's own refusal, of a server without RFC 5746, says nothing of the server's.
        return None if "unsafe legacy renegotiation" in str(refusal) else False
    finally:
        connection.close()
    return True


def _in_words(trace: Any) -> str | None:
    if trace is None:
        return None
    # sslyze's own errors begin with the address, which is the relay's here.
    return (str(trace) or str(trace.exc_type)).splitlines()[0].partition(" -> ")[2].strip('".') or str(trace)


if __name__ == "__main__":
    answer = sys.stdout
    sys.stdout = sys.stderr
    json.dump(scan(json.load(sys.stdin)), answer)
