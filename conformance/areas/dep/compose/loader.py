"""Compose files put together as compose does it: variables, includes, extended services, one file over another."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from conformance.areas.dep.compose.dotenv import parse_env
from conformance.areas.dep.compose.interpolation import Findings, Interpolation
from conformance.areas.dep.compose.merge import merge, settled
from conformance.areas.dep.compose.nodes import ComposeTrouble, Node, Source, called
from conformance.areas.dep.compose.shape import require_includes, require_known
from conformance.areas.dep.compose.yaml_nodes import read_text, read_yaml
from conformance.sentence import Own, say

MOST_FILES = 100
INCLUDED = ("services", "volumes", "networks", "secrets", "configs")
_REMOTE = ("oci://", "git@", "http://", "https://", "git://", "ssh://")

Variables = Mapping[str, str]


@dataclass(slots=True)
class Loader:
    """Reads files relative to `folder`, and notes what came up. One for each reading."""

    folder: Path
    findings: Findings = field(default_factory=Findings)
    files: list[Path] = field(default_factory=list)

    def model(self, paths: Sequence[Path], base: Path, variables: Variables, chain: tuple[Path, ...] = ()) -> Node:
        """Return the model that `paths` make, laid one over the other; relative paths in them start from `base`.

        Raises ComposeTrouble where compose could not read them either.
        """
        model = Node({}, Source(self.shown(paths[0]), base), 1)
        for path in paths:
            for document in self._documents(path, base):
                whole = self._interpolation(variables).tree(document)
                require_includes(whole)
                whole = self._included(whole, base, variables, (*chain, path.resolve()))
                model = merge(model, self._extended(whole, path, variables))
                require_known(settled(model))
        return model

    def project_name(self, paths: Sequence[Path], base: Path, variables: Variables) -> str:
        """Return the name that the last of the files gives to the project; empty where none does."""
        names = [document.get("name") for path in paths for document in self._documents(path, base)]
        given = [self._interpolation(variables).tree(name).text for name in names if name is not None]
        return given[-1] if given else ""

    def shown(self, path: Path) -> str:
        """Return a path as messages show it: relative to the target file's folder where it lies below."""
        absolute = os.path.normpath(self.folder.absolute() / path)
        return os.path.relpath(absolute, self.folder.absolute()) if self._below(absolute) else absolute

    def _below(self, absolute: str) -> bool:
        return Path(absolute).is_relative_to(os.path.normpath(self.folder.absolute()))

    def env_file(self, path: Path, variables: Variables) -> dict[str, str]:
        """Read an env file for interpolation: what is set already goes before what it says."""
        self._counted(path)
        text = read_text(path, self.shown(path))
        entries = parse_env(text, self.shown(path), variables.get, self.findings)
        return {name: entry.value for name, entry in entries.items()}

    def _interpolation(self, variables: Variables) -> Interpolation:
        return Interpolation(variables.get, self.findings)

    def _counted(self, path: Path) -> None:
        if path not in self.files:
            self.files.append(path)
        if len(self.files) > MOST_FILES:
            raise ComposeTrouble(
                say(
                    "{file}: these files lead to more than {limit} others", file=Own(self.shown(path)), limit=MOST_FILES
                )
            )

    def _documents(self, path: Path, base: Path) -> list[Node]:
        self._counted(path)
        name = self.shown(path)
        documents = read_yaml(path, Source(name, base))
        if not documents:
            raise ComposeTrouble(say("{file}: is empty: it holds no services", file=Own(name)))
        for document in documents:
            if not isinstance(document.value, dict):
                raise ComposeTrouble(
                    say("{place}: a compose file is a mapping, with services in it", place=Own(document.place))
                )
        return documents

    def _included(self, whole: Node, base: Path, variables: Variables, chain: tuple[Path, ...]) -> Node:
        includes = whole.get("include")
        if includes is None:
            return whole
        for entry in includes.entries("include"):
            if not _paths(entry):
                continue
            imported = self._include(entry, base, variables, chain)
            for kind in INCLUDED:
                if (part := imported.get(kind)) is not None:
                    whole = _imported(whole, kind, part)
        return whole

    def _include(self, entry: Node, base: Path, variables: Variables, chain: tuple[Path, ...]) -> Node:
        paths = [base / _local(path) for path in _paths(entry)]
        folder = entry.get("project_directory")
        inner = base / folder.text if folder is not None else paths[0].parent
        if paths[0].resolve() in chain:
            raise ComposeTrouble(
                say(
                    "{place}: includes go round in a circle: {file} is included again",
                    place=Own(entry.place),
                    file=Own(self.shown(paths[0])),
                )
            )
        return self.model(paths, inner, self._inner_variables(entry, base, inner, variables), chain)

    def _inner_variables(self, entry: Node, base: Path, inner: Path, variables: Variables) -> Variables:
        files = entry.get("env_file")
        if files is None or not files.entries("env_file"):
            named = [inner / ".env"] if (inner / ".env").is_file() else []
        else:
            named = [base / file.text for file in files.entries("env_file") if file.text != os.devnull]
        found: dict[str, str] = {}
        for path in named:
            found |= self.env_file(path, {**found, **variables})
        return {**found, **variables}

    def _extended(self, whole: Node, path: Path, variables: Variables) -> Node:
        services = whole.get("services")
        if services is None:
            return whole
        below = dict(services.items("services"))
        for name in below:
            below[name] = self._service(name, below, path.resolve(), variables, ())
        return whole.with_value({**whole.content(), "services": services.with_value(below)})

    def _service(
        self,
        name: str,
        services: dict[str, Node],
        path: Path,
        variables: Variables,
        chain: tuple[tuple[Path, str], ...],
    ) -> Node:
        """Return a service with those that it extends below it."""
        service = services[name]
        extends = service.get("extends")
        if extends is None:
            return service
        if (path, name) in chain:
            raise ComposeTrouble(
                say(
                    "{place}: services extend each other in a circle, by way of {service}",
                    place=Own(extends.place),
                    service=Own(called(name)),
                )
            )
        wanted = extends.get("service") if isinstance(extends.value, dict) else extends
        if wanted is None:
            raise ComposeTrouble(say("{place}: extends names a service", place=Own(extends.place)))
        file = extends.get("file") if isinstance(extends.value, dict) else None
        others, other_path = services, path
        if file is not None:
            other_path = (extends.source.base / _local(file)).resolve()
            others = self._others(other_path, variables)
        if wanted.text not in others:
            raise ComposeTrouble(
                say(
                    "{place}: extends {service}, and {file} has no such service",
                    place=Own(extends.place),
                    service=Own(called(wanted.text)),
                    file=Own(self.shown(other_path)),
                )
            )
        below = self._service(wanted.text, others, other_path, variables, (*chain, (path, name)))
        if below.empty:
            return service
        merged = merge(settled(below), service, ("services", name))
        return merged.with_value({k: v for k, v in merged.content().items() if k != "extends"})

    def _others(self, path: Path, variables: Variables) -> dict[str, Node]:
        found: dict[str, Node] = {}
        for document in self._documents(path, path.parent):
            services = self._interpolation(variables).tree(document).get("services")
            found |= dict(services.items("services")) if services is not None else {}
        return found


def _paths(entry: Node) -> list[Node]:
    """Return the files that an include names; compose passes over one that names none."""
    named = entry.get("path") if isinstance(entry.value, dict) else entry
    return named.entries("path") if named is not None else []


def _local(node: Node) -> str:
    if node.text.startswith(_REMOTE):
        raise ComposeTrouble(
            say("{place}: names a file on another machine, which is not fetched", place=Own(node.place))
        )
    return str(Path(node.text).expanduser())


def _imported(whole: Node, kind: str, imported: Node) -> Node:
    """Take in what an included file has under `kind`; what stands in the including file goes over it."""
    held = dict(whole.content())
    own = held.get(kind)
    below = {name: settled(node) for name, node in imported.items(kind)}
    for name, node in own.items(kind) if own is not None else []:
        below[name] = merge(below[name], node, (kind, name)) if name in below else node
    held[kind] = (own if own is not None else imported).with_value(below)
    return whole.with_value(held)
