"""Judges the database: TLS offered, the clear refused, its certificate, its level, and what its own books say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from conformance.areas.acc import judge
from conformance.areas.dbt.record import (
    ClientAtAddress,
    DatabaseAtAddress,
    DatabaseSession,
    Knock,
    Login,
    Reply,
    SessionsObservation,
    Shown,
    TlsAtAddress,
    is_loopback,
)
from conformance.areas.tls import facts, rules
from conformance.areas.tls.facts import spoken
from conformance.engine.policy import Policy, Profile, guideline
from conformance.handshake.record import VERSIONS
from conformance.inputs.target import Database
from conformance.model import Case, Inconclusive, NotApplicable, Verdict, conforms, violates
from conformance.sentence import By, Listed, Own, Sentence, clauses, counted, listed, own_list, say

NO_TLS = say("the database offers no TLS (DBT-01 judges that)")
_GUIDELINE = "5.8"
_LEVEL = "intermediate"

# Refusals that say nothing of the account: too many connections, shutting down, starting up, broken.
_PASSING_CLASSES = ("53", "57", "58", "XX")
_NO_ENTRY = "pool_hba.conf"
"""Pgpool says with XX000 what PostgreSQL says with 28000: that no line of its access file is for this login."""

_PASSING_NUMBERS = ("1040", "1053", "1129", "1203", "1226")


NO_CLIENT_CERTIFICATE = say("no client certificate is declared (database.client_cert and client_key)")


def offers_tls(seen: DatabaseAtAddress, policy: Policy, case: Case) -> Verdict:
    """Judge DBT-01."""
    expected = say("the database offers TLS")
    if not seen.offers_tls:
        return violates(expected, say("it offers none: {declined}", declined=seen.declined), "/declined")
    if seen.direct:
        note = say("It does not answer a request for TLS: clients have to begin with it (sslnegotiation=direct).")
        return conforms(expected, say("it speaks TLS at once, and a handshake succeeds"), "/chain", notes=(note,))
    return conforms(expected, say("it goes along with the request, and a handshake succeeds"), "/chain")


def refuses_the_clear(seen: DatabaseAtAddress, policy: Policy, case: Case) -> Verdict:
    """Judge DBT-02. A refusal counts where the same account gets further over TLS."""
    clear, tls = seen.in_the_clear, seen.over_tls
    if clear is None:
        raise Inconclusive(say("no account was named in the clear"))
    expected = say("a login without TLS is refused, whatever comes with it")
    if clear.reply is Reply.UNTOLD:
        raise Inconclusive(say("what it does with a login in the clear could not be told: {words}", words=clear.words))
    if clear.reply is Reply.TAKEN or (clear.reply is Reply.ASKS and seen.engine == "postgresql"):
        return violates(expected, say("in the clear, {words}", words=clear.words), "/in_the_clear")
    if clear.reply is Reply.ASKS:
        return _by_rule(seen, expected)
    if for_the_moment(clear.code) and _NO_ENTRY not in clear.detail:
        raise Inconclusive(say("the login in the clear was refused for another reason: {words}", words=_told(clear)))
    if tls is None:
        raise Inconclusive(
            say("it refuses the login ({words}), and there is no TLS to compare with", words=_told(clear))
        )
    if tls.reply not in (Reply.ASKS, Reply.TAKEN):
        raise Inconclusive(
            say(
                "it refuses the login in the clear ({clear}), and over TLS as well ({tls}): "
                "are database.username and name right, and is a client certificate needed?",
                clear=_told(clear),
                tls=_told(tls),
            )
        )
    observed = say("refused in the clear ({clear}); over TLS, {tls}", clear=_told(clear), tls=tls.words)
    return conforms(expected, observed, "/in_the_clear")


def _by_rule(seen: DatabaseAtAddress, expected: Sentence) -> Verdict:
    """MySQL asks for the proof before it looks at the transport: what it would do then, it says itself."""
    rule = seen.rule
    if rule is None:
        if not seen.offers_tls:
            observed = say("in the clear, it goes on with the login, and offers nothing else")
            return violates(expected, observed, "/in_the_clear")
        raise Inconclusive(
            say(
                "it goes on with a login in the clear, and has to be asked what comes of it: "
                "that needs database.password"
            )
        )
    if rule.trouble:
        raise Inconclusive(
            say(
                "it goes on with a login in the clear, and could not be asked what comes of it: {trouble}",
                trouble=rule.trouble,
            )
        )
    if rule.everybody:
        return conforms(expected, say("its require_secure_transport is on: nobody is taken in the clear"), "/rule")
    if rule.account:
        note = say(
            "It refuses after the password's proof has crossed the network; require_secure_transport refuses all."
        )
        observed = say("the account's own REQUIRE {kind} refuses it ({row})", kind=Own(rule.account), row=Own(rule.row))
        return conforms(expected, observed, "/rule", notes=(note,))
    observed = say(
        "it takes the account {row} in the clear: require_secure_transport is off, and the account has no REQUIRE",
        row=Own(rule.row),
    )
    return violates(expected, observed, "/rule", "/in_the_clear")


def _told(knock: Knock) -> Sentence:
    words = say("{words}: {detail}", words=knock.words, detail=Own(knock.detail)) if knock.detail else knock.words
    return say("{words} [{code}]", words=words, code=Own(knock.code)) if knock.code else words


def for_the_moment(code: str) -> bool:
    """Tell whether an error says nothing of the account: the database is full, broken, or going."""
    return code.startswith(_PASSING_CLASSES) if len(code) == 5 else code in _PASSING_NUMBERS


def certificate_verifies(seen: DatabaseAtAddress, policy: Policy, case: Case) -> Verdict:
    """Judge DBT-03."""
    if seen.chain is None:
        raise NotApplicable(NO_TLS)
    told = judge.chain_verifies(seen.chain)
    notes = told.notes
    if seen.common_name_only:
        notes += (say("The host stands in the subject alone: some clients want it among the alternative names."),)
    return replace(told, exhibits=tuple(f"/chain{pointer}" for pointer in told.exhibits), notes=notes)


def client_certificate(seen: ClientAtAddress, policy: Policy, case: Case) -> Verdict:
    """Judge DBT-04 for the declared certificate, for none, or for a forged one."""
    database = policy.target.declared(Database)
    if database.username is None:
        raise Inconclusive(say("the target file lacks database.username, which a login needs"))
    if not seen.offers_tls:
        raise NotApplicable(NO_TLS)
    shown = Shown(case.name)
    numbered = [(n, login) for n, login in enumerate(seen.logins) if login.shown is shown]
    pointers = [f"/logins/{n}" for n, _ in numbered]
    found = [login for _, login in numbered]
    if shown is Shown.DECLARED:
        return _accepted(found, seen.logins, pointers)
    expected = _REFUSED[shown]
    if any(login.taken for login in found):
        return violates(expected, _SUCCEEDS[shown], *pointers)
    _settled([login for login in seen.logins if login.shown is Shown.DECLARED], found)
    observed = say(
        "it is refused ({words}), and succeeds with the declared one, before and after", words=found[0].words
    )
    return conforms(expected, observed, *pointers, "/logins/0")


_REFUSED = {
    Shown.NONE: say("a login without a client certificate is refused"),
    Shown.FOREIGN: say("a login with a client certificate of the same names that another authority issued is refused"),
}
_SUCCEEDS = {
    Shown.NONE: say("the login without a client certificate succeeds"),
    Shown.FOREIGN: say("the login with a client certificate of the same names that another authority issued succeeds"),
}


def _accepted(found: list[Login], logins: tuple[Login, ...], pointers: list[str]) -> Verdict:
    """Judge logins with the certificate; a broken handshake is its fault where a client that shows none is answered."""
    expected = say("a login with the declared client certificate succeeds")
    if all(login.taken for login in found):
        return conforms(expected, say("it does"), *pointers)
    worst = next(login for login in found if not login.taken)
    without = [n for n, login in enumerate(logins) if login.shown is Shown.NONE and (login.taken or login.code)]
    broken = all(login.taken is False and not login.code for login in found)
    if (broken and without) or (worst.taken is False and worst.code and "certificate" in worst.words):
        observed = say("it is refused: {words}", words=worst.words)
        return violates(expected, observed, *pointers, *(f"/logins/{n}" for n in without))
    raise Inconclusive(
        say("the login with the declared client certificate does not succeed: {words}", words=worst.words)
    )


def _settled(controls: list[Login], found: list[Login]) -> None:
    """Raise Inconclusive unless the declared certificate is taken, and the other login was really refused."""
    failed = next((login for login in controls if not login.taken), None)
    if failed is not None:
        raise Inconclusive(
            say("the login with the declared client certificate does not succeed either: {words}", words=failed.words)
        )
    if not found:
        raise Inconclusive(say("it could not be told: no login was tried"))
    untold = next((login for login in found if login.taken is None), None)
    if untold is not None:
        raise Inconclusive(say("it could not be told: {words}", words=untold.words))
    if any(for_the_moment(login.code) for login in found):
        raise Inconclusive(say("the login was refused for another reason: {words}", words=found[0].words))


def tls_level(seen: TlsAtAddress, policy: Policy, case: Case) -> Verdict:
    """Judge DBT-05: protocol versions, or cipher suites."""
    if seen.tls is None:
        raise NotApplicable(NO_TLS)
    edition, level = _level(policy)
    allowed = _spoken(level.versions)
    if case.name == "protocol-version":
        expected = say(
            "level {level} of guideline {edition} allows {versions}",
            level=Own(_LEVEL),
            edition=Own(edition),
            versions=allowed,
        )
        return _versions(seen, level, expected)
    expected = say(
        "level {level} of guideline {edition} allows {versions} with the suites of its list, and no other",
        level=Own(_LEVEL),
        edition=Own(edition),
        versions=allowed,
    )
    return _suites(seen, level, expected)


def _level(policy: Policy) -> tuple[str, Profile]:
    edition = policy.target.webapp.guideline if policy.target.webapp else _GUIDELINE
    return edition, guideline(edition).levels[_LEVEL]


def _versions(seen: TlsAtAddress, level: Profile, expected: Sentence) -> Verdict:
    assert seen.tls is not None  # noqa: S101 - the caller has seen to it
    answers = seen.tls.versions
    stray = [v for v in VERSIONS if v not in level.versions and v in answers and answers[v].outcome == "offered"]
    if stray:
        pointers = [f"/tls/versions/{version}" for version in stray]
        return violates(expected, say("the database also offers {versions}", versions=_spoken(stray)), *pointers)
    offered = facts.offered(seen.tls)
    return conforms(expected, say("the database offers {versions}", versions=_spoken(offered)), "/tls/versions")


def _spoken(versions: Iterable[str]) -> Listed:
    return own_list(map(spoken, versions), By.COMMA)


def _suites(seen: TlsAtAddress, level: Profile, expected: Sentence) -> Verdict:
    assert seen.tls is not None  # noqa: S101 - the caller has seen to it
    found = [finding for version in level.versions for finding in rules.suites(seen.tls, level, version)]
    if found:
        return violates(expected, clauses(*(f.text for f in found)), *(f"/tls{f.pointer}" for f in found))
    offered = facts.offered(seen.tls, level.versions)
    if not offered:
        raise NotApplicable(say("none of the level's versions is offered (the other case judges that)"))
    names = [name for version in offered for name in facts.whole_suites(seen.tls, version).accepted]
    observed = say("accepted {suites}", suites=own_list(names, By.COMMA))
    return conforms(expected, observed, "/tls/suites", notes=seen.tls.troubles)


def session_encrypted(seen: SessionsObservation, policy: Policy, case: Case) -> Verdict:
    """Judge DBT-09: a session over TLS as the database sees it, or those of the gateway."""
    if not seen.offers_tls:
        raise NotApplicable(NO_TLS)
    return _own_session(seen) if case.name == "own-session" else _gateway_sessions(seen)


def _own_session(seen: SessionsObservation) -> Verdict:
    expected = say("the database's own books say that a session begun with TLS is encrypted")
    own = seen.own
    if own is None or (own.encrypted is None and not own.local):
        raise Inconclusive(say("the database does not say whether the monitor's session is encrypted"))
    if seen.ended:
        return conforms(expected, say("TLS ends in front of the database, which is asked over no network"), "/own")
    if not own.encrypted:
        return violates(expected, say("it says: not encrypted"), "/own")
    protection = _protection(own)
    return conforms(expected, say("it is: {protection}", protection=protection) if protection else say("it is"), "/own")


def _gateway_sessions(seen: SessionsObservation) -> Verdict:
    username = Own(seen.username)
    expected = say("every session of {username} that comes over the network is encrypted", username=username)
    numbered = list(enumerate(seen.gateway))
    beside = [each for each in seen.gateway if seen.ended and not each.encrypted and is_loopback(each.client)]
    clear = [(n, each) for n, each in numbered if each.encrypted is False and not each.local and each not in beside]
    if clear:
        unknown = say("an unknown address")
        observed = counted(
            "{n} of {all} is in the clear, from {clients}",
            "{n} of {all} are in the clear, from {clients}",
            len(clear),
            all=len(numbered),
            clients=listed(sorted({Own(each.client) if each.client else unknown for _, each in clear}), By.COMMA),
        )
        return violates(expected, observed, *(f"/gateway/{n}" for n, _ in clear))
    if seen.trouble:
        raise Inconclusive(seen.trouble)
    if not numbered and seen.pooled:
        raise Inconclusive(
            say(
                "something in front of the database keeps sessions of {username} open that may be of the suite's own "
                "logins: let the gateway run, and open its sessions before the suite runs",
                username=username,
            )
        )
    if not numbered:
        raise Inconclusive(
            counted(
                "no session of {username} was open in {n} look: let the gateway run while it is looked at",
                "no session of {username} was open in {n} looks: let the gateway run while it is looked at",
                seen.looks,
                username=username,
            )
        )
    if any(each.encrypted is None and not each.local for _, each in numbered) and not seen.enforced:
        raise Inconclusive(say("the database does not say of every session whether it is encrypted"))
    note = say("TLS ends in front of the database, on its own host, and goes on from there over loopback.")
    exhibits = ("/own", *(f"/gateway/{n}" for n, _ in numbered))
    return conforms(expected, _kept(seen), *exhibits, notes=(note,) if beside else ())


def _kept(seen: SessionsObservation) -> Sentence:
    if any(each.encrypted is None for each in seen.gateway):
        return say("its require_secure_transport is on: no session over the network is in the clear")
    return clauses(*sorted({_session(each) for each in seen.gateway}))


def _session(each: DatabaseSession) -> Sentence:
    if each.local or not each.encrypted:  # over loopback, where that is no violation
        return say("one that comes over no network")
    protection = _protection(each)
    return say("encrypted {protection}", protection=protection) if protection else say("encrypted")


def _protection(each: DatabaseSession) -> Listed:
    """Return version and suite, as far as the database tells them."""
    return own_list(filter(None, (each.version, each.suite)), By.SPACE)
