"""The files that the gateway would be deployed from: compose and env files, and the certs folder of its data volume."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .pki import Authority, Leaf, LeafSpec

if TYPE_CHECKING:
    from .shared import Shared

COMPOSE, ENV, DB_ENV = "docker-compose.yml", ".env", "db.env"
CERTS = "data/certs"

_COMPOSE = """\
x-wa: &wa
  restart: unless-stopped
  env_file: [db.env]
  volumes:
    - ./data:/usr/local/waent/data
    - whatsappMedia:/usr/local/wamedia
  cap_drop: [MKNOD]

x-core: &core
  <<: *wa
  image: docker.whatsapp.biz/coreapp:v${WA_API_VERSION:?set it in .env}
  networks: [inner, storage]

services:
  db:
    image: postgres:16
    environment:
      POSTGRES_USER: wa
      POSTGRES_PASSWORD_FILE: /run/secrets/db_password
    secrets: [db_password]
    networks: [storage]

  wacore:
    <<: *core
    environment: &core-settings
      WA_SECRET: ${WA_SECRET:?set it in .env}
      WA_APP_MULTICONNECT: 1

  master:
    <<: *core
    environment:
      <<: *core-settings
      WA_MASTER_NODE: 1

  waweb:
    <<: *wa
    image: docker.whatsapp.biz/web:v${WA_API_VERSION:?set it in .env}
    ports:
      - "127.0.0.1:${WEB_PORT:-9090}:443"
    environment:
      WA_SECRET: ${WA_SECRET:?set it in .env}
      WA_DB_SSL_VERIFY: "1"
    networks: [clients, inner, storage]
    depends_on: [wacore, master]

networks:
  clients:
  inner:
    internal: true
  storage:
    internal: true

volumes:
  whatsappMedia:

secrets:
  db_password:
    file: ./db_password.txt
"""
_DB_ENV = """\
WA_DB_ENGINE=PGSQL
WA_DB_HOSTNAME=db
WA_DB_PORT=5432
WA_DB_USERNAME=wa
WA_DB_PASSWORD={password}
WA_DB_SSL_CA=/usr/local/waent/data/certs/ca.pem
WA_DB_SSL_CERT=/usr/local/waent/data/certs/client.pem
WA_DB_SSL_KEY=/usr/local/waent/data/certs/client-key.pem
"""


class Deployment:
    """A folder of deployment files. A fault edits their text, or changes the folder once it is written."""

    def __init__(self, shared: Shared) -> None:
        """Write nothing yet."""
        self.shared = shared
        self.folder = shared.folder / "deployment"
        self.certs = self.folder / CERTS
        self.password = secrets.token_urlsafe(24)
        self.texts = {
            COMPOSE: _COMPOSE,
            ENV: f"WA_API_VERSION=2.53.3\nWA_SECRET={shared.environ['WA_SECRET']}\n",
            DB_ENV: _DB_ENV.format(password=self.password),
            "db_password.txt": self.password,
        }
        self.authority: Callable[[], Authority] = lambda: shared.authority
        self.client: Callable[[], Leaf] = lambda: shared.authority.issue(LeafSpec(names=("wa",)))
        self.changes: list[Callable[[], object]] = []
        self.table: dict[str, Any] = {
            "compose_files": [str(self.folder / COMPOSE)],
            "env_files": [str(self.folder / DB_ENV)],
            "web_services": ["waweb"],
            "core_services": ["wacore", "master"],
            "certs_dir": str(self.certs),
        }

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace text in one of the files; raises ValueError where it is not there: no fault is to be an empty one."""
        if old not in self.texts[name]:
            raise ValueError(f"{name} has no {old!r}")
        self.texts[name] = self.texts[name].replace(old, new)

    def start(self) -> None:
        """Write the files."""
        self.certs.mkdir(parents=True)
        for name, text in self.texts.items():
            (self.folder / name).write_text(text, encoding="utf-8")
        client = self.client()
        (self.certs / "ca.pem").write_bytes(self.authority().pem)
        (self.certs / "client.pem").write_bytes(client.chain_pem)
        self.write_key("client-key.pem", client.key_pem)
        for change in self.changes:
            change()

    def write_key(self, name: str, pem: bytes, mode: int = 0o600) -> None:
        """Write a private key into the certs folder."""
        path = self.certs / name
        path.write_bytes(pem)
        path.chmod(mode)

    def stop(self) -> None:
        """Remove the files."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def document(self) -> dict[str, Any]:
        """Return this part's tables of a fitting target file."""
        return {"deployment": self.table}
