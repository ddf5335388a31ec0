"""TLS: what the endpoint offers, against the declared security level."""

from __future__ import annotations

from conformance.areas.tls import judge as judges
from conformance.areas.tls import judge_hardening as hardening
from conformance.areas.tls import judge_level as levels
from conformance.areas.tls import look as probes
from conformance.engine.cases import proves, shows
from conformance.model import Verdict

shows("tls_level", observes=probes.scan, told_by=levels.levels, otherwise={})


@proves("TLS-01", observes=probes.scan, judged_by=levels.level)
def test_level(verdict: Verdict) -> None:
    """The endpoint runs one of the guideline's levels."""
    verdict.enforce()


@proves("TLS-02", observes=probes.scan, judged_by=judges.protocol_version)
def test_protocol_version(verdict: Verdict) -> None:
    """A conforming gateway offers the versions of its level and refuses every other."""
    verdict.enforce()


@proves("TLS-03", observes=probes.scan, judged_by=judges.cipher_suites)
def test_cipher_suites(verdict: Verdict) -> None:
    """A conforming gateway accepts no cipher suite that its level does not list."""
    verdict.enforce()


@proves("TLS-04", observes=probes.scan, judged_by=judges.key_exchange)
def test_key_exchange(verdict: Verdict) -> None:
    """A conforming gateway exchanges keys in its level's groups, with moduli of its level's size."""
    verdict.enforce()


@proves("TLS-05", observes=probes.scan, judged_by=judges.certificate)
def test_certificate(verdict: Verdict) -> None:
    """A conforming gateway's certificates have keys and signatures of its level."""
    verdict.enforce()


@proves("TLS-06", observes=probes.scan, judged_by=judges.certificate_life)
def test_certificate_life(verdict: Verdict) -> None:
    """A conforming gateway's certificates live no longer than its level allows."""
    verdict.enforce()


@proves("TLS-07", observes=probes.scan, judged_by=judges.weakness)
def test_weakness(verdict: Verdict) -> None:
    """A conforming gateway has none of the known weaknesses."""
    verdict.enforce()


@proves("TLS-08", observes=probes.scan, judged_by=judges.server_order)
def test_server_order(verdict: Verdict) -> None:
    """A conforming gateway at OLD decides by its own order of suites, which is the level's."""
    verdict.enforce()


@proves("TLS-09", observes=probes.scan, judged_by=levels.default_level)
def test_default_level(verdict: Verdict) -> None:
    """A conforming gateway keeps the default level, MODERN."""
    verdict.enforce()


@proves("TLS-10", observes=probes.scan, judged_by=hardening.stapling)
def test_stapling(verdict: Verdict) -> None:
    """A conforming gateway staples an OCSP answer to a certificate that demands one."""
    verdict.enforce()


@proves("TLS-11", observes=probes.scan, judged_by=hardening.hybrid)
def test_hybrid_key_exchange(verdict: Verdict) -> None:
    """A gateway may offer hybrid post-quantum key exchange."""
    verdict.enforce()


@proves("TLS-12", observes=probes.scan, judged_by=hardening.early_data)
def test_early_data(verdict: Verdict) -> None:
    """A gateway may leave TLS 1.3 early data off."""
    verdict.enforce()


@proves("TLS-13", observes=probes.scan, judged_by=hardening.protections)
def test_protections(verdict: Verdict) -> None:
    """A conforming gateway has the protections that TLS 1.2 can have."""
    verdict.enforce()
