"""Other spellings of a path, each of which some proxy, server or framework takes for the path itself."""

from __future__ import annotations

from collections.abc import Iterator

REWRITTEN = ("X-Original-URL", "X-Rewrite-URL")
"""Headers that name another path than the one asked for, to frameworks that believe them."""


def spellings(path: str, public: str) -> tuple[str, ...]:
    """List spellings of `path` that are not it; `public` is a path that anybody may ask for."""
    path, question, query = path.partition("?")
    if not (plain := path.strip("/")):
        return ()
    found = dict.fromkeys(each + question + query for each in _spelt(f"/{plain}", public.rstrip("/")))
    return tuple(each for each in found if each.startswith("/") and each != path + question + query)


def _spelt(path: str, public: str) -> Iterator[str]:
    first, _, rest = path[1:].partition("/")
    folder, _, last = path.rpartition("/")
    yield from (f"/{path}", f"{folder}//{last}")  # RFC 3986 keeps empty segments: few servers do
    yield from (path.upper(), f"/{first.upper()}/{rest}")
    yield from (f"/.{path}", f"{folder}/./{last}", f"{path}/", f"{folder}/portero/../{last}")
    yield from (f"{public}/..{path}", f"{public}/%2e%2e{path}", f"{public}/..%2f{path[1:]}", f"{public}/..;{path}")
    yield from (f"/{_escaped(first)}/{rest}", f"{folder}/{_escaped(last)}", f"{folder}/{_escaped(last, '%25')}")
    yield from (f"{folder}%2f{last}", f"{folder}\\{last}")
    yield from (f"{path};portero.css", f"/{first};portero=1/{rest}")
    yield from (f"{path}.json", f"{path}.css", f"{path}/portero.css")
    yield from (f"{path}%20", f"{path}%00", f"{path}%0a")


def _escaped(segment: str, sign: str = "%") -> str:
    """Escape the first character: what it stands for is the same (RFC 3986, 6.2.2.2)."""
    return "".join(f"{sign}{byte:02x}" for byte in segment[0].encode()) + segment[1:]
