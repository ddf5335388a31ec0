"""Faults of the identity service: who is let in without a hash, who is not with one, and the switch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..http import Response
from ..identity import Initialisation
from . import fault

if TYPE_CHECKING:
    from ..gateway import Gateway


@fault("IDV-01")
def drops_uids_with_accents(gateway: Gateway) -> None:
    """Breaks IDV-01: a uid that is not ASCII is dropped, its hash right or not."""
    check = gateway.identity.check
    gateway.identity.check = lambda asked: check(asked) if asked.uid.isascii() else None


@fault("IDV-01")
def takes_emails_only(gateway: Gateway) -> None:
    """Breaks IDV-01: a uid that is no e-mail address is dropped."""
    check = gateway.identity.check
    gateway.identity.check = lambda asked: check(asked) if "@" in asked.uid else None


@fault("IDV-02", "IDV-05")
def believes_the_unsigned(gateway: Gateway) -> None:
    """Breaks IDV-02 and IDV-05: a client without a hash is honoured as verified."""
    check = gateway.identity.check
    gateway.identity.check = lambda asked: True if asked.signature is None else check(asked)


@fault("IDV-02", "IDV-05")
def stores_the_unsigned_as_unverified(gateway: Gateway) -> None:
    """Breaks IDV-02 and IDV-05: with validation on, a client without a hash is bound all the same, as not verified."""
    check = gateway.identity.check
    gateway.identity.check = lambda asked: False if asked.signature is None else check(asked)


@fault("IDV-02", "IDV-05")
def creates_the_unsigned_it_drops(gateway: Gateway) -> None:
    """Breaks IDV-02 and IDV-05: an unsigned initialisation is refused after the client was created."""
    identity = gateway.identity

    def drop(asked: Initialisation | None) -> Response:
        if asked and asked.signature is None:
            identity.store(asked, verified=False)
        return Response(403)

    identity.drop = drop


@fault("IDV-02", "IDV-05")
def trusts_known_clients(gateway: Gateway) -> None:
    """Breaks IDV-02 and IDV-05: who was verified once needs no hash any more."""
    identity = gateway.identity
    check = identity.check

    def known(asked: Initialisation) -> bool | None:
        contact = identity.contacts.get(asked.uid)
        return True if asked.signature is None and contact and contact.verified else check(asked)

    identity.check = known


@fault("IDV-05")
def ignores_the_switch(gateway: Gateway) -> None:
    """Breaks IDV-05: the setting is taken and changes nothing."""
    gateway.identity.set_validation = lambda _: None


@fault("IDV-05")
def verifies_everybody_while_off(gateway: Gateway) -> None:
    """Breaks IDV-05: while validation is off, the unsigned are marked as verified."""
    identity = gateway.identity
    check = identity.check
    identity.check = lambda asked: (None if identity.validation else True) if asked.signature is None else check(asked)


@fault("IDV-05")
def takes_its_time_to_switch_on(gateway: Gateway) -> None:
    """Breaks IDV-05: after validation is turned on, the next two clients are still dealt with as before."""
    identity = gateway.identity
    store, check = identity.set_validation, identity.check
    grace: list[None] = []

    def switch(enabled: bool) -> None:  # noqa: FBT001 - a Callable has no names
        grace[:] = [None] * (2 if enabled and not identity.validation else 0)
        store(enabled)

    def late(asked: Initialisation) -> bool | None:
        if asked.signature is None and grace:
            grace.pop()
            return False
        return check(asked)

    identity.set_validation, identity.check = switch, late


@fault("IDV-10")
def binds_the_forged_while_off(gateway: Gateway) -> None:
    """Breaks IDV-10: while validation is off, a client with a wrong hash is bound as not verified."""
    identity = gateway.identity
    check = identity.check

    def lenient(asked: Initialisation) -> bool | None:
        return check(asked) or (None if identity.validation else False)

    identity.check = lenient


@fault("IDV-10")
def believes_the_forged_while_off(gateway: Gateway) -> None:
    """Breaks IDV-10: while validation is off, a client with any hash is verified."""
    identity = gateway.identity
    check = identity.check
    identity.check = lambda asked: True if asked.signature and not identity.validation else check(asked)
