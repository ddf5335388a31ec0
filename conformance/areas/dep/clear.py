"""Finds secrets that stand in clear in a compose file, and sample passwords wherever they are set."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from conformance.areas.dep.compose.interpolation import Reference, pieces
from conformance.areas.dep.compose.nodes import ComposeTrouble, Node, called, ordinary
from conformance.areas.dep.compose.project import Project, Service, Variable
from conformance.areas.dep.compose.yaml_nodes import read_text
from conformance.areas.dep.record import Remark
from conformance.areas.dep.strength import sample, weakness
from conformance.secrecy.spellings import looks_random
from conformance.sentence import Own, Sentence, say

SHARED = "WA_SECRET"
LONGEST = 10_000
"""Characters of a command or URL that are looked at."""

Where = Own | Sentence
"""What a secret stands in: a service's name, or a few words."""

_LONGEST_LINE, _TELLING = 2000, 6

_VARIABLE, _DEFAULT, _NOTHING = "\ue001", "\ue002", "\ue003"
_SECRET = frozenset(("PASSWORD", "PASSWD", "PASS", "PWD", "SECRET", "TOKEN", "PASSPHRASE", "CREDENTIALS", "APIKEY"))
_SECRET_KEYS = frozenset(("API", "SECRET", "PRIVATE", "ENCRYPTION", "SIGNING", "MASTER", "AUTH"))
_ABOUT = frozenset(
    ("ALLOW", "RANDOM", "ENABLE", "ENABLED", "DISABLE", "REQUIRE", "USE", "RESET", "FORGOT", "SHOW", "HAS", "IS", "NO")
) | {"MIN", "MAX", "GENERATE", "WITH", "IGNORE", "VALIDATE", "FORCE", "PROXY"}
_REDIS = frozenset(("REQUIREPASS", "MASTERAUTH"))
_NO_SECRET = re.compile(
    r"(?i:true|false|yes|no|on|off|y|n|0|1|none|null|nil|enabled?|disabled?|required|optional|auto|random)"
    r"|/[\w.-]+(?:/[\w.-]+)+/?|[A-Za-z][\w+.-]*://[^@]*|\{\{.*\}\}|<[^<>]*>|%[\w.]+%(?:/.*)?|(?:vault|op|arn|file|env):.*"
)
_URL = re.compile(r"[A-Za-z][\w+.-]*://[^\s/:@?#]*:([^\s/@]+)@")
_WORD = r"""("[^"]*"|'[^']*'|[^\s"';&|)]+)"""
_FLAG = re.compile(rf"(?:^|\s)--?([A-Za-z][\w.-]*?)(?:=|\s+(?!-)){_WORD}")
_ASSIGNED = re.compile(rf"""(?:^|[\s;&|"'(])([A-Za-z_]\w*)={_WORD}""")
_WRITTEN = re.compile(rf"""(?:^|[\s,;{{])["']?([A-Za-z_][\w.-]*)["']?[ \t]*[:=][ \t]*{_WORD}""")
_REMARK = re.compile(r"^[ \t]*(?:#|;|//).*$", re.MULTILINE)
_MYSQL = re.compile(rf"\b(?:mysql|mariadb)[\w-]*\s(?:[^|;&]*\s)?-p{_WORD}")
_LOGIN = re.compile(
    rf"\bcurl\s(?:[^|;&]*\s)?(?:-[A-Za-z]*u\s*|--(?:proxy-)?user[=\s]\s*)[\"']?[^\s:\"']+:{_WORD}"
    rf"|(?i:\bauthorization\s*[:=]\s*[\"']?(?:bearer|basic|token|apikey)\s+){_WORD}"
)
_REFERENCE = re.compile(r"\$\$(?:(?P<bare>[A-Za-z_]\w*)|(?P<other>\{[^{}]*\}|\([^()]*\)))?")
_HELD = re.compile(r"""(?:^|[\s,;&|{(\["'])([A-Za-z_][\w.-]{0,60})["']?[ \t]*[:=][ \t]*("[^"]*"?|'[^']*'?|[^\s,"']+)""")
_PARTED = re.compile(r"[\s${}:?/@]+")
_PRIVATE_KEY = re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s*[A-Za-z0-9+/=]{16}")
_NOT_A_VALUE = ("<", "`", "(", "/", "{", "%")


def confidential(name: str) -> bool:
    """Tell whether a variable by this name holds a secret itself, rather than a file's name or a rule about one."""
    words = [word.upper() for word in re.split(r"[^A-Za-z0-9]+|(?<=[a-z])(?=[A-Z])", name) if word]
    if not words or name in ("PWD", "OLDPWD") or set(words) & _ABOUT:
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
    for name, config in _declared(project, "configs"):
        content = config.get("content")
        if content is not None:
            where = say("config {name}", name=Own(called(name)))
            found += [*_in_content(content, where), *_keys(content, where)]
    for name, volume in _declared(project, "volumes"):
        found += _in_options(volume, "driver_opts", say("volume {name}", name=Own(called(name))))
    told = {remark.place for remark in found}
    extensions = [node for name, node in project.model.content().items() if name.startswith("x-")]
    found += [remark for node in extensions for remark in _in_extension(node) if remark.place not in told]
    return list(dict.fromkeys(found))


def elsewhere(project: Project, texts: Iterable[tuple[str, str]], known: Iterable[Remark]) -> list[Remark]:
    """List further lines of compose files, each a name and its text, that hold a secret in use: comments, say."""
    told = {remark.place for remark in known}
    given = [(name, entry.value) for entries in project.env_files.values() for name, entry in entries.items()]
    for service in project.services.values():
        given += [(name, variable.value or "") for name, variable in service.environment.items()]
    live = {value: name for name, value in given if confidential(name) and _clear(value) and not weakness(value)}
    return [
        Remark(f"{file}:{number}", say("the value of {name} stands in clear", name=Own(called(name))))
        for file, text in texts
        for number, line in enumerate(text.splitlines(), 1)
        for value, name in live.items()
        if value in line and f"{file}:{number}" not in told
    ]


def _declared(project: Project, kind: str) -> list[tuple[str, Node]]:
    found = project.model.get(kind)
    return found.items(kind) if found is not None else []


def samples(project: Project) -> list[Remark]:
    """List where a password has a value that everybody knows, in compose files and env files."""
    found = []
    for service in project.services.values():
        for name, variable in service.environment.items():
            if confidential(name) and name != SHARED and (kind := sample(variable.value or "")):
                found.append(Remark(variable.place, _known(name, kind)))
    for file, entries in project.env_files.items():
        for name, entry in entries.items():
            if confidential(name) and name != SHARED and (kind := sample(entry.value)):
                found.append(Remark(f"{file}:{entry.line}", _known(name, kind)))
    return list(dict.fromkeys([*found, *_secret_files(project)]))


def _known(name: str, kind: Sentence) -> Sentence:
    return say("{name} is {kind}", name=Own(called(name)), kind=kind)


def _secret_files(project: Project) -> Iterator[Remark]:
    for name, secret in _declared(project, "secrets"):
        file = secret.get("file")
        if file is None:
            continue
        try:
            text = read_text(file.path(), file.text)
        except ComposeTrouble:  # not there, or not for us to read
            continue
        if kind := sample(text.rstrip("\r\n")):
            words = say("the file of secret {name} holds {kind}", name=Own(called(name)), kind=kind)
            yield Remark(file.place, words)


def _in_service(service: Service) -> Iterator[Remark]:
    own = Own(service.name)
    yield from _in_pairs(service)
    if (logging := service.node.get("logging")) is not None:
        yield from _in_options(logging, "options", say("the logging of {service}", service=own))
    for key in ("command", "entrypoint", "post_start", "pre_stop"):
        if (command := service.node.get(key)) is not None:
            yield from _in_text(command, say("the {key} of {service}", key=Own(key), service=own))
    check = service.node.get("healthcheck")
    if check is not None and (test := check.get("test")) is not None:
        yield from _in_text(test, say("the health check of {service}", service=own))
    yield from _keys(service.node, own)
    for leaf in service.node.leaves():
        if "://" in leaf.template and any(_clear(url) for url in _URL.findall(_flattened(leaf)[:LONGEST])):
            yield Remark(leaf.place, say("a URL of {service} has a password in clear", service=own))


def _in_pairs(service: Service) -> Iterator[Remark]:
    own = Own(service.name)
    named = [("environment", service.node), ("labels", service.node)]
    if (build := service.node.get("build")) is not None and isinstance(build.value, dict):
        named += [("args", build), ("labels", build)]
        if (lines := build.get("dockerfile_inline")) is not None:
            yield from _in_content(lines, say("the Dockerfile of {service}", service=own), expanded=True)
    if (deploy := service.node.get("deploy")) is not None:
        named.append(("labels", deploy))
    for key, holder in named:
        pairs = holder.get(key)
        for name, node in pairs.pairs(key).items() if pairs is not None else []:
            variable = Own(called(name))
            if confidential(name):
                if _clear(_flattened(node)):
                    words = say("{name} of {service} stands in clear", name=variable, service=own)
                    yield Remark(node.place, words)
            else:
                where = say("{name} of {service}", name=variable, service=own)
                yield from _given(node, (_ASSIGNED,), _flattened(node), where)


def _in_text(node: Node, where: Where) -> Iterator[Remark]:
    """Look at a command line for values given to names of secrets."""
    text = " ".join(_flattened(leaf, expanded=True) for leaf in node.leaves())[:LONGEST]
    yield from _given(node, (_FLAG, _ASSIGNED), text, where)
    if any(_clear(value) for value in _MYSQL.findall(text)):
        yield Remark(node.place, say("-p in {where} is followed by a password in clear", where=where))
    if any(_clear("".join(found).strip("\"'")) for found in _LOGIN.findall(text)):
        yield Remark(node.place, say("a login in {where} has its password or token in clear", where=where))


def _in_content(node: Node, where: Where, *, expanded: bool = False) -> Iterator[Remark]:
    """Look at a file's content: NAME=VALUE, NAME = VALUE and NAME: VALUE, but for its comments."""
    text = _REMARK.sub("", _flattened(node, expanded=expanded)[:LONGEST])
    for line in text.splitlines():
        yield from _given(node, (_WRITTEN,), line, where)


def _keys(node: Node, where: Where) -> Iterator[Remark]:
    for leaf in node.leaves():
        if _PRIVATE_KEY.search(leaf.template[:LONGEST]):
            yield Remark(leaf.place, say("a private key of {where} stands in clear", where=where))


def _in_extension(node: Node) -> Iterator[Remark]:
    """Look at what stands under x-, whether a service uses it or not; a sentence is no value."""
    if isinstance(node.value, dict):
        for name, below in node.value.items():
            text = "" if isinstance(below.value, dict | list) else _flattened(below)
            if confidential(name) and _clear(text) and " " not in text:
                yield Remark(below.place, _standing(name, say("an extension")))
            yield from _in_extension(below)
    elif isinstance(node.value, list):
        for below in node.value:
            yield from _in_extension(below)
    elif " " not in node.template:
        yield from _given(node, (_ASSIGNED,), _flattened(node), say("an extension"))


def _in_options(holder: Node, key: str, where: Where) -> Iterator[Remark]:
    """Look at a driver's options, by their names and at what is assigned within: o: "username=a,password=b"."""
    options = holder.get(key)
    for name, node in options.items(key) if options is not None else []:
        text = _flattened(node)
        if confidential(name) and _clear(text) and not text.startswith(_NOT_A_VALUE):
            yield Remark(node.place, _standing(name, where))
        yield from _given(node, (_ASSIGNED,), text.replace(",", " "), where)


def _given(node: Node, patterns: Iterable[re.Pattern[str]], text: str, where: Where) -> Iterator[Remark]:
    for pattern in patterns:
        for name, value in pattern.findall(text[:LONGEST]):
            bare = value.strip("\"'")
            if confidential(name) and not bare.startswith(_NOT_A_VALUE) and _clear(bare):
                yield Remark(node.place, _standing(name, where))


def _standing(name: str, where: Where) -> Sentence:
    return say("{name} in {where} stands in clear", name=Own(called(name)), where=where)


def _flattened(node: Node, *, expanded: bool = False) -> str:
    """Return a template with one mark for each variable: another for one whose default is written out.

    `$$` is a `$` for the container, whose shell goes on with what is `expanded`. A `$` before what nothing sets has a
    mark that makes the rest no less clear; where no variable would be called so, it is part of a secret.
    """
    return _marked(node.template, node.unset, expanded=expanded)


def _marked(template: str, unset: frozenset[str], *, expanded: bool) -> str:
    mark = _VARIABLE if expanded else _NOTHING

    def handed_on(doubled: re.Match[str]) -> str:
        named = doubled["bare"] is not None and _is_name(doubled["bare"])
        if named or doubled["other"]:
            return mark
        return mark if expanded and doubled["bare"] is None else doubled[0]

    try:
        found = pieces(_REFERENCE.sub(handed_on, template))
        return "".join(_mark(piece, unset, expanded=expanded) for piece in found)
    except ComposeTrouble:
        return template


def _is_name(text: str) -> bool:
    """Tell whether a variable would be called so: not what stands after a `$` in a generated secret."""
    return ordinary(text) and (confidential(text) or bool(weakness(text)))


def _mark(piece: Reference, unset: frozenset[str], *, expanded: bool) -> str:
    if not piece.name:
        return piece.rest
    if piece.bare and piece.name in unset:
        return _NOTHING if _is_name(piece.name) else f"${piece.name}"
    written = piece.operator[-1:] in ("-", "+") and _clear(_marked(piece.rest, unset, expanded=expanded))
    return _DEFAULT if written else _VARIABLE


def _clear(flattened: str) -> bool:
    if _DEFAULT in flattened:
        return True
    bare = flattened.strip().strip("\"'").strip()
    if _VARIABLE in bare or (_NOTHING in bare and not any(character.isalnum() for character in bare)):
        return False
    return bool(bare) and not _NO_SECRET.fullmatch(bare)


def without_login(text: str) -> str:
    """Return a text without what stands before the @ of a URL in it, or of user:password@host alone."""
    scheme, mark, rest = text.partition("://")
    user, at, host = (rest if mark else text).rpartition("@")
    if mark:
        return f"{scheme}://…@{host}" if at else text
    return f"…@{host}" if ":" in user and "/" not in user else text


def made_of_a_secret(variable: Variable) -> bool:
    """Tell whether a value is made of a variable that holds a secret, and long enough to tell something of it."""
    named = any(confidential(piece.name) for piece in pieces(variable.template) if piece.name)
    return named and len(variable.value or "") >= _TELLING


def secrets_in(text: str) -> Iterator[tuple[str, str]]:
    """Go through what lines of a file give as secrets, in any state: the name that a value is given to, and the value.

    Of a value that variables are put in, and of any that compose would take apart, the pieces come too.
    """
    for whole in text.splitlines():
        line = whole[:_LONGEST_LINE]
        for name, value in _HELD.findall(line):
            if confidential(name):
                yield from parts(name, value.strip("\"'"))
        for pattern in (_FLAG, _MYSQL, _LOGIN, _URL):
            for found in pattern.findall(line):
                name, value = (found[0], "".join(found[1:])) if pattern is _FLAG else ("password", "".join(found))
                if confidential(name):
                    yield from parts(name, value.strip("\"'"))


def parts(name: str, value: str) -> Iterator[tuple[str, str]]:
    """Go through what a secret's value is made of: the whole, and what a `$` in it separates."""
    if "${" not in value and not _NO_SECRET.fullmatch(value) and not weakness(value):
        yield name, value
    if "$" in value:
        for piece in _PARTED.split(value):
            if looks_random(piece) and not ordinary(piece):
                yield name, piece
