"""Judges the protective headers of pages: what the document promises, and in notes what a current browser does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from conformance.areas.hdr import values
from conformance.areas.hdr.csp import Scripts
from conformance.areas.hdr.pages import Seen, page_of
from conformance.areas.hdr.record import HeadersObservation
from conformance.areas.hdr.values import FRAMES, SCRIPT_POLICY, SNIFFING, STANDARD_POLICY, TRANSPORT, XSS
from conformance.engine.policy import Policy
from conformance.model import Case, NotApplicable, Outcome, Verdict, conforms, verdict, violates
from conformance.origin import Origin
from conformance.sentence import By, Own, Sentence, listed, own_list, say, say_of
from conformance.web.exchange import Exchange


def _on_page(judge: Callable[[Seen], Verdict], seen: HeadersObservation, case: Case) -> Verdict:
    """Judge a page by what GET brings, which is what a browser shows; HEAD adds a note where it is answered otherwise.

    GET and HEAD are one fact: what both of them break is told of GET alone.
    """
    page = page_of(seen, case)
    found = judge(page)
    if case.name == "get" or found.outcome is not Outcome.FAIL:
        return found
    shown = page_of(seen, replace(case, name="get"))
    by_get = judge(shown)
    if by_get.outcome is Outcome.FAIL:
        raise NotApplicable(say("{observed}, as the page itself does: it is judged by GET", observed=found.observed))
    note = say("No browser shows what HEAD brings: {observed}.", observed=found.observed)
    return conforms(found.expected, by_get.observed, shown.pointer, page.pointer, notes=(*by_get.notes, note))


def script_policy(seen: HeadersObservation, policy: Policy, case: Case) -> Verdict:
    """Judge HDR-01: the documented policy header, and scripts of the own domain only."""
    return _on_page(_script_policy, seen, case)


def _script_policy(page: Seen) -> Verdict:
    expected = say(
        "administration pages send {header}, and it lets script files of the own domain run only",
        header=Own(SCRIPT_POLICY),
    )
    if not page.exchange.values(SCRIPT_POLICY):
        return violates(expected, page.sends(SCRIPT_POLICY), page.pointer)
    found = values.scripts(page.exchange, SCRIPT_POLICY)
    notes = _script_notes(page.exchange, found)
    if not found.restricted:
        return violates(expected, _unrestricted(page, SCRIPT_POLICY), page.pointer, notes=notes)
    observed = page.sends(SCRIPT_POLICY)
    if found.foreign:
        observed = say(
            "{page} sends {header}, which lets scripts from {sources} run",
            page=page.label,
            header=page.sent(SCRIPT_POLICY),
            sources=own_list(found.foreign, By.SPACE),
        )
    return verdict(not found.foreign, expected, observed, page.pointer, notes=notes)


def _unrestricted(page: Seen, name: str) -> Sentence:
    return say("{page} sends {header}, which says nothing about scripts", page=page.label, header=page.sent(name))


_KINDS = {
    "data": say_of("scripts", "data"),
    "eval": say_of("scripts", "eval"),
    "handler": say_of("scripts", "handler"),
    "inline": say_of("scripts", "inline"),
    "self": say_of("scripts", "self"),
    "third": say_of("scripts", "third"),
}
_NOTHING_RUNS = say_of("scripts", "nothing")


def _script_notes(page: Exchange, found: Scripts) -> tuple[Sentence, ...]:
    notes = [_in_a_current_browser(page)]
    if found.restricted and "eval" in found.kinds:
        notes.append(say("Text may be run as script: 'unsafe-eval'."))
    if found.trusts_tags:
        notes.append(say("Nonces or 'strict-dynamic' let the page itself name scripts, of any domain."))
    if found.restricted and not found.kinds:
        notes.append(say("No script at all may run."))
    return tuple(notes)


def _in_a_current_browser(page: Exchange) -> Sentence:
    effect = values.script_effect(page)
    documented, standard = Own(SCRIPT_POLICY), Own(STANDARD_POLICY)
    if effect == "none":
        return say(
            "In a current browser {documented} has no effect; {standard} does not restrict scripts.",
            documented=documented,
            standard=standard,
        )
    kinds = [_KINDS[kind] for kind in effect.removeprefix("runs:").split(",") if kind]
    return say(
        "In a current browser {documented} has no effect; {standard} runs: {kinds}.",
        documented=documented,
        standard=standard,
        kinds=listed(kinds or [_NOTHING_RUNS], By.COMMA),
    )


def frames(seen: HeadersObservation, policy: Policy, case: Case) -> Verdict:
    """Judge HDR-02: nobody may frame the page, the own domain included."""
    return _on_page(_frames, seen, case)


_FRAMING = {
    "deny": say("In a current browser nobody can frame the page."),
    "sameorigin": say("In a current browser the own domain can frame the page."),
    "none": say("In a current browser anybody can frame the page."),
    "frame-ancestors": say(
        "In a current browser frame-ancestors replaces X-Frame-Options, and lets the page be framed."
    ),
}


def _frames(page: Seen) -> Verdict:
    expected = say("administration pages send {header}, and no domain may frame them", header=Own(f"{FRAMES}: DENY"))
    lines = page.exchange.values(FRAMES)
    words = {member.upper() for member in values.members(lines)}
    effect = values.framing(page.exchange)
    return verdict(
        "DENY" in words and effect == "deny",
        expected,
        _framed(page, words, effect),
        page.pointer,
        notes=(_FRAMING[effect],),
    )


def _framed(page: Seen, words: set[str], effect: str) -> Sentence:
    lines = page.exchange.values(FRAMES)
    if effect == "frame-ancestors":
        policy = Own(STANDARD_POLICY)
        sources = own_list((source.text for source in values.framers(page.exchange)), By.SPACE)
        if not lines:
            return say(
                "{page} sends no {header}, and {policy} with frame-ancestors {sources}",
                page=page.label,
                header=Own(FRAMES),
                policy=policy,
                sources=sources,
            )
        return say(
            "{page} sends {header}, and {policy} with frame-ancestors {sources}",
            page=page.label,
            header=page.sent(FRAMES),
            policy=policy,
            sources=sources,
        )
    if not lines or "DENY" in words:
        return page.sends(FRAMES)
    if effect == "sameorigin":
        return say(
            "{page} sends {header}, which lets the own domain frame it", page=page.label, header=page.sent(FRAMES)
        )
    if effect == "none":
        return say("{page} sends {header}, which denies nothing", page=page.label, header=page.sent(FRAMES))
    return say("{page} sends {header}, and DENY is not in it", page=page.label, header=page.sent(FRAMES))


def xss_protection(seen: HeadersObservation, policy: Policy, case: Case) -> Verdict:
    """Judge HDR-03: the filter of old browsers is switched on."""
    return _on_page(_xss_protection, seen, case)


def _xss_protection(page: Seen) -> Verdict:
    expected = say("administration pages send {header}, with or without mode=block", header=Own(f"{XSS}: 1"))
    notes = [say("Current browsers have no such filter: the header matters to old ones only.")]
    lines = page.exchange.values(XSS)
    if lines and lines[0].startswith("0"):
        notes.append(say("Switching it off is today's general advice, because the filter itself could be abused."))
    if not lines and page.exchange.values("X-XSS"):
        notes.append(say("No browser ever knew a header called X-XSS, the short name that the document's table uses."))
    kept = bool(lines) and values.filters_scripts(page.exchange)
    return verdict(kept, expected, page.sends(XSS), page.pointer, notes=tuple(notes))


def sniffing(seen: HeadersObservation, policy: Policy, case: Case) -> Verdict:
    """Judge HDR-04: declared content types are believed."""
    return _on_page(_sniffing, seen, case)


def _sniffing(page: Seen) -> Verdict:
    lines = page.exchange.values(SNIFFING)
    kept = bool(lines) and values.stops_sniffing(page.exchange)
    believes = say("A current browser believes the declared type.")
    guesses = say("A current browser guesses the type, as without the header.")
    return verdict(
        kept,
        say("administration pages send {header}", header=Own(f"{SNIFFING}: nosniff")),
        page.sends(SNIFFING),
        page.pointer,
        notes=(believes if kept else guesses,),
    )


def transport(seen: HeadersObservation, policy: Policy, case: Case) -> Verdict:
    """Judge HDR-05: browsers are told to come back over HTTPS only."""
    return _on_page(_transport, seen, case)


_TRANSPORT = {
    "upgrade": say("A current browser comes back over HTTPS only."),
    "removed": say("A current browser forgets what it was told before."),
    "none": say("In a current browser it has no effect."),
}


def _transport(page: Seen) -> Verdict:
    expected = say("administration pages send {header} with a max-age above zero", header=Own(TRANSPORT))
    observed = page.sends(TRANSPORT)
    if not page.exchange.values(TRANSPORT):
        return violates(expected, observed, page.pointer)
    notes = [_TRANSPORT[values.transport_effect(page.exchange)]]
    host = Origin.of(page.exchange.url).host
    if not values.is_named(host):
        notes.append(say("Browsers keep it for host names only, and {host} is none in this sense.", host=Own(host)))
    found = values.transport(page.exchange)
    if found.trouble:
        observed = say(
            "{page} sends {header}, which browsers ignore: {trouble}",
            page=page.label,
            header=page.sent(TRANSPORT),
            trouble=found.trouble,
        )
    return verdict(bool(found.life), expected, observed, page.pointer, notes=tuple(notes))


def transport_life(seen: HeadersObservation, policy: Policy, case: Case) -> Verdict:
    """Judge HDR-09: the life that is declared reaches the guideline's minimum."""
    return _on_page(lambda page: _transport_life(page, policy), seen, case)


def _transport_life(page: Seen, policy: Policy) -> Verdict:
    found = values.transport(page.exchange) if page.exchange.values(TRANSPORT) else values.Transport(None)
    if not found.life:
        raise NotApplicable(say("{seen}: there is no life to measure (see HDR-05)", seen=page.sends(TRANSPORT)))
    least = policy.level.hsts_min_age
    return verdict(
        found.life >= least,
        say(
            "Mozilla's guideline {guideline} asks for a max-age of {least} s at least",
            guideline=Own(policy.guideline.version),
            least=least,
        ),
        say("{page} sends a max-age of {life} s", page=page.label, life=found.life),
        page.pointer,
    )


def standard_policy(seen: HeadersObservation, policy: Policy, case: Case) -> Verdict:
    """Judge HDR-08: the name that current browsers obey, and no looser than the documented one."""
    return _on_page(_standard_policy, seen, case)


def _standard_policy(page: Seen) -> Verdict:
    expected = say(
        "{standard} restricts script files at least as far as {documented}",
        standard=Own(STANDARD_POLICY),
        documented=Own(SCRIPT_POLICY),
    )
    if not page.exchange.values(STANDARD_POLICY):
        observed = page.sends(STANDARD_POLICY)
        if page.exchange.values(f"{STANDARD_POLICY}-Report-Only"):
            observed = say("{seen}; the Report-Only one enforces nothing", seen=observed)
        return violates(expected, observed, page.pointer, notes=_UNPROTECTED)
    standard = values.scripts(page.exchange, STANDARD_POLICY)
    if not standard.restricted:
        return violates(expected, _unrestricted(page, STANDARD_POLICY), page.pointer, notes=_UNPROTECTED)
    documented = values.scripts(page.exchange, SCRIPT_POLICY)
    looser = standard.beyond(documented) if documented.restricted else standard.foreign
    observed = page.sends(STANDARD_POLICY)
    if looser and documented.restricted:
        observed = say(
            "{page} sends {header}, which {documented} does not allow: {words}",
            page=page.label,
            header=page.sent(STANDARD_POLICY),
            documented=page.sent(SCRIPT_POLICY),
            words=own_list(looser, By.SPACE),
        )
    elif looser:
        observed = say(
            "{page} sends {header}, which lets scripts from {sources} run as well",
            page=page.label,
            header=page.sent(STANDARD_POLICY),
            sources=own_list(looser, By.SPACE),
        )
    return verdict(not looser, expected, observed, page.pointer, notes=_script_notes(page.exchange, standard))


_UNPROTECTED = (
    say("In a current browser no header restricts scripts; whether the page itself does (<meta>) was not looked at."),
)


def inline_scripts(seen: HeadersObservation, policy: Policy, case: Case) -> Verdict:
    """Judge HDR-10: script in the page itself does not run, unless a nonce or hash names it."""
    return _on_page(_inline_scripts, seen, case)


def _inline_scripts(page: Seen) -> Verdict:
    found = {name: values.scripts(page.exchange, name) for name in (SCRIPT_POLICY, STANDARD_POLICY)}
    judged = {name: scripts for name, scripts in found.items() if scripts.restricted}
    if not judged:
        raise NotApplicable(say("{page} sends no policy for scripts (see HDR-01 and HDR-08)", page=page.label))
    loose = [name for name, scripts in judged.items() if scripts.kinds & {"inline", "handler"}]
    if loose:
        observed = say("{page} sends {header}, which lets inline script run", page=page.label, header=page.sent(*loose))
    else:
        observed = say(
            "{page} sends {header}, under which no inline script runs unnamed",
            page=page.label,
            header=page.sent(*judged),
        )
    disobeyed = say("A current browser does not obey {header}.", header=Own(SCRIPT_POLICY))
    notes = () if STANDARD_POLICY in judged else (disobeyed,)
    expected = say("the policy for scripts allows no inline script")
    return verdict(not loose, expected, observed, page.pointer, notes=notes)


def no_conflict(seen: HeadersObservation, policy: Policy, case: Case) -> Verdict:
    """Judge HDR-11: nothing is said twice with different values."""
    return _on_page(_no_conflict, seen, case)


def _no_conflict(page: Seen) -> Verdict:
    conflicts = {
        name: different
        for name in (FRAMES, XSS, SNIFFING, TRANSPORT)
        if len(different := values.variants(page.exchange, name)) > 1
    }
    expected = say("a protective header has one value")
    if not conflicts:
        return conforms(expected, say("{page} sends no such header with two values", page=page.label), page.pointer)
    each = [
        say("{header}: {values}", header=Own(name), values=own_list(different)) for name, different in conflicts.items()
    ]
    return violates(
        expected,
        say("{page} sends {header}", page=page.label, header=listed(each, By.CLAUSE)),
        page.pointer,
        notes=(say("Two places set the header, often the application and the proxy before it."),),
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
