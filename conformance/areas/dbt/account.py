"""Tries to open the gateway's account without its password, and with a certificate that is not its own."""

from __future__ import annotations

import ssl

from cryptography import x509

from conformance.areas.dbt import door
from conformance.areas.dbt.door import Way
from conformance.areas.dbt.login import LOGINS, LoginRefused, LoginTrouble, session
from conformance.areas.dbt.record import AccountAtAddress, AtAddresses, Card, Reply, Try
from conformance.areas.dbt.wire import OddDatabase, in_words
from conformance.bench import Bench
from conformance.engine.observatory import Probe
from conformance.sentence import NOTHING, Own, Sentence, say
from conformance.web.http import plain_words, present

_HELD = (Card.OWN, True)
# The account's own login stands before each of the others, and last: a success resets the count of those that lock it.
_WITHOUT_OTHER = ((Card.NONE, False), (Card.NONE, True))
_WITH_OTHER = (*_WITHOUT_OTHER, (Card.OTHER, False), (Card.OTHER, True))


def _look(bench: Bench) -> AtAddresses[AccountAtAddress]:
    other = _unfit(bench)
    return door.at_each_address(bench, lambda address: _look_at(bench, door.asked(bench, address), other))


def _look_at(bench: Bench, way: Way, other: Sentence) -> AccountAtAddress:
    if way.declined:
        return AccountAtAddress(offers_tls=False, other=other)
    tries = [_try(bench, way, *_HELD)]
    if not tries[0].opened:  # whatever else is refused then proves nothing
        return AccountAtAddress(offers_tls=True, tries=tuple(tries), other=other)
    for card, password in _WITHOUT_OTHER if other else _WITH_OTHER:
        tries += [_try(bench, way, card, password), _try(bench, way, *_HELD)]
    return AccountAtAddress(offers_tls=True, tries=tuple(tries), other=other)


def _unfit(bench: Bench) -> Sentence:
    """Say why the other certificate cannot be tried, or nothing."""
    declared = door.database(bench)
    if declared.other_client_cert is None:
        return say(
            "the target file lacks database.other_client_cert and other_client_key, "
            "a certificate of the same authority for another name"
        )
    if declared.client_cert is None:
        return say("no client certificate is declared (database.client_cert and client_key)")
    try:
        own, other = (
            x509.load_pem_x509_certificate(bench.file(name).read_bytes())
            for name in (declared.client_cert, declared.other_client_cert)
        )
    except (OSError, ValueError):
        return say("database.other_client_cert ({file}) cannot be read", file=Own(declared.other_client_cert))
    if own.issuer != other.issuer:
        return say("database.other_client_cert was issued by another authority than database.client_cert")
    if own.subject == other.subject:
        return say("database.other_client_cert has the subject of database.client_cert, and is to have another one")
    return NOTHING


def _context(bench: Bench, card: Card) -> ssl.SSLContext:
    declared, context = door.database(bench), door.verifying_context(bench)
    if card is Card.OWN:
        door.with_certificate(bench, context)
    elif card is Card.OTHER and declared.other_client_cert is not None and declared.other_client_key is not None:
        present(context, bench.file(declared.other_client_cert), bench.vault[declared.other_client_key], "database")
    return context


def _try(bench: Bench, way: Way, card: Card, password: bool) -> Try:  # noqa: FBT001 - one of what a table lists
    declared, context = door.database(bench), _context(bench, card)
    if not password and declared.engine == "postgresql":
        return _asked(bench, way, context, card)
    given = bench.vault[declared.password].reveal() if password and declared.password is not None else None
    try:
        with session(
            bench, declared.username or "", given, context, way, as_declared=(card, password) == _HELD
        ) as query:
            query("SELECT 1")
    except LoginRefused as refusal:
        return Try(card, password, opened=False, words=refusal.words, code=refusal.code)
    except LoginTrouble as trouble:
        return Try(card, password, opened=None, words=trouble.words)
    return Try(card, password, opened=True)


def _asked(bench: Bench, way: Way, context: ssl.SSLContext, card: Card) -> Try:
    """Name the account to PostgreSQL, which opens it there and then where it asks for nothing."""
    declared = door.database(bench)
    try:
        with bench.budget.alone(LOGINS), door.over_tls(bench, context, way) as (_, dialect):
            knock = dialect.knock(declared.username or "", declared.name)
    except ssl.SSLCertVerificationError as error:
        return Try(card, password=False, opened=None, words=plain_words(error))
    except OddDatabase as error:
        return Try(card, password=False, opened=None, words=error.words)
    except (ssl.SSLError, ConnectionError, EOFError) as error:
        return Try(card, password=False, opened=False, words=in_words(error))
    except (OSError, ValueError) as error:
        return Try(card, password=False, opened=None, words=in_words(error))
    return Try(card, password=False, opened=knock.reply is Reply.TAKEN, words=knock.words, code=knock.code)


account = Probe("database-account", AtAddresses[AccountAtAddress], _look)
