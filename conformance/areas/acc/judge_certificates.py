"""Judges the certificate's origin, the CA certificate that is handed out, and uploads."""

from __future__ import annotations

import re

from conformance import pointers
from conformance.areas.acc.record import (
    AuthorityObservation,
    ChainObservation,
    ChainsObservation,
    Upload,
    UploadsObservation,
    named,
)
from conformance.engine.policy import Policy
from conformance.model import Case, Inconclusive, Verdict, conforms, violates
from conformance.sentence import NOTHING, By, Own, Sentence, listed, say
from conformance.web.exchange import TOO_LATE

BUSY = (429, 503)  # a limiter or an overload answered, and not the check that is asked about
RESTART = say("say in webapp.certificate.restart how the web server is restarted")

_ANOTHER = say("another one is presented")

# The organisation in a name that is the vendor's own: a company's authority has the company's.
_VENDOR = re.compile(r"(?:^|[,+])O=(?:WhatsApp|Facebook|Meta Platforms)\b", re.IGNORECASE)
# An authority that says itself how it was made.
_GENERATED = re.compile(r"(?:^|[,+])CN=[^,+]*(?:auto[ -]?generated|self[ -]?signed|snake ?oil)", re.IGNORECASE)


def generated_certificate_replaced(seen: ChainsObservation, policy: Policy, case: Case) -> Verdict:
    """Judge ACC-04: of every certificate that some client gets, at every address."""
    expected = say("an authority issued the certificate, and not the gateway by itself")
    for n, chain in enumerate(seen.chains):
        if generated := _generated(chain):
            told, at = generated
            return violates(expected, told, f"/chains/{n}/served/{at}")
    if seen.unanswered:
        why = say("not every kind of client was answered: {why}", why=seen.unanswered)
        raise Inconclusive(why)
    issuers = dict.fromkeys(chain.served[0].issuer for chain in seen.chains)
    observed = say("{issuer} issued it", issuer=listed(map(named, issuers), By.COMMA))
    return conforms(expected, observed, *(f"/chains/{n}/served/0" for n in range(len(seen.chains))))


def _generated(chain: ChainObservation) -> tuple[Sentence, int] | None:
    """Say how a gateway made a chain by itself, and which certificate shows it."""
    leaf = chain.served[0]
    if leaf.self_signed:
        return say("the certificate ({subject}) is signed by itself", subject=named(leaf.subject)), 0
    for n, each in enumerate(chain.served):
        if _VENDOR.search(each.issuer) or _GENERATED.search(each.issuer):
            issuer = named(each.issuer)
            return say("the certificate was issued under {issuer}, the gateway's own authority", issuer=issuer), n
    return None


def authority_can_be_fetched(seen: AuthorityObservation, policy: Policy, case: Case) -> Verdict:
    """Judge ACC-05."""
    expected = say("an administrator gets the CA certificate that the served chain verifies with")
    if seen.trouble or seen.status in BUSY:
        why = seen.trouble or say("status {status}", status=seen.status)
        raise Inconclusive(say("the CA certificate could not be asked for: {why}", why=why))
    if seen.status == 404:
        note = say(
            "No CA certificate is stored that could be fetched: clients need it from elsewhere, or trust it anyway."
        )
        return conforms(expected, say("answered 404: none is stored"), "/status", notes=(note,))
    if not seen.ok:
        return violates(expected, say("answered {status}", status=seen.status), "/status")
    if not seen.certificates:
        return violates(expected, _no_certificate(seen), "/kind")
    came = listed((named(each.subject) for each in seen.certificates), By.COMMA)
    if seen.message and seen.chain is not None and seen.chain.code == 0 and not _of_one_issuer(seen, seen.chain):
        raise Inconclusive(
            say(
                "what came ({came}) does not verify the chain that is served here, which {issuer} issued, and which "
                "verifies by {trust}: what ends TLS in front of the gateway shows a certificate of its own, and the "
                "gateway's is not seen. Let webapp.url lead to the gateway itself, or exclude ACC-05 for this reason",
                came=came,
                issuer=named(seen.chain.served[0].issuer),
                trust=Own(seen.chain.trust) if seen.chain.trust else say("the system's trust store"),
            )
        )
    if seen.message:
        told = say("what came ({came}) does not verify the endpoint: {words}", came=came, words=Own(seen.message))
        return violates(expected, told, "/message")
    return conforms(expected, say("what came ({came}) verifies the endpoint", came=came), "/certificates")


def _of_one_issuer(seen: AuthorityObservation, chain: ChainObservation) -> bool:
    """Tell whether a certificate that came has the name of one that issued the chain: it is then its predecessor."""
    return not {each.subject for each in seen.certificates}.isdisjoint(each.issuer for each in chain.served)


def _no_certificate(seen: AuthorityObservation) -> Sentence:
    if seen.kind:
        return say("answered {status}, and no certificate ({kind})", status=seen.status, kind=Own(seen.kind))
    return say("answered {status}, and no certificate (of no type)", status=seen.status)


def bad_upload_changes_nothing(seen: UploadsObservation, policy: Policy, case: Case) -> Verdict:
    """Judge ACC-06 on one kind of upload."""
    expected = say("such an upload changes nothing, and the API goes on working")
    upload, where = seen.refused.get(case.name), pointers.build("refused", case.name)
    if upload is None:
        raise Inconclusive(seen.left_out.get(case.name) or seen.stopped or say("it was not tried"))
    reply = upload.words()
    if wrong := _harm(seen, upload):
        return violates(expected, say("the upload was {reply}, and {harm}", reply=reply, harm=wrong), where)
    to_blame = upload.accepted or not any(other.accepted for other in seen.refused.values())
    if seen.settled is not None and to_blame and (wrong := _harm(seen, seen.settled)):
        told = say("the upload was {reply}, and after a restart {harm}", reply=reply, harm=wrong)
        return violates(expected, told, where, "/settled")
    if upload.status in BUSY or upload.trouble == TOO_LATE:
        raise Inconclusive(say("the upload was {reply}, which does not tell whether it would be taken", reply=reply))
    at_once = seen.good is not None and seen.good.served == seen.own and not seen.restarts
    if upload.accepted and not at_once and seen.settled is None:
        raise Inconclusive(
            say(
                "the upload was {reply}, and no upload takes effect at once: what it does after a restart cannot be "
                "told; {remedy}",
                reply=reply,
                remedy=RESTART,
            )
        )
    return conforms(expected, say("the upload was {reply}, and the same certificate is served", reply=reply), where)


def _harm(seen: UploadsObservation, upload: Upload) -> Sentence:
    """Say what is not as it was after an upload, or nothing."""
    if upload.unserved:
        return say("no certificate is presented any more ({why})", why=upload.unserved)
    if upload.served == seen.own != seen.present:
        return say("the certificate of the upload is presented")
    if upload.served != seen.present:
        return _ANOTHER
    if upload.broken:
        return say("the API does not work any more ({why})", why=upload.broken)
    if seen.again is not None and upload.stored != seen.again.stored:
        return say("another CA certificate is handed out")
    return NOTHING


def good_upload_is_served(seen: UploadsObservation, policy: Policy, case: Case) -> Verdict:
    """Judge ACC-07."""
    expected = say("a good certificate with its key and its authority is taken, and served")
    good = seen.good
    if good is None:
        raise Inconclusive(seen.stopped or say("no good certificate was uploaded"))
    reply = good.words()
    if good.trouble or good.status in BUSY:
        raise Inconclusive(say("the upload of a good certificate was {reply}", reply=reply))
    if not good.accepted:
        return violates(expected, say("its upload was {reply}", reply=reply), "/good")
    if good.served != seen.own and not seen.restarts:
        still = say(
            "its upload was {reply}, and the present one is served still: {remedy}", reply=reply, remedy=RESTART
        )
        raise Inconclusive(still)
    if good.served != seen.own:
        harm = good.unserved or _ANOTHER
        told = say("its upload was {reply}, and after the restart {harm}", reply=reply, harm=harm)
        return violates(expected, told, "/good")
    if seen.back is None:
        raise Inconclusive(seen.stopped or say("the present certificate was not put back"))
    if seen.back.served == seen.present:
        told = say("it was served, and the present one again after its upload")
        return conforms(expected, told, "/good", "/back")
    told = say("it was served, and the present one was not after it after its upload")
    return violates(expected, told, "/good", "/back")
