"""Faults and near misses of the certificate: where it comes from, who hands it out and takes it."""

from __future__ import annotations

import json
import socket
import ssl
from http import HTTPStatus
from typing import TYPE_CHECKING

from ..answers import refusal
from ..certificates import EXTERNAL, FILE, LONGEST, wrong_with
from ..http import Request, Response
from ..pki import Authority, LeafSpec
from ..tls import TlsSettings
from ..web import page
from . import fault, near_miss
from .acc import _every_third

if TYPE_CHECKING:
    from ..gateway import Gateway


@fault("ACC-04")
def generated_certificate_that_is_trusted(gateway: Gateway) -> None:
    """Breaks ACC-04: the certificate signs itself; the operator trusts it by its own file."""
    gateway.web.tls.leaf = LeafSpec(self_signed=True)
    gateway.declared.setdefault("webapp", {})["ca_file"] = str(gateway.folder / FILE)


@fault("ACC-04")
def certificate_of_a_generated_authority(gateway: Gateway) -> None:
    """Breaks ACC-04: an authority that was generated with the gateway issued the certificate."""
    gateway.web.tls.authority = Authority("WhatsApp gateway self-signed CA", parent=gateway.authority)


@fault("ACC-05")
def hands_out_another_authority(gateway: Gateway) -> None:
    """Breaks ACC-05: the CA certificate that is handed out is the one of before the last change, of the same name."""
    former = Authority(gateway.authority.name).pem
    gateway.certificates.shown = lambda: Response(200, [("Content-Type", "text/plain")], former)


@fault("ACC-05")
def hands_out_a_page(gateway: Gateway) -> None:
    """Breaks ACC-05: a page is answered in place of the CA certificate."""
    gateway.certificates.shown = lambda: page("Certificates", "<p>Sign in to download.</p>")


@fault("ACC-05")
def hands_out_nothing(gateway: Gateway) -> None:
    """Breaks ACC-05: an administrator is refused the CA certificate."""
    gateway.certificates.shown = lambda: refusal(HTTPStatus.FORBIDDEN, 1005, "Access denied")


@fault("ACC-06")
def anybody_replaces_the_certificate(gateway: Gateway) -> None:
    """Breaks ACC-06: uploads need no token."""
    gateway.web.api.open.add(EXTERNAL)


@fault("ACC-06")
def any_user_replaces_the_certificate(gateway: Gateway) -> None:
    """Breaks ACC-06: every user may upload."""
    gateway.web.api.administration.discard((EXTERNAL, "POST"))


@fault("ACC-06")
def takes_a_certificate_without_its_authority(gateway: Gateway) -> None:
    """Breaks ACC-06: key and certificate alone are enough."""
    gateway.certificates.check = lambda body: "" if "authority" in (wrong := wrong_with(body)) else wrong


@fault("ACC-06")
def keeps_whatever_is_uploaded(gateway: Gateway) -> None:
    """Breaks ACC-06: an upload is stored, and found to be no good only when it is to be served."""
    certificates = gateway.certificates
    check = certificates.check

    def keeping(body: bytes) -> str:
        certificates.authority = body[:LONGEST]
        return check(body)

    certificates.check = keeping


@fault("ACC-06")
def falls_over_a_long_upload(gateway: Gateway) -> None:
    """Breaks ACC-06: after an upload of a megabyte the API answers 500 for a while."""
    usual, certificates = gateway.certificates.shown, gateway.certificates
    check, fallen = certificates.check, []

    def checked(body: bytes) -> str:
        if len(body) > LONGEST:
            fallen.append(body[:1])
        return check(body)

    def shown() -> Response:
        return refusal(HTTPStatus.INTERNAL_SERVER_ERROR, 1000, "Generic error") if fallen else usual()

    certificates.check, certificates.shown = checked, shown


@fault("ACC-07")
def uploads_are_never_served(gateway: Gateway) -> None:
    """Breaks ACC-07: an upload is taken, and the certificate of before served after the restart, too."""
    gateway.certificates.serve = lambda _: None
    gateway.declared.setdefault("webapp", {})["certificate"] = {
        "restore": f"file:{gateway.folder / FILE}",
        "restart": ["true"],
    }


@fault("ACC-07")
def takes_the_present_certificate_only(gateway: Gateway) -> None:
    """Breaks ACC-07: every upload is refused but that of the certificate that is served."""
    check = gateway.certificates.check
    gateway.certificates.check = lambda body: (
        check(body) or ("" if gateway.web.tls.served()[0][:200] in body else "another one is in use")
    )


@near_miss()
def no_authority_is_stored(gateway: Gateway) -> None:
    """Is right: no CA certificate is stored, which 404 without a body says."""
    gateway.certificates.shown = lambda: Response(404)


@near_miss()
def refuses_uploads_in_other_ways(gateway: Gateway) -> None:
    """Is right: what is no good is answered 422, what is long 413, both in the words of a proxy."""
    gateway.certificates.check = lambda _: ""
    serve = gateway.web.api.endpoints[EXTERNAL]["POST"]

    def upload(request: Request) -> Response:
        if wrong_with(request.body):
            return page("Refused", "", 413 if len(request.body) > LONGEST else 422)
        return serve(request)

    gateway.web.api.endpoints[EXTERNAL]["POST"] = upload


@near_miss()
def answers_bad_uploads_with_200(gateway: Gateway) -> None:
    """Is right: every upload is answered 200, those that are no good with an error in the body and no effect."""
    serve = gateway.web.api.endpoints[EXTERNAL]["POST"]

    def upload(request: Request) -> Response:
        response = serve(request)
        response.status = 200
        return response

    gateway.web.api.endpoints[EXTERNAL]["POST"] = upload


@near_miss()
def serves_uploads_some_seconds_later(gateway: Gateway) -> None:
    """Is right: the web server loads an upload by itself, three seconds after it came."""
    serve, accept = gateway.certificates.serve, gateway.web.accept
    waiting: list[tuple[float, bytes]] = []

    def reloaded(sock: socket.socket) -> ssl.SSLSocket:
        while waiting and gateway.clock() >= waiting[0][0]:
            serve(waiting.pop(0)[1])
        return accept(sock)

    gateway.certificates.serve = lambda body: waiting.append((gateway.clock() + 3, body))
    gateway.web.accept = reloaded


@near_miss()
def hands_the_authority_out_in_json(gateway: Gateway) -> None:
    """Is right: the CA certificate is a JSON string, with escapes for its line ends and slashes."""
    shown = gateway.certificates.shown

    def wrapped() -> Response:
        text = json.dumps({"ca": shown().body.decode()}).replace("/", "\\/")
        return Response(200, [("Content-Type", "application/json")], text.encode())

    gateway.certificates.shown = wrapped


@near_miss()
def serves_uploads_after_a_restart(gateway: Gateway) -> None:
    """Is right: an upload is served after the restart that the operator's command makes."""
    certificates, flag = gateway.certificates, gateway.folder / "restart"
    serve, accept = certificates.serve, gateway.web.accept
    waiting: list[bytes] = []

    def restarted(sock: socket.socket) -> ssl.SSLSocket:
        if waiting and flag.exists():
            flag.unlink()
            serve(waiting.pop())
            waiting.clear()
        return accept(sock)

    certificates.serve, gateway.web.accept = waiting.append, restarted
    gateway.declared.setdefault("webapp", {})["certificate"] = {
        "restore": f"file:{gateway.folder / FILE}",
        "restart": ["touch", str(flag)],
    }


@fault("ACC-10")
def certificate_that_ends_this_week(gateway: Gateway) -> None:
    """Breaks ACC-10: nobody has renewed the certificate, which ends in five days."""
    gateway.web.tls.leaf = LeafSpec(starts_in_days=-55)


@fault("ACC-10")
def renewed_and_loaded_by_one_process_only(gateway: Gateway) -> None:
    """Breaks ACC-10: of the processes at the port every third has the certificate of before, with ten days left."""
    gateway.web.tls.special = [(_every_third(), TlsSettings(leaves=[LeafSpec(starts_in_days=-50)]))]


@near_miss()
def certificate_that_lives_for_a_week(gateway: Gateway) -> None:
    """Is right: short-lived certificates are renewed every few days, and this one has three left."""
    gateway.web.tls.leaf = LeafSpec(starts_in_days=-4, days=7)


@near_miss()
def certificate_with_a_month_left(gateway: Gateway) -> None:
    """Is right, and noted: the certificate is about to be renewed."""
    gateway.web.tls.leaf = LeafSpec(starts_in_days=-40)
