"""What the parts of the gateway share: its clock, its folder, its authority, its secrets."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from .pki import Authority, make_key


class Shared:
    """What every part may use. A part that needs another part is handed it."""

    def __init__(self, security_level: str, clock: Callable[[], float], costly: Iterable[str]) -> None:
        """Make the folder, the authority and the secrets.

        `clock` returns Unix seconds. `costly` names areas whose parts take time to start, and are left out otherwise.
        """
        self.security_level = security_level
        self.clock = clock
        self.costly = set(costly)
        # Sections that this machine does not let the gateway have, and why.
        self.without: dict[str, str] = {}
        self.folder = Path(tempfile.mkdtemp(prefix="portero-"))
        # OLD lists RSA signatures alone, so that its authority has to sign with RSA.
        self.authority = Authority(key=make_key("rsa-2048" if security_level == "old" else "secp256r1"))
        self.environ = {
            "WA_SECRET": secrets.token_urlsafe(32),
            "PORTERO_ADMIN_PASSWORD": "Aa1!" + secrets.token_urlsafe(16),
            "PORTERO_IDENTITY_SECRET": secrets.token_urlsafe(32),
            "PORTERO_IDENTITY_ADMIN": "Bearer " + secrets.token_urlsafe(24),
        }
