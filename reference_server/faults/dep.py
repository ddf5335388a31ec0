"""Faults of what the deployment files say of services: secrets, settings, networks, ports."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from ..deployment import COMPOSE, DB_ENV, ENV
from . import fault

if TYPE_CHECKING:
    from ..gateway import Gateway

_WEB_SECRET = "WA_SECRET: ${WA_SECRET:?set it in .env}\n      WA_DB_SSL_VERIFY"  # noqa: S105 - a reference
_CORE_SECRET = "WA_SECRET: ${WA_SECRET:?set it in .env}\n      WA_APP_MULTICONNECT"  # noqa: S105 - a reference
_ONE_NETWORK = "  clients:\n    external: {name: corp}\n  inner:\n    external: {name: corp}\n"
_IMAGE = "    image: postgres:16\n"
_VERIFY = 'WA_DB_SSL_VERIFY: "1"'


@fault("DEP-01")
def gives_the_web_app_no_secret(gateway: Gateway) -> None:
    """Breaks DEP-01: WA_SECRET is set for the core app only."""
    gateway.deployment.edit(COMPOSE, _WEB_SECRET, "WA_DB_SSL_VERIFY")


@fault("DEP-01")
def loses_the_secret_in_one_core_node(gateway: Gateway) -> None:
    """Breaks DEP-01: one service writes its environment anew, without the shared settings."""
    gateway.deployment.edit(COMPOSE, "      <<: *core-settings\n", "")


@fault("DEP-01")
def gives_another_secret_to_the_core_app(gateway: Gateway) -> None:
    """Breaks DEP-01: web app and core app are given different secrets."""
    gateway.deployment.texts[ENV] += f"CORE_SECRET={gateway.environ['WA_SECRET'][::-1]}\n"
    gateway.deployment.edit(COMPOSE, _CORE_SECRET, "WA_SECRET: ${CORE_SECRET}\n      WA_APP_MULTICONNECT")


@fault("DEP-01")
def misspells_the_variable_of_the_secret(gateway: Gateway) -> None:
    """Breaks DEP-01: the variable that is put in exists nowhere, so that compose warns and puts in nothing."""
    gateway.deployment.edit(COMPOSE, _WEB_SECRET, "WA_SECRET: ${WASECRET}\n      WA_DB_SSL_VERIFY")


@fault("DEP-01")
def keeps_the_secret_where_compose_does_not_look(gateway: Gateway) -> None:
    """Breaks DEP-01: the secret stands in the services' env file, and a reference overrides it with nothing."""
    deployment = gateway.deployment
    deployment.edit(ENV, f"WA_SECRET={gateway.environ['WA_SECRET']}\n", "")
    deployment.texts[DB_ENV] += f"WA_SECRET={gateway.environ['WA_SECRET']}\n"
    deployment.edit(COMPOSE, "WA_SECRET: ${WA_SECRET:?set it in .env}", "WA_SECRET: ${WA_SECRET}")


@fault("DEP-02")
def uses_a_sample_as_the_secret(gateway: Gateway) -> None:
    """Breaks DEP-02: WA_SECRET is a word out of a tutorial."""
    _use_secret(gateway, "supersecret")


@fault("DEP-02")
def never_fills_in_the_secret(gateway: Gateway) -> None:
    """Breaks DEP-02: the placeholder of the template is still there."""
    _use_secret(gateway, "replace-me-with-a-long-secret")


@fault("DEP-02")
def makes_the_secret_of_words_and_a_year(gateway: Gateway) -> None:
    """Breaks DEP-02: long enough, and a company's name with a year."""
    _use_secret(gateway, "WhatsAppGateway2026!")


@fault("DEP-02")
def repeats_a_short_secret(gateway: Gateway) -> None:
    """Breaks DEP-02: four characters, eight times over."""
    _use_secret(gateway, "x7Q!" * 8)


@fault("DEP-02")
def reuses_the_database_password(gateway: Gateway) -> None:
    """Breaks DEP-02: WA_SECRET is the database password too."""
    _use_secret(gateway, gateway.deployment.password)


@fault("DEP-02")
def makes_the_secret_of_the_database_password(gateway: Gateway) -> None:
    """Breaks DEP-02: WA_SECRET is the database password in base64."""
    _use_secret(gateway, base64.b64encode(gateway.deployment.password.encode()).decode())


@fault("DEP-02")
def lets_a_dollar_cut_the_secret(gateway: Gateway) -> None:
    """Breaks DEP-02: compose takes what follows a dollar sign in .env for a variable, and leaves three characters."""
    _use_secret(gateway, f"Rw5$x{_of_one_word(gateway)}")


@fault("DEP-01", "DEP-12")
def loses_a_secret_that_begins_with_a_dollar(gateway: Gateway) -> None:
    """Breaks DEP-01, and DEP-12: the web app's secret stands in the compose file, and compose puts in nothing."""
    gateway.deployment.edit(COMPOSE, _WEB_SECRET, f'WA_SECRET: "$x{_of_one_word(gateway)}"\n      WA_DB_SSL_VERIFY')


@fault("DEP-12")
def doubles_the_dollar_of_a_secret_in_the_compose_file(gateway: Gateway) -> None:
    """Breaks DEP-12: a secret stands in the compose file, its dollar sign written twice as compose wants it."""
    written = f'WA_SECRET: "Rw5$$x{gateway.environ["WA_SECRET"]}"'
    gateway.deployment.edit(COMPOSE, "WA_SECRET: ${WA_SECRET:?set it in .env}", written)


@fault("DEP-12")
def writes_a_password_with_a_dollar_into_the_compose_file(gateway: Gateway) -> None:
    """Breaks DEP-12: a password in the compose file has a dollar sign, before what nothing sets."""
    gateway.deployment.edit(COMPOSE, "POSTGRES_USER: wa\n", "POSTGRES_USER: wa\n      PGPASSWORD: P@$sw0rd-K7q9Zr2\n")


@fault("DEP-12")
def leaves_the_secret_in_a_comment(gateway: Gateway) -> None:
    """Breaks DEP-12: a reference has replaced the secret, and a comment still has it."""
    gateway.deployment.texts[COMPOSE] += f"# WA_SECRET: {gateway.environ['WA_SECRET']}\n"


def _of_one_word(gateway: Gateway) -> str:
    """Return a secret that compose takes for a name from end to end."""
    return gateway.environ["WA_SECRET"].encode().hex()


def _use_secret(gateway: Gateway, text: str) -> None:
    gateway.deployment.edit(ENV, f"WA_SECRET={gateway.environ['WA_SECRET']}", f"WA_SECRET={text}")


@fault("DEP-03")
def names_no_ca_of_the_database(gateway: Gateway) -> None:
    """Breaks DEP-03: nobody is told the authority of the database's certificate."""
    gateway.deployment.edit(DB_ENV, "WA_DB_SSL_CA=/usr/local/waent/data/certs/ca.pem\n", "")


@fault("DEP-03")
def empties_the_ca_of_the_web_app(gateway: Gateway) -> None:
    """Breaks DEP-03: what stands under environment goes before the env file, and is empty."""
    gateway.deployment.edit(COMPOSE, _VERIFY, 'WA_DB_SSL_CA: ""\n      ' + _VERIFY)


@fault("DEP-03")
def names_a_certificate_without_its_key(gateway: Gateway) -> None:
    """Breaks DEP-03: WA_DB_SSL_CERT stands alone."""
    gateway.deployment.edit(DB_ENV, "WA_DB_SSL_KEY=/usr/local/waent/data/certs/client-key.pem\n", "")


@fault("DEP-03")
def leaves_the_ca_out_of_the_database_upgrade(gateway: Gateway) -> None:
    """Breaks DEP-03: a further container opens the database, and has none of the settings."""
    upgrade = "  dbupgrade:\n    image: docker.whatsapp.biz/coreapp:v${WA_API_VERSION}\n    networks: [storage]\n"
    upgrade += "    environment:\n      WA_DB_UPGRADE: 1\n      WA_DB_HOSTNAME: db\n\n"
    gateway.deployment.edit(COMPOSE, "  waweb:\n", upgrade + "  waweb:\n")


@fault("DEP-04")
def switches_verification_off(gateway: Gateway) -> None:
    """Breaks DEP-04: the web app is told not to verify the database's certificate."""
    gateway.deployment.edit(COMPOSE, _VERIFY, "WA_DB_SSL_VERIFY: 0")


@fault("DEP-04")
def switches_verification_off_by_a_default(gateway: Gateway) -> None:
    """Breaks DEP-04: nothing sets the variable, and its default is 0."""
    gateway.deployment.edit(COMPOSE, _VERIFY, "WA_DB_SSL_VERIFY: ${VERIFY_DATABASE:-0}")


@fault("DEP-03", "DEP-05")
def relies_on_the_retired_option(gateway: Gateway) -> None:
    """Breaks DEP-05, and DEP-03: the core app has the retired option in place of the new settings."""
    unset = "".join(f'      WA_DB_SSL_{name}: ""\n' for name in ("CA", "CERT", "KEY"))
    gateway.deployment.edit(
        COMPOSE, "      WA_MASTER_NODE: 1\n", unset + "      WA_DB_CONNECTION_OPTION: sslmode=require\n"
    )


@fault("DEP-03", "DEP-05")
def spells_the_retired_option_out_in_the_env_file(gateway: Gateway) -> None:
    """Breaks DEP-05, and DEP-03: an upgrade left the old file of settings as it was, for every container."""
    settings = gateway.deployment.texts[DB_ENV].splitlines()
    kept = [line for line in settings if not line.startswith("WA_DB_SSL_")]
    gateway.deployment.texts[DB_ENV] = "\n".join([*kept, "WA_DB_CONNECTION_OPTION=sslmode=verify-full", ""])


@fault("DEP-08")
def puts_everything_into_one_network(gateway: Gateway) -> None:
    """Breaks DEP-08: the core app joins the clients' network."""
    gateway.deployment.edit(COMPOSE, "networks: [inner, storage]", "networks: [clients, inner, storage]")


@fault("DEP-08")
def declares_no_networks_for_the_apps(gateway: Gateway) -> None:
    """Breaks DEP-08: all apps are in the project's default network."""
    deployment = gateway.deployment
    deployment.edit(COMPOSE, "  networks: [inner, storage]\n", "")
    deployment.edit(COMPOSE, "    networks: [clients, inner, storage]\n", "")


@fault("DEP-08")
def gives_two_names_to_one_network(gateway: Gateway) -> None:
    """Breaks DEP-08: two networks in the file are the same one for docker."""
    deployment = gateway.deployment
    deployment.edit(
        COMPOSE, "  clients:\n  inner:\n    internal: true\n", "  clients: {name: wa}\n  inner: {name: wa}\n"
    )


@fault("DEP-09")
def publishes_the_core_app(gateway: Gateway) -> None:
    """Breaks DEP-09: the core app's ports are on the host."""
    gateway.deployment.edit(
        COMPOSE, "  networks: [inner, storage]\n", '  networks: [inner, storage]\n  ports: ["6250-6253"]\n'
    )


@fault("DEP-09")
def publishes_the_core_app_in_long_form(gateway: Gateway) -> None:
    """Breaks DEP-09: one core node publishes its control port, in long form and by a merge key."""
    shared = "    environment:\n      <<: *core-settings\n"
    long = "    ports:\n      - {target: 6252, published: 6252, host_ip: 127.0.0.1}\n"
    gateway.deployment.edit(COMPOSE, shared, long + shared)


@fault("DEP-08", "DEP-09")
def runs_the_core_app_in_the_network_of_the_host(gateway: Gateway) -> None:
    """Breaks DEP-08 and DEP-09: the core app shares the host's own network."""
    gateway.deployment.edit(COMPOSE, "  networks: [inner, storage]\n", "  network_mode: host\n")


@fault("DEP-10")
def publishes_the_web_app_everywhere(gateway: Gateway) -> None:
    """Breaks DEP-10: the HTTPS port is on every interface."""
    gateway.deployment.edit(COMPOSE, '"127.0.0.1:${WEB_PORT:-9090}:443"', '"9090:443"')


@fault("DEP-10")
def publishes_the_web_app_on_every_ipv6_interface(gateway: Gateway) -> None:
    """Breaks DEP-10: an address is given, and it stands for all."""
    gateway.deployment.edit(COMPOSE, '"127.0.0.1:${WEB_PORT:-9090}:443"', '"[::]:9090:443"')


@fault("DEP-10")
def publishes_plain_http_too(gateway: Gateway) -> None:
    """Breaks DEP-10: the plain port is published beside the HTTPS port."""
    gateway.deployment.edit(COMPOSE, "    ports:\n", '    ports:\n      - "127.0.0.1:8080:80"\n')


@fault("DEP-11")
def lowers_the_security_level(gateway: Gateway) -> None:
    """Breaks DEP-11: the web app is told to run the INTERMEDIATE profile."""
    gateway.deployment.edit(COMPOSE, _VERIFY, f"WA_WEB_SECURITY_LEVEL: INTERMEDIATE\n      {_VERIFY}")


@fault("DEP-11")
def lowers_the_security_level_in_another_file(gateway: Gateway) -> None:
    """Breaks DEP-11: a second compose file, laid over the first, lowers the level."""
    deployment = gateway.deployment
    deployment.texts["override.yml"] = 'services:\n  waweb:\n    environment: ["WA_WEB_SECURITY_LEVEL=old"]\n'
    deployment.table["compose_files"].append(str(deployment.folder / "override.yml"))


@fault("DEP-12")
def writes_the_secret_into_the_compose_file(gateway: Gateway) -> None:
    """Breaks DEP-12: WA_SECRET stands in clear in the compose file."""
    secret = f'WA_SECRET: "{gateway.environ["WA_SECRET"]}"'
    gateway.deployment.edit(COMPOSE, "WA_SECRET: ${WA_SECRET:?set it in .env}", secret)


@fault("DEP-12")
def writes_a_password_as_a_default(gateway: Gateway) -> None:
    """Breaks DEP-12: a password stands in clear as what is put in where nothing is set."""
    written = f"WA_DB_PASSWORD: ${{DATABASE_PASSWORD:-{gateway.deployment.password}}}\n      WA_APP_MULTICONNECT"
    gateway.deployment.edit(COMPOSE, "WA_APP_MULTICONNECT", written)


@fault("DEP-12")
def writes_a_password_into_a_url(gateway: Gateway) -> None:
    """Breaks DEP-12: a URL carries user and password."""
    url = f"METRICS_TARGET: postgresql://wa:{gateway.deployment.password}@db:5432/wa\n      WA_APP_MULTICONNECT"
    gateway.deployment.edit(COMPOSE, "WA_APP_MULTICONNECT", url)


@fault("DEP-12")
def writes_a_password_into_a_command(gateway: Gateway) -> None:
    """Breaks DEP-12: a health check has the password on its command line."""
    check = f"    healthcheck:\n      test: [CMD, probe, --password={gateway.deployment.password}]\n"
    gateway.deployment.edit(COMPOSE, "    secrets: [db_password]\n", check + "    secrets: [db_password]\n")


@fault("DEP-12")
def keeps_the_sample_password_of_the_database(gateway: Gateway) -> None:
    """Breaks DEP-12: the database password is the one of the vendor's published files."""
    gateway.deployment.edit(DB_ENV, f"WA_DB_PASSWORD={gateway.deployment.password}", "WA_DB_PASSWORD=testpass")


@fault("DEP-04")
def overrides_the_verification_beside_the_file(gateway: Gateway) -> None:
    """Breaks DEP-04: an override that compose finds by itself switches verification off."""
    deployment = gateway.deployment
    override = "services:\n  waweb: {environment: {WA_DB_SSL_VERIFY: 0}}\n"
    deployment.texts["docker-compose.override.yml"] = override


@fault("DEP-08")
def names_one_network_twice(gateway: Gateway) -> None:
    """Breaks DEP-08: the networks of both apps are one that is there already, named in the older way."""
    deployment = gateway.deployment
    deployment.edit(COMPOSE, "networks: [clients, inner, storage]", "networks: [clients]")
    deployment.edit(COMPOSE, "  clients:\n  inner:\n    internal: true\n", _ONE_NETWORK)


@fault("DEP-10")
def gives_compose_another_env_file(gateway: Gateway) -> None:
    """Breaks DEP-10: the address of the port stands in .env, which compose does not read beside another one."""
    deployment = gateway.deployment
    deployment.edit(COMPOSE, "127.0.0.1:${WEB_PORT:-9090}", "${WEB_ADDRESS:-0.0.0.0}:${WEB_PORT:-9090}")
    deployment.texts["prod.env"] = deployment.texts[ENV]
    deployment.texts[ENV] += "WEB_ADDRESS=127.0.0.1\n"
    deployment.table["env_files"].append(str(deployment.folder / "prod.env"))


@fault("DEP-14")
def publishes_the_database(gateway: Gateway) -> None:
    """Breaks DEP-14: the database's port is on every interface of the host."""
    gateway.deployment.edit(COMPOSE, _IMAGE, f'{_IMAGE}    ports: ["5432:5432"]\n')


@fault("DEP-14")
def publishes_a_cache(gateway: Gateway) -> None:
    """Breaks DEP-14: a cache beside the gateway is on every interface, at another port than its usual one."""
    cache = "  cache:\n    image: registry.example/library/redis:7\n    ports: [{target: 6379, published: 16379}]\n\n"
    gateway.deployment.edit(COMPOSE, "  waweb:\n", cache + "  waweb:\n")


@fault("DEP-14")
def trusts_everybody_at_the_database(gateway: Gateway) -> None:
    """Breaks DEP-14: the database asks nobody for a password."""
    trusting = "POSTGRES_USER: wa\n      POSTGRES_HOST_AUTH_METHOD: trust\n"
    gateway.deployment.edit(COMPOSE, "POSTGRES_USER: wa\n", trusting)


@fault("DEP-14")
def switches_tls_of_the_database_off(gateway: Gateway) -> None:
    """Breaks DEP-14: the database's command switches its TLS off."""
    gateway.deployment.edit(COMPOSE, _IMAGE, f"{_IMAGE}    command: [postgres, -c, ssl=off]\n")
