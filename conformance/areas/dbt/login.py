"""Logins to the database, over verified TLS only, by client libraries that are in use everywhere."""

from __future__ import annotations

import ssl
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pg8000.native
import pymysql
import scramp

from conformance.areas.dbt.door import PATIENCE, Way, database, over_tls
from conformance.bench import Bench
from conformance.sentence import Own, Sentence, say
from conformance.web.http import connect, plain_words

OURS = "portero"
"""What our sessions are called in the database's books."""

LOGINS = say("logins to the database")

Rows = list[tuple[Any, ...]]
Query = Callable[[str], Rows]
"""Sends one statement; raises LoginRefused, LoginTrouble."""

# PostgreSQL's invalid_password, MySQL's ER_ACCESS_DENIED_ERROR.
_WRONG_PASSWORD = ("28P01", "1045")
# From here on error numbers are the client library's own, not the server's (until 3000).
_OF_THE_CLIENT = range(2000, 3000)


class LoginRefused(Exception):
    """The database did not take the login, or the statement; its own code, and what it said with it."""

    def __init__(self, code: str, words: Sentence) -> None:
        """Keep both."""
        self.words = say("{words} ({code})", words=words, code=Own(code)) if code else words
        super().__init__(self.words)
        self.code = code


class LoginTrouble(Exception):
    """It could not be told whether the login is taken: no answer, or no TLS that verifies."""

    def __init__(self, words: Sentence) -> None:
        """Keep why."""
        super().__init__(words)
        self.words = words


@contextmanager
def session(
    bench: Bench, username: str, password: str | None, context: ssl.SSLContext, way: Way, *, as_declared: bool = True
) -> Iterator[Query]:
    """Log in over TLS that `context` verifies, for as long as the block lasts.

    A password that was refused `as_declared`, the declared client certificate shown, is sent no more in this run: some
    databases lock the account. Raises LoginRefused and LoginTrouble. Nothing of the login is sent before the handshake
    has succeeded.
    """
    account = f"database account {username}"
    if context.verify_mode is not ssl.CERT_REQUIRED:
        raise LoginTrouble(say("no login is made to a database that is not verified"))
    open_session = _postgresql if database(bench).engine == "postgresql" else _mysql
    try:
        with bench.budget.alone(LOGINS):
            if refused := bench.logins.refusal(account):
                raise LoginTrouble(refused)
            with (
                _remembered(bench, account if as_declared else ""),
                open_session(bench, username, password, context, way) as query,
            ):
                yield query
    except ssl.SSLCertVerificationError as error:
        raise LoginTrouble(say("no login was sent: {trouble}", trouble=plain_words(error))) from error
    except (ssl.SSLError, ConnectionError, EOFError) as error:
        raise LoginRefused("", plain_words(error)) from error
    except (OSError, UnicodeError) as error:
        raise LoginTrouble(plain_words(error)) from error


@contextmanager
def _remembered(bench: Bench, account: str) -> Iterator[None]:
    try:
        yield
    except LoginRefused as refusal:
        if account and refusal.code in _WRONG_PASSWORD:
            why = say("the login was refused before, and is not tried again: {refusal}", refusal=refusal.words)
            bench.logins.not_again(account, why)
        raise


@contextmanager
def _postgresql(
    bench: Bench, username: str, password: str | None, context: ssl.SSLContext, way: Way
) -> Iterator[Query]:
    with over_tls(bench, context, way) as (secured, _):
        secured.settimeout(PATIENCE)
        try:
            with _pg_words():
                connection = pg8000.native.Connection(
                    username,
                    database=database(bench).name,
                    password=password,
                    sock=secured,
                    ssl_context=False,
                    application_name=OURS,
                )
        except (LoginTrouble, ConnectionAbortedError):
            if password is None:
                raise LoginTrouble(say("it asks for a password, and the target file declares none")) from None
            raise

        def query(statement: str) -> Rows:
            with _pg_words():
                return [tuple(row) for row in connection.run(statement) or ()]

        try:
            yield query
        finally:
            with _pg_words():
                connection.close()


@contextmanager
def _pg_words() -> Iterator[None]:
    try:
        yield
    except pg8000.native.DatabaseError as error:
        told = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
        words = say("{words}", words=Own(told.get("M", error)))
        raise LoginRefused(str(told.get("C", "")), words) from error
    except pg8000.native.InterfaceError as error:
        if (cause := _first(error)) is not None:
            raise cause from error
        raise ConnectionAbortedError(str(error)) from error
    except (scramp.ScramException, ValueError, LookupError, TypeError, AttributeError, struct.error) as error:
        raise _unreadable(error) from error


def _first(error: BaseException) -> OSError | None:
    """Return what broke the connection: pg8000 says goodbye on it afterwards, and reports that this failed."""
    found, each = None, error.__context__
    while each is not None:
        found = each if isinstance(each, OSError) else found
        each = each.__context__
    return found


def _unreadable(error: Exception) -> LoginTrouble:
    return LoginTrouble(say("its answer cannot be read ({error})", error=Own(type(error).__name__)))


@contextmanager
def _mysql(bench: Bench, username: str, password: str | None, context: ssl.SSLContext, way: Way) -> Iterator[Query]:
    declared = database(bench)
    with bench.budget.connection(declared.host):
        ends = time.monotonic() + min(PATIENCE, bench.left())
        with connect(way.address or declared.host, declared.port, ends) as sock:
            connection = pymysql.Connection(
                host=declared.host,
                user=username,
                password=password or "",
                ssl=context,
                program_name=OURS,
                read_timeout=PATIENCE,
                write_timeout=PATIENCE,
                connect_timeout=PATIENCE,
                defer_connect=True,
                autocommit=None,
            )
            with _my_words():
                connection.connect(sock)

            def query(statement: str) -> Rows:
                with _my_words(), connection.cursor() as cursor:
                    cursor.execute(statement)
                    return [tuple(row) for row in cursor.fetchall()]

            try:
                yield query
            finally:
                with _my_words():
                    connection.close()


@contextmanager
def _my_words() -> Iterator[None]:
    try:
        yield
    except pymysql.MySQLError as error:
        code, words = (*error.args, "", "")[:2]
        if isinstance(code, int) and code not in _OF_THE_CLIENT:
            raise LoginRefused(str(code), say("{words}", words=Own(words))) from error
        cause = getattr(error, "original_exception", error.__context__)
        raise cause if isinstance(cause, OSError) else ConnectionAbortedError(str(words)) from error
    except RuntimeError as error:  # PyMySQL's word for a method of authentication that it does not speak
        raise LoginTrouble(
            say("the account logs in by a method that is not spoken here: {error}", error=Own(error))
        ) from error
    except (ValueError, LookupError, TypeError, AttributeError, AssertionError, struct.error) as error:
        raise _unreadable(error) from error
