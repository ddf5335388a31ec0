"""The whole gateway: web app, core app, identity service and the customer's site, on loopback."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from .certificates import Certificates
from .core import Core
from .database import Database
from .deployment import Deployment
from .faults import named
from .identity import IdentityService
from .network import Networks
from .postgres import Postgres
from .shared import Shared
from .site import Site
from .web import WebApp
from .webhooks import Webhooks


class FaultsClash(Exception):
    """A fault finds nothing left of what it breaks: another has changed that. Its text is the fault's name."""


class Gateway(Shared):
    """A gateway that keeps every promise, until a fault is named. Use it as a context manager."""

    def __init__(
        self,
        security_level: str = "modern",
        faults: Iterable[str] = (),
        clock: Callable[[], float] = time.time,
        *,
        costly: Iterable[str] = (),
        postgres: Postgres | None = None,
    ) -> None:
        """Build all parts, apply the faults, bind nothing yet.

        `clock` returns Unix seconds for the core app. `costly` names areas whose parts take time to start, and are left
        out otherwise; a fault of such an area starts them too. `postgres` is a server that is not to be ended with the
        gateway; without one it starts its own. Raises KeyError for a fault that does not exist.
        """
        chosen = [named(name) for name in faults]
        lowered = [f.level for f in chosen if f.level != "modern"]
        level = lowered[0] if lowered else security_level
        super().__init__(level, clock, {*costly, *(fault.area for fault in chosen)})
        self.database = Database(self, postgres)
        self.web = WebApp(self)
        self.certificates = Certificates(self, self.web)
        self.webhooks = Webhooks(self, self.web)
        self.core = Core(self, lambda payload: self.webhooks.heard(payload))
        self.identity = IdentityService(self)
        self.site = Site(self, self.identity)
        self.networks = Networks(self, self.web, self.core)
        self.deployment = Deployment(self)
        self.declared: dict[str, Any] = {}
        for fault in chosen:
            try:
                fault.apply(self)
            except ValueError as error:
                if len(chosen) == 1:
                    raise
                shutil.rmtree(self.folder)
                raise FaultsClash(fault.short) from error

    @property
    def parts(
        self,
    ) -> tuple[WebApp, Certificates, Webhooks, Core, IdentityService, Site, Networks, Deployment, Database]:
        """Return the parts, in the order they start."""
        return (
            self.web,
            self.certificates,
            self.webhooks,
            self.core,
            self.identity,
            self.site,
            self.networks,
            self.deployment,
            self.database,
        )

    def __enter__(self) -> Self:
        """Start every part; the ports are known from here on."""
        self._stack = ExitStack()
        (self.folder / "ca.pem").write_bytes(self.authority.pem)
        for part in self.parts:
            part.start()
            self._stack.callback(part.stop)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop every part and remove what was written."""
        self._stack.close()
        for path in self.folder.iterdir():
            path.unlink()
        self.folder.rmdir()

    def document(self) -> dict[str, Any]:
        """Return the target file's content that fits this gateway; secrets by reference into `environ`.

        A fault may change what is declared, table by table, through `declared`.
        """
        document: dict[str, Any] = {
            "schema": 1,
            "name": "reference",
            "consent": "destructive",
            "limits": {"connections": 32, "requests_per_second": 2000},
        }
        for part in self.parts:
            for section, table in part.document().items():
                document.setdefault(section, {}).update(table)
        for section, table in self.declared.items():
            document.setdefault(section, {}).update(table)
        return document
