"""Judges the protective headers of pages: what the document promises, and in notes what a current browser does."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from conformance.judges import csp
from conformance.judges import header_values as values
from conformance.judges.csp import Scripts
from conformance.judges.header_pages import Seen, page_of
from conformance.judges.header_values import FRAMES, SCRIPT_POLICY, SNIFFING, STANDARD_POLICY, TRANSPORT, XSS
from conformance.model import Case, NotApplicable, Outcome, Verdict, verdict, violates
from conformance.policy import Policy
from conformance.records.headers import HeadersObservation
from conformance.records.http import Exchange


def script_policy(seen: HeadersObservation, policy: Policy, case: Case) -> Verdict:
    """Judge HDR-01: the documented policy header, and scripts of the own domain only."""
    return _script_policy(page_of(seen, case))


def _script_policy(page: Seen) -> Verdict:
    expected = f"administration pages send {SCRIPT_POLICY}, and it lets script files of the own domain run only"
    lines = page.lines(SCRIPT_POLICY)
    if not lines:
        return violates(expected, f"{page.label} sends no {SCRIPT_POLICY}", page.pointer)
    found = _scripts(page.exchange, SCRIPT_POLICY)
    notes = _script_notes(page.exchange, found)
    if not found.restricted:
        observed = f"{page.label} sends {page.sent(SCRIPT_POLICY)}, which says nothing about scripts"
        return violates(expected, observed, page.pointer, notes=notes)
    observed = f"{page.label} sends {page.sent(SCRIPT_POLICY)}"
    if found.foreign:
        observed += f", which lets scripts from {' '.join(found.foreign)} run"
    return verdict(not found.foreign, expected, observed, page.pointer, notes=notes)


def _scripts(page: Exchange, name: str) -> Scripts:
    return csp.scripts(page.values(name), urlsplit(page.url).hostname or "", old=name == SCRIPT_POLICY)


def _script_notes(page: Exchange, found: Scripts) -> tuple[str, ...]:
    effect = values.script_effect(page)
    runs = effect.removeprefix("runs:") or "nothing"
    notes = [
        f"In a current browser {SCRIPT_POLICY} has no effect; "
        + (f"{STANDARD_POLICY} does not restrict scripts." if effect == "none" else f"{STANDARD_POLICY} runs: {runs}.")
    ]
    if found.restricted and "eval" in found.kinds:
        notes.append("Text may be run as script: 'unsafe-eval'.")
    if found.trusts_tags:
        notes.append("Nonces or 'strict-dynamic' let the page itself name scripts, of any domain.")
    if found.restricted and not found.kinds:
        notes.append("No script at all may run.")
    return tuple(notes)


def frames(seen: HeadersObservation, policy: Policy, case: Case) -> Verdict:
    """Judge HDR-02: nobody may frame the page, the own domain included."""
    return _frames(page_of(seen, case))


_FRAMING = {
    "deny": "In a current browser nobody can frame the page.",
    "sameorigin": "In a current browser the own domain can frame the page.",
    "none": "In a current browser anybody can frame the page.",
    "frame-ancestors": "In a current browser frame-ancestors replaces X-Frame-Options, and lets the page be framed.",
}


def _frames(page: Seen) -> Verdict:
    expected = f"administration pages send {FRAMES}: DENY, and no domain may frame them"
    lines = page.lines(FRAMES)
    words = {member.upper() for member in values.members(lines)}
    effect = values.framing(page.exchange)
    notes = [_FRAMING[effect]]
    if 300 <= page.exchange.status < 400:
        notes.append("On a redirect no browser enforces it.")
    observed = f"{page.label} sends {page.sent(FRAMES)}"
    if effect == "frame-ancestors":
        ancestors = csp.frame_ancestors(page.exchange.values(STANDARD_POLICY)) or ()
        observed += f", and {STANDARD_POLICY} with frame-ancestors {' '.join(ancestors)}"
    elif lines and "DENY" not in words:
        observed += ", which lets the own domain frame it" if "SAMEORIGIN" in words else ", which denies nothing"
    return verdict("DENY" in words and effect == "deny", expected, observed, page.pointer, notes=tuple(notes))


def xss_protection(seen: HeadersObservation, policy: Policy, case: Case) -> Verdict:
    """Judge HDR-03: the filter of old browsers is switched on."""
    return _xss_protection(page_of(seen, case))


def _xss_protection(page: Seen) -> Verdict:
    expected = f"administration pages send {XSS}: 1, with or without mode=block"
    observed = f"{page.label} sends {page.sent(XSS)}"
    notes = ["Current browsers have no such filter: the header matters to old ones only."]
    lines = page.lines(XSS)
    if lines and lines[0].startswith("0"):
        notes.append("Switching it off is today's general advice, because the filter itself could be abused.")
    if not lines and page.exchange.values("X-XSS"):
        notes.append("No browser ever knew a header called X-XSS, the short name that the document's table uses.")
    kept = bool(lines) and values.filters_scripts(page.exchange)
    return verdict(kept, expected, observed, page.pointer, notes=tuple(notes))


def sniffing(seen: HeadersObservation, policy: Policy, case: Case) -> Verdict:
    """Judge HDR-04: declared content types are believed."""
    return _sniffing(page_of(seen, case))


def _sniffing(page: Seen) -> Verdict:
    lines = page.lines(SNIFFING)
    kept = bool(lines) and values.stops_sniffing(page.exchange)
    effect = "believes the declared type" if kept else "guesses the type, as without the header"
    return verdict(
        kept,
        f"administration pages send {SNIFFING}: nosniff",
        f"{page.label} sends {page.sent(SNIFFING)}",
        page.pointer,
        notes=(f"A current browser {effect}.",),
    )


def transport(seen: HeadersObservation, policy: Policy, case: Case) -> Verdict:
    """Judge HDR-05: browsers are told to come back over HTTPS only."""
    return _transport(page_of(seen, case))


_TRANSPORT = {
    "upgrade": "A current browser comes back over HTTPS only.",
    "removed": "A current browser forgets what it was told before.",
    "none": "In a current browser it has no effect.",
}


def _transport(page: Seen) -> Verdict:
    expected = f"administration pages send {TRANSPORT} with a max-age above zero"
    observed = f"{page.label} sends {page.sent(TRANSPORT)}"
    if not page.lines(TRANSPORT):
        return violates(expected, observed, page.pointer)
    notes = [_TRANSPORT[values.transport_effect(page.exchange)]]
    host = urlsplit(page.exchange.url).hostname or ""
    if not values.is_named(host):
        notes.append(f"Browsers keep it for host names only, and {host} is none in this sense.")
    found = values.transport(page.exchange)
    if found.trouble:
        observed += f", which browsers ignore: {found.trouble}"
    return verdict(bool(found.life), expected, observed, page.pointer, notes=tuple(notes))


def transport_life(seen: HeadersObservation, policy: Policy, case: Case) -> Verdict:
    """Judge HDR-09: the life that is declared reaches the guideline's minimum."""
    page = page_of(seen, case)
    found = values.transport(page.exchange) if page.exchange.values(TRANSPORT) else values.Transport(None)
    if not found.life:
        raise NotApplicable(f"{page.label} sends {page.sent(TRANSPORT)}: there is no life to measure (see HDR-05)")
    least = policy.level.hsts_min_age
    return verdict(
        found.life >= least,
        f"Mozilla's guideline {policy.guideline.version} asks for a max-age of {least} s at least",
        f"{page.label} sends a max-age of {found.life} s",
        page.pointer,
    )


def standard_policy(seen: HeadersObservation, policy: Policy, case: Case) -> Verdict:
    """Judge HDR-08: the name that current browsers obey, and no looser than the documented one."""
    page = page_of(seen, case)
    expected = f"{STANDARD_POLICY} restricts script files at least as far as {SCRIPT_POLICY}"
    lines = page.lines(STANDARD_POLICY)
    if not lines:
        observed = f"{page.label} sends no {STANDARD_POLICY}"
        if page.exchange.values(f"{STANDARD_POLICY}-Report-Only"):
            observed += "; the Report-Only one enforces nothing"
        return violates(expected, observed, page.pointer, notes=_UNPROTECTED)
    standard = _scripts(page.exchange, STANDARD_POLICY)
    if not standard.restricted:
        observed = f"{page.label} sends {page.sent(STANDARD_POLICY)}, which says nothing about scripts"
        return violates(expected, observed, page.pointer, notes=_UNPROTECTED)
    documented = _scripts(page.exchange, SCRIPT_POLICY)
    looser = standard.beyond(documented) if documented.restricted else standard.foreign
    observed = f"{page.label} sends {page.sent(STANDARD_POLICY)}"
    if looser:
        observed += f", which lets scripts from {' '.join(looser)} run as well"
    return verdict(not looser, expected, observed, page.pointer, notes=_script_notes(page.exchange, standard))


_UNPROTECTED = ("In a current browser scripts of any domain run.",)


def inline_scripts(seen: HeadersObservation, policy: Policy, case: Case) -> Verdict:
    """Judge HDR-10: script in the page itself does not run, unless a nonce or hash names it."""
    page = page_of(seen, case)
    found = {name: _scripts(page.exchange, name) for name in (SCRIPT_POLICY, STANDARD_POLICY)}
    judged = {name: scripts for name, scripts in found.items() if scripts.restricted}
    if not judged:
        raise NotApplicable(f"{page.label} sends no policy for scripts (see HDR-01 and HDR-08)")
    loose = [name for name, scripts in judged.items() if scripts.kinds & {"inline", "handler"}]
    observed = f"{page.label} sends {' and '.join(page.sent(name) for name in loose or judged)}"
    observed += ", which lets inline script run" if loose else ", under which no inline script runs unnamed"
    notes = () if STANDARD_POLICY in judged else (f"A current browser does not obey {SCRIPT_POLICY}.",)
    return verdict(not loose, "the policy for scripts allows no inline script", observed, page.pointer, notes=notes)


def no_conflict(seen: HeadersObservation, policy: Policy, case: Case) -> Verdict:
    """Judge HDR-11: nothing is said twice with different values."""
    page = page_of(seen, case)
    conflicts = {
        name: different
        for name in (FRAMES, XSS, SNIFFING, TRANSPORT)
        if len(different := values.variants(page.exchange, name)) > 1
    }
    listed = "; ".join(f"{name}: {' and '.join(different)}" for name, different in conflicts.items())
    return verdict(
        not conflicts,
        "a protective header has one value",
        f"{page.label} sends {listed or 'no such header with two values'}",
        page.pointer,
        notes=("Two places set the header, often the application and the proxy before it.",) if conflicts else (),
    )


_SINGLE: dict[str, Callable[[Seen], Verdict]] = {
    SCRIPT_POLICY: _script_policy,
    FRAMES: _frames,
    XSS: _xss_protection,
    SNIFFING: _sniffing,
    TRANSPORT: _transport,
}


def sound(answer: Seen) -> set[str]:
    """Name the headers of the five that are there and right on an answer."""
    found = set()
    for name, judge in _SINGLE.items():
        if answer.exchange.values(name) and judge(answer).outcome is Outcome.PASS:
            found.add(name)
    return found
