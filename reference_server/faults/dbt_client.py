"""Faults of the gateway towards its database: what it does with one that is not right."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from ..database_client import Context, Environ, core_context, web_context
from . import fault

if TYPE_CHECKING:
    from ..gateway import Gateway

_NO_CHECK_TIME = 0x200000
"""OpenSSL's X509_V_FLAG_NO_CHECK_TIME."""


def _unverified(environ: Environ) -> Context:
    return web_context({**environ, "WA_DB_SSL_VERIFY": "0"})


@fault("DBT-06", "DBT-08")
def web_app_never_verifies(gateway: Gateway) -> None:
    """Breaks DBT-06 and DBT-08: the web app encrypts, and takes any certificate, whatever the setting says."""
    gateway.database.web = _unverified


@fault("DBT-06")
def web_app_ignores_the_name(gateway: Gateway) -> None:
    """Breaks DBT-06: the web app checks the chain, and not whom the certificate is for."""

    def context(environ: Environ) -> Context:
        made = web_context(environ)
        assert isinstance(made, ssl.SSLContext)  # noqa: S101 - as web_context makes them
        made.check_hostname = False
        return made

    gateway.database.web = context


@fault("DBT-06")
def web_app_ignores_dates(gateway: Gateway) -> None:
    """Breaks DBT-06: the web app takes certificates that have expired, or have not begun."""

    def context(environ: Environ) -> Context:
        made = web_context(environ)
        assert isinstance(made, ssl.SSLContext)  # noqa: S101 - as web_context makes them
        made.verify_flags |= _NO_CHECK_TIME
        return made

    gateway.database.web = context


@fault("DBT-06", "DBT-08")
def web_app_falls_back_to_the_clear(gateway: Gateway) -> None:
    """Breaks DBT-06 and DBT-08: where TLS does not come about the web app tries again in the clear."""
    gateway.database.web_falls_back = True


@fault("DBT-07")
def core_app_in_the_clear(gateway: Gateway) -> None:
    """Breaks DBT-07: the core app knows none of the settings, and encrypts nothing."""
    gateway.database.core = lambda _: False


@fault("DBT-07")
def core_app_prefers_tls(gateway: Gateway) -> None:
    """Breaks DBT-07: the core app takes TLS where it is offered, and does without where it is not."""
    gateway.database.core = lambda _: None


@fault("DBT-07")
def core_app_forgot_the_retired_option(gateway: Gateway) -> None:
    """Breaks DBT-07: with WA_DB_CONNECTION_OPTION alone the core app does not encrypt any more."""
    gateway.database.core = lambda environ: core_context(environ) if "WA_DB_SSL_CA" in environ else False


@fault("DBT-06", "DBT-08")
def verification_has_to_be_asked_for(gateway: Gateway) -> None:
    """Breaks DBT-06 and DBT-08: without WA_DB_SSL_VERIFY=1 the web app does not verify."""
    gateway.database.web = lambda env: web_context(env) if env.get("WA_DB_SSL_VERIFY") == "1" else _unverified(env)


@fault("DBT-08")
def any_value_switches_verification_off(gateway: Gateway) -> None:
    """Breaks DBT-08: the web app does not verify as soon as WA_DB_SSL_VERIFY is set, to whatever."""
    gateway.database.web = lambda env: _unverified(env) if "WA_DB_SSL_VERIFY" in env else web_context(env)


@fault("DBT-08")
def zero_switches_encryption_off(gateway: Gateway) -> None:
    """Breaks DBT-08: with WA_DB_SSL_VERIFY=0 the web app does not even encrypt."""
    gateway.database.web = lambda env: False if env.get("WA_DB_SSL_VERIFY") == "0" else web_context(env)
