"""The shape of a compose file: the keys that compose knows, and whether a value, a list or a mapping stands there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from conformance.areas.dep.compose.nodes import ComposeTrouble, Node, called
from conformance.sentence import Own, Sentence, say


@dataclass(frozen=True, slots=True)
class Shape:
    """What may stand in a place, of `v`alue, `l`ist and `m`apping; null may everywhere.

    A mapping has no other keys than `keys`, but for extensions, or any names, with `every` below each, or anything.
    """

    kinds: str = "vlm"
    keys: Mapping[str, Shape] | None = None
    every: Shape | None = None
    items: Shape | None = None


_ANY = Shape()
_VALUE = Shape("v")
_LIST = Shape("l")
_VALUES = Shape("vl")
_PAIRS = Shape("lm")
_NAMED = Shape("m")


def _values(names: str) -> dict[str, Shape]:
    return dict.fromkeys(names.split(), _VALUE)


def _mapping(values: str = "", kinds: str = "m", /, **others: Shape) -> Shape:
    return Shape(kinds, _values(values) | others)


def _entries(entry: Shape, kinds: str = "l") -> Shape:
    return Shape(kinds, items=entry)


_ULIMITS = Shape("m", every=_mapping("soft hard", "vm"))
_GRANTS = _entries(_mapping("source target uid gid mode", "vm"))
_DEVICES = _entries(_mapping("count driver", capabilities=_LIST, device_ids=_LIST, options=_PAIRS))
_HOOK = _mapping("image user privileged working_dir per_replica", command=_VALUES, environment=_PAIRS)
_UPDATE = _mapping("parallelism delay failure_action monitor max_failure_ratio order")
_RATES = _entries(_mapping("path rate"))
_HEALTH = _mapping("disable interval retries timeout start_period start_interval", test=_VALUES)
_BUILD = _mapping(
    "context dockerfile dockerfile_inline isolation network no_cache privileged provenance pull sbom shm_size target",
    "vm",
    **dict.fromkeys(("additional_contexts", "args", "extra_hosts", "labels", "ssh"), _PAIRS),
    **dict.fromkeys(("cache_from", "cache_to", "entitlements", "no_cache_filter", "platforms", "tags"), _LIST),
    secrets=_GRANTS,
    ulimits=_ULIMITS,
)
_DEPLOY = _mapping(
    "mode endpoint_mode replicas",
    labels=_PAIRS,
    update_config=_UPDATE,
    rollback_config=_UPDATE,
    restart_policy=_mapping("condition delay max_attempts window"),
    placement=_mapping("max_replicas_per_node", constraints=_LIST, preferences=_entries(_mapping("spread"))),
    resources=_mapping(
        limits=_mapping("cpus memory pids"),
        reservations=_mapping(
            "cpus memory",
            devices=_DEVICES,
            generic_resources=_entries(_mapping(discrete_resource_spec=_mapping("kind value"))),
        ),
    ),
)
_PORT = _mapping("name mode host_ip target published protocol app_protocol", "vm")
_VOLUME = _mapping(
    "type source target read_only consistency",
    "vm",
    bind=_mapping("propagation create_host_path recursive selinux"),
    volume=_mapping("nocopy subpath", labels=_PAIRS),
    tmpfs=_mapping("size mode"),
    image=_mapping("subpath"),
)
_NETWORK = _mapping(
    "gw_priority interface_name ipv4_address ipv6_address mac_address priority",
    aliases=_LIST,
    link_local_ips=_LIST,
    driver_opts=_NAMED,
)
_SERVICE = _mapping(
    "attach cgroup cgroup_parent container_name cpu_count cpu_percent cpu_period cpu_quota cpu_rt_period "
    "cpu_rt_runtime cpu_shares cpus cpuset domainname hostname image init ipc isolation mac_address mem_limit "
    "mem_reservation mem_swappiness memswap_limit network_mode oom_kill_disable oom_score_adj pid pids_limit platform "
    "privileged pull_policy pull_refresh_after read_only restart runtime scale shm_size stdin_open stop_grace_period "
    "stop_signal tty use_api_socket user userns_mode uts working_dir",
    **dict.fromkeys(("annotations", "environment", "extra_hosts", "labels", "sysctls"), _PAIRS),
    **dict.fromkeys(("command", "dns", "dns_search", "entrypoint", "label_file", "tmpfs"), _VALUES),
    **dict.fromkeys(("cap_add", "cap_drop", "device_cgroup_rules", "dns_opt", "expose", "external_links"), _LIST),
    **dict.fromkeys(("group_add", "links", "profiles", "security_opt", "volumes_from"), _LIST),
    blkio_config=_mapping(
        "weight",
        **dict.fromkeys(("device_read_bps", "device_read_iops", "device_write_bps", "device_write_iops"), _RATES),
        weight_device=_entries(_mapping("path weight")),
    ),
    build=_BUILD,
    configs=_GRANTS,
    credential_spec=_mapping("config file registry"),
    depends_on=Shape("lm", every=_mapping("condition required restart")),
    deploy=_DEPLOY,
    develop=_mapping(watch=_LIST),
    devices=_entries(_mapping("source target permissions", "vm")),
    env_file=_entries(_mapping("path required format", "vm"), "vl"),
    extends=_mapping("service file", "vm"),
    gpus=_entries(_mapping("count driver", capabilities=_LIST, device_ids=_LIST, options=_PAIRS), "vl"),
    healthcheck=_HEALTH,
    logging=_mapping("driver", options=_NAMED),
    models=Shape("lm", every=_mapping("endpoint_var model_var")),
    networks=Shape("lm", every=_NETWORK),
    ports=_entries(_PORT),
    post_start=_entries(_HOOK),
    pre_start=_entries(_HOOK),
    pre_stop=_entries(_HOOK),
    provider=_mapping("type", options=_NAMED),
    secrets=_GRANTS,
    storage_opt=_NAMED,
    ulimits=_ULIMITS,
    volumes=_entries(_VOLUME),
)
_EXTERNAL = _mapping("name", "vm")
_FILED = _mapping(
    "name file environment content driver template_driver", external=_EXTERNAL, labels=_PAIRS, driver_opts=_NAMED
)
_IPAM = _mapping(
    "driver",
    options=_NAMED,
    config=_entries(_mapping("subnet ip_range gateway", aux_addresses=_NAMED)),
)
_WHOLE = _mapping(
    "version name",
    include=_entries(_mapping("project_directory", "vm", path=_VALUES, env_file=_VALUES)),
    services=Shape("m", every=_SERVICE),
    networks=Shape(
        "m",
        every=_mapping(
            "name driver internal attachable enable_ipv4 enable_ipv6",
            external=_EXTERNAL,
            labels=_PAIRS,
            driver_opts=_NAMED,
            ipam=_IPAM,
        ),
    ),
    volumes=Shape("m", every=_mapping("name driver", external=_EXTERNAL, labels=_PAIRS, driver_opts=_NAMED)),
    secrets=Shape("m", every=_FILED),
    configs=Shape("m", every=_FILED),
    models=Shape("m", every=_mapping("name model context_size", runtime_flags=_LIST)),
)


def require_known(whole: Node) -> None:
    """Raise ComposeTrouble for the first key or kind of value that makes compose refuse a file."""
    _require(whole, _WHOLE, "")


def require_service(service: Node) -> None:
    """Raise ComposeTrouble where compose would refuse a service, which another file extends."""
    _require(service, _SERVICE, "services")


def _require(node: Node, shape: Shape, key: str) -> None:
    if node.empty:
        return
    kind = "m" if isinstance(node.value, dict) else "l" if isinstance(node.value, list) else "v"
    if kind not in shape.kinds:
        raise ComposeTrouble(
            say("{place}: compose takes no {kind} for {key}", place=Own(node.place), kind=_KINDS[kind], key=Own(key))
        )
    if isinstance(node.value, list) and shape.items is not None:
        for entry in node.value:
            _require(entry, shape.items, key)
    for name, below in node.content().items():
        if shape.every is not None:
            _require(below, shape.every, called(name))
        elif shape.keys is not None and not name.startswith("x-"):
            if name not in shape.keys:
                raise ComposeTrouble(_unknown(below, name, key))
            _require(below, shape.keys[name], name)


_KINDS: dict[str, Sentence] = {"v": say("plain value"), "l": say("list"), "m": say("mapping")}


def _unknown(node: Node, name: str, key: str) -> Sentence:
    place, own = Own(node.place), Own(called(name))
    if not key:
        return say("{place}: compose knows no key {name}, and refuses the file", place=place, name=own)
    return say(
        "{place}: compose knows no key {name} in {key}, and refuses the file", place=place, name=own, key=Own(key)
    )
