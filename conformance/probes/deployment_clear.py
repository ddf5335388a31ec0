"""Finds secrets that stand in clear in a compose file, and sample passwords wherever they are set."""

from __future__ import annotations

import re
from collections.abc import Iterator

from conformance.compose.interpolation import pieces
from conformance.compose.nodes import ComposeTrouble, Node
from conformance.compose.project import Project, Service
from conformance.compose.yaml_nodes import read_text
from conformance.probes.deployment_strength import sample
from conformance.records.deployment import Remark

SHARED = "WA_SECRET"
LONGEST = 10_000
"""Characters of a command or URL that are looked at."""

_VARIABLE, _DEFAULT = "\ue001", "\ue002"
_SECRET = frozenset(("PASSWORD", "PASSWD", "PASS", "PWD", "SECRET", "TOKEN", "PASSPHRASE", "CREDENTIALS", "APIKEY"))
_SECRET_KEYS = frozenset(("API", "SECRET", "PRIVATE", "ENCRYPTION", "SIGNING", "MASTER", "AUTH"))
_ABOUT = frozenset(
    ("ALLOW", "RANDOM", "ENABLE", "ENABLED", "DISABLE", "REQUIRE", "USE", "RESET", "FORGOT", "SHOW", "HAS", "IS", "NO")
) | {"MIN", "MAX", "GENERATE", "WITH", "IGNORE", "VALIDATE", "FORCE", "PROXY"}
_REDIS = frozenset(("REQUIREPASS", "MASTERAUTH"))
_NO_SECRET = re.compile(
    r"(?i:true|false|yes|no|on|off|y|n|0|1|none|null|nil|enabled?|disabled?|required|optional|auto|random)"
    r"|/[\w.-]+(?:/[\w.-]+)+/?|[A-Za-z][\w+.-]*://[^@]*|\{\{.*\}\}|(?:vault|op|arn|file|env):.*"
)
_URL = re.compile(r"[A-Za-z][\w+.-]*://[^\s/:@?#]*:([^\s/@]+)@")
_WORD = r"""("[^"]*"|'[^']*'|[^\s"';&|)]+)"""
_FLAG = re.compile(rf"(?:^|\s)--?([A-Za-z][\w.-]*?)(?:=|\s+(?!-)){_WORD}")
_ASSIGNED = re.compile(rf"""(?:^|[\s;&|"'(])([A-Za-z_]\w*)={_WORD}""")
_MYSQL = re.compile(rf"\b(?:mysql|mariadb)[\w-]*\s(?:[^|;&]*\s)?-p{_WORD}")
_NOT_A_VALUE = ("<", "`", "(", "/")


def confidential(name: str) -> bool:
    """Tell whether a variable by this name holds a secret itself, rather than a file's name or a rule about one."""
    words = [word.upper() for word in re.split(r"[^A-Za-z0-9]+|(?<=[a-z])(?=[A-Z])", name) if word]
    if not words or words == ["PWD"] or words == ["OLDPWD"] or set(words) & _ABOUT:
        return False
    last = words[-1]
    return (
        last in _SECRET
        or last in _REDIS
        or (last == "KEY" and len(words) > 1 and words[-2] in _SECRET_KEYS)
        or words[-3:] == ["SECRET", "ACCESS", "KEY"]
        or last.endswith("PASSWORD")
    )


def in_clear(project: Project) -> list[Remark]:
    """List where a secret stands in clear in a compose file: services that are not active too."""
    found = [remark for service in project.services.values() for remark in _in_service(service)]
    configs = project.model.get("configs")
    for name, config in configs.items("configs") if configs is not None else []:
        content = config.get("content")
        if content is not None:
            found += _in_text(content, f"config {name[:60]}")
    return list(dict.fromkeys(found))


def samples(project: Project) -> list[Remark]:
    """List where a password has a value that everybody knows, in compose files and env files."""
    found = []
    for service in project.services.values():
        for name, variable in service.environment.items():
            if confidential(name) and name != SHARED and (kind := sample(variable.value or "")):
                found.append(Remark(variable.place, f"{name} is {kind}"))
    for file, entries in project.env_files.items():
        for name, entry in entries.items():
            if confidential(name) and name != SHARED and (kind := sample(entry.value)):
                found.append(Remark(f"{file}:{entry.line}", f"{name} is {kind}"))
    return list(dict.fromkeys([*found, *_secret_files(project)]))


def _secret_files(project: Project) -> Iterator[Remark]:
    secrets = project.model.get("secrets")
    for name, secret in secrets.items("secrets") if secrets is not None else []:
        file = secret.get("file")
        if file is None:
            continue
        try:
            text = read_text(file.path(), file.text)
        except ComposeTrouble:  # not there, or not for us to read
            continue
        if kind := sample(text.rstrip("\r\n")):
            yield Remark(file.place, f"the file of secret {name[:60]} holds {kind}")


def _in_service(service: Service) -> Iterator[Remark]:
    named = [("environment", service.node), ("labels", service.node)]
    if (build := service.node.get("build")) is not None and isinstance(build.value, dict):
        named.append(("args", build))
    for key, holder in named:
        pairs = holder.get(key)
        for name, node in pairs.pairs(key).items() if pairs is not None else []:
            if confidential(name) and _clear(_flattened(node.template)):
                yield Remark(node.place, f"{name} of {service.name} stands in clear")
    for key in ("command", "entrypoint"):
        if (command := service.node.get(key)) is not None:
            yield from _in_text(command, f"the {key} of {service.name}")
    check = service.node.get("healthcheck")
    if check is not None and (test := check.get("test")) is not None:
        yield from _in_text(test, f"the health check of {service.name}")
    for leaf in service.node.leaves():
        if "://" in leaf.template and any(_clear(url) for url in _URL.findall(_flattened(leaf.template)[:LONGEST])):
            yield Remark(leaf.place, f"a URL of {service.name} has a password in clear")


def _in_text(node: Node, where: str) -> Iterator[Remark]:
    """Look at a command line, or a file's content, for values given to names of secrets."""
    text = " ".join(_flattened(leaf.template) for leaf in node.leaves())[:LONGEST]
    for pattern in (_FLAG, _ASSIGNED):
        for name, value in pattern.findall(text):
            bare = value.strip("\"'")
            if confidential(name) and not bare.startswith(_NOT_A_VALUE) and _clear(bare):
                yield Remark(node.place, f"{name} in {where} stands in clear")
    if any(_clear(value) for value in _MYSQL.findall(text)):
        yield Remark(node.place, f"-p in {where} is followed by a password in clear")


def _flattened(template: str) -> str:
    """Return a template with one mark for each variable: another for one whose default is written out."""
    try:
        return "".join(_mark(piece.name, piece.operator, piece.rest) for piece in pieces(template))
    except ComposeTrouble:
        return template


def _mark(name: str, operator: str, rest: str) -> str:
    if not name:
        return _VARIABLE if rest == "$" else rest
    return _DEFAULT if operator[-1:] in ("-", "+") and _clear(_flattened(rest)) else _VARIABLE


def _clear(flattened: str) -> bool:
    if _DEFAULT in flattened:
        return True
    return bool(flattened.strip()) and _VARIABLE not in flattened and not _NO_SECRET.fullmatch(flattened.strip())
