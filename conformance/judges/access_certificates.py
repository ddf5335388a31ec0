"""Judges the certificate's origin, the CA certificate that is handed out, and uploads."""

from __future__ import annotations

import re

from conformance import pointers
from conformance.model import Case, Inconclusive, Verdict, conforms, verdict, violates
from conformance.policy import Policy
from conformance.records.access import AuthorityObservation, ChainObservation, Upload, UploadsObservation

BUSY = (429, 503)
RESTART = "say in webapp.certificate.restart how the web server is restarted"

# The organisation in a name that is the vendor's own: a company's authority has the company's.
_VENDOR = re.compile(r"(?:^|[,+])O=(?:WhatsApp|Facebook|Meta Platforms)\b", re.IGNORECASE)
# An authority that says itself how it was made.
_GENERATED = re.compile(r"(?:^|[,+])CN=[^,+]*(?:auto[ -]?generated|self[ -]?signed|snake ?oil)", re.IGNORECASE)


def generated_certificate_replaced(seen: ChainObservation, policy: Policy, case: Case) -> Verdict:
    """Judge ACC-04."""
    expected = "an authority issued the certificate, and not the gateway by itself"
    if not seen.served:
        raise Inconclusive("the handshake showed no certificate")
    leaf = seen.served[0]
    if leaf.self_signed:
        return violates(expected, f"the certificate ({leaf.subject}) is signed by itself", "/served/0")
    issuers = [each.issuer for each in seen.served]
    generated = next(
        (n for n, issuer in enumerate(issuers) if _VENDOR.search(issuer) or _GENERATED.search(issuer)), None
    )
    if generated is not None:
        told = f"the certificate was issued under {issuers[generated]}, the gateway's own authority"
        return violates(expected, told, f"/served/{generated}")
    return conforms(expected, f"{leaf.issuer} issued it", "/served/0")


def authority_can_be_fetched(seen: AuthorityObservation, policy: Policy, case: Case) -> Verdict:
    """Judge ACC-05."""
    expected = "an administrator gets the CA certificate that the served chain verifies with"
    if seen.trouble or seen.status in BUSY:
        raise Inconclusive(f"the CA certificate could not be asked for: {seen.trouble or f'status {seen.status}'}")
    if seen.status == 404:
        note = "No CA certificate is stored that could be fetched: clients need it from elsewhere, or trust it anyway."
        return conforms(expected, "answered 404: none is stored", "/status", notes=(note,))
    if not 200 <= seen.status < 300:
        return violates(expected, f"answered {seen.status}", "/status")
    if not seen.certificates:
        return violates(expected, f"answered {seen.status}, and no certificate ({seen.kind or 'of no type'})", "/kind")
    came = ", ".join(each.subject for each in seen.certificates)
    if seen.message:
        return violates(expected, f"what came ({came}) does not verify the endpoint: {seen.message}", "/message")
    return conforms(expected, f"what came ({came}) verifies the endpoint", "/certificates")


def bad_upload_changes_nothing(seen: UploadsObservation, policy: Policy, case: Case) -> Verdict:
    """Judge ACC-06 on one kind of upload."""
    expected = "such an upload changes nothing, and the API goes on working"
    upload, where = seen.refused.get(case.name), pointers.build("refused", case.name)
    if upload is None:
        raise Inconclusive(seen.left_out.get(case.name) or seen.stopped or "it was not tried")
    if wrong := _harm(seen, upload):
        return violates(expected, f"the upload was {upload.words()}, and {wrong}", where)
    to_blame = upload.accepted or not any(other.accepted for other in seen.refused.values())
    if seen.settled is not None and to_blame and (wrong := _harm(seen, seen.settled)):
        told = f"the upload was {upload.words()}, and after a restart {wrong}"
        return violates(expected, told, where, "/settled")
    if upload.status in BUSY or upload.trouble.startswith("no answer in time"):
        raise Inconclusive(f"the upload was {upload.words()}, which does not tell whether it would be taken")
    at_once = seen.good is not None and seen.good.served == seen.own and not seen.restarts
    if upload.accepted and not at_once and seen.settled is None:
        raise Inconclusive(
            f"the upload was {upload.words()}, and no upload takes effect at once: what it does after a restart cannot "
            f"be told; {RESTART}"
        )
    return conforms(expected, f"the upload was {upload.words()}, and the same certificate is served", where)


def _harm(seen: UploadsObservation, upload: Upload) -> str:
    """Say what is not as it was after an upload, or nothing."""
    if upload.unserved:
        return f"no certificate is presented any more ({upload.unserved})"
    if upload.served != seen.present:
        return "the certificate of the upload is presented" if upload.served == seen.own else "another one is presented"
    if upload.broken:
        return f"the API does not work any more ({upload.broken})"
    if seen.again is not None and upload.stored != seen.again.stored:
        return "another CA certificate is handed out"
    return ""


def good_upload_is_served(seen: UploadsObservation, policy: Policy, case: Case) -> Verdict:
    """Judge ACC-07."""
    expected = "a good certificate with its key and its authority is taken, and served"
    good = seen.good
    if good is None:
        raise Inconclusive(seen.stopped or "no good certificate was uploaded")
    if good.trouble or good.status in BUSY:
        raise Inconclusive(f"the upload of a good certificate was {good.words()}")
    if not good.accepted:
        return violates(expected, f"its upload was {good.words()}", "/good")
    if good.served != seen.own and not seen.restarts:
        raise Inconclusive(f"its upload was {good.words()}, and the present one is served still: {RESTART}")
    if good.served != seen.own:
        what = good.unserved or "another one is presented"
        return violates(expected, f"its upload was {good.words()}, and after the restart {what}", "/good")
    if seen.back is None:
        raise Inconclusive(seen.stopped or "the present certificate was not put back")
    kept = seen.back.served == seen.present
    told = "it was served, and the present one again" if kept else "it was served, and the present one was not after it"
    return verdict(kept, expected, f"{told} after its upload", "/good", "/back")
