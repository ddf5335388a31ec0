"""What the recorded lines say of a browser's effect is what a real browser does."""

from __future__ import annotations

import json
import re
from contextlib import ExitStack
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from reference_server.http import HttpServer, Request, Response
from reference_server.pki import Authority, LeafSpec
from tests.areas.hdr.test_vectors import VECTORS
from tests.chromium import dump

REPLAYED = {n: v for n, v in enumerate(VECTORS) if v["judged"] in ("HDR-01", "HDR-02", "HDR-04", "HDR-08")}
FRAMED, SNIFFED, SCRIPTED = (
    [n for n, vector in REPLAYED.items() if vector["judged"] in judged]
    for judged in (("HDR-02",), ("HDR-04",), ("HDR-01", "HDR-08"))
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


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    folder = tmp_path_factory.mktemp("browser")
    context = Authority().issue(LeafSpec()).context()
    stage = Stage()
    with ExitStack() as closing:
        server = HttpServer(stage.answer, lambda sock: context.wrap_socket(sock, server_side=True))
        server.start()
        closing.callback(server.stop)
        # Another host name is another site to a browser, whatever address it leads to.
        stage.own, stage.third = (f"https://{host}:{server.port}" for host in ("localhost", "127.0.0.1"))
        flags = ("--ignore-certificate-errors", "--virtual-time-budget=20000")
        dom = dump(stage.own + "/", Path(folder / "profile"), *flags)
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


@pytest.mark.parametrize("number", SCRIPTED)
def test_scripts(seen: set[str], number: int) -> None:
    vector: dict[str, Any] = REPLAYED[number]
    if vector["effect"] == "none":
        assert _ran(seen, number) == KINDS
    else:
        assert _ran(seen, number) == set(filter(None, vector["effect"].removeprefix("runs:").split(",")))
