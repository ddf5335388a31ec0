"""The shape of a compose file: the keys that compose knows, and what kind of value stands under each.

After compose's own schema, and what it makes of texts in places where it wants another kind (compose-go 2.9).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from conformance.areas.dep.compose.nodes import UNKNOWN, ComposeTrouble, Node, Scalar, called
from conformance.sentence import Own, Sentence, say


@dataclass(frozen=True, slots=True)
class Shape:
    """What may stand in a place: `kinds`, a letter for each, of which `words` are those of a text.

    t  a text                                           l  a list
    d, z, y, w, f  a text that spells a duration, a     m  a mapping
       size, yes or no, a whole number, a number        0  null
    n, i, b  a number, a whole number, true or false

    A mapping has no other keys than `keys`, but for extensions, or any names, with `every` below each, or anything;
    `required` are those that it must have. `plain` names are such as docker has. A list that is `unique` holds no
    text twice.
    """

    kinds: str = "tnblm0"
    keys: Mapping[str, Shape] | None = None
    every: Shape | None = None
    items: Shape | None = None
    required: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    plain: bool = False
    unique: bool = False


_SPELT = {
    "d": re.compile(r"0|(?:\d+(?:\.\d*)?(?:ns|us|µs|ms|s|m|h|d|w))+"),
    "z": re.compile(r"-1|\d+(?:\.\d+)? ?[kKmMgGtTpP]?i?[bB]?"),
    "y": re.compile(r"(?i:true|false|y|yes|on|n|no|off)"),
    "w": re.compile(r"[-+]?\d+"),
    "f": re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"),
}
_NAME = re.compile(r"[a-zA-Z0-9._-]+")

_ANY = Shape()
_TEXT = Shape("t")
_FLAG = Shape("by")
_NUMBER = Shape("nf")
_WHOLE_NUMBER = Shape("iw")
_SIZE = Shape("nz")
_DURATION = Shape("d")
_SWITCH = Shape("bt")
_TEXTS = Shape("l", items=_TEXT)
_SET = Shape("l", items=_TEXT, unique=True)
_TEXT_OR_TEXTS = Shape("tl", items=_TEXT)
_COMMAND = Shape("tl0", items=_TEXT)
_PAIRS = Shape("lm", every=Shape("tnb0"), items=_TEXT)
_HOSTS = Shape("lm", every=_TEXT_OR_TEXTS, items=_TEXT)
_OPTIONS = Shape("m", every=Shape("tn"))


def _values(shape: Shape, names: str) -> dict[str, Shape]:
    return dict.fromkeys(names.split(), shape)


def _mapping(texts: str = "", kinds: str = "m", required: str = "", /, **others: Shape) -> Shape:
    return Shape(kinds, _values(_TEXT, texts) | others, required=tuple(required.split()))


def _entries(entry: Shape, kinds: str = "l") -> Shape:
    return Shape(kinds, items=entry)


def _one_of(words: str) -> Shape:
    return Shape("t", words=tuple(words.split()))


_ULIMIT = _mapping("", "miw", "soft hard", soft=_WHOLE_NUMBER, hard=_WHOLE_NUMBER)
_ULIMITS = Shape("m", every=_ULIMIT)
_GRANTS = _entries(_mapping("source target uid gid", "tm", mode=Shape("iw")))
_DEVICE = _mapping(
    "driver",
    "m",
    "capabilities",
    count=Shape("iw", words=("all",)),
    capabilities=_SET,
    device_ids=_SET,
    options=_PAIRS,
)
_HOOK = _mapping(
    "image user working_dir per_replica",
    "m",
    "command",
    command=_COMMAND,
    environment=_PAIRS,
    privileged=_FLAG,
)
_UPDATE = _mapping(
    "failure_action",
    parallelism=_WHOLE_NUMBER,
    max_failure_ratio=_NUMBER,
    delay=_DURATION,
    monitor=_DURATION,
    order=_one_of("start-first stop-first"),
)
_RATES = _entries(_mapping("path", rate=Shape("iz")))
_HEALTH = _mapping(
    test=_TEXT_OR_TEXTS,
    disable=_FLAG,
    retries=_WHOLE_NUMBER,
    **_values(_DURATION, "interval timeout start_period start_interval"),
)
_BUILD = _mapping(
    "context dockerfile dockerfile_inline isolation network target",
    "tm",
    **_values(_SWITCH, "no_cache privileged provenance pull sbom"),
    **_values(_PAIRS, "additional_contexts args labels ssh"),
    **_values(_TEXTS, "cache_from cache_to entitlements no_cache_filter platforms tags"),
    extra_hosts=_HOSTS,
    shm_size=Shape("iz"),
    secrets=_GRANTS,
    ulimits=_ULIMITS,
)
_DEPLOY = _mapping(
    "mode endpoint_mode",
    "m0",
    replicas=_WHOLE_NUMBER,
    labels=_PAIRS,
    update_config=_UPDATE,
    rollback_config=_UPDATE,
    restart_policy=_mapping("condition", delay=_DURATION, max_attempts=_WHOLE_NUMBER, window=_DURATION),
    placement=_mapping(
        max_replicas_per_node=_WHOLE_NUMBER, constraints=_TEXTS, preferences=_entries(_mapping("spread"))
    ),
    resources=_mapping(
        limits=_mapping(cpus=_NUMBER, memory=Shape("z"), pids=_WHOLE_NUMBER),
        reservations=_mapping(
            cpus=_NUMBER,
            memory=Shape("z"),
            devices=_entries(_DEVICE),
            generic_resources=_entries(_mapping(discrete_resource_spec=_mapping("kind", value=_NUMBER))),
        ),
    ),
)
_PORT = _mapping("name mode host_ip protocol app_protocol", "tnm", target=Shape("it"), published=Shape("it"))
_VOLUME = _mapping(
    "source target consistency",
    "tm",
    "type",
    type=_one_of("bind volume tmpfs cluster npipe image"),
    read_only=_FLAG,
    bind=_mapping(
        "propagation",
        create_host_path=_FLAG,
        recursive=_one_of("enabled disabled writable readonly"),
        selinux=_one_of("z Z"),
    ),
    volume=_mapping("subpath", nocopy=_FLAG, labels=_PAIRS),
    tmpfs=_mapping(size=Shape("iz"), mode=Shape("nw")),
    image=_mapping("subpath"),
)
_NETWORK = _mapping(
    "interface_name ipv4_address ipv6_address mac_address",
    "m0",
    **_values(Shape("n"), "gw_priority priority"),
    aliases=_TEXTS,
    link_local_ips=_TEXTS,
    driver_opts=_OPTIONS,
)
_DEPENDENCY = _mapping(
    "",
    "m",
    "condition",
    condition=_one_of("service_started service_healthy service_completed_successfully"),
    required=_FLAG,
    restart=_FLAG,
)
_SERVICE = _mapping(
    "cgroup_parent container_name cpuset domainname hostname image ipc isolation mac_address network_mode platform "
    "pull_policy pull_refresh_after restart runtime stop_signal user userns_mode uts working_dir",
    **_values(_FLAG, "attach init oom_kill_disable privileged read_only stdin_open tty use_api_socket"),
    **_values(_WHOLE_NUMBER, "cpu_count oom_score_adj scale"),
    **_values(_NUMBER, "cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares cpus pids_limit"),
    **_values(_SIZE, "mem_limit memswap_limit shm_size"),
    **_values(Shape("iz"), "mem_reservation mem_swappiness"),
    **_values(_PAIRS, "annotations environment labels sysctls"),
    **_values(_COMMAND, "command entrypoint"),
    **_values(_TEXT_OR_TEXTS, "dns dns_search label_file tmpfs"),
    **_values(_TEXTS, "cap_add cap_drop dns_opt links profiles"),
    **_values(_SET, "device_cgroup_rules external_links security_opt volumes_from"),
    blkio_config=_mapping(
        weight=_WHOLE_NUMBER,
        **_values(_RATES, "device_read_bps device_read_iops device_write_bps device_write_iops"),
        weight_device=_entries(_mapping("path", weight=_WHOLE_NUMBER)),
    ),
    build=_BUILD,
    cgroup=_one_of("host private"),
    configs=_GRANTS,
    credential_spec=_mapping("config file registry"),
    depends_on=Shape("lm", every=_DEPENDENCY, items=_TEXT, unique=True, plain=True),
    deploy=_DEPLOY,
    develop=Shape("m0", {"watch": Shape("l")}),
    devices=_entries(_mapping("source target permissions", "tm", "source target")),
    env_file=_entries(_mapping("path format", "tm", "path", required=_FLAG), "tl"),
    expose=_entries(Shape("tn")),
    extends=_mapping("service", "tm", "service", file=Shape("t0")),
    extra_hosts=_HOSTS,
    gpus=Shape("tl", items=replace(_DEVICE, required=()), words=("all",)),
    group_add=Shape("l", items=Shape("tn"), unique=True),
    healthcheck=_HEALTH,
    logging=_mapping("driver", options=Shape("m", every=Shape("tn0"))),
    models=Shape("lm", every=_mapping("endpoint_var model_var", "m0"), items=_TEXT, unique=True),
    networks=Shape("lm", every=_NETWORK, items=_TEXT, unique=True, plain=True),
    pid=Shape("t0"),
    ports=_entries(_PORT),
    post_start=_entries(_HOOK),
    pre_start=_entries(_HOOK),
    pre_stop=_entries(_HOOK),
    provider=_mapping("type", "m", "type", options=Shape("m")),
    secrets=_GRANTS,
    stop_grace_period=_DURATION,
    storage_opt=Shape("m"),
    ulimits=_ULIMITS,
    volumes=_entries(_VOLUME),
)
_EXTERNAL = _mapping("name", "bym")
_CONFIG = _mapping("name file environment content template_driver", external=Shape("bym"), labels=_PAIRS)
_SECRET = _mapping(
    "name file environment driver template_driver", external=Shape("bym"), labels=_PAIRS, driver_opts=_OPTIONS
)
_IPAM = _mapping(
    "driver",
    options=Shape("m", every=_TEXT),
    config=_entries(_mapping("subnet ip_range gateway", aux_addresses=Shape("m", every=_TEXT))),
)
_INCLUDE = _entries(Shape("tm"), "l0")
_WHOLE = _mapping(
    "version name",
    include=_INCLUDE,
    services=Shape("m", every=_SERVICE, plain=True),
    networks=Shape(
        "m",
        every=_mapping(
            "name driver",
            "m0",
            **_values(_FLAG, "internal attachable enable_ipv4 enable_ipv6"),
            external=_EXTERNAL,
            labels=_PAIRS,
            driver_opts=_OPTIONS,
            ipam=_IPAM,
        ),
    ),
    volumes=Shape(
        "m", every=_mapping("name driver", "m0", external=_EXTERNAL, labels=_PAIRS, driver_opts=_OPTIONS), plain=True
    ),
    secrets=Shape("m", every=_SECRET, plain=True),
    configs=Shape("m", every=_CONFIG, plain=True),
    models=Shape("m", every=_mapping("name model", "m", "model", context_size=Shape("i"), runtime_flags=_TEXTS)),
)


def require_known(whole: Node) -> None:
    """Raise ComposeTrouble for the first key or kind of value that makes compose refuse a file."""
    _require(whole, _WHOLE, "")


def require_includes(whole: Node) -> None:
    """Raise ComposeTrouble where compose would refuse what a file includes."""
    includes = whole.content().get("include")
    if includes is not None:
        _require(includes, _INCLUDE, "include")


def _require(node: Node, shape: Shape, key: str) -> None:
    if not _fits(node.value, shape):
        raise ComposeTrouble(_misfit(node, shape, key))
    if isinstance(node.value, list):
        _require_entries(node.value, shape, key)
    below = node.content()
    for name in shape.required if isinstance(node.value, dict) else ():
        if name not in below:
            raise ComposeTrouble(
                say("{place}: {key} has no {name}", place=Own(node.place), key=Own(key), name=Own(name))
            )
    for name, each in below.items():
        if shape.every is not None:
            if shape.plain and not _NAME.fullmatch(name) and not name.startswith("x-"):
                raise ComposeTrouble(_unknown(each, name, key))
            _require(each, shape.every, called(name))
        elif shape.keys is not None and not name.startswith("x-"):
            known = shape.keys.get(name)
            if known is None:
                raise ComposeTrouble(_unknown(each, name, key))
            _require(each, known, name)


def _require_entries(entries: list[Node], shape: Shape, key: str) -> None:
    for entry in entries if shape.items is not None else ():
        _require(entry, shape.items or _ANY, key)
    texts = [entry.text for entry in entries if shape.unique and not isinstance(entry.value, dict | list)]
    if len(set(texts)) < len(texts):
        raise ComposeTrouble(say("{place}: {key} holds one entry twice", place=Own(entries[0].place), key=Own(key)))


def _fits(value: Scalar | dict[str, Node] | list[Node], shape: Shape) -> bool:
    kinds = shape.kinds
    if isinstance(value, str):
        if UNKNOWN in value or value in shape.words:
            return True
        return not shape.words and ("t" in kinds or any(_SPELT[k].fullmatch(value) for k in kinds if k in _SPELT))
    if isinstance(value, bool):
        return "b" in kinds
    if isinstance(value, int | float):
        return "n" in kinds or ("i" in kinds and float(value).is_integer())
    return ("m" if isinstance(value, dict) else "l" if isinstance(value, list) else "0") in kinds


def _misfit(node: Node, shape: Shape, key: str) -> Sentence:
    kind = "m" if isinstance(node.value, dict) else "l" if isinstance(node.value, list) else "v"
    place, own = Own(node.place), Own(key)
    if kind == "v" and not node.empty and set(shape.kinds) - set("lm0"):
        return say("{place}: compose takes another kind of value for {key}", place=place, key=own)
    return say("{place}: compose takes no {kind} for {key}", place=place, kind=_KINDS[kind], key=own)


_KINDS: dict[str, Sentence] = {"v": say("plain value"), "l": say("list"), "m": say("mapping")}


def _unknown(node: Node, name: str, key: str) -> Sentence:
    place, own = Own(node.place), Own(called(name))
    if not key:
        return say("{place}: compose knows no key {name}, and refuses the file", place=place, name=own)
    return say(
        "{place}: compose knows no key {name} in {key}, and refuses the file", place=place, name=own, key=Own(key)
    )
