"""Starts real web servers as their packages ship them, each in a folder of its own, and ends them."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

REQUIRED = "PORTERO_REQUIRE_SERVERS"
_PATIENCE = 10.0


def installed(program: str) -> str:
    """Return the path of a program; without it the test is skipped, or fails where servers are required."""
    path = shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin")
    return path or lacking(f"{program} is not installed")


def lacking(what: str) -> NoReturn:
    """Skip the test, which says what this machine lacks; fail it where everything is required."""
    if os.environ.get(REQUIRED):
        pytest.fail(f"{what}, and {REQUIRED} is set")
    pytest.skip(what)


@contextmanager
def nginx(folder: Path, settings: str) -> Iterator[int]:
    """Run nginx with `settings` in its server block; yields the port."""
    port = free_port()
    with nginx_servers(
        folder, port, f"server {{ listen 127.0.0.1:{port} ssl;\n{settings}\nlocation / {{ return 200; }} }}"
    ):
        yield port


@contextmanager
def nginx_servers(folder: Path, port: int, servers: str) -> Iterator[None]:
    """Run nginx with whole server blocks, one of which listens at `port`."""
    program = installed("nginx")
    scratch = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr;\n"
        f"events {{ worker_connections 512; }}\n"
        f"http {{ access_log off; {scratch}\n{servers} }}\n"
    )
    with running([program, "-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf")], port, folder):
        yield


@contextmanager
def haproxy(folder: Path, bind: str, tuning: str = "") -> Iterator[int]:
    """Run HAProxy with the words `bind` after the address, and `tuning` in its global section; yields the port."""
    port = free_port()
    sections = f"frontend web\n  bind 127.0.0.1:{port} ssl {bind}\n  http-request return status 200\n"
    with haproxy_sections(folder, port, sections, tuning):
        yield port


@contextmanager
def haproxy_sections(folder: Path, port: int, sections: str, tuning: str = "") -> Iterator[None]:
    """Run HAProxy with whole sections, one of which listens at `port`."""
    program = installed("haproxy")
    (folder / "haproxy.cfg").write_text(
        f"global\n  maxconn 500\n{tuning}\n"
        "defaults\n  mode http\n  timeout connect 5s\n  timeout client 5s\n  timeout server 5s\n"
        f"{sections}"
    )
    with running([program, "-db", "-f", str(folder / "haproxy.cfg")], port, folder):
        yield


@contextmanager
def apache(folder: Path, settings: str) -> Iterator[int]:
    """Run Apache with `settings` in its virtual host; yields the port."""
    port = free_port()
    hosts = f"Listen 127.0.0.1:{port}\n<VirtualHost 127.0.0.1:{port}>\nSSLEngine on\n{settings}\n</VirtualHost>\n"
    with apache_hosts(folder, port, hosts):
        yield port


@contextmanager
def apache_hosts(folder: Path, port: int, hosts: str, *more_modules: str) -> Iterator[None]:
    """Run Apache with whole virtual hosts, one of which listens at `port`."""
    program = installed("apache2")
    modules = Path("/usr/lib/apache2/modules")
    loads = "\n".join(
        f"LoadModule {name}_module {modules}/mod_{name}.so"
        for name in ("mpm_event", "authz_core", "socache_shmcb", "ssl", *more_modules)
    )
    (folder / "apache.conf").write_text(
        f"{loads}\nServerRoot {folder}\nDefaultRuntimeDir {folder}\nPidFile {folder}/apache.pid\nErrorLog /dev/stderr\n"
        f"ServerName localhost\nUser nobody\nMaxRequestWorkers 64\nStartServers 1\n"
        f"DocumentRoot {folder}\n{hosts}"
    )
    with running([program, "-X", "-f", str(folder / "apache.conf")], port, folder):
        yield


@contextmanager
def node(folder: Path, settings: str) -> Iterator[int]:
    """Run Node's own HTTPS server with `settings`, the inside of a JavaScript object; yields the port."""
    program, port = installed("node"), free_port()
    script = (
        "const read = require('fs').readFileSync;\n"
        f"require('https').createServer({{{settings}}}, (_, answer) => answer.end()).listen({port}, '127.0.0.1');\n"
    )
    (folder / "server.js").write_text(script)
    with running([program, str(folder / "server.js")], port, folder):
        yield port


@contextmanager
def s_server(folder: Path, *arguments: str) -> Iterator[int]:
    """Run OpenSSL's test server; yields the port."""
    program, port = installed("openssl"), free_port()
    with running([program, "s_server", "-accept", f"127.0.0.1:{port}", "-www", *arguments], port, folder):
        yield port


def free_port() -> int:
    """Return a port that was free a moment ago: these servers take no socket of ours."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port: int = sock.getsockname()[1]
        return port


@contextmanager
def running(command: list[str], port: int, folder: Path) -> Iterator[None]:
    log = folder / "server.log"
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:
        try:
            _wait_until_it_listens(process, port, log)
            yield
        finally:
            process.terminate()


def _wait_until_it_listens(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    ends = time.monotonic() + _PATIENCE
    while time.monotonic() < ends and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except ConnectionRefusedError:
            time.sleep(0.01)
        else:
            return
    pytest.fail(f"{process.args!r} does not listen: {log.read_text()}")
