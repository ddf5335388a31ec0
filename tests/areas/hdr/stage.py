"""Pages with recorded header lines, shown to real browsers: each tells what came of it, and the stage keeps that."""

from __future__ import annotations

import json
import queue
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from html import escape
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from reference_server.http import HttpServer, Request, Response
from reference_server.pki import Authority, LeafSpec
from tests import chromium, firefox

Row = dict[str, Any]
Visit = Callable[[str], list[str]]

OWN = "https://gateway.test"
SUB = "https://sub.gateway.test"
THIRD = "https://cdn.other.test"
TOPS = (OWN, SUB, THIRD)
"""Whose pages try to frame the rows' pages."""
NONCE = "abc123"
FILES = {
    "js": f"{OWN}/js/a.js",
    "lib": f"{OWN}/lib/a.js",
    "port": f"{OWN}:8443/js/a.js",
    "sub": f"{SUB}/js/a.js",
    "third-js": f"{THIRD}/js/a.js",
    "third-lib": f"{THIRD}/lib/a.js",
    "third-port": f"{THIRD}:8443/js/a.js",
}
"""Script files of every page, by the word that tells that they ran."""

_PATIENCE = 300.0  # seconds for one page's report; 1100 frames take 18 s on two idle cores


def _telling(word: str, more: str = "") -> str:
    """Return a script that tells what it is called, and tries to have text run as script."""
    tell = "const tell = word => parent.postMessage(location.pathname.slice('/scripted/'.length) + ' ' + word, '*');"
    run = """try { eval("tell('eval')") } catch (refused) { }"""
    return f"{{{tell} tell('{word}'); {run} {more}}}"


# A script that is trusted by its name, and brings another that is not.
_MORE = (
    f"const more = document.createElement('script'); more.src = '{THIRD}/lib/a.js?more'; document.head.append(more);"
)
_HASHED = _telling("hashed", _MORE)
HASH = b64encode(sha256(_HASHED.encode()).digest()).decode()


def _scripted(row: Row) -> str:
    files = "".join(f'<script src="{url}?{word}"></script>' for word, url in FILES.items())
    meta = f'<meta http-equiv="Content-Security-Policy" content="{escape(row["meta"])}">' if "meta" in row else ""
    return (
        f"<!doctype html><head>{meta}<title></title></head><script>{_telling('inline')}</script>"
        f'<img src="data:," onerror="{escape(_telling("handler"))}">'
        f'<script nonce="{NONCE}">{_telling("named", _MORE)}</script><script>{_HASHED}</script>'
        f'<script nonce="{NONCE}" src="{THIRD}/lib/a.js?tag"></script>'
        f'{files}<script src="data:text/javascript,{escape(_telling("data"))}"></script>'
    )


# The last part comes after all others and has no policy: once it is heard, so is whatever they had to say. A frame
# that is refused is loaded as well, as an error page.
_FRAMES = """<!doctype html><meta charset="utf-8"><body><script>
const told = [], left = PARTS, AT_ONCE = 24;
let open = 0;
addEventListener('message', event => {
  if (event.data === 'last seen') return fetch('/report', {method: 'POST', body: JSON.stringify(told)});
  told.push(event.data);
});
function frame(url, loaded) {
  const part = document.createElement('iframe');
  part.onload = loaded;
  part.src = url;
  document.body.append(part);
}
function next() {
  if (left.length) { open++; frame(left.shift(), event => { open--; event.target.remove(); next(); }); }
  else if (!open) { open = -1; frame('https://gateway.test/last', null); }
}
for (let n = 0; n < AT_ONCE; n++) next();
</script>
"""

# A walk through the hosts of one row, every step a load of the whole window, because that is what browsers keep a
# server's word by: who asks in the clear where https is meant was not told so.
_STEPS = ("https://new{n}", "http://new{n}", "http://below.new{n}", "https://old{n}", "https://old{n}", "http://old{n}")
_KNOWN = ("Strict-Transport-Security", "max-age=1000000; includeSubDomains")

# Scripts and styles of another origin, each with a type of its own; a style is seen by what it does.
_SNIFFS = """<!doctype html><body><script>
const told = [], left = PARTS;
let open = left.length;
function done() {
  if (!--open) fetch('/report', {method: 'POST', body: JSON.stringify(told)});
}
for (const [n, kind] of left) {
  const part = document.createElement(kind === 'style' ? 'link' : 'script');
  part.onerror = done;
  part.onload = () => {
    if (kind === 'style') {
      const box = document.createElement('p');
      box.id = `n${n}`;
      document.body.append(box);
      if (getComputedStyle(box).paddingLeft === '7px') told.push(`${n} applied`);
    } else if (window[`n${n}`]) told.push(`${n} ran`);
    done();
  };
  if (kind === 'style') part.rel = 'stylesheet';
  part[kind === 'style' ? 'href' : 'src'] = `THIRD/sniffed/${n}`;
  document.body.append(part);
}
</script>
"""


class Stage:
    """Serves every row's page with its lines, under whatever name it is asked, and takes in what is reported."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows
        self.walked: list[str] = []
        self.reports: queue.SimpleQueue[list[str]] = queue.SimpleQueue()

    def answer(self, request: Request) -> Response:
        parts = urlsplit(request.path)
        kind, _, number = parts.path[1:].partition("/")
        if kind == "report":
            self.reports.put(json.loads(request.body))
            return Response(204)
        if kind in ("js", "lib"):
            aged = ("Cache-Control", "max-age=600")
            return Response(200, [("Content-Type", "text/javascript"), aged], _telling(parts.query).encode())
        if kind == "last":
            return Response.html("<script>top.postMessage('last seen', '*')</script>")
        if kind == "top":
            return Response.html(self._top(number))
        if kind == "walk":
            return self._step(*map(int, number.split("/")), secure=request.secure)
        if kind in ("scripted", "framed", "sniffed") and number.isdigit():
            return self._part(kind, int(number))
        return Response(404)

    def _step(self, number: int, step: int, *, secure: bool) -> Response:
        """Take down how a row's host was asked, and lead on; the last step leads to the next row."""
        words = {1: "upgrade" if secure else "", 2: "subdomains" if secure else "", 5: "" if secure else "removed"}
        if words.get(step):
            self.walked.append(f"{number} {words[step]}")
        if step + 1 < len(_STEPS):
            lines = {0: self.rows[number]["lines"], 3: [_KNOWN], 4: self.rows[number]["lines"]}.get(step, [])
            return Response(302, [("Location", _walk(number, step + 1)), *((name, value) for name, value in lines)])
        if number + 1 < len(self.rows):
            return Response.html(f'<meta http-equiv="refresh" content="0;url={_walk(number + 1, 0)}">')
        self.reports.put(self.walked)
        return Response.html("")

    def _top(self, kind: str) -> str:
        numbers = range(len(self.rows))
        if kind == "sniffed":
            return _SNIFFS.replace("PARTS", json.dumps([(n, self.rows[n]["as"]) for n in numbers])).replace(
                "THIRD", THIRD
            )
        return _FRAMES.replace("PARTS", str([f"{OWN}/{kind}/{n}" for n in numbers]))

    def _part(self, kind: str, number: int) -> Response:
        row = self.rows[number]
        if kind == "scripted":
            answer = Response.html(_scripted(row))
        elif kind == "framed":
            answer = Response.html(f"<script>parent.postMessage('{number} seen', '*')</script>")
        else:
            text = f"#n{number} {{ padding-left: 7px }}" if row["as"] == "style" else f"window.n{number} = true;"
            answer = Response(200, [("Content-Type", row["type"])] if row["type"] else [], text.encode())
        answer.headers += [(name, value) for name, value in row["lines"]]
        return answer


def _walk(number: int, step: int) -> str:
    return f"{_STEPS[step].format(n=number)}.sts.test/walk/{number}/{step}"


BROWSERS = ("chromium", "firefox")


@contextmanager
def playing(browser: str, rows: list[Row], *, walked: bool = False) -> Iterator[Visit]:
    """Run a browser to which every name is the stage; yields what opens a page and returns what that reports.

    Addresses are without a port: the browser is told where they really lie. `walked` says that each row has hosts of
    its own, which makes the certificate a long one.
    """
    stage = Stage(rows)
    names = [*(urlsplit(url).netloc for url in TOPS), "*.sts.test"]
    names += [f"*.new{n}.sts.test" for n in range(len(rows)) if walked]
    authority = Authority()
    leaf = authority.issue(LeafSpec(names=tuple(names)))
    context = leaf.context()
    with ExitStack() as closing:
        secure = HttpServer(stage.answer, lambda sock: context.wrap_socket(sock, server_side=True))
        plain = HttpServer(stage.answer)
        for server in (secure, plain):
            server.start()
            closing.callback(server.stop)
        opened = (
            _chromium(leaf.chain_pem, secure.port, plain.port)
            if browser == "chromium"
            else _firefox(authority.pem, secure.port, plain.port)
        )
        there = closing.enter_context(opened)

        def visit(url: str) -> list[str]:
            there.visit(url)
            try:
                return stage.reports.get(timeout=_PATIENCE)
            except queue.Empty:
                pytest.fail(f"{browser} did not report within {_PATIENCE:g} s what came of {url}")

        yield visit


def _chromium(chain: bytes, secure: int, plain: int) -> Any:
    key = x509.load_pem_x509_certificate(chain).public_key()
    pin = b64encode(sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()).decode()
    rules = [f"MAP *:{port} 127.0.0.1:{secure}" for port in (443, 8443)] + [f"MAP *:80 127.0.0.1:{plain}"]
    return chromium.browsing(
        f"--host-resolver-rules={','.join(rules)}",
        f"--ignore-certificate-errors-spki-list={pin}",
        "--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable",
    )


@contextmanager
def _firefox(authority: bytes, secure: int, plain: int) -> Iterator[firefox.Firefox]:
    preferences = {
        "network.dns.forceResolve": "127.0.0.1",
        "network.socket.forcePort": f"443={secure};8443={secure};80={plain}",
        "dom.security.https_first": False,
    }
    with firefox.browsing(preferences) as browser:
        browser.trust("".join(authority.decode().splitlines()[1:-1]))
        yield browser
