"""Reads a target file: every error at once, each with its line, before anything is sent."""

from __future__ import annotations

import fnmatch
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from pydantic import ValidationError

from conformance import catalogue
from conformance.inputs.complaints import LARGEST, Document, Loc, nearest, read_toml, shown
from conformance.inputs.target import SECTIONS, Target, parse
from conformance.model import UnusableInput
from conformance.regular import read_regular, why_unread
from conformance.secrecy.secret import Vault
from conformance.sentence import NOTHING, By, Own, Sentence, clauses, own_list, say

SCHEMA = 1

_AUTHORITIES = ("webapp.ca_file", "identity.ca_file", "database.ca_file")
_CERTIFICATES = ("webapp.client_cert", "database.client_cert", "database.other_client_cert", "database.stub.ca_cert")
_FILES = ("deployment.compose_files", "deployment.env_files")
_FOLDERS = ("identity.repositories", "deployment.certs_dir")


def read(path: Path) -> Target:
    """Read and check a target file.

    Raises UnusableInput with one line an error: file, line, what is wrong and what to write instead.
    """
    document = read_toml(path)
    _check_edition(document)
    target = None
    try:
        target = parse(document.content)
    except ValidationError as error:
        document.complain_of(Target, error)
    if not any(name in document.content for name in SECTIONS):
        sections = own_list([f"[{name}]" for name in SECTIONS], By.COMMA)
        document.complain((), say("declares nothing to probe: add at least one of {sections}", sections=sections))
    _check_scope(document)
    _check_files(document, path.parent)
    document.enforce()
    if target is None:
        raise UnusableInput(say("{file}: cannot be used", file=Own(path)))
    return target


def check_client_key(target: Target, vault: Vault, folder: Path) -> None:
    """Raise UnusableInput when a client certificate and its key do not belong together."""
    troubles = []
    pairs = [
        (section, "client", table.client_cert, table.client_key)
        for section, table in (("webapp", target.webapp), ("database", target.database))
        if table
    ]
    if target.database:
        pairs.append(("database", "other_client", target.database.other_client_cert, target.database.other_client_key))
    for section, which, certificate, key in pairs:
        if certificate and key:
            trouble = _pair_trouble(folder / certificate, vault[key].reveal(), f"{which}_cert")
            if trouble:
                place = Own(f"[{section}] {which}_key ({key})")
                troubles.append(say("{place}: {trouble}", place=place, trouble=trouble))
    if troubles:
        raise UnusableInput(*troubles)


def _pair_trouble(certificate: Path, key: str, called: str) -> Sentence:
    try:
        private = serialization.load_pem_private_key(key.encode("utf-8", "surrogateescape"), password=None)
    except TypeError:
        return say("the key is protected by a passphrase: give it without one")
    except ValueError:
        return say("holds no private key in PEM form")
    first = x509.load_pem_x509_certificates(certificate.read_bytes())[0]
    same = _public(private.public_key()) == _public(first.public_key())
    return NOTHING if same else say("the key is not that of {certificate}'s first certificate", certificate=Own(called))


def _public(key: Any) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    encoded: bytes = key.public_bytes(serialization.Encoding.DER, form)
    return encoded


def _check_edition(document: Document) -> None:
    edition = document.content.get("schema")
    if isinstance(edition, bool) or not isinstance(edition, int | None):
        trouble = say('"schema" must be a whole number: write schema = {number}', number=SCHEMA)
        document.complain(("schema",), trouble)
    elif edition is not None and edition > SCHEMA:
        trouble = say(
            "schema {edition} is newer than this Portero, which reads {number}: update Portero",
            edition=edition,
            number=SCHEMA,
        )
        document.complain(("schema",), trouble)
        document.enforce()  # its keys may mean something else
    elif edition is not None and edition < SCHEMA:
        trouble = say("there is no schema {edition}: write schema = {number}", edition=edition, number=SCHEMA)
        document.complain(("schema",), trouble)
    if edition is not None:
        document.content["schema"] = SCHEMA


def _check_scope(document: Document) -> None:
    known = _requirements()
    for loc, pattern in _strings(document.content, "scope.exclude.requirement"):
        if not fnmatch.filter(known, pattern):
            trouble = say(
                'excludes "{pattern}", which is no requirement, nor a pattern of one (HOOK-*)',
                pattern=Own(shown(pattern)),
            )
            document.complain(loc, clauses(trouble, nearest(pattern, catalogue.load())))


def _requirements() -> list[str]:
    """List every id that may be left out; an area without requirements yet may be left out beforehand."""
    rows = catalogue.load()
    empty = set(catalogue.AREAS) - {row.area for row in rows.values()}
    return [*rows, *(f"{area.upper()}-{n:02}" for area in sorted(empty) for n in range(1, 100))]


def _check_files(document: Document, folder: Path) -> None:
    for keys, trouble_of in (
        (_AUTHORITIES, _authority_trouble),
        (_CERTIFICATES, _certificate_trouble),
        (_FILES, _file_trouble),
        (_FOLDERS, _folder_trouble),
    ):
        for key in keys:
            for loc, name in _strings(document.content, key):
                if trouble := trouble_of(folder / name, Own(shown(name))):
                    document.complain(loc, say('"{key}": {trouble}', key=Own(key), trouble=trouble))


def _file_trouble(path: Path, name: Own) -> Sentence:
    try:
        large = len(read_regular(path, LARGEST)) > LARGEST
    except (OSError, ValueError) as error:
        return say("{file} cannot be read: {error}", file=name, error=why_unread(error))
    return say("{file} is larger than 1 MiB, so it cannot be the file that was meant", file=name) if large else NOTHING


def _folder_trouble(path: Path, name: Own) -> Sentence:
    return NOTHING if path.is_dir() else say("{file} is not a folder", file=name)


def _authority_trouble(path: Path, name: Own) -> Sentence:
    if trouble := _file_trouble(path, name):
        return trouble
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except ssl.SSLError:
        return _no_certificate(name)
    return NOTHING


def _certificate_trouble(path: Path, name: Own) -> Sentence:
    if trouble := _file_trouble(path, name):
        return trouble
    try:
        x509.load_pem_x509_certificates(path.read_bytes())
    except ValueError:
        return _no_certificate(name)
    return NOTHING


def _no_certificate(name: Own) -> Sentence:
    return say(
        "{file} holds no certificate in PEM form (-----BEGIN CERTIFICATE-----), or a damaged one",
        file=name,
    )


def _strings(content: Any, key: str, loc: Loc = ()) -> Iterator[tuple[Loc, str]]:
    """Find every text at a dotted key of an unchecked document, whatever else stands there."""
    if isinstance(content, list):
        for index, element in enumerate(content):
            yield from _strings(element, key, (*loc, index))
    elif not key:
        if isinstance(content, str):
            yield loc, content
    elif isinstance(content, dict):
        part, _, rest = key.partition(".")
        yield from _strings(content.get(part), rest, (*loc, part))
