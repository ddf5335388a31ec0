"""A private key as a file, for as long as somebody needs one: `ssl` and sslyze read keys from files only."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from conformance.secrecy.secret import Secret


@contextmanager
def key_file(key: Secret) -> Iterator[Path]:
    """Yield the path of a file with the key, which only its owner can read, and which is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="portero-") as folder:
        path = Path(folder) / "key.pem"
        path.touch(mode=0o600)
        path.write_text(key.reveal() + "\n", encoding="utf-8")
        yield path
