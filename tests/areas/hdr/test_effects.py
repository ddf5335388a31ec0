"""What the recorded lines say of a browser's effect is what a real browser does."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from reference_server.http import Handler, HttpServer, Request, Response
from reference_server.pki import Authority, LeafSpec
from tests.areas.hdr.test_vectors import VECTORS
from tests.chromium import dump

REPLAYED = {n: v for n, v in enumerate(VECTORS) if v["judged"] != "HDR-03" and "url" not in v}
FRAMED, SNIFFED, TOLD, SCRIPTED = (
    [n for n, vector in REPLAYED.items() if vector["judged"] in judged]
    for judged in (("HDR-02",), ("HDR-04",), ("HDR-05",), ("HDR-01", "HDR-08"))
)
KINDS = {"self", "third", "data", "inline", "handler", "eval"}

# Every page tells the top window what ran, and the top window writes it down.
_TOP = """<!doctype html><pre id="seen"></pre><script>
const seen = new Set();
addEventListener('message', event => { seen.add(event.data); show(); });
function show() { document.getElementById('seen').textContent = JSON.stringify([...seen]); }
</script>
"""
_SCRIPTED = """<!doctype html>
<script>top.postMessage('SELF inline', '*')</script>
<img src="data:," onerror="top.postMessage('SELF handler', '*')">
<script src="/ran?NUMBER self"></script><script src="THIRD/ran?NUMBER third"></script>
<script src="data:text/javascript,top.postMessage('NUMBER data','*')"></script>
"""


class Stage:
    """Serves the pages of every vector, each with its lines, on two origins."""

    def __init__(self) -> None:
        self.own = self.third = ""

    def answer(self, request: Request) -> Response:
        kind, _, number = urlsplit(request.path).path[1:].partition("/")
        if kind == "":
            return Response.html(_TOP + self._parts())
        if kind == "ran":
            return _script(request.path.partition("?")[2].replace("%20", " "))
        if kind == "framed":
            response = Response.html(f"<script>top.postMessage('{number} ' + location.hostname, '*')</script>")
        elif kind == "sniffed":
            response = Response(200, [("Content-Type", "text/plain")], f"postMessage('{number} ran', '*')".encode())
        else:
            response = Response.html(
                _SCRIPTED.replace("SELF", number).replace("NUMBER", number).replace("THIRD", self.third)
            )
        response.headers += [(name, value) for name, value in REPLAYED[int(number)]["lines"]]
        return response

    def _parts(self) -> str:
        frames = [f"{origin}/framed/{n}" for n in FRAMED for origin in (self.own, self.third)]
        frames += [f"{self.own}/scripted/{n}" for n in SCRIPTED]
        scripts = [f'<script src="/sniffed/{n}"></script>' for n in SNIFFED]
        return "".join([*(f'<iframe src="{url}"></iframe>' for url in frames), *scripts])


def _script(said: str) -> Response:
    text = f"top.postMessage('{said}', '*');"
    number, _, kind = said.partition(" ")
    if kind == "self":
        text += f"try {{ eval(\"top.postMessage('{number} eval', '*')\") }} catch (refused) {{ }}"
    return Response(200, [("Content-Type", "text/javascript")], text.encode())


# A page in plain HTTP, because one on HTTPS may fetch nothing in the clear. The port that http:// leads to speaks TLS
# alone: it answers only where the browser was told to come back over HTTPS.
_VISITS = """<!doctype html><pre id="seen"></pre><script>
const seen = [], host = n => `//v${n}.example:PORT/told/${n}`, quiet = {mode: 'no-cors'};
for (const n of NUMBERS) fetch('https:' + host(n), quiet).then(() => fetch('http:' + host(n), quiet))
    .then(() => seen.push(n + ' upgraded'), () => {})
    .then(() => { document.getElementById('seen').textContent = JSON.stringify(seen); });
</script>
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    stage = Stage()
    with _serving(stage.answer) as (port, _):
        # Another host name is another site to a browser, whatever address it leads to.
        stage.own, stage.third = (f"https://{host}:{port}" for host in ("localhost", "127.0.0.1"))
        profile = tmp_path_factory.mktemp("browser") / "profile"
        return _written(dump(stage.own + "/", profile, "--ignore-certificate-errors", "--virtual-time-budget=20000"))


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Tell who came back over HTTPS: the certificate has to be fine for that, and the host to have a name."""
    with _serving(Stage().answer) as (port, pin), ExitStack() as closing:
        text = _VISITS.replace("PORT", str(port)).replace("NUMBERS", str(TOLD))
        plain = HttpServer(lambda _: Response.html(text))
        plain.start()
        closing.callback(plain.stop)
        flags = ("--host-resolver-rules=MAP *.example 127.0.0.1", f"--ignore-certificate-errors-spki-list={pin}")
        profile = tmp_path_factory.mktemp("browser") / "profile"
        return _written(dump(f"http://127.0.0.1:{plain.port}/", profile, *flags, "--virtual-time-budget=20000"))


@contextmanager
def _serving(answer: Handler) -> Iterator[tuple[int, str]]:
    """Serve over TLS; yields the port, and the hash of the certificate's key."""
    leaf = Authority().issue(LeafSpec())
    context = leaf.context()
    server = HttpServer(answer, lambda sock: context.wrap_socket(sock, server_side=True))
    server.start()
    key = x509.load_pem_x509_certificate(leaf.chain_pem).public_key()
    told = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    try:
        yield server.port, b64encode(sha256(told).digest()).decode()
    finally:
        server.stop()


def _written(dom: str) -> set[str]:
    found = re.search(r'<pre id="seen">(.*?)</pre>', dom)
    assert found is not None, dom[:2000]
    return set(json.loads(unescape(found[1])))


def _ran(seen: set[str], number: int) -> set[str]:
    return {kind for said in seen for n, _, kind in [said.partition(" ")] if n == str(number)}


@pytest.mark.parametrize("number", FRAMED)
def test_framing(seen: set[str], number: int) -> None:
    by_whom = {
        "deny": set(),
        "sameorigin": {"localhost"},
        "none": {"localhost", "127.0.0.1"},
    }
    effect: str = REPLAYED[number]["effect"]
    if effect == "frame-ancestors":
        assert "localhost" in _ran(seen, number)
    else:
        assert _ran(seen, number) == by_whom[effect]


@pytest.mark.parametrize("number", SNIFFED)
def test_sniffing(seen: set[str], number: int) -> None:
    assert _ran(seen, number) == ({"ran"} if REPLAYED[number]["effect"] == "none" else set())


@pytest.mark.parametrize("number", TOLD)
def test_transport(upgraded: set[str], number: int) -> None:
    assert _ran(upgraded, number) == ({"upgraded"} if REPLAYED[number]["effect"] == "upgrade" else set())


@pytest.mark.parametrize("number", SCRIPTED)
def test_scripts(seen: set[str], number: int) -> None:
    vector: dict[str, Any] = REPLAYED[number]
    if vector["effect"] == "none":
        assert _ran(seen, number) == KINDS
    else:
        assert _ran(seen, number) == set(filter(None, vector["effect"].removeprefix("runs:").split(",")))
