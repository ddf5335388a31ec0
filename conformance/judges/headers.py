"""Judges the protective headers: what the document promises of them, and in notes what a current browser does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from conformance import pointers
from conformance.judges import csp
from conformance.judges import header_values as values
from conformance.judges.csp import Scripts
from conformance.judges.header_values import FIVE, FRAMES, SCRIPT_POLICY, SNIFFING, STANDARD_POLICY, TRANSPORT, XSS
from conformance.model import Case, Inconclusive, NotApplicable, Outcome, Verdict, conforms, verdict, violates
from conformance.policy import Policy
from conformance.records.headers import AdminPath, HeadersObservation
from conformance.records.http import Exchange

_NO_PAGE = "it is no page: judge the page itself by declaring a path that is served without a login"


@dataclass(frozen=True, slots=True)
class Seen:
    """An answer of the administration, and where it stands in the record."""

    exchange: Exchange
    pointer: str

    @property
    def label(self) -> str:
        """Name the request as an operator would."""
        parts = urlsplit(self.exchange.url)
        return f"{self.exchange.method} {parts.path or '/'}"

    def sent(self, name: str) -> str:
        """Show every line called `name`."""
        lines = self.exchange.values(name)
        return " and ".join(f"{name}: {line}" for line in lines) if lines else f"no {name}"

    def lines(self, name: str) -> tuple[str, ...]:
        """Return the values of `name`; raises Inconclusive where what lacks it is no page."""
        found = self.exchange.values(name)
        if not found and not _is_page(self.exchange):
            raise Inconclusive(f"{self.label} answers {self.exchange.status} without {name}, but {_NO_PAGE}")
        return found


def _is_page(exchange: Exchange) -> bool:
    return 200 <= exchange.status < 300


def _page(seen: HeadersObservation, case: Case) -> Seen:
    """Return the page that a case is about: where the path, or the redirects from it, lead."""
    path = seen.admin[case.value]
    steps = path.get if case.name == "get" else path.head
    page = Seen(steps[-1], pointers.build("admin", case.value, case.name, len(steps) - 1))
    status = page.exchange.status
    if case.name == "head" and status >= 400 and _is_page(path.get[-1]):
        raise NotApplicable(f"{page.label} answers {status}: the page is served to GET only")
    if page.exchange.trouble:
        raise Inconclusive(f"{page.label}: {page.exchange.trouble}")
    if status >= 400 and status not in (401, 403):
        raise Inconclusive(f"{page.label} answers {status}: the declared page is not there")
    return page


def script_policy(seen: HeadersObservation, policy: Policy, case: Case) -> Verdict:
    """Judge HDR-01: the documented policy header, and scripts of the own domain only."""
    return _script_policy(_page(seen, case))


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
    return _frames(_page(seen, case))


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
    return _xss_protection(_page(seen, case))


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
    return _sniffing(_page(seen, case))


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
    return _transport(_page(seen, case))


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
    page = _page(seen, case)
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
    page = _page(seen, case)
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
    page = _page(seen, case)
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
    page = _page(seen, case)
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


_SOUND: dict[str, Callable[[Seen], Verdict]] = {
    SCRIPT_POLICY: _script_policy,
    FRAMES: _frames,
    XSS: _xss_protection,
    SNIFFING: _sniffing,
    TRANSPORT: _transport,
}


def errors_and_redirects(seen: HeadersObservation, policy: Policy, case: Case) -> Verdict:
    """Judge HDR-07: what the page sends rightly, its errors and redirects send as well.

    A header that the page itself lacks is not asked for twice; where no page was seen, all five are asked for.
    """
    path = seen.admin[case.value]
    page = Seen(path.get[-1], "")
    expected_names = _sound(page) if _is_page(page.exchange) else set()
    wanted = [name for name in FIVE if name in (expected_names or FIVE)]
    answers = _asides(path, case)
    lacking = {
        answer.label: missing for answer in answers if (missing := [n for n in wanted if n not in _sound(answer)])
    }
    statuses = ", ".join(f"{answer.label} ({answer.exchange.status})" for answer in answers)
    observed = "; ".join(f"{label} lacks {', '.join(missing)}" for label, missing in lacking.items())
    return verdict(
        not lacking,
        f"errors and redirects of the administration send {', '.join(wanted)} as its pages do",
        f"{observed} (answers: {statuses})" if observed else f"{statuses} sent them",
        *(answer.pointer for answer in answers if not lacking or answer.label in lacking),
    )


def _sound(answer: Seen) -> set[str]:
    """Name the headers of the five that are there and right."""
    found = set()
    for name, judge in _SOUND.items():
        if answer.exchange.values(name) and judge(answer).outcome is Outcome.PASS:
            found.add(name)
    return found


def _asides(path: AdminPath, case: Case) -> list[Seen]:
    """Return the answers a case is about; raises NotApplicable where the administration gave none of the kind."""
    if case.name == "redirect":
        steps = [Seen(step, pointers.build("admin", case.value, "get", n)) for n, step in enumerate(path.get)]
        steps.append(Seen(path.slash, pointers.build("admin", case.value, "slash")))
        found = [step for step in steps if 300 <= step.exchange.status < 400 or step.exchange.status in (401, 403)]
        if not found:
            raise NotApplicable(f"{case.value} answers neither with a redirect nor with a refusal")
        return found
    aside = Seen(getattr(path, case.name), pointers.build("admin", case.value, case.name))
    if aside.exchange.trouble and case.name == "method":
        raise NotApplicable(f"{aside.label} is not answered at all: {aside.exchange.trouble}")
    if aside.exchange.trouble:
        raise Inconclusive(f"{aside.label}: {aside.exchange.trouble}")
    return [aside]


def api_sends_none(seen: HeadersObservation, policy: Policy, case: Case) -> Verdict:
    """Judge HDR-06: the document gives these headers to the administration, and to it alone."""
    if case.name == "post":
        answer = Seen(seen.unknown_api, "/unknown_api")
    else:
        methods = seen.api[case.value]
        answer = Seen(methods[case.name.upper()], pointers.build("api", case.value, case.name.upper()))
        if methods["GET"].status == 404 or methods["GET"].status >= 500:
            raise Inconclusive(f"GET {case.value} answers {methods['GET'].status}: the declared endpoint is not there")
    if answer.exchange.trouble:
        raise Inconclusive(f"{answer.label}: {answer.exchange.trouble}")
    present = [name for name in FIVE if answer.exchange.values(name)]
    expected = "the document says that API endpoints do not send the administration's headers"
    if not present:
        return conforms(expected, f"{answer.label} ({answer.exchange.status}) sends none of the five", answer.pointer)
    return violates(
        expected,
        f"{answer.label} ({answer.exchange.status}) deviates from the document: it sends {', '.join(present)}",
        answer.pointer,
        notes=("A deviation from the document and not a weakness: these headers do no harm on an API.",),
    )
