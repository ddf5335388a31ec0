"""The certificates and keys that settings name: where they lie on the host, what is in them, who can read them."""

from __future__ import annotations

import datetime
import os
import posixpath
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes

from conformance.areas.dep.compose.mounts import Mount
from conformance.areas.dep.compose.project import Service
from conformance.areas.dep.record import KeyFile, NamedFile, StoredCertificate
from conformance.regular import read_regular, why_unread
from conformance.sentence import NOTHING, By, Own, Sentence, own_list, say

CERTS = "/usr/local/waent/data/certs"
SETTINGS = ("WA_DB_SSL_CA", "WA_DB_SSL_CERT", "WA_DB_SSL_KEY")
LARGEST = 1 << 20
LARGEST_KEY = 1 << 16  # bytes: a PEM of keys and certificates is smaller
MOST_FILES = 500  # bounds the look into a mounted folder, which may be all of a disk
DEEPEST = 4

_MARKS = re.compile(rb"-----(BEGIN|END) ([A-Z0-9 ]{1,40})-----")
_UNREADABLE_CERTIFICATE = say("holds a certificate that cannot be read")
_UNREADABLE_KEY = say("holds a private key that cannot be read")
_OF_THE_IMAGE = ("/etc/ssl/", "/etc/pki/", "/usr/share/ca-certificates/", "/usr/local/share/ca-certificates/")


@dataclass(frozen=True, slots=True)
class Contents:
    """What a PEM file holds. `locked` counts keys that need a passphrase."""

    certificates: tuple[x509.Certificate, ...] = ()
    keys: tuple[PrivateKeyTypes, ...] = ()
    locked: int = 0
    broken: Sentence = NOTHING


@dataclass(frozen=True, slots=True)
class Found:
    """A named file as it goes into the record, and what is in it."""

    file: NamedFile
    contents: Contents = Contents()


@dataclass(slots=True)
class Files:
    """Looks at files on the host's side, and remembers every key that it meets."""

    certs_dir: Path | None
    shown: Callable[[Path], str]
    now: float
    keys: dict[Path, KeyFile] = field(default_factory=dict)
    folders: dict[Path, Path] = field(default_factory=dict)
    unseen: list[Sentence] = field(default_factory=list)

    def named(self, service: Service, setting: str, path: str, place: str) -> Found:
        """Look at the file that a setting names."""
        bare = NamedFile(setting, path, place)
        host, root, trouble, unseen = self._located(service, path)
        if host is None:
            if setting == "WA_DB_SSL_KEY" and unseen:
                self.unseen.append(say("{place}: {reason}", place=Own(place), reason=unseen))
            return Found(replace(bare, trouble=trouble, unseen=unseen))
        if root.is_dir():  # a single file that is mounted says nothing of what lies beside it
            self.folders.setdefault(host.parent, root)
        placed = replace(bare, host=self.shown(host))
        if setting == "WA_DB_SSL_KEY":
            self._note_key(host, root, place)
        return self._looked_at(placed, host, root)

    def _located(self, service: Service, path: str) -> tuple[Path | None, Path, Sentence, Sentence]:
        """Return where a container's path lies here, below which folder; or what is wrong, or why it is not known."""
        nowhere = (None, Path())
        if not path.startswith("/"):
            return *nowhere, say("is not an absolute path, as files in the container have"), NOTHING
        aim = posixpath.normpath(path)
        mount = _mount(service.mounts, aim)
        if mount is None and service.foreign:
            if self.certs_dir is not None and aim.startswith(CERTS + "/"):
                return self.certs_dir / posixpath.relpath(aim, CERTS), self.certs_dir, NOTHING, NOTHING
            return *nowhere, NOTHING, _of_a_foreign_container(service)
        if mount is None:
            return *nowhere, *_not_mounted(service, aim)
        if mount.memory:
            return *nowhere, say("lies in the tmpfs at {place}, which starts empty", place=Own(mount.place)), NOTHING
        rest = posixpath.relpath(aim, mount.target)
        if mount.host is not None and mount.host.exists():
            host = mount.host if rest == "." else mount.host / rest
            return host, mount.host, NOTHING, NOTHING
        certs = _certs_target(mount)
        if self.certs_dir is not None and aim.startswith(certs + "/"):
            return self.certs_dir / posixpath.relpath(aim, certs), self.certs_dir, NOTHING, NOTHING
        return *nowhere, NOTHING, self._out_of_sight(mount)

    def _out_of_sight(self, mount: Mount) -> Sentence:
        if mount.host is not None:
            return say(
                "what is mounted there, {folder}, is not on this machine: "
                "declare deployment.certs_dir, the folder with its certificates",
                folder=Own(self.shown(mount.host)),
            )
        if mount.volume:
            return say(
                "what is mounted there (volume {volume}) is kept by docker: "
                "declare deployment.certs_dir, the folder with its certificates",
                volume=Own(mount.volume),
            )
        return say(
            "what is mounted there is kept by docker: declare deployment.certs_dir, the folder with its certificates"
        )

    def _looked_at(self, file: NamedFile, host: Path, root: Path) -> Found:
        try:
            raw = read_regular(host, LARGEST)
        except FileNotFoundError:
            return Found(replace(file, trouble=say("is not there")))
        except IsADirectoryError:
            return Found(replace(file, trouble=say("is a folder")))
        except (OSError, ValueError) as error:
            return Found(replace(file, unseen=say("it cannot be read here ({error})", error=why_unread(error))))
        if len(raw) > LARGEST:
            return Found(replace(file, trouble=say("is larger than 1 MiB, and no file of certificates")))
        contents = read_pem(raw)
        if contents.keys or contents.locked:
            self._note_key(host, root, file.place)
        elif contents.certificates:  # named as a key, and none
            self.keys.pop(host, None)
        seen = replace(
            file,
            certificates=tuple(_stored(each, self.now) for each in contents.certificates),
            keys=len(contents.keys),
            locked=contents.locked,
            trouble=contents.broken or _lacking(file.setting, contents),
        )
        return Found(seen, contents)

    def search(self) -> None:
        """Look for further keys beside those that are named, and in the certs folder."""
        if self.certs_dir is not None:
            self.folders.setdefault(self.certs_dir, self.certs_dir)
        left = MOST_FILES
        for folder, root in tuple(self.folders.items()):
            for path in _files(folder):
                left -= 1
                if left < 0:
                    return
                if path not in self.keys and _holds_key(path):
                    self._note_key(path, root, "")

    def _note_key(self, path: Path, root: Path, place: str) -> None:
        try:
            mode = path.stat().st_mode
        except OSError:
            return
        known = self.keys.get(path)
        self.keys[path] = KeyFile(
            self.shown(path),
            f"{stat.S_IMODE(mode):04o}",
            others=bool(mode & stat.S_IRWXO),
            group=bool(mode & stat.S_IRWXG),
            named_at=place or (known.named_at if known else ""),
            shielded_by=self._shield(path, root),
        )

    def _shield(self, path: Path, root: Path) -> str:
        """Name a folder from `root` down to the file that others cannot enter: what is in it is out of their reach."""
        for folder in path.parents:
            if not folder.is_relative_to(root):
                break
            if folder.is_dir() and not folder.stat().st_mode & stat.S_IXOTH:
                return self.shown(folder)
        return ""


def _mount(mounts: list[Mount], aim: str) -> Mount | None:
    """Return the mount that a container's path lies in: the deepest."""
    over = [mount for mount in mounts if aim == mount.target or aim.startswith(mount.target.rstrip("/") + "/")]
    return max(over, key=lambda mount: len(mount.target), default=None)


def _certs_target(mount: Mount) -> str:
    """Return where the certs folder is in the container, for a mount of it, or of the data volume above it."""
    return mount.target if posixpath.basename(mount.target) == "certs" else posixpath.join(mount.target, "certs")


def _of_a_foreign_container(service: Service) -> Sentence:
    return say(
        "it may lie in a volume of container {containers}, which is not of these files (volumes_from): "
        "declare deployment.certs_dir, the folder with its certificates",
        containers=own_list(service.foreign, By.COMMA),
    )


def _not_mounted(service: Service, aim: str) -> tuple[Sentence, Sentence]:
    if any(m.host is not None and Path(aim).is_relative_to(m.host) for m in service.mounts):
        return say("is a path of the host: a setting names the path in the container"), NOTHING
    if aim.startswith(_OF_THE_IMAGE) or service.built:
        return NOTHING, say("no volume is mounted there: it is a file of the image, which is not looked into")
    return say("is in no volume that is mounted into {service}", service=Own(service.name)), NOTHING


def read_pem(raw: bytes) -> Contents:
    """Read certificates and private keys out of PEM text; what else is in it does not matter."""
    certificates: list[x509.Certificate] = []
    keys: list[PrivateKeyTypes] = []
    locked, broken = 0, NOTHING
    for kind, block in _blocks(raw):
        try:
            if kind in ("CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"):
                certificates.append(x509.load_pem_x509_certificate(block))
            elif kind.endswith("PRIVATE KEY"):
                keys.append(serialization.load_pem_private_key(block, None))
        except TypeError:  # "Password was not given but private key is encrypted"
            locked += 1
        except (ValueError, UnsupportedAlgorithm):
            broken = _UNREADABLE_KEY if kind.endswith("KEY") else _UNREADABLE_CERTIFICATE
    if not broken and not certificates and not keys and not locked:
        broken = say("holds nothing in PEM, which begins with -----BEGIN")
    return Contents(tuple(certificates), tuple(keys), locked, broken)


def _blocks(raw: bytes) -> Iterator[tuple[str, bytes]]:
    """Go through the PEM blocks, each from its last line of beginning to an end of its kind."""
    start, begun = 0, b""
    for mark in _MARKS.finditer(raw):
        if mark[1] == b"BEGIN":
            start, begun = mark.start(), mark[2]
        elif mark[2] == begun:
            yield begun.decode("ascii"), raw[start : mark.end()]
            begun = b""


def _lacking(setting: str, contents: Contents) -> Sentence:
    if setting == "WA_DB_SSL_KEY":
        return NOTHING if contents.keys or contents.locked else say("holds no private key")
    return NOTHING if contents.certificates else say("holds no certificate")


def _stored(certificate: x509.Certificate, now: float) -> StoredCertificate:
    instant = datetime.datetime.fromtimestamp(now, datetime.UTC)
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return StoredCertificate(
        certificate.subject.rfc4514_string()[:200],
        certificate.issuer.rfc4514_string()[:200],
        start.isoformat(),
        end.isoformat(),
        expired=end < instant,
        not_yet=start > instant,
        authority=_authority(certificate),
        signs_itself=certificate.issuer == certificate.subject and _signed(certificate, certificate),
    )


def _authority(certificate: x509.Certificate) -> bool | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError, x509.DuplicateExtension):
        return True if certificate.issuer == certificate.subject else None


def pair_matches(certificate: Contents, key: Contents) -> bool | None:
    """Tell whether the key belongs to the certificate, the first in its file; None where one is missing or locked."""
    if not certificate.certificates or not key.keys:
        return None
    try:
        theirs = _public(certificate.certificates[0].public_key())
    except (ValueError, UnsupportedAlgorithm):
        return None
    return any(_public(each.public_key()) == theirs for each in key.keys)


def _public(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def issued_by(certificate: Contents, authority: Contents) -> tuple[bool | None, bool]:
    """Tell whether the certificate was issued by an authority, directly or by way of its own chain.

    None where there is nothing to compare. The second tells whether one that has the issuer's name did not sign it.
    """
    if not certificate.certificates or not authority.certificates:
        return None, False
    impostor = False
    pool = [*certificate.certificates[1:], *authority.certificates]
    current = certificate.certificates[0]
    for _ in range(len(pool) + 1):
        if current in authority.certificates:
            return True, False
        namesakes = [each for each in pool if each.subject == current.issuer]
        signer = next((each for each in namesakes if _signed(current, each)), None)
        if signer is None:
            impostor = bool(namesakes)
            break
        current = signer
    return False, impostor


def _signed(certificate: x509.Certificate, by: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(by)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _files(folder: Path) -> Iterator[Path]:
    top = len(folder.parts)
    for where, folders, names in os.walk(folder):
        if len(Path(where).parts) - top >= DEEPEST:
            folders.clear()
        folders.sort()
        yield from (Path(where) / name for name in sorted(names))


def _holds_key(path: Path) -> bool:
    try:
        return b"PRIVATE KEY-----" in read_regular(path, LARGEST_KEY)
    except PermissionError:
        return path.suffix == ".key"
    except OSError:
        return False
