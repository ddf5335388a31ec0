"""Names to addresses, in a limited time: the system's resolver knows no limit."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import Future
from typing import Any

Address = tuple[int, Any]


class ResolverSilent(TimeoutError):
    """The resolver did not answer in time."""


def resolve(host: str, port: int, seconds: float) -> list[Address]:
    """Return the address families and addresses of a name, for TCP, in the system's order.

    Raises socket.gaierror or UnicodeError for a name that does not resolve, ResolverSilent after `seconds`.
    """
    answer: Future[list[Address]] = Future()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            answer.set_exception(error)
        else:
            answer.set_result([(family, address) for family, *_, address in found])

    threading.Thread(target=ask, name="resolve", daemon=True).start()
    try:
        return answer.result(max(0.0, seconds))
    except TimeoutError as error:
        raise ResolverSilent from error
