"""Faults of the protective headers: left out, misspelt, contradicted, or sent where they do not belong."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from ..http import Request, Response
from . import fault

if TYPE_CHECKING:
    from ..gateway import Gateway

OLD, STANDARD = "X-Content-Security-Policy", "Content-Security-Policy"
FRAMES, XSS = "X-Frame-Options", "X-XSS-Protection"
SNIFFING, TRANSPORT = "X-Content-Type-Options", "Strict-Transport-Security"

_QUOTE = "\N{RIGHT SINGLE QUOTATION MARK}".encode().decode("latin-1")  # a header's bytes, as the server takes them
_STRICT = "default-src 'self'; script-src 'self'; frame-ancestors 'none'"


@fault("HDR-01")
def no_script_policy(gateway: Gateway) -> None:
    """Breaks HDR-01: the documented policy header is left out; the standard one stands."""
    gateway.web.admin.replace(OLD)


@fault("HDR-01")
def script_policy_without_scripts(gateway: Gateway) -> None:
    """Breaks HDR-01: the policy restricts style sheets, and says nothing about scripts."""
    gateway.web.admin.replace(OLD, "style-src 'self'")


@fault("HDR-01")
def scripts_from_a_third_party(gateway: Gateway) -> None:
    """Breaks HDR-01: the policy lets a content network's scripts run, in both headers alike."""
    gateway.web.admin.replace(OLD, "script-src 'self' https://cdn.example")
    gateway.web.admin.replace(STANDARD, "script-src 'self' https://cdn.example; frame-ancestors 'none'")


@fault("HDR-01")
def scripts_from_data_addresses(gateway: Gateway) -> None:
    """Breaks HDR-01: the policy lets data: addresses run as script."""
    gateway.web.admin.replace(OLD, "script-src 'self' data:")


@fault("HDR-01")
def script_elements_from_anywhere(gateway: Gateway) -> None:
    """Breaks HDR-01: a more specific directive undoes script-src, in both headers alike."""
    gateway.web.admin.replace(OLD, "script-src 'self'; script-src-elem *")
    gateway.web.admin.replace(STANDARD, "script-src 'self'; script-src-elem *; frame-ancestors 'none'")


@fault("HDR-01")
def script_policy_with_a_typographic_quote(gateway: Gateway) -> None:
    """Breaks HDR-01: a directive with a byte that is not ASCII is dropped whole, and nothing else restricts scripts."""
    gateway.web.admin.replace(OLD, f"script-src 'self' 'nonce-c29tZXRoaW5n{_QUOTE}; style-src 'self'")


@fault("HDR-02")
def no_frame_options(gateway: Gateway) -> None:
    """Breaks HDR-02: X-Frame-Options is left out."""
    gateway.web.admin.replace(FRAMES)


@fault("HDR-02")
def own_domain_may_frame(gateway: Gateway) -> None:
    """Breaks HDR-02: SAMEORIGIN lets the own domain frame the page."""
    gateway.web.admin.replace(FRAMES, "SAMEORIGIN")


@fault("HDR-02")
def frame_options_misspelt(gateway: Gateway) -> None:
    """Breaks HDR-02: a semicolon makes the value void."""
    gateway.web.admin.replace(FRAMES, "DENY;")


@fault("HDR-02")
def frame_ancestors_undo_deny(gateway: Gateway) -> None:
    """Breaks HDR-02: DENY stands, and the standard policy lets everybody frame the page."""
    gateway.web.admin.replace(STANDARD, "script-src 'self'; frame-ancestors *")


@fault("HDR-03")
def no_xss_protection(gateway: Gateway) -> None:
    """Breaks HDR-03: the header is sent under the short name of the document's table."""
    gateway.web.admin.replace(XSS)
    gateway.web.admin.headers.append(("X-XSS", "1"))


@fault("HDR-03")
def xss_protection_switched_off(gateway: Gateway) -> None:
    """Breaks HDR-03: the filter is switched off."""
    gateway.web.admin.replace(XSS, "0")


@fault("HDR-04")
def no_sniffing_protection(gateway: Gateway) -> None:
    """Breaks HDR-04: X-Content-Type-Options is left out."""
    gateway.web.admin.replace(SNIFFING)


@fault("HDR-04")
def sniffing_protection_quoted(gateway: Gateway) -> None:
    """Breaks HDR-04: quotes make the value void."""
    gateway.web.admin.replace(SNIFFING, '"nosniff"')


@fault("HDR-05")
def no_strict_transport(gateway: Gateway) -> None:
    """Breaks HDR-05: Strict-Transport-Security is left out."""
    gateway.web.admin.replace(TRANSPORT)


@fault("HDR-05")
def strict_transport_ends_at_once(gateway: Gateway) -> None:
    """Breaks HDR-05: a life of zero makes browsers forget."""
    gateway.web.admin.replace(TRANSPORT, "max-age=0")


@fault("HDR-05")
def strict_transport_misspelt(gateway: Gateway) -> None:
    """Breaks HDR-05: a missing semicolon makes the line void."""
    gateway.web.admin.replace(TRANSPORT, "max-age=63072000 includeSubDomains")


@fault("HDR-05")
def strict_transport_with_a_value_too_many(gateway: Gateway) -> None:
    """Breaks HDR-05: includeSubDomains takes no value, and browsers drop the line."""
    gateway.web.admin.replace(TRANSPORT, "max-age=63072000; includeSubDomains=true")


@fault("HDR-05")
def strict_transport_with_a_typographic_quote(gateway: Gateway) -> None:
    """Breaks HDR-05: Firefox keeps no line that has a byte beyond ASCII, in quotes or out of them."""
    gateway.web.admin.replace(TRANSPORT, f'max-age=63072000; note="the gateway{_QUOTE}s"')


@fault("HDR-06")
def headers_on_the_api(gateway: Gateway) -> None:
    """Breaks HDR-06: the headers are set for the whole host."""
    gateway.web.api.headers = list(gateway.web.admin.headers)


@fault("HDR-06")
def a_header_on_api_errors(gateway: Gateway) -> None:
    """Breaks HDR-06: API answers carry nosniff, set by a framework."""
    gateway.web.api.headers = [(SNIFFING, "nosniff")]


@fault("HDR-06")
def headers_on_api_answers_that_are_no_refusals(gateway: Gateway) -> None:
    """Breaks HDR-06: only what the API is glad to answer carries them, as with nginx's add_header without always."""
    serve = gateway.web.api.answer

    def answer(request: Request) -> Response:
        response = serve(request)
        response.headers += gateway.web.admin.headers if response.status < HTTPStatus.BAD_REQUEST else []
        return response

    gateway.web.api.answer = answer  # type: ignore[method-assign]


@fault("HDR-07")
def errors_without_headers(gateway: Gateway) -> None:
    """Breaks HDR-07: only answers below 400 carry the headers, as with nginx's add_header without always."""
    _only_where(gateway, good=range(400))


@fault("HDR-07")
def redirects_without_headers(gateway: Gateway) -> None:
    """Breaks HDR-07: redirects are answered before the headers are added."""
    _only_where(gateway, good=[status for status in range(600) if not 300 <= status < 400])


@fault("HDR-07")
def a_header_is_lost_on_unknown_paths(gateway: Gateway) -> None:
    """Breaks HDR-07: the page for unknown paths sets a header of its own, and loses one that was inherited."""

    def chosen(_: Request, response: Response) -> list[tuple[str, str]]:
        lost = TRANSPORT if response.status == HTTPStatus.NOT_FOUND else ""
        return [line for line in gateway.web.admin.headers if line[0] != lost]

    gateway.web.admin.headers_for = chosen


@fault("HDR-08")
def no_standard_policy(gateway: Gateway) -> None:
    """Breaks HDR-08: the policy stands under the documented name alone, which current browsers do not know."""
    gateway.web.admin.replace(STANDARD)


@fault("HDR-08")
def standard_policy_only_reports(gateway: Gateway) -> None:
    """Breaks HDR-08: under the standard name the policy only reports."""
    gateway.web.admin.replace(STANDARD)
    gateway.web.admin.headers.append((f"{STANDARD}-Report-Only", _STRICT))


@fault("HDR-08")
def standard_policy_without_scripts(gateway: Gateway) -> None:
    """Breaks HDR-08: the standard policy is about frames only."""
    gateway.web.admin.replace(STANDARD, "frame-ancestors 'none'")


@fault("HDR-08")
def standard_policy_is_looser(gateway: Gateway) -> None:
    """Breaks HDR-08: under the standard name scripts from anywhere over https may run."""
    gateway.web.admin.replace(STANDARD, "script-src 'self' https:; frame-ancestors 'none'")


@fault("HDR-08")
def standard_policy_with_a_typographic_quote(gateway: Gateway) -> None:
    """Breaks HDR-08: browsers drop the directive, and everything runs."""
    gateway.web.admin.replace(STANDARD, f"script-src 'self' 'nonce-c29tZXRoaW5n{_QUOTE}; frame-ancestors 'none'")


@fault("HDR-08")
def standard_policy_twice_after_a_typographic_quote(gateway: Gateway) -> None:
    """Breaks HDR-08: the second script-src is a repeated one to Chromium, though it has dropped the first."""
    policy = f"script-src 'self' 'nonce-c29tZXRoaW5n{_QUOTE}; script-src 'self'; frame-ancestors 'none'"
    gateway.web.admin.replace(STANDARD, policy)


@fault("HDR-08")
def standard_policy_has_another_port(gateway: Gateway) -> None:
    """Breaks HDR-08: scripts of another port of the host run, which the documented policy does not let in."""
    gateway.web.admin.replace(STANDARD, "script-src 'self' https://localhost:*; frame-ancestors 'none'")


@fault("HDR-08")
def standard_policy_lets_text_run(gateway: Gateway) -> None:
    """Breaks HDR-08: 'unsafe-eval' stands under the standard name alone."""
    gateway.web.admin.replace(STANDARD, "script-src 'self' 'unsafe-eval'; frame-ancestors 'none'")


@fault("HDR-09")
def strict_transport_is_short(gateway: Gateway) -> None:
    """Breaks HDR-09: browsers are told to remember for five minutes."""
    gateway.web.admin.replace(TRANSPORT, "max-age=300")


@fault("HDR-09")
def strict_transport_of_an_older_guideline(gateway: Gateway) -> None:
    """Breaks HDR-09: half a year, which guideline 4.0 asked for and 5.8 does not take."""
    gateway.web.admin.replace(TRANSPORT, "max-age=15768000; includeSubDomains")


@fault("HDR-10")
def inline_script_is_allowed(gateway: Gateway) -> None:
    """Breaks HDR-10: 'unsafe-inline' stands in both policies."""
    gateway.web.admin.replace(OLD, "script-src 'self' 'unsafe-inline'")
    gateway.web.admin.replace(STANDARD, "script-src 'self' 'unsafe-inline'; frame-ancestors 'none'")


@fault("HDR-10")
def inline_handlers_are_allowed(gateway: Gateway) -> None:
    """Breaks HDR-10: attributes such as onclick may hold script."""
    gateway.web.admin.replace(STANDARD, f"{_STRICT}; script-src-attr 'unsafe-inline'")


@fault("HDR-10")
def inline_script_with_an_empty_nonce(gateway: Gateway) -> None:
    """Breaks HDR-10: a nonce without a value is none, so 'unsafe-inline' stays."""
    gateway.web.admin.replace(OLD, "script-src 'self' 'unsafe-inline' 'nonce-'")
    gateway.web.admin.replace(STANDARD, "script-src 'self' 'unsafe-inline' 'nonce-'; frame-ancestors 'none'")


@fault("HDR-10")
def inline_script_with_a_hash_that_is_no_base64(gateway: Gateway) -> None:
    """Breaks HDR-10: what cannot be decoded is no hash to Chromium, so 'unsafe-inline' stays."""
    gateway.web.admin.replace(OLD, "script-src 'self' 'unsafe-inline' 'sha256-abcde'")
    gateway.web.admin.replace(STANDARD, "script-src 'self' 'unsafe-inline' 'sha256-abcde'; frame-ancestors 'none'")


@fault("HDR-11")
def a_proxy_adds_its_own_line(gateway: Gateway) -> None:
    """Breaks HDR-11: application and proxy both set X-Frame-Options, and differ."""
    gateway.web.admin.replace(FRAMES, "DENY", "SAMEORIGIN")


@fault("HDR-11")
def two_lives_for_https(gateway: Gateway) -> None:
    """Breaks HDR-11: two lines give Strict-Transport-Security two lives; browsers heed the first."""
    gateway.web.admin.replace(TRANSPORT, "max-age=63072000", "max-age=31536000")


@fault("HDR-12")
def scripts_from_anywhere_once_unchanged(gateway: Gateway) -> None:
    """Breaks HDR-12: a cache before the pages answers 304 itself, with a policy of its own that lets any script run."""
    on_304(gateway, (STANDARD, "script-src *"))


@fault("HDR-12")
def old_script_policy_is_looser_once_unchanged(gateway: Gateway) -> None:
    """Breaks HDR-12: under the documented name the 304 lets a content network's scripts run as well."""
    on_304(gateway, (OLD, "script-src 'self' https://cdn.example"))


@fault("HDR-12")
def policy_without_scripts_once_unchanged(gateway: Gateway) -> None:
    """Breaks HDR-12: the 304's policy is about style sheets, and says nothing about scripts any more."""
    on_304(gateway, (STANDARD, "style-src 'self'; frame-ancestors 'none'"))


@fault("HDR-12")
def inline_script_once_unchanged(gateway: Gateway) -> None:
    """Breaks HDR-12: the 304 lets inline script run, in the right files' company."""
    on_304(gateway, (STANDARD, f"{_STRICT}; script-src-elem 'self' 'unsafe-inline'"))


@fault("HDR-12")
def own_domain_may_frame_once_unchanged(gateway: Gateway) -> None:
    """Breaks HDR-12: page and 304 contradict each other about frames."""
    on_304(gateway, (FRAMES, "SAMEORIGIN"))


@fault("HDR-12")
def ancestors_undo_deny_once_unchanged(gateway: Gateway) -> None:
    """Breaks HDR-12: scripts are kept as short as before, and everybody may frame the page."""
    on_304(gateway, (STANDARD, "script-src 'self'; frame-ancestors *"))


@fault("HDR-12")
def filter_is_off_once_unchanged(gateway: Gateway) -> None:
    """Breaks HDR-12: the 304 switches the filter of old browsers off."""
    on_304(gateway, (XSS, "0"))


@fault("HDR-12")
def sniffing_protection_is_void_once_unchanged(gateway: Gateway) -> None:
    """Breaks HDR-12: the header stands on the 304, without its value."""
    on_304(gateway, (SNIFFING, ""))


@fault("HDR-12")
def strict_transport_is_shorter_once_unchanged(gateway: Gateway) -> None:
    """Breaks HDR-12: the life falls from two years to five minutes."""
    on_304(gateway, (TRANSPORT, "max-age=300; includeSubDomains"))


@fault("HDR-12")
def subdomains_are_lost_once_unchanged(gateway: Gateway) -> None:
    """Breaks HDR-12: the life stays, and the domains below the gateway's are left out."""
    on_304(gateway, (TRANSPORT, "max-age=63072000"))


def on_304(gateway: Gateway, *lines: tuple[str, str]) -> None:
    """Send `lines` with a 304, in place of the headers that go on everything else."""

    def chosen(_: Request, response: Response) -> list[tuple[str, str]]:
        return list(lines) if response.status == HTTPStatus.NOT_MODIFIED else gateway.web.admin.headers

    gateway.web.admin.headers_for = chosen


def _only_where(gateway: Gateway, good: range | list[int]) -> None:
    def chosen(_: Request, response: Response) -> list[tuple[str, str]]:
        return gateway.web.admin.headers if response.status in good else []

    gateway.web.admin.headers_for = chosen
