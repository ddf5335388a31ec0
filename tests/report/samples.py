"""Results to draw: a small one with everything in it, a large one, and one that means harm."""

from __future__ import annotations

from collections import Counter
from typing import Any

from conformance.comparison.compare import compare
from conformance.engine import ledger
from conformance.engine.results import Entry, Requirement, Results, Texts, Waiver, as_json
from conformance.model import Level, Outcome
from conformance.report import difference

HOSTILE = "<script>document.title='owned'</script>\x1b[31m\u202e\"'><img src=x onerror=document.title='owned'>&`*[x](http://evil.example)\x00\ud800]]>"
PAGE = {
    "method": "GET",
    "url": "https://gw.example:9090/login",
    "status": 200,
    "headers": [["Content-Type", "text/html"], ["X-Frame-Options", "SAMEORIGIN"]],
    "body": "<!doctype html><title>Log in</title>",
    "body_bytes": 36,
    "trouble": "",
}


def case(case_id: str, verdict: str = "pass", **changes: Any) -> Entry:
    key = {"TLS": "tls/0", "HDR": "headers/0", "CHN": "channel/0"}.get(case_id[:3], "plain/0")
    judged = verdict in ("pass", "fail", "waived")
    plain = {
        "id": case_id,
        "subject": "gw.example:9090",
        "level": "must",
        "verdict": verdict,
        "expected": "what the level allows is kept" if judged else "",
        "observed": "what was seen" if judged else "",
        "reason": "" if judged else "the endpoint did not answer in time",
        "evidence": [key] if judged else [],
        "exhibits": [f"{key}#"] if judged else [],
        "notes": [],
        "seconds": 0.25,
        "waiver": None,
        "stale_waiver": False,
    }
    return Entry.model_validate(plain | changes)


def requirement(row_id: str, *cases: Entry, level: str = "must", title: str = "") -> Requirement:
    title = title or f"Promise {row_id}"
    texts = {
        lang: {name: f"{name} of {row_id} ({lang})" for name in ("title", "statement", "judged", "repair")}
        for lang in ("en", "es")
    }
    texts["en"]["title"] = title
    for one in cases:
        one.level = Level(level) if one.level is Level.MUST else one.level
    return Requirement.model_validate(
        {
            "id": row_id,
            "area": row_id[:3].lower(),
            "level": level,
            "section": "channel" if row_id.startswith("CHN") else "webapp",
            "title": title,
            "source": "S1, web server TLS",
            "verdict": ledger.worst(one.verdict for one in cases),
            "texts": texts,
            "cases": list(cases),
        }
    )


def document(*rows: Requirement, **run: Any) -> Results:
    counts = Counter(one.verdict for row in rows for one in row.cases)
    found = Results.model_validate(
        {
            "schema": 1,
            "suite": {"name": "portero", "version": "0.1.0", "catalogue_sha256": "c0ffee" * 10 + "cafe"},
            "run": {
                "id": "0123456789abcdef",
                "started": "2026-11-21T22:30:00.000Z",
                "finished": "2026-11-21T22:30:12.500Z",
                "argv": ["portero", "run", "--target", "staging.toml"],
                "host": "auditor",
                "requests_sent": 1234,
                "connections_opened": 987,
                "interrupted": False,
                "fail_on": "must",
                "whole_catalogue": True,
                "selected_cases": sum(counts.values()),
                "probe_seconds": {"tls": 1.5, "headers": 0.4, "channel": 12.1, "plain": 0.2},
                "internal_errors": [],
                **run,
            },
            "target": {
                "name": "staging",
                "sha256": "ab" * 32,
                "sections": ["webapp", "channel"],
                "consent": "read",
                "clock_offset_seconds": -0.4,
                "tls_level": {"4.0": "none", "5.7": "intermediate", "5.8": "none", "6.0": "intermediate"},
                "document": {
                    "webapp": {"security_level": "intermediate", "guideline": "5.8"},
                    "channel": {"tolerance_seconds": 10},
                    "network": {"reach": REACH},
                },
            },
            "counts": {
                name: counts[Outcome(name)]
                for name in ("pass", "fail", "waived", "inconclusive", "not-applicable", "not-run")
            },
            "requirements": sorted(rows, key=lambda row: row.id),
            "not_judged": [
                {
                    "id": "DEP-13",
                    "titles": {"en": "Time synchronisation", "es": "Sincronización horaria"},
                    "source": "S1, encrypted communication",
                    "reason": "how hosts keep their clocks cannot be read here; CHN-10 measures the outcome",
                }
            ],
            "waivers": [],
            "observations": {
                "channel/0": CHANNEL,
                "headers/0": {"pages": {"/login": [PAGE]}},
                "network/0": NETWORK,
                "tls/0": TLS,
            },
            "verdict": "incomplete",
        }
    )
    found.verdict = ledger.verdict(found)
    return found


CHANNEL = {
    "window": [{"age": float(age), "accepted": abs(age) <= 10} for age in range(-13, 14)],
    "core_clock_offset": -0.4,
}
TLS = {
    "endpoint": "gw.example:9090",
    "versions": {
        "tls-1.0": {"outcome": "offered", "detail": ""},
        "tls-1.1": {"outcome": "alert", "detail": "protocol_version"},
        "tls-1.2": {"outcome": "offered", "detail": ""},
        "tls-1.3": {"outcome": "offered", "detail": ""},
    },
    "suites": {
        "tls-1.0": {"in_order": ["TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"]},
        "tls-1.2": {
            "in_order": ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"],
            "by_sslyze": ["TLS_RSA_WITH_AES_128_CBC_SHA"],
        },
        "tls-1.3": {"by_hello": ["TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256"]},
    },
}
CORE, API = "10.0.4.2:6250", "10.0.3.2:443"
REACH = [
    {"from": "clients", "to": API, "service": "api", "allowed": True},
    {"from": "clients", "to": CORE, "service": "communication", "allowed": False},
    {"from": "web", "to": CORE, "service": "communication", "allowed": True},
    {"from": "visitors", "to": API, "service": "api", "allowed": False},
]
NETWORK = {
    "vantages": [
        {
            "name": "clients",
            "trouble": "",
            "looks": {
                CORE: {"seen": [{"address": "10.0.4.2", "came": "accepted"}]},
                API: {"seen": [{"address": "10.0.3.2", "came": "answered"}]},
            },
        },
        {"name": "web", "trouble": "", "looks": {CORE: {"seen": [{"address": "10.0.4.2", "came": "filtered"}]}}},
        {"name": "visitors", "trouble": "no Python 3 there", "looks": {}},
    ]
}
WAIVER: dict[str, Any] = {
    "id": "WVR-2026-003",
    "requirement": "TLS-04",
    "cases": ["TLS-04/tls-1.3-groups"],
    "subjects": ["gw.example:9090"],
    "reason": "the load balancer is replaced in January",
    "approved_by": "Head of Security",
    "approved_on": "2026-10-01",
    "expires": "2026-12-31",
    "ticket": "SEC-118",
}


def broken() -> Results:
    """Return a run in which every verdict occurs."""
    frame = "headers/0#/pages/~1login/0"
    found = document(
        requirement(
            "TLS-02",
            case(
                "TLS-02/tls-1.0",
                "fail",
                expected="INTERMEDIATE allows TLS 1.2 and TLS 1.3 only",
                observed="accepted TLS 1.0 with ECDHE-RSA-AES128-SHA",
                exhibits=["tls/0#/versions/tls-1.0", "tls/0#/suites/tls-1.0"],
            ),
            case("TLS-02/tls-1.1", observed="refused with alert protocol_version"),
            title="Protocol versions",
        ),
        requirement("TLS-04", case("TLS-04/tls-1.3-groups", "waived", waiver="WVR-2026-003")),
        requirement("TLS-09", case("TLS-09", "fail", observed="the level is INTERMEDIATE"), level="should"),
        requirement("TLS-08", case("TLS-08/use", "not-applicable", reason="the level does not ask for an order")),
        requirement(
            "HDR-02",
            *(
                case(
                    f"HDR-02/{method}/login",
                    "fail",
                    expected="X-Frame-Options: DENY, so that no domain may frame the page",
                    observed="SAMEORIGIN lets the own domain frame the page",
                    exhibits=[frame],
                    notes=["browsers obey it, the documentation asks for more"],
                )
                for method in ("get", "head")
            ),
            title="No framing",
        ),
        requirement("HDR-04", case("HDR-04/get/login"), title="No sniffing"),
        requirement(
            "CHN-01", case("CHN-01", "inconclusive", reason="no answer to a fresh message", subject="core.example:6250")
        ),
        requirement("CHN-11", case("CHN-11", subject="core.example:6250"), level="may", title="Edge of the margin"),
        requirement("ACC-03", case("ACC-03", "not-run", reason="not selected"), level="should"),
        selected_cases=10,
        whole_catalogue=False,
    )
    found.waivers = [Waiver(**WAIVER)]
    return found


def compared() -> Results:
    """Return `broken` beside an earlier run, with a deviation: a page of it has every part that there is."""
    found = broken()
    found.comparison = difference.told(compare(clean(), found))
    return found


def clean() -> Results:
    """Return a run in which everything passes."""
    return document(requirement("TLS-02", case("TLS-02/tls-1.0")), requirement("CHN-01", case("CHN-01")))


def large(verdict: str = "pass", requirements: int = 100, cases: int = 7) -> Results:
    """Return a run as large as is promised to be handled: 100 requirements, 700 cases."""
    sentence = "sends X-Frame-Options: DENY on https://gw.example:9090/some/administration/page and on its redirects"
    longest = {"title": 60, "statement": 180, "judged": 500, "repair": 400}  # as a catalogue has them on average
    rows = [
        requirement(
            f"{area}-{n:02}",
            *(
                case(
                    f"{area}-{n:02}/get/page-{c}",
                    verdict,
                    observed=sentence,
                    expected=sentence,
                    exhibits=[f"headers/0#/pages/~1login/{n * cases + c}"],
                )
                for c in range(cases)
            ),
        )
        for area in ("TLS", "HDR", "CHN", "IDV")
        for n in range(requirements // 4)
    ]
    for row in rows:
        row.texts = {lang: Texts(**{name: "long " * (n // 5) for name, n in longest.items()}) for lang in ("en", "es")}
    pages = [PAGE | {"url": f"https://gw.example:9090/{n}"} for n in range(requirements * cases)]
    found = document(*rows)
    found.observations["headers/0"] = {"pages": {"/login": pages}}
    return found


def hostile() -> Results:
    """Return `broken` with hostile text wherever the target, or a target file, has a say."""
    plain = as_json(broken())
    found = Results.model_validate(_poisoned(plain) | {"suite": plain["suite"]})
    found.comparison = difference.told(compare(clean(), found))
    found.observations = {key: _poisoned(seen, everything=True) for key, seen in _evidence().items()}
    return found


def _evidence() -> dict[str, Any]:
    page = PAGE | {"body": HOSTILE * 400, "headers": [[HOSTILE, HOSTILE]], "url": HOSTILE, "trouble": ""}
    return {"headers/0": {"pages": {"/login": [page]}}, "tls/0": TLS, "channel/0": {HOSTILE: [HOSTILE, {HOSTILE: 1}]}}


_FREE = {"subject", "expected", "observed", "reason", "notes", "name", "host", "argv", "title", "approved_by"}


def _poisoned(value: Any, key: str = "", *, everything: bool = False) -> Any:
    if isinstance(value, dict):
        return {k: _poisoned(v, k, everything=everything) for k, v in value.items()}
    if isinstance(value, list):
        return [_poisoned(v, key, everything=everything) for v in value]
    poison = isinstance(value, str) and value and (key in _FREE or (everything and key not in ("outcome", "method")))
    return f"{value}{HOSTILE}" if poison else value
