"""Projects of our own making, over the productions of the compose specification: each alone, then in pairs.

A table holds fragments of a service; nothing here says what is right, which `test_oracle.py` asks of compose itself.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

from tests.areas.dep.compose.oracle import Written

_TOP = """
networks:
  front:
  back: {internal: true}
  corp: {external: true, name: corp-net}
  old: {external: {name: old-net}}
  here: {external: true}
  named: {name: "${SET}-net"}
volumes:
  data:
  real: {name: real-data}
  bound: {driver_opts: {type: none, o: bind, device: ./data}}
secrets:
  s1: {file: ./s.txt}
  s2: {environment: SET}
  s3: {external: true, name: of-swarm}
configs:
  c1: {content: "of ${SET}"}
  c2: {file: ./s.txt}
"""
_FILES = {
    ".env": "SET=value\nEMPTY=\nPORT=8443\nADDRESS=192.0.2.1\n",
    "one.env": "ONE=1\nBOTH=one\nREF=$SET-${UNSET:-d}\n",
    "two.env": "TWO=2\nBOTH=two\nSEES=${ONE}\n",
    "s.txt": "text",
    "deep/base.yml": (
        "services:\n  base:\n    image: base\n    env_file: base.env\n    environment: {BASE: 1, BOTH: base}\n"
        "    ports: ['81:81']\n    volumes: ['./rel:/rel']\n    networks: [front]\n    profiles: [of-base]\n"
        "  chain:\n    extends: base\n    environment: {CHAIN: 1}\n"
        "  bare: {image: bare}\n"
    ),
    "deep/base.env": "OF_BASE=1\n",
    "deep/inc.yml": (
        "services:\n  inc:\n    image: inc:${TAG:-none}\n    env_file: base.env\n    volumes: ['./rel:/rel']\n"
    ),
    "deep/.env": "TAG=deep\nSET=deep\n",
    "inc.env": "TAG=named\n",
}


def _service(fragment: str, *more: str, rest: str = "") -> str:
    lines = [line for part in (fragment, *more) for line in part.splitlines()]
    below = "".join(f"    {line}\n" for line in lines)
    other = "  b: {image: y, volumes: ['data:/b', './b:/of-b'], container_name: box}\n"
    return f"services:\n{other}  a:\n    image: x\n{below}{rest or _TOP}"


def _lines(text: str) -> list[str]:
    return [line for line in text.strip("\n").split("\n") if line]


VARIABLES = [
    form.replace("V", name)
    for name in ("SET", "EMPTY", "UNSET")
    for form in (
        *("$V", "${V}", "${V:-d}", "${V-d}", "${V:+a}", "${V+a}", "${V:?e}", "${V?e}", "a$V-b", "${V}${SET}"),
        *("${V:-}", "$$V", "$${V}", "${V:-a:b}", "${V:-${SET}}", "${V:-${UNSET:-deep}}", "${V:-$$x}", "${V:+${SET}}"),
    )
]
ODD_VARIABLES = [
    *("${", "${}", "${1}", "$", "$1", "${SET", "${SET!x}", "${ SET }", "${SET:}", "$(x)", "${SET:-a}b}", "100%$"),
    *("${SET:-$}", "a$$", "$$$SET", "$$$$SET", "${SET:-{}}", "${UNSET:-{a}}", "$SET$SET", "${UNSET:-a$b}", "$-x"),
    *("${UNSET:-'q'}", "${UNSET:-\\}", "${SET:=x}", "${SET/x/y}", "${SET^^}", "${_}", "$_", "${UNSET-$UNSET}"),
]
ENV_LINES = [
    *("A=b", "A=b # c", "A=b#c", "A='b # c'", 'A="b # c"', 'A="x\\ny"', 'A="x\\\\ny"', "export A=b", "A = b", "A: b"),
    *("A", "A=", "A=$SET", "A=${SET}", "A='$SET'", 'A="${SET:-x}"', 'A="a\\"b"', "A='a\\'b'", 'A="two\nlines"', "#A=b"),
    *(" A=b", "A=b  ", "A=\tb", "A.b=c", "A-b=c", "1A=c", "A B=c", "=b", "A=b\r\nB=c\r\n", 'A="b', "A='b", 'A=b"c"'),
    *('A="b"c', "A=b\\nc", "A=$", "A=$$B", "A=a$", 'A="$$B"', "A=x\nB=$A", "A=é", "A=b;c", 'A={"a": "b"}', "A=x\nA=y"),
    *("A=b=c", "A=${SET", "A='x' # c", 'A="x" # c', "A=\n\nB=x", "A='x\ny'", "A=\\$SET", 'A="\\$SET"', "A=$SET$UNSET"),
    *("export  A=b", "A\t=b", "A=b\n\n# c\nB=d", "A[0]=x", "A=`x`", 'A=""', "A=''", "SET=own\nA=$SET", "A=b\\ c"),
]
PORTS = _lines("""
['80']
[80]
['80:80']
['8080:80/udp']
['8080:80/TCP']
['127.0.0.1:80:80']
['127.0.0.1::80']
[':80']
['80:']
['0.0.0.0:80:80']
['[::1]:80:80']
['::1:80:80']
['[::]:80:80']
['3000-3002']
['3000-3002:3000-3002']
['127.0.0.1:3000-3002:4000-4002']
['3000-3002:80']
['3000-3002:4000-4001']
['3002-3000:80']
['65536:80']
['0:80']
['80:0']
['x:80']
['80:x']
['80:80/sctp']
['80:80/xyz']
['$PORT:443']
['${ADDRESS}:$PORT:443']
['${UNSET}:80:80']
['${UNSET:-127.0.0.1}:80:80']
['80:80', '80:80']
['80:80', '80:80/udp']
['80:80', {target: 80, published: 80}]
[{target: 80}]
[{target: 80, published: '8080'}]
[{target: 80, published: 8080, protocol: udp, mode: host}]
[{target: 80, published: 8080, host_ip: 127.0.0.1}]
[{target: 80, published: 8000-8002}]
[{target: 80-82, published: 8000}]
[{target: '80'}]
[{target: '$PORT'}]
[{published: 80}]
[{target: 80, host_ip: nonsense}]
[{target: 80, host_ip: '::1', name: web, app_protocol: http}]
[{target: 80, x-note: y}]
[{target: 80, porto: y}]
[22:22]
[8080:80]
[true]
[null]
[]
null
80
'80:80'
['host.example:80:80']
['1.2.3.4:80:80:80']
['256.0.0.1:80:80']
[' 80:80']
['80 : 80']
[80.5]
['']
""")
VOLUMES = _lines("""
['data:/x']
['./x:/x']
['../x:/x']
['~/x:/x']
['~:/x']
['/abs:/x:ro']
['data:/x:ro,z']
['/x']
['data:/x:rw:z']
['.:/x']
['x:/x']
['data:x']
['./x:/x', './y:/x']
['./x:/x/', 'data:/y/../z']
['./x:/x:cached']
['./x:/x:wrong']
['${SET}:/x']
['./${SET}:/x']
['${UNSET}:/x']
['${UNSET}/x:/x']
['$PWD/x:/x']
['$HOME/x:/x']
['c:\\\\x:/x']
['data:/${SET}']
[real:/x]
['bound:/x']
[{type: volume, source: data, target: /x}]
[{type: volume, target: /x}]
[{type: bind, source: ./x, target: /x, read_only: true}]
[{type: bind, source: /x, target: /x, bind: {create_host_path: false, propagation: rslave}}]
[{type: bind, target: /x}]
[{type: bind, source: '~/x', target: /x}]
[{type: tmpfs, target: /x, tmpfs: {size: 1m, mode: 755}}]
[{type: volume, source: data, target: /x, volume: {nocopy: true, subpath: sub}}]
[{type: volume, source: unknown, target: /x}]
[{source: data, target: /x}]
[{type: wrong, source: data, target: /x}]
[{type: npipe, source: ./x, target: /x}]
[{type: image, source: busybox, target: /x, image: {subpath: y}}]
[{type: volume, source: data}]
[{type: volume, source: data, target: /x, readonly: true}]
['']
[':']
['data:']
[':/x']
[7]
[null]
{data: /x}
'data:/x'
null
[]
""")
NETWORKS = _lines("""
[front]
[front, back]
[front, front]
[corp]
[old]
[here]
[named]
[default]
[unknown]
[]
null
{front: }
{front: null, back: {}}
{front: {aliases: [x], ipv4_address: 192.0.2.2}}
{front: {aliases: x}}
{front: {alias: [x]}}
{front: {priority: 1, driver_opts: {a: b}}}
{front: {priority: '1'}}
{unknown: }
front
['${UNSET:-front}']
['${UNSET}']
[1]
{front: []}
""")
GRANTS = _lines("""
secrets: [s1]
secrets: [s1, s2, s3]
secrets: [{source: s1, target: other}]
secrets: [{source: s1, target: /abs, uid: '1', gid: '2', mode: 0400}]
secrets: [{source: s1, mode: '0400'}]
secrets: [{source: s1, uid: 1}]
secrets: [{target: other}]
secrets: [unknown]
secrets: [s1, s1]
secrets: {s1: }
secrets: s1
secrets: [{source: s1, file: x}]
secrets: []
secrets: null
secrets: [null]
configs: [c1]
configs: [c1, {source: c2, target: /etc/c}]
configs: [unknown]
configs: [{source: c1, mode: 0440}]
configs: [{sauce: c1}]
configs: c1
""")
ENVIRONMENT = _lines("""
environment: {A: b}
environment: {A: 1, B: 1.5, C: true, D: null, E: 0x1F, F: 010, G: 1e3, H: 1_000}
environment: {A: yes, B: on, C: ~, D: '', E: 12:30, F: 2026-01-01, G: .5, H: -0}
environment: {A: [b]}
environment: {A: {b: c}}
environment: [A=b, B=, C]
environment: [SET, EMPTY, UNSET]
environment: {SET: , UNSET: }
environment: ['A=b=c', 'A = b', '=b']
environment: [A=b, A=b]
environment: [A=b, A=c]
environment: ['A=$SET', '$SET=x', '${SET}']
environment: {'$SET': x}
environment: {A.b: x, 'A b': y, '': z}
environment: [7]
environment: [null]
environment: [{A: b}]
environment: A=b
environment: null
environment: {}
environment: []
environment: {A: "x\\ny", B: 'it''s'}
environment: {1: x}
environment: {A: .inf, B: .nan, C: 9223372036854775808, D: 0.1e-7, E: 1.0, F: 100000000000000000000000}
environment: {A: !!str 7, B: !!int '7'}
environment: {A: 0o17, B: 0b11, C: +7, D: 1., E: Null, F: TRUE, G: n, H: No}
env_file: one.env
env_file: [one.env, two.env]
env_file: [two.env, one.env]
env_file: no.env
env_file: [{path: no.env, required: false}, one.env]
env_file: [{path: one.env, format: raw}]
env_file: [{path: one.env, format: wrong}]
env_file: [{path: one.env, require: false}]
env_file: [{required: false}]
env_file: {path: one.env}
env_file: [{path: no.env, required: 'false'}]
env_file: ['${SET}.env']
env_file: ['${UNSET:-one}.env']
env_file: []
env_file: null
env_file: [one.env, one.env]
env_file: [7]
env_file: .
env_file: ['./deep/../one.env']
""")
HOSTS = _lines("""
extra_hosts: ['a:192.0.2.1']
extra_hosts: ['a=192.0.2.1']
extra_hosts: ['a:::1', 'b=[::1]']
extra_hosts: {a: 192.0.2.1}
extra_hosts: {a: [192.0.2.1, 192.0.2.2]}
extra_hosts: {a: 7}
extra_hosts: [a]
extra_hosts: ['a:host-gateway']
extra_hosts: 'a:192.0.2.1'
extra_hosts: []
extra_hosts: ['a:192.0.2.1', 'a:192.0.2.1']
extra_hosts: {a: null}
volumes_from: [b]
volumes_from: ['b:ro']
volumes_from: ['b:wrong']
volumes_from: ['container:box']
volumes_from: ['container:other:ro']
volumes_from: [unknown]
volumes_from: b
volumes_from: ['']
network_mode: host
network_mode: none
network_mode: bridge
network_mode: service:b
network_mode: service:unknown
network_mode: container:other
network_mode: wrong
network_mode: ''
network_mode: "${UNSET:-host}"
depends_on: [b]
depends_on: {b: {condition: service_started}}
depends_on: {b: {condition: wrong}}
depends_on: {b: {}}
depends_on: {b: }
depends_on: [unknown]
depends_on: {unknown: {condition: service_started, required: false}}
depends_on: [a]
depends_on: b
links: [b, 'b:alias']
links: [unknown]
container_name: x
container_name: '-'
""")
PROFILES = _lines("""
profiles: [p]
profiles: [p, q]
profiles: [q]
profiles: []
profiles: null
profiles: p
profiles: ['']
profiles: ['*']
profiles: [1]
profiles: ['p p']
profiles: ['$SET']
profiles: [p, p]
""")
EXTENDS = _lines("""
extends: b
extends: {service: b}
extends: {file: deep/base.yml, service: base}
extends: {file: deep/base.yml, service: chain}
extends: {file: deep/base.yml, service: bare}
extends: {file: deep/base.yml, service: unknown}
extends: {file: deep/base.yml}
extends: {file: no.yml, service: base}
extends: {service: a}
extends: {service: unknown}
extends: {service: b, files: x}
extends: unknown
extends: []
extends: null
extends: {file: './deep/base.yml', service: '${UNSET:-base}'}
""")
INCLUDES = _lines("""
[deep/inc.yml]
[./deep/inc.yml]
[{path: deep/inc.yml}]
[{path: deep/inc.yml, env_file: inc.env}]
[{path: deep/inc.yml, env_file: [inc.env]}]
[{path: deep/inc.yml, project_directory: .}]
[{path: [deep/inc.yml, deep/inc.yml]}]
[{path: deep/inc.yml, env_file: no.env}]
[{path: deep/inc.yml, env: no.env}]
[no.yml]
[compose.yaml]
deep/inc.yml
[{env_file: inc.env}]
[{path: []}]
[]
null
[7]
[deep/inc.yml, deep/inc.yml]
[{path: deep/inc.yml, env_file: []}]
[{path: deep/inc.yml, env_file: /dev/null}]
""")
MISSPELT = _lines("""
enviroment: {A: b}
env-file: one.env
envfile: one.env
port: ['80:80']
Ports: ['80:80']
volume: ['data:/x']
network: [front]
secret: [s1]
config: [c1]
profile: [p]
extend: b
extra-hosts: []
depend_on: [b]
network-mode: host
volume_from: [b]
commands: x
imagee: x
priviledged: true
capadd: [X]
cap-drop: [X]
restrat: always
user_ns: host
health_check: {test: x}
healthcheck: {tests: x}
healthcheck: {test: [x]}
healthcheck: {test: []}
healthcheck: {interval: 7}
healthcheck: {interval: wrong}
healthcheck: {retries: x}
build: {contexts: .}
build: {context: .}
build: .
build: {context: ., args: [A=b], dockerfile: D, dockerfile_inline: E}
deploy: {replica: 2}
deploy: {replicas: 2}
deploy: {replicas: x}
deploy: {resources: {limit: {cpus: '1'}}}
logging: {options: {a: true}}
logging: {drivers: x}
x-anything: {any: [thing]}
ulimits: {nofile: 7}
ulimits: {nofile: {soft: 1}}
ulimits: {nofile: x}
ulimits: {NoFile: 7}
""")
WRONG = [
    f"{key}: {value}"
    for key, values in {
        "image": ("7", "true", "[x]", "{a: b}", "null", "''"),
        "command": ("7", "true", "[7]", "{a: b}", "null", "[[x]]"),
        "privileged": ("7", "'yes'", "'true'", "wrong", "[true]", "$UNSET"),
        "read_only": ("1", "'no'", "wrong"),
        "hostname": ("7", "true", "[x]"),
        "restart": ("no", "'no'", "false", "7"),
        "user": ("1000", "'1000:1000'", "[x]"),
        "stop_grace_period": ("7", "7s", "wrong"),
        "mem_limit": ("7", "7m", "wrong", "1.5", "true"),
        "shm_size": ("64m", "x", "7"),
        "cpus": ("1", "'0.5'", "x", "true"),
        "scale": ("2", "'2'", "x", "-1", "1.5"),
        "cap_add": ("X", "[X, X]", "[7]", "{X: }"),
        "labels": ("{a: 1}", "[a=b]", "a=b", "{a: [b]}", "[7]"),
        "dns": ("192.0.2.1", "[192.0.2.1]", "7", "[7]"),
        "tmpfs": ("/x", "[/x, /y]", "7", "{a: b}"),
        "expose": ("['80', 81]", "80", "['80', '80']", "[x]", "['80-82']"),
        "sysctls": ("{a: 1}", "[a=1]", "{a: }"),
        "group_add": ("[x, 7]", "x"),
        "pids_limit": ("7", "x", "'7'"),
        "oom_score_adj": ("-500", "2000", "x"),
        "init": ("true", "'true'", "7"),
        "pull_policy": ("always", "wrong", "7"),
        "cgroup": ("host", "wrong"),
        "platform": ("linux/amd64", "7"),
        "working_dir": ("/x", "7"),
        "devices": ("['/dev/x']", "/dev/x", "[{source: /dev/x}]", "[{target: /dev/x}]"),
        "gpus": ("all", "some", "[{capabilities: [gpu]}]", "[{count: 1}]"),
        "security_opt": ("[x]", "x", "[x, x]"),
        "annotations": ("{a: b}", "7"),
        "isolation": ("x", "7"),
        "storage_opt": ("{size: 1}", "x"),
    }.items()
    for value in values
]
_TOPS = _lines("""
networks: {n: {driver: bridge, driver_opts: {a: 1}}}
networks: {n: {drivers: x}}
networks: {n: {external: yes}}
networks: {n: {external: 'true', name: x}}
networks: {n: {external: false}}
networks: {n: {external: true, driver: bridge}}
networks: {n: {external: {name: x}, name: y}}
networks: {n: {internal: x}}
networks: {n: {ipam: {config: [{subnet: 192.0.2.0/24}]}}}
networks: {n: {ipam: {config: {subnet: x}}}}
networks: {n: x}
networks: {n: []}
networks: [n]
networks: n
networks: {'n n': }
networks: {n: {name: 7}}
volumes: {v: {external: true, driver: local}}
volumes: {v: {external: {name: x}}}
volumes: {v: {labels: [a=b]}}
volumes: {v: {drivr: x}}
volumes: [v]
volumes: {'v v': }
secrets: {s: {file: ./no.txt}}
secrets: {s: }
secrets: {s: {}}
secrets: {s: {file: x, environment: y}}
secrets: {s: {content: x}}
secrets: {s: {external: true}}
secrets: {s: {driver: x}}
configs: {c: {content: x, file: y}}
configs: {c: {content: x}}
configs: {c: }
name: other
name: Other
name: 'o o'
name: ''
name: 7
name: "${SET}"
name: "${UNSET}"
version: '3.9'
version: 3.9
version: x
x-note: [any, {thing: 1}]
service: {}
unknown: x
models: {m: {model: x}}
models: {m: {}}
""")
_OVERRIDES = _lines("""
image: z
image: !reset null
image: !override z
environment: {A: over, NEW: 1}
environment: [A=over]
environment: {A: !reset null}
environment: !reset {}
environment: !override {NEW: 1}
ports: ['443:443']
ports: ['80:80']
ports: !reset []
ports: !override ['443:443']
volumes: ['./over:/x']
volumes: ['./over:/new']
volumes: !reset []
volumes: !override ['data:/only']
networks: [back]
networks: {front: {aliases: [x]}, back: }
networks: !reset null
networks: !override [back]
networks: {front: !reset null}
secrets: [s2]
secrets: !reset []
configs: [c1]
env_file: two.env
env_file: !reset []
env_file: !override [two.env]
profiles: [q]
profiles: !reset []
extra_hosts: {n: 192.0.2.9}
extra_hosts: ['n:192.0.2.9']
command: [x]
labels: [a=c]
build: .
network_mode: host
depends_on: {b: {condition: service_healthy}}
healthcheck: {disable: true}
logging: {driver: other}
ulimits: {nofile: {soft: 1, hard: 2}}
tmpfs: /t
ports: x
environment: x
""")
_UNDER = """\
environment: {A: base, B: base}
ports: ['80:80']
volumes: ['./x:/x']
networks: [front]
secrets: [s1]
env_file: one.env
extra_hosts: {o: 192.0.2.8}
labels: {a: b}
logging: {driver: some, options: {a: b}}
ulimits: {nofile: 7}"""
_WHOLE = {
    "anchors": "x-a: &a {A: 1, B: 1}\nservices:\n  a: {image: x, environment: {<<: *a, B: 2}}\n",
    "anchor after": "services:\n  a: {image: x, environment: {B: 2, <<: &a {A: 1, B: 1}}}\n",
    "list of merges": "x-a: &a {A: 1}\nx-b: &b {A: 2, B: 2}\nservices:\n  a: {image: x, environment: {<<: [*a, *b]}}\n",
    "two merges": "x-a: &a {A: 1}\nservices:\n  a:\n    image: x\n    labels:\n      <<: *a\n      <<: *a\n",
    "merge of a list": "x-a: &a [A=1]\nservices:\n  a:\n    image: x\n    environment:\n      <<: *a\n",
    "merge of a value": "services:\n  a:\n    image: x\n    <<: 7\n",
    "merged service": "x-s: &s\n  image: x\n  ports: ['80:80']\nservices:\n  a:\n    <<: *s\n    ports: ['81:81']\n",
    "alias of a service": "services:\n  a: &s {image: x}\n  b: *s\n",
    "unknown alias": "services:\n  a: {image: *x}\n",
    "quoted merge": "services:\n  a:\n    image: x\n    labels: {'<<': x}\n",
    "key twice": "services:\n  a: {image: x, image: y}\n",
    "service twice": "services:\n  a: {image: x}\n  a: {image: y}\n",
    "two documents": "services:\n  a: {image: x}\n---\nservices:\n  a: {image: y}\n  b: {image: z}\n",
    "three dashes": "---\nservices:\n  a: {image: x}\n",
    "empty document": "---\n---\nservices:\n  a: {image: x}\n",
    "nothing": "",
    "a comment": "# nothing\n",
    "a list": "- services\n",
    "a text": "services",
    "no services": "networks: {n: }\n",
    "null services": "services:\n",
    "empty services": "services: {}\n",
    "services a list": "services: [a]\n",
    "service a text": "services: {a: x}\n",
    "null service": "services: {a: }\n",
    "service without image": "services: {a: {ports: ['80']}}\n",
    "odd name": "services: {'a b': {image: x}}\n",
    "name with a slash": "services: {a/b: {image: x}}\n",
    "number as a name": "services: {1: {image: x}}\n",
    "json": '{"services": {"a": {"image": "x", "ports": ["80:80"]}}}',
    "tabs": "services:\n\ta: {image: x}\n",
    "tab between": "services:\n  a:\t{image: x}\n",
    "byte order mark": "\ufeffservices: {a: {image: x}}\n",
    "windows lines": "services:\r\n  a:\r\n    image: x\r\n    environment:\r\n      A: b\r\n",
    "folded": "services:\n  a:\n    image: x\n    environment:\n      A: >-\n        one\n        two\n",
    "unknown tag": "services: {a: {image: !thing x}}\n",
    "reset in one file": "services: {a: {image: x, ports: !reset ['80']}}\n",
    "override in one file": "services: {a: {image: x, ports: !override ['80']}}\n",
    "own alias": "services: {a: &a {image: x, labels: *a}}\n",
    "circle of extends": "services: {a: {extends: b}, b: {extends: a}}\n",
    "circle of depends_on": "services: {a: {image: x, depends_on: [b]}, b: {image: x, depends_on: [a]}}\n",
    "same container": "services: {a: {image: x, container_name: c}, b: {image: x, container_name: c}}\n",
    "network and mode": "services: {a: {image: x, network_mode: host, networks: [n]}}\nnetworks: {n: }\n",
    "default of its own": "services: {a: {image: x}}\nnetworks: {default: {name: own}}\n",
    "default outside": "services: {a: {image: x}}\nnetworks: {default: {external: true, name: own}}\n",
    "default null": "services: {a: {image: x}}\nnetworks: {default: }\n",
}


def projects() -> Iterator[Written]:
    """Go through the whole corpus."""
    yield from map(_single, _fragments())
    sound = [form for form in VARIABLES if "?" not in form]
    lines = "\n".join(f"  V{number}: '{form}'" for number, form in enumerate(sound))
    yield _written("variables", _service(f"environment:\n{lines}"))
    for form in (*(form for form in VARIABLES if "?" in form), *ODD_VARIABLES):
        quoted = form.replace("'", "''")
        yield _written(f"variable {form}", _service(f"environment: {{V: '{quoted}'}}"))
    for line in ENV_LINES:
        both = _service("env_file: line.env\nenvironment: {V: '${A-none}', W: '${SET-none}', X: '${B-none}'}")
        yield _written(f"env files {line!r}", both, **{".env": line, "line.env": line})
    for line in ENV_LINES[::4]:
        raw = _service("env_file: [{path: line.env, format: raw}]")
        yield _written(f"raw {line!r}", raw, **{"line.env": line})
    for top in _TOPS:
        yield _written(f"top {top}", f"services: {{a: {{image: x}}}}\n{top}\n")
    for name, text in _WHOLE.items():
        yield _written(name, text)
    for included in INCLUDES:
        yield _written(f"include {included}", f"include: {included}\n{_service('environment: {A: b}')}")
    yield from _overrides()
    yield from _started()
    yield from _together()


def _fragments() -> Iterator[str]:
    for kind, table in (("ports", PORTS), ("volumes", VOLUMES), ("networks", NETWORKS)):
        yield from (f"{kind}: {value}" for value in table)
    yield from itertools.chain(GRANTS, ENVIRONMENT, HOSTS, PROFILES, EXTENDS, MISSPELT, WRONG)


def _single(fragment: str) -> Written:
    text = _service(fragment)
    if fragment.startswith("image:"):
        text = text.replace("    image: x\n", "")
    profiles = ("p",) if fragment.startswith("profiles") else ()
    return Written(fragment, {"compose.yaml": text, **_FILES}, profiles=profiles)


def _written(name: str, text: str, /, **files: str) -> Written:
    return Written(name, {"compose.yaml": text, **_FILES, **files})


def _overrides() -> Iterator[Written]:
    for over in _OVERRIDES:
        second = f"services:\n  a:\n    {over}\n"
        files = {"compose.yaml": _service(_UNDER), **_FILES}
        yield Written(f"beside: {over}", {**files, "compose.override.yaml": second}, profiles=("q",))
        lower = {**files, "deep/base.yml": f"services:\n  a:\n    image: z\n    {over}\n"}
        extending = _service(_UNDER, "extends: {file: deep/base.yml, service: a}")
        yield Written(f"below: {over}", {**lower, "compose.yaml": extending}, profiles=("q",))


def _started() -> Iterator[Written]:
    """Go through the ways in which compose is started: files, env files, profiles, the shell."""
    text = _service("environment: {V: '${SET-none}', P: '$COMPOSE_PROJECT_NAME', T: '${TAG-none}'}")
    files = {"compose.yaml": text, **_FILES, "prod.env": "TAG=prod\nSET=prod\n", "ref.env": "TAG=${SET}\n"}
    by_profile = {**files, "compose.yaml": text.replace("image: x", "image: x\n    profiles: [p]")}
    beside = "services: {a: {environment: {V: beside}}}\n"
    yield Written("one env file", files, env_files=("prod.env",))
    yield Written("two env files", files, env_files=("prod.env", "ref.env"))
    yield Written("two env files, turned", files, env_files=("ref.env", "prod.env"))
    yield Written(".env and another", files, env_files=(".env", "ref.env"))
    yield Written("no such env file", files, env_files=("no.env",))
    yield Written("shell before .env", files, shell={"SET": "shell"})
    yield Written("shell before an env file", files, env_files=("prod.env",), shell={"SET": "shell", "TAG": ""})
    for name in ("COMPOSE_PROJECT_NAME", "COMPOSE_PROFILES", "COMPOSE_FILE", "COMPOSE_PATH_SEPARATOR"):
        for value in (
            ("p", "", "p,q", "*", "Upper") if "FILE" not in name else ("compose.yaml", "compose.yaml:more.yml")
        ):
            more = {**by_profile, "more.yml": beside}
            yield Written(f"shell {name}={value}", more, shell={name: value})
            yield Written(f".env {name}={value}", {**more, ".env": f"{_FILES['.env']}{name}={value}\n"})
    for profiles in ((), ("p",), ("q",), ("*",), ("p", "q")):
        yield Written(f"profiles {profiles}", by_profile, profiles=profiles)
        yield Written(
            f"profiles {profiles} and COMPOSE_PROFILES", by_profile, (), (), profiles, {"COMPOSE_PROFILES": "p"}
        )
    for first in ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"):
        for over in ("compose.override.yml", "compose.override.yaml", "docker-compose.override.yml"):
            yield Written(f"{first} and {over}", {first: text, over: beside, **_FILES})
    yield Written("named, and an override beside", {**files, "compose.override.yaml": beside}, ("compose.yaml",))
    yield Written("another's name", {**files, "other.yml": beside}, ("compose.yaml", "other.yml"))
    yield Written("in a folder", {**files, "deep/more.yml": beside}, ("compose.yaml", "deep/more.yml"))
    yield Written("first in a folder", {**files, "deep/c.yml": text}, ("deep/c.yml", "compose.yaml"))


SOUND = {
    "ports": ("80", "8080:80/udp", "127.0.0.1:80:80", "3000-3002:3000-3002", "$PORT:443", "[::1]:80:80"),
    "volumes": ("data:/x", "./x:/x", "~/x:/x:ro", "$PWD/x:/x", "bound:/x", "/x"),
    "networks": ("front", "back", "corp", "old", "here", "named", "default"),
    "secrets": ("s1", "s2", "s3"),
    "configs": ("c1", "c2"),
    "env_file": ("one.env", "two.env", "./deep/base.env"),
    "environment": ("A=b", "SET", "UNSET", "BOTH=own", "A=${SET:-x}", "A=$$x", "ONE="),
    "profiles": ("p", "q"),
    "extra_hosts": ("a:192.0.2.1", "b=192.0.2.2"),
    "volumes_from": ("b", "b:ro", "container:other"),
}


def _together(count: int = 90) -> Iterator[Written]:
    """Combine what compose takes: entries of every pair of keys, in one file, in two, and by way of extends."""
    picked = random.Random("pairs")
    for number, (one, two) in enumerate(itertools.islice(itertools.cycle(itertools.combinations(SOUND, 2)), count)):
        halves = [
            "\n".join(f"{key}: {picked.sample(SOUND[key], picked.randint(1, 2))!r}" for key in keys)
            for keys in ((one, two), picked.sample(list(SOUND), 3))
        ]
        name = f"together {number}: {halves}"
        how = number % 3
        files = {"compose.yaml": _service(halves[0]), **_FILES}
        if how == 0:
            files["compose.override.yaml"] = _service(halves[1], rest="\n")
        elif how == 1:
            files["deep/base.yml"] = _service(halves[1], rest="\n").replace("image: x", "image: below")
            files["compose.yaml"] = _service(halves[0], "extends: {file: deep/base.yml, service: a}")
            files["deep/one.env"] = files["deep/two.env"] = "DEEP=1\n"
            files["deep/deep/base.env"] = "DEEPER=1\n"
        yield Written(name, files, profiles=picked.choice([(), ("p",), ("q",), ("p", "q")]))
