"""The reference gateway's users: roles, passwords, a lock, and tokens that end."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from reference_server import Gateway
from reference_server.accounts import LOCKED_SECONDS, PATIENCE, TOKEN_SECONDS
from reference_server.http import Request, Response
from tests.arena import SteppingClock

STRONG, OTHER = "Strong-1", "Another-2"


class Client:
    """Speaks to the API without a network."""

    def __init__(self) -> None:
        self.clock = SteppingClock()
        self.gateway = Gateway(clock=self.clock.now)
        self.api = self.gateway.web.api
        self.api.start()
        self.right = self.gateway.environ["PORTERO_ADMIN_PASSWORD"]

    def ask(self, method: str, path: str, authorization: str = "", document: Any = None) -> Response:
        body = b"" if document is None else json.dumps(document).encode()
        return self.api.answer(Request(method, path, (("Authorization", authorization),), body))

    def login(self, name: str, password: str, document: Any = None) -> Response:
        pair = base64.b64encode(f"{name}:{password}".encode()).decode()
        return self.ask("POST", "/v1/users/login", f"Basic {pair}", document)

    def bearer(self, name: str, password: str) -> str:
        answer = self.login(name, password)
        assert answer.status == 200
        return f"Bearer {json.loads(answer.body)['users'][0]['token']}"


@pytest.fixture
def client() -> Iterator[Client]:
    made = Client()
    yield made
    made.gateway.folder.rmdir()


def test_a_user_is_made_shown_changed_and_deleted_by_the_administrator_alone(client: Client) -> None:
    admin = client.bearer("admin", client.right)
    assert client.ask("POST", "/v1/users", admin, {"username": "somebody", "password": STRONG}).status == 201
    user = client.bearer("somebody", STRONG)
    asked = [("POST", "/v1/users"), ("GET", "/v1/users"), ("PUT", "/v1/users/admin"), ("DELETE", "/v1/users/admin")]
    asked += [("PATCH", "/v1/settings/application")]
    assert [client.ask(*each, user, {"password": OTHER}).status for each in asked] == [403] * 5
    assert client.ask("GET", "/v1/health", user).status == 200
    shown = json.loads(client.ask("GET", "/v1/users/somebody", admin).body)
    assert shown == {"users": [{"username": "somebody", "ROLES": "ROLE_USER"}]}
    assert client.ask("PUT", "/v1/users/somebody", admin, {"password": OTHER}).status == 200
    assert client.login("somebody", STRONG).status == 401
    assert client.login("somebody", OTHER).status == 200
    assert client.ask("DELETE", "/v1/users/somebody", admin).status == 200
    assert client.ask("GET", "/v1/users/somebody", admin).status == 404
    assert client.ask("GET", "/v1/health", user).status == 401


def test_a_first_login_may_set_another_password(client: Client) -> None:
    assert client.login("admin", client.right, {"new_password": "weak"}).status == 400
    assert client.login("admin", client.right, {"new_password": STRONG}).status == 200
    assert client.login("admin", client.right).status == 401
    assert client.login("admin", STRONG).status == 200


def test_a_token_ends_by_itself_or_by_its_own_logout(client: Client) -> None:
    first, second = (client.bearer("admin", client.right) for _ in range(2))
    assert client.ask("POST", "/v1/users/logout", first).status == 200
    assert [client.ask("GET", "/v1/health", token).status for token in (first, second)] == [401, 200]
    client.clock.wait(TOKEN_SECONDS - 1)
    assert client.ask("GET", "/v1/health", second).status == 200
    client.clock.wait(1)
    assert client.ask("GET", "/v1/health", second).status == 401


def test_an_account_is_locked_for_a_while_after_bad_logins_in_a_row(client: Client) -> None:
    for _ in range(PATIENCE - 1):
        client.login("admin", "wrong")
    assert client.login("admin", client.right).status == 200
    for _ in range(PATIENCE):
        assert client.login("admin", "wrong").status == 401
    assert client.login("admin", client.right).status == 429
    client.clock.wait(LOCKED_SECONDS)
    assert client.login("admin", client.right).status == 200


def test_nobody_learns_without_a_token_what_there_is(client: Client) -> None:
    paths = ("/v1/health", "/v1/support", "/v1/users", "/v1/users/admin", "/v1/nowhere")
    assert {client.ask("GET", path).status for path in paths} == {401}
    assert client.ask("GET", "/v1/nowhere", client.bearer("admin", client.right)).status == 404


def test_what_is_no_json_is_refused(client: Client) -> None:
    admin = client.bearer("admin", client.right)
    documents: tuple[Any, ...] = ([], "x", 7)
    for document in documents:
        assert client.ask("POST", "/v1/users", admin, document).status == 400
    assert client.ask("POST", "/v1/users", admin).status == 400
