"""Judges access: HTTPS only, a certificate that verifies."""

from __future__ import annotations

from conformance.model import Case, Verdict, verdict
from conformance.policy import Policy
from conformance.records.access import PlainObservation


def https_only(seen: PlainObservation, policy: Policy, case: Case) -> Verdict:
    """Judge ACC-01 on one port."""
    served = [e for e in seen.plain[case.value] if e.status and e.status < 300]
    return verdict(
        not served,
        "plain HTTP serves nothing",
        f"port {case.value} served {len(served)} of {len(seen.plain[case.value])} paths over plain HTTP",
        f"/plain/{case.value}",
    )
