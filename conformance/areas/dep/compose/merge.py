"""How compose lays one model over another: attribute by attribute, each by its own rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from conformance.areas.dep.compose.nodes import ComposeTrouble, Node, called
from conformance.sentence import Own, say

Path = tuple[str, ...]
Rule = Callable[[Node, Node, Path], Node]


def merge(base: Node, over: Node, path: Path = ()) -> Node:
    """Return `over` laid over `base`; raises ComposeTrouble where one cannot replace the other."""
    if over.tag == "!override":
        return settled(over)
    rule = _RULES.get(_pattern(path))
    if rule is not None:
        return rule(base, over, path)
    if over.empty:
        return base
    if isinstance(base.value, dict):
        return _mappings(base, over, path)
    if isinstance(base.value, list):
        return over.with_value([*base.value, *_list(over, path)])
    return settled(over)


def settled(node: Node) -> Node:
    """Return a node without what it resets: there is nothing below it to be reset."""
    if isinstance(node.value, dict):
        return node.with_value({k: settled(v) for k, v in node.value.items() if v.tag != "!reset"})
    if isinstance(node.value, list):
        return node.with_value([settled(v) for v in node.value if v.tag != "!reset"])
    return node


def _pattern(path: Path) -> Path:
    """Return a path with the names that the operator chose left open."""
    return (path[0], "*", *path[2:]) if len(path) > 1 else path


def _mappings(base: Node, over: Node, path: Path) -> Node:
    if not isinstance(base.value, dict) or not isinstance(over.value, dict):
        raise _cannot(over, path)
    merged = dict(base.value)
    for key, value in over.value.items():
        if value.tag == "!reset":
            merged.pop(key, None)
        elif key in merged:
            merged[key] = merge(merged[key], value, (*path, key))
        else:
            merged[key] = settled(value)
    return over.with_value(merged)


def _list(node: Node, path: Path) -> list[Node]:
    if not isinstance(node.value, list):
        raise _cannot(node, path)
    return node.value


def _cannot(over: Node, path: Path) -> ComposeTrouble:
    return ComposeTrouble(
        say(
            "{place}: cannot be laid over what is there already: {key} is of another kind",
            place=Own(over.place),
            key=Own(_spelt(path)),
        )
    )


def _spelt(path: Path) -> str:
    return ".".join(map(called, path))


def _replaced(_base: Node, over: Node, _path: Path) -> Node:
    return over


def _pairs(base: Node, over: Node, path: Path) -> Node:
    """Merge names and values, in whichever of the two forms each side is written."""
    key = _spelt(path)
    merged = {**base.pairs(key), **over.pairs(key)}
    return over.with_value({name: node for name, node in merged.items() if node.tag != "!reset"})


def _appended(base: Node, over: Node, path: Path) -> Node:
    return over.with_value([*base.entries(path[-1]), *over.entries(path[-1])])


def _hosts(base: Node, over: Node, _path: Path) -> Node:
    """Append hosts, which are written as a list or as a mapping, of lists too."""
    return over.with_value([*_host_entries(base), *_host_entries(over)])


def _host_entries(node: Node) -> list[Node]:
    if not isinstance(node.value, dict):
        return node.entries("extra_hosts")
    return [
        replace(address, value=f"{name}={address.text}")
        for name, addresses in node.value.items()
        for address in addresses.entries("extra_hosts")
    ]


def _limits(base: Node, over: Node, path: Path) -> Node:
    """Merge limits, each of which is one number or a mapping of two."""
    both = dict(base.items(path[-1]))
    for name, limit in over.items(path[-1]):
        below = both.get(name)
        fits = below is not None and isinstance(below.value, dict) and isinstance(limit.value, dict)
        both[name] = _mappings(below, limit, (*path, name)) if below is not None and fits else settled(limit)
    return over.with_value({name: limit for name, limit in both.items() if limit.tag != "!reset"})


def _logging(base: Node, over: Node, path: Path) -> Node:
    """Merge the options of one driver; those of another do not outlast it."""
    ours, theirs = base.get("driver"), over.get("driver")
    if ours is not None and theirs is not None and ours.text != theirs.text:
        return settled(over)
    return _mappings(base, over, path)


def _named(base: Node, over: Node, path: Path) -> Node:
    """Merge networks, which are written as names alone or as a mapping."""
    return _mappings(_as_mapping(base), _as_mapping(over), path)


def _as_mapping(node: Node) -> Node:
    if isinstance(node.value, dict):
        return node
    return node.with_value({entry.text: _nothing(entry) for entry in node.entries("networks")})


def _nothing(entry: Node) -> Node:
    return Node(None, entry.source, entry.line)


def _build(base: Node, over: Node, path: Path) -> Node:
    return _mappings(_long_build(base), _long_build(over), path)


def _long_build(node: Node) -> Node:
    return node if isinstance(node.value, dict) else node.with_value({"context": node})


def _rules() -> Iterator[tuple[Path, Rule]]:
    service = ("services", "*")
    for name in ("command", "entrypoint"):
        yield (*service, name), _replaced
    yield (*service, "healthcheck", "test"), _replaced
    for name in ("environment", "labels", "annotations", "sysctls"):
        yield (*service, name), _pairs
    for name in ("args", "labels", "additional_contexts"):
        yield (*service, "build", name), _pairs
    yield (*service, "deploy", "labels"), _pairs
    for kind in ("networks", "volumes"):
        yield (kind, "*", "labels"), _pairs
    for name in ("env_file", "label_file", "dns", "dns_opt", "dns_search", "tmpfs"):
        yield (*service, name), _appended
    yield (*service, "extra_hosts"), _hosts
    yield (*service, "build", "extra_hosts"), _hosts
    yield (*service, "ulimits"), _limits
    yield (*service, "logging"), _logging
    for name in ("networks", "depends_on", "models"):
        yield (*service, name), _named
    yield (*service, "build"), _build


_RULES: dict[Path, Rule] = dict(_rules())
