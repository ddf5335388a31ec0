"""Near misses: deployment files that are odd, and right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..deployment import COMPOSE, DB_ENV, ENV
from ..pki import Authority, LeafSpec
from . import near_miss

if TYPE_CHECKING:
    from ..gateway import Gateway


@near_miss()
def extends_a_service_of_another_file(gateway: Gateway) -> None:
    """The core app's settings come from a service in another folder, whose env file stands beside it."""
    deployment = gateway.deployment
    base = 'services:\n  base:\n    env_file: base.env\n    command: ["serve"]\n'
    deployment.edit(COMPOSE, "x-core: &core\n", "x-core: &core\n  extends: {file: shared/base.yml, service: base}\n")

    def write() -> None:
        (deployment.folder / "shared").mkdir()
        (deployment.folder / "shared" / "base.yml").write_text(base)
        (deployment.folder / "shared" / "base.env").write_text("WA_LOG_LEVEL='debug' # while we look\n")

    deployment.changes.append(write)


@near_miss()
def includes_the_database_from_another_file(gateway: Gateway) -> None:
    """A further service comes in by include, from a folder with an .env of its own."""
    deployment = gateway.deployment
    deployment.texts[COMPOSE] = "include: [tools/compose.yml]\n" + deployment.texts[COMPOSE]

    def write() -> None:
        (deployment.folder / "tools").mkdir()
        (deployment.folder / "tools" / "compose.yml").write_text("services:\n  adminer:\n    image: adminer:${TAG:?}\n")
        (deployment.folder / "tools" / ".env").write_text("export TAG=5\n")

    deployment.changes.append(write)


@near_miss()
def takes_ports_back_in_an_override(gateway: Gateway) -> None:
    """The first file publishes the core app for developers; the second, which goes before it, resets that."""
    deployment = gateway.deployment
    deployment.edit(COMPOSE, "      WA_MASTER_NODE: 1\n", '      WA_MASTER_NODE: 1\n    ports: ["6250:6250"]\n')
    deployment.texts["production.yml"] = "services:\n  master:\n    ports: !reset []\n"
    deployment.table["compose_files"].append(str(deployment.folder / "production.yml"))


@near_miss()
def writes_environment_as_a_list(gateway: Gateway) -> None:
    """Variables stand in a list, one of them without value: it comes from .env."""
    listed = '    environment: ["WA_SECRET", "WA_DB_SSL_VERIFY=1", "WA_WEB_SECURITY_LEVEL=Modern"]\n'
    mapped = '    environment:\n      WA_SECRET: ${WA_SECRET:?set it in .env}\n      WA_DB_SSL_VERIFY: "1"\n'
    gateway.deployment.edit(COMPOSE, mapped, listed)


@near_miss()
def gives_the_secret_by_an_env_file(gateway: Gateway) -> None:
    """The secret stands in the env file that all services have, in quotes, and nowhere in the compose file."""
    deployment = gateway.deployment
    deployment.edit(COMPOSE, "      WA_SECRET: ${WA_SECRET:?set it in .env}\n", "")
    deployment.edit(ENV, f"WA_SECRET={gateway.environ['WA_SECRET']}\n", "")
    deployment.texts[DB_ENV] += f"WA_SECRET='{gateway.environ['WA_SECRET']}'\n"


@near_miss()
def has_a_dollar_in_the_secret(gateway: Gateway) -> None:
    """The secret has a dollar sign, in single quotes, in which compose puts no variables in."""
    gateway.deployment.edit(
        ENV, f"WA_SECRET={gateway.environ['WA_SECRET']}", f"WA_SECRET='Rw5$x{gateway.environ['WA_SECRET']}'"
    )


@near_miss()
def mounts_the_certs_by_a_named_volume(gateway: Gateway) -> None:
    """The data volume is a named one, that its driver binds to a folder of the host."""
    deployment = gateway.deployment
    deployment.edit(COMPOSE, "./data:/usr/local/waent/data", "waData:/usr/local/waent/data:ro")
    options = "{type: none, o: bind, device: '${PWD_DATA:-./data}'}"
    deployment.edit(COMPOSE, "  whatsappMedia:\n\n", f"  whatsappMedia:\n  waData: {{driver_opts: {options}}}\n\n")


@near_miss()
def keeps_the_data_volume_with_docker(gateway: Gateway) -> None:
    """The data volume is docker's own; the target file says where its certs folder is on the host."""
    deployment = gateway.deployment
    deployment.edit(COMPOSE, "./data:/usr/local/waent/data", "waData:/usr/local/waent/data")
    deployment.edit(COMPOSE, "  whatsappMedia:\n\n", "  whatsappMedia:\n  waData:\n\n")


@near_miss()
def hands_the_client_key_over_as_a_secret(gateway: Gateway) -> None:
    """Key and certificate are secrets of compose, in /run/secrets; the CA stays in the data volume."""
    deployment = gateway.deployment
    deployment.edit(DB_ENV, "/usr/local/waent/data/certs/client", "/run/secrets/client")
    deployment.edit(COMPOSE, "  cap_drop: [MKNOD]\n", "  cap_drop: [MKNOD]\n  secrets: [client.pem, client-key.pem]\n")
    defined = "".join(f"  {name}: {{file: data/certs/{name}}}\n" for name in ("client.pem", "client-key.pem"))
    deployment.texts[COMPOSE] += defined


@near_miss()
def has_a_client_certificate_of_another_authority(gateway: Gateway) -> None:
    """The database trusts a client authority of its own, as managed databases do."""
    clients = Authority("Clients of the database")
    gateway.deployment.client = lambda: clients.issue(LeafSpec(names=("wa",)))


@near_miss()
def has_no_client_certificate(gateway: Gateway) -> None:
    """The database asks for none: the CA alone is named, and no key is there."""
    deployment = gateway.deployment
    for name in ("CERT=/usr/local/waent/data/certs/client.pem", "KEY=/usr/local/waent/data/certs/client-key.pem"):
        deployment.edit(DB_ENV, f"WA_DB_SSL_{name}\n", "")
    deployment.changes.append((deployment.certs / "client-key.pem").unlink)


@near_miss()
def keeps_keys_in_a_closed_folder(gateway: Gateway) -> None:
    """The key's own mode is open, and the folder in the volume that holds it lets nobody in."""
    certs = gateway.deployment.certs
    gateway.deployment.changes += [lambda: (certs / "client-key.pem").chmod(0o644), lambda: certs.chmod(0o700)]


@near_miss()
def lets_the_group_read_the_key(gateway: Gateway) -> None:
    """The container's group reads the key; others do not."""
    gateway.deployment.changes.append(lambda: (gateway.deployment.certs / "client-key.pem").chmod(0o640))


@near_miss()
def publishes_the_core_app_for_other_hosts(gateway: Gateway) -> None:
    """Web app and core app run on different hosts, so that the core app has to publish its ports."""
    gateway.deployment.edit(
        COMPOSE, "  networks: [inner, storage]\n", '  networks: [inner, storage]\n  ports: ["6250-6253:6250-6253"]\n'
    )
    gateway.deployment.table["hosts"] = "many"


@near_miss()
def publishes_nothing_at_all(gateway: Gateway) -> None:
    """A proxy in the clients' network is what the host publishes; web app and core app only expose ports."""
    gateway.deployment.edit(COMPOSE, '    ports:\n      - "127.0.0.1:${WEB_PORT:-9090}:443"\n', "    expose: [443]\n")


@near_miss()
def binds_ports_by_the_network(gateway: Gateway) -> None:
    """The address that ports are bound to is an option of the networks."""
    bound = "    driver_opts: {com.docker.network.bridge.host_binding_ipv4: 192.0.2.10}\n"
    deployment = gateway.deployment
    deployment.edit(COMPOSE, '"127.0.0.1:${WEB_PORT:-9090}:443"', '"9090:443"')
    deployment.edit(COMPOSE, "    networks: [clients, inner, storage]\n", "    networks: [clients]\n")
    deployment.edit(COMPOSE, "  clients:\n", "  clients:\n" + bound)


@near_miss()
def logs_in_by_references_everywhere(gateway: Gateway) -> None:
    """A health check, a log driver and a volume have their logins out of variables and files; a comment names one."""
    extra = "    healthcheck: {test: 'curl -fsku admin:$$ADMIN_PW https://localhost/v1/health'}\n"
    extra += "    logging: {driver: splunk, options: {splunk-token: '${WA_SECRET}'}}  # not the WA_SECRET=... of old\n"
    gateway.deployment.edit(COMPOSE, "  waweb:\n", "  waweb:\n" + extra)


@near_miss()
def leaves_services_to_profiles(gateway: Gateway) -> None:
    """A service for emergencies, that breaks rules, runs with a profile that is not used."""
    service = "  debug:\n    profiles: [debug]\n    image: docker.whatsapp.biz/coreapp:v1\n    network_mode: host\n\n"
    gateway.deployment.edit(COMPOSE, "  waweb:\n", service + "  waweb:\n")


@near_miss()
def speaks_of_passwords_without_telling_one(gateway: Gateway) -> None:
    """Names, commands and URLs that look like secrets, and hold none."""
    odd = (
        '      WA_PASSWORD_MIN_LENGTH: "12"\n      API_TOKEN_FILE: /run/secrets/token\n'
        '      ALLOW_EMPTY_PASSWORD: "no"\n'
        "      METRICS_URL: http://${METRICS_USER:-wa}:${METRICS_PASSWORD:-}@metrics:9100/\n"
        "      PROXY_PASS: http://core:6253/\n"
        "    command: sh -c 'exec serve --password=$$SERVE_PASSWORD --token-file /run/secrets/token'\n"
    )
    gateway.deployment.edit(COMPOSE, "      WA_MASTER_NODE: 1\n", "      WA_MASTER_NODE: 1\n" + odd)


@near_miss()
def keeps_the_retired_option_beside_the_new_settings(gateway: Gateway) -> None:
    """The retired option is still there, and the new settings too."""
    gateway.deployment.texts[DB_ENV] += "WA_DB_CONNECTION_OPTION=sslmode=verify-full\n"


@near_miss()
def tells_the_core_app_not_to_verify(gateway: Gateway) -> None:
    """WA_DB_SSL_VERIFY=0 stands at the core app, where it means nothing."""
    gateway.deployment.edit(
        COMPOSE, "      WA_MASTER_NODE: 1\n", "      WA_MASTER_NODE: 1\n      WA_DB_SSL_VERIFY: 0\n"
    )


@near_miss()
def makes_the_secret_of_many_words(gateway: Gateway) -> None:
    """WA_SECRET is seven words picked by dice."""
    words = "cobalt-ferret-lantern-mosaic-tundra-oyster-gravel"
    gateway.deployment.edit(ENV, f"WA_SECRET={gateway.environ['WA_SECRET']}", f'WA_SECRET="{words}"')


@near_miss()
def has_the_volumes_of_another_service(gateway: Gateway) -> None:
    """The web app has the data volume from one of the core app."""
    volumes = "    volumes: !reset []\n    volumes_from: ['master:ro']\n"
    gateway.deployment.texts["docker-compose.override.yml"] = f"services:\n  waweb:\n{volumes}"


@near_miss()
def pins_the_certificate_of_the_database(gateway: Gateway) -> None:
    """The database's certificate, which signs itself and is no authority's, is what its clients trust."""
    pinned = Authority("Nobody").issue(LeafSpec(names=("db",), self_signed=True)).chain_pem
    gateway.deployment.changes.append(lambda: (gateway.deployment.certs / "ca.pem").write_bytes(pinned))


@near_miss()
def names_hosts_in_two_files(gateway: Gateway) -> None:
    """Both files name hosts as a mapping, and the name of the project is written in the first."""
    deployment = gateway.deployment
    deployment.texts[COMPOSE] = "name: gateway\n" + deployment.texts[COMPOSE]
    deployment.edit(COMPOSE, "  waweb:\n", "  waweb:\n    extra_hosts: {one: 192.0.2.1}\n")
    override = "services:\n  waweb: {extra_hosts: {two: 192.0.2.2}}\n"
    deployment.texts["docker-compose.override.yml"] = override


@near_miss()
def publishes_the_database_to_the_host_alone(gateway: Gateway) -> None:
    """The database's port is on the loopback; a cache without protected mode asks for a password, and has no port."""
    deployment = gateway.deployment
    image = "    image: postgres:16\n"
    deployment.edit(COMPOSE, image, image + '    ports: ["127.0.0.1:5432:5432"]\n')
    cache = "  cache:\n    image: redis:7\n    command: redis-server --protected-mode no --requirepass ${WA_SECRET}\n\n"
    deployment.edit(COMPOSE, "  waweb:\n", cache + "  waweb:\n")
