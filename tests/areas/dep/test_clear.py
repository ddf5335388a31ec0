from __future__ import annotations

import secrets
import uuid
from pathlib import Path

import pytest

from conformance.areas.dep.clear import confidential, elsewhere, in_clear, samples
from conformance.areas.dep.strength import sample, weakness
from tests.areas.dep.compose.projects import project


@pytest.mark.parametrize(
    "text",
    [
        *(secrets.token_urlsafe(24), secrets.token_hex(16), str(uuid.uuid4())),
        "Xk9$mPq2vL5nRt8w",
        "b3BlbnNzbCByYW5kIC1iYXNlNjQgMzI=",
        "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ2Z",
        "cobalt-ferret-lantern-mosaic-tundra-oyster-gravel",
        "jlqzkrwvnbdtmxpy hgfe",
    ],
)
def test_strong_secrets(text: str) -> None:
    assert weakness(text) == ""


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("testpass", "samples"),
        ("P@ssw0rd", "samples"),
        ("changeme123!", "samples"),
        ("correct horse battery staple", "samples"),
        ("please-change-me-now", "placeholder"),
        ("<your secret here>", "placeholder"),
        ("replace_with_your_secret", "placeholder"),
        ("0123456789abcdef", "neighbouring"),
        ("00112233445566778899aabbccddeeff", "neighbouring"),
        ("aaaaaaaaaaaaaaaaaaaaaaaa", "neighbouring"),
        ("x7Q!x7Q!x7Q!x7Q!x7Q!x7Q!", "over and over"),
        ("Xk9$mPq2", "shorter than 12"),
        ("WhatsAppGateway2026!", "too easy"),
        ("qwertyuiopasdfghjkl", "too easy"),
        ("s3cr3t-for-wa-gateway", "too easy"),
        ("thisisaverysecretkeyforwhatsapp", "too easy"),
        ("123456789012345678901", "too easy"),
        ("Y2hhbmdlbWUK", "an encoding or a hash"),
        ("5f4dcc3b5aa765d61d8327deb882cf99", "an encoding or a hash"),
    ],
)
def test_weak_secrets(text: str, why: str) -> None:
    assert why in weakness(text)


@pytest.mark.parametrize(
    "name",
    [
        *("WA_SECRET", "WA_DB_PASSWORD", "PASSWORD", "POSTGRES_PASSWORD", "PGPASSWORD", "DB_PASS", "dbPassword"),
        *(
            "database__connection__password",
            "API_KEY",
            "JWT_SECRET",
            "SECRET_KEY",
            "AWS_SECRET_ACCESS_KEY",
            "requirepass",
        ),
        *("github-token", "ADMIN_PWD"),
    ],
)
def test_names_of_secrets(name: str) -> None:
    assert confidential(name)


@pytest.mark.parametrize(
    "name",
    [
        *("PWD", "WA_SECRET_FILE", "PASSWORD_MIN_LENGTH", "MYSQL_ALLOW_EMPTY_PASSWORD", "MYSQL_RANDOM_ROOT_PASSWORD"),
        *("TOKEN_TTL", "SECRET_NAME", "AWS_ACCESS_KEY_ID", "PUBLIC_KEY", "SSH_KEY_PATH", "PROXY_PASS", "MAX_TOKENS"),
        *("KEYCLOAK_URL", "COMPASS", "WA_DB_SSL_KEY", "default-authentication-plugin"),
    ],
)
def test_names_of_something_else(name: str) -> None:
    assert not confidential(name)


def found(folder: Path, text: str) -> list[str]:
    lines = "".join(f"    {line}\n" for line in text.splitlines())
    return [
        f"{remark.place} {remark.words}" for remark in in_clear(project(folder, {"c.yml": f"services:\n  a:\n{lines}"}))
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("environment: {A_PASSWORD: hunter-3}", "c.yml:3 A_PASSWORD of a stands in clear"),
        ("environment:\n  - X=1\n  - A_TOKEN=12345", "c.yml:5 A_TOKEN of a stands in clear"),
        ("environment: {A_SECRET: '${A:-fallback}'}", "c.yml:3 A_SECRET of a stands in clear"),
        ("environment: {A_SECRET: '${A-${B:-fallback}}'}", "c.yml:3 A_SECRET of a stands in clear"),
        ("environment: {A_SECRET: '${A:+instead}'}", "c.yml:3 A_SECRET of a stands in clear"),
        ("environment: {DSN: 'mysql://u:hunter-3@db/x'}", "c.yml:3 a URL of a has a password in clear"),
        ("environment: {DSN: 'redis://:hunter-3@db'}", "c.yml:3 a URL of a has a password in clear"),
        ("environment: {DSN: 'x://${U:-u}:${P:-hunter}@db'}", "c.yml:3 a URL of a has a password in clear"),
        ("build: {context: ., args: {NPM_TOKEN: abcdef}}", "c.yml:3 NPM_TOKEN of a stands in clear"),
        ("labels: [backup.password=abcdef]", "c.yml:3 backup.password of a stands in clear"),
        ("command: redis-server --requirepass abcdef", "c.yml:3 requirepass in the command of a stands in clear"),
        ("command: [serve, --api-key, abcdef]", "c.yml:3 api-key in the command of a stands in clear"),
        ("entrypoint: sh -c 'A_SECRET=abcdef serve'", "c.yml:3 A_SECRET in the entrypoint of a stands in clear"),
        (
            "healthcheck: {test: mysqladmin ping -uroot -pabcdef}",
            "c.yml:3 -p in the health check of a is followed by a password in clear",
        ),
        (
            "healthcheck: {test: 'curl -fsku admin:abcdef https://localhost'}",
            "c.yml:3 a login in the health check of a has its password or token in clear",
        ),
        (
            "healthcheck: {test: [CMD, curl, -H, 'Authorization: Bearer abcdef', 'https://localhost']}",
            "c.yml:3 a login in the health check of a has its password or token in clear",
        ),
        ("deploy: {labels: {backup.password: abcdef}}", "c.yml:3 backup.password of a stands in clear"),
        (
            "build:\n  context: .\n  dockerfile_inline: |\n    FROM x\n    ENV A_PASSWORD=abcdef",
            "c.yml:5 A_PASSWORD in the Dockerfile of a stands in clear",
        ),
        (
            "environment: {A: '-----BEGIN PRIVATE KEY----- MIGHAgEAMBMGByqGSM49'}",
            "c.yml:3 a private key of a stands in clear",
        ),
        ("post_start: [{command: x --password abcdef}]", "c.yml:3 password in the post_start of a stands in clear"),
        ("environment: {DSN: 'host=db password=abcdef'}", "c.yml:3 password in DSN of a stands in clear"),
        ("environment: ['DSN=Server=db;Pwd=abcdef']", "c.yml:3 Pwd in DSN of a stands in clear"),
        (
            "logging: {driver: splunk, options: {splunk-token: abcdef}}",
            "c.yml:3 splunk-token in the logging of a stands in clear",
        ),
        ("environment: {WA_SECRET: 'h7Kp$$Zq9vLm2Rt8Wx4'}", "c.yml:3 WA_SECRET of a stands in clear"),
        ("environment: ['WA_SECRET=$$Zq9vLm2Rt8Wx4Yb6']", "c.yml:3 WA_SECRET of a stands in clear"),
        ("environment: {WA_SECRET: $Zq9vLm2Rt8Wx4Yb6}", "c.yml:3 WA_SECRET of a stands in clear"),
        ("environment: {A_PASSWORD: 'P@$$w0rd-K7q9Zr2'}", "c.yml:3 A_PASSWORD of a stands in clear"),
        ("environment: {A_PASSWORD: 'P@$sw0rd-K7q9Zr2'}", "c.yml:3 A_PASSWORD of a stands in clear"),
        ("environment: {A_PASSWORD: 'pa$word'}", "c.yml:3 A_PASSWORD of a stands in clear"),
        ("environment: {A_PASSWORD: 'K7q9Zr2$$'}", "c.yml:3 A_PASSWORD of a stands in clear"),
        ("environment: {A_PASSWORD: '${B:-pa$word}'}", "c.yml:3 A_PASSWORD of a stands in clear"),
        ("environment: {DSN: 'postgres://u:p$ssword@db'}", "c.yml:3 a URL of a has a password in clear"),
        ("environment: {DSN: 'postgres://u:h7Kp$$Zq9v@db'}", "c.yml:3 a URL of a has a password in clear"),
        ("build: {context: ., args: ['A_TOKEN=h7Kp$$Zq9v']}", "c.yml:3 A_TOKEN of a stands in clear"),
        ("labels: {backup.password: 'h7Kp$Zq9v'}", "c.yml:3 backup.password of a stands in clear"),
        ("command: [x, --password, h7Kp$$Zq9vLm2Rt8]", "c.yml:3 password in the command of a stands in clear"),
        ("command: x --password h7Kp$Zq9vLm2Rt8", "c.yml:3 password in the command of a stands in clear"),
    ],
)
def test_secrets_in_clear(tmp_path: Path, text: str, words: str) -> None:
    assert found(tmp_path, text) == [words]


@pytest.mark.parametrize(
    "text",
    [
        "environment: {A_PASSWORD: '${A_PASSWORD}', B_SECRET: '${B:?give it}', C_TOKEN: '${C:-}', D_SECRET: ''}",
        "environment: [A_PASSWORD, B_SECRET=]",
        "environment: {A_PASSWORD_FILE: /run/secrets/a, A_SECRET: /run/secrets/a}",
        "environment: [A_TOKEN=<your token>, 'B_PASSWORD=\"none\"', C_SECRET_KEY=%kernel.dir%/config/private.pem]",
        "environment: {MYSQL_ALLOW_EMPTY_PASSWORD: 'yes', REQUIRE_PASSWORD: 1, A_PASSWORD: true}",
        "environment: {DSN: 'postgres://u:${P}@db/x', URL: 'http://host:9090/a@b', TOKEN: 'https://issuer/token'}",
        "command: sh -c 'serve --password=$$A --secret $${B}'",
        "command: [mysqld, --default-authentication-plugin=mysql_native_password, --password-file, /x]",
        "command: serve --token /run/secrets/token --no-password now",
        "healthcheck: {test: mysqladmin ping -p$$MYSQL_ROOT_PASSWORD}",
        "command: mysqld --port=3306\nports: ['3306:3306']",
        "command: ssh -p 22 host",
        "healthcheck: {test: 'curl -u admin:$$PW -H \"Authorization: Bearer $$T\" https://a'}\nuser: '1000:1000'",
        "environment: {OPTS: '-Dpassword.min=8', FORMAT: 'token=%t', QUERY: 'a=1&token={token}', DSN: 'password=${P}'}",
        "logging: {driver: splunk, options: {splunk-token: '${T}', tag: 'token={{.Name}}'}}",
        "post_start: [{command: x --token-file /run/secrets/t}]",
        "labels: {traefik.http.routers.a.tls: 'true', org.label.token-url: 'https://x'}",
        "env_file: no.env",
        "environment: {A_PASSWORD: $OTHER, B_PASSWORD: '$$OTHER', C_TOKEN: '$${OTHER}', D_SECRET: $db_password}",
        "environment: {A_PASSWORD: '$$dbPassword', B_TOKEN: '$$(cat /x)', C_TOKEN: '$${vault.db-password}'}",
        "environment: {DSN: 'x://$U:$P@db', DSN2: 'x://u:$$P@db', OPTS: '-Dpassword=$$PW -Dtoken=$${T}'}",
        "command: [x, --password, $PW, --token=$$T, '--secret=$$(cat /x)', '--api-key=$${KEY:-}']",
    ],
)
def test_references_are_no_secrets_in_clear(tmp_path: Path, text: str) -> None:
    assert found(tmp_path, text) == []


def test_inline_configs_and_services_that_do_not_run_are_looked_at(tmp_path: Path) -> None:
    text = """services:
  a: {image: x}
  b: {profiles: [never], environment: {A_PASSWORD: abcdef}}
configs:
  c: {content: "A_TOKEN=abcdef\\nB=1"}
"""
    assert [remark.place for remark in in_clear(project(tmp_path, {"c.yml": text}))] == ["c.yml:3", "c.yml:5"]


def test_contents_of_configs_and_options_of_volumes_are_looked_at(tmp_path: Path) -> None:
    text = """services:
  a: {image: x}
configs:
  c:
    content: |
      # password = the one from the vault
      password = abcdef
  d: {content: "ssl_password_file /run/secrets/x;\\ntoken_ttl = 3\\nsecret: {{ .Secret }}\\npassword: ${P}"}
volumes:
  m: {driver_opts: {type: cifs, o: "username=wa,password=abcdef,vers=3.0"}}
  n: {driver_opts: {type: cifs, o: "credentials=/etc/wa,vers=3.0"}}
  o: {driver_opts: {type: cifs, o: "username=wa,password=${P}"}}
"""
    remarks = in_clear(project(tmp_path, {"c.yml": text}))
    assert [f"{remark.place} {remark.words}" for remark in remarks] == [
        "c.yml:5 password in config c stands in clear",
        "c.yml:10 password in volume m stands in clear",
    ]


def test_extensions_are_looked_at_whether_they_are_used_or_not(tmp_path: Path) -> None:
    text = """x-old: {A_PASSWORD: abcdef, B_PASSWORD: "${B}", deep: [C_TOKEN=abcdef, "password=see the vault"]}
x-used: &used {D_PASSWORD: abcdef}
x-note: {password: see the vault, token-policy: strict}
services:
  a:
    environment: *used
"""
    remarks = in_clear(project(tmp_path, {"c.yml": text}))
    assert [f"{remark.place} {remark.words}" for remark in remarks] == [
        "c.yml:2 D_PASSWORD of a stands in clear",
        "c.yml:1 A_PASSWORD in an extension stands in clear",
        "c.yml:1 C_TOKEN in an extension stands in clear",
    ]


def test_a_secret_in_use_is_found_in_comments_too(tmp_path: Path) -> None:
    text = (
        "services:\n  a:\n    # was: Xk9$mPq2vL5nRt8w\n    environment: {A_SECRET: '${A_SECRET}', B_PASSWORD: '${B}'}\n"
    )
    read = project(tmp_path, {"c.yml": text, ".env": "A_SECRET='Xk9$mPq2vL5nRt8w'\nB=image\n"})
    assert [f"{each.place} {each.words}" for each in elsewhere(read, [("c.yml", text)], [])] == [
        "c.yml:3 the value of A_SECRET stands in clear"
    ]


def test_sample_passwords_are_found_wherever_they_are_set(tmp_path: Path) -> None:
    text = "services:\n  a:\n    env_file: a.env\n    secrets: [s]\n    environment: {B_PASSWORD: '${B}'}\n"
    text += "secrets:\n  s:\n    file: s.txt\n"
    files = {
        "c.yml": text,
        "a.env": "\nA_PASSWORD=testpass\nWA_SECRET=testpass\n",
        ".env": "B=changeme\n",
        "s.txt": "admin\n",
    }
    places = [remark.place for remark in samples(project(tmp_path, files))]
    assert sorted(places) == ["a.env:2", "c.yml:5", "c.yml:8"]


def test_remarks_hold_no_value(tmp_path: Path) -> None:
    text = "services:\n  a:\n    environment: {A_PASSWORD: testpass, URL: 'x://u:testpass@h'}\n"
    text += "    command: a --token testpass\n"
    read = project(tmp_path, {"c.yml": text})
    remarks = [*in_clear(read), *samples(read)]
    assert len(remarks) == 4
    assert not any("testpass" in remark.words for remark in remarks)


def test_an_ordinary_long_value_is_no_sample() -> None:
    assert sample("a long sentence that says nothing of the kind, and goes on for a while yet") == ""
