"""Judges what services are run with: the shared secret, the settings of the database's TLS, the web app's level."""

from __future__ import annotations

from conformance.areas.dep.record import DeploymentObservation, ServiceSeen, Setting
from conformance.areas.dep.services import Named, chosen, database, gateway, not_asked, pointer, summed_up, web
from conformance.engine.policy import Policy
from conformance.model import Case, Verdict
from conformance.sentence import By, Own, Sentence, clauses, own_list, say

CA, CERT, KEY = "WA_DB_SSL_CA", "WA_DB_SSL_CERT", "WA_DB_SSL_KEY"
VERIFY = "WA_DB_SSL_VERIFY"
LEVEL = "WA_WEB_SECURITY_LEVEL"
RETIRED = "WA_DB_CONNECTION_OPTION"
OFF = frozenset(("0", "false", "no", "off", "n", "f", "disabled", "none"))
LEVELS = ("MODERN", "INTERMEDIATE", "OLD")
CUT = say("a $ in it was taken for a variable that nothing sets")


def secret_is_shared(seen: DeploymentObservation, policy: Policy, case: Case) -> Verdict:
    """Judge DEP-01."""
    everyone = gateway(seen, policy)
    wrong, unseen, marks = [], [], []
    for name, service in chosen(everyone, case).items():
        mark = pointer("services", name, "secret")
        setting = service.secret.setting
        marks.append(mark)
        if setting.state == "unknown":
            unseen.append(_unknown(name, "WA_SECRET", setting))
        elif setting.state != "set":
            wrong.append((_absent(name, "WA_SECRET", setting), mark))
        else:
            others = [other for other, its in everyone.items() if _differs(its, service)]
            if others:
                words = say(
                    "{place}: WA_SECRET of {service} is another than that of {others}",
                    place=Own(setting.place),
                    service=Own(name),
                    others=own_list(others, By.COMMA),
                )
                wrong.append((words, mark))
    expected = say("web app and core app are given the same WA_SECRET")
    right = say("WA_SECRET is set, to one value, for {services}", services=own_list(everyone, By.COMMA))
    return summed_up(seen, expected, wrong, right, unseen, marks)


def _differs(other: ServiceSeen, service: ServiceSeen) -> bool:
    return other.secret.setting.state == "set" and other.secret.group != service.secret.group


def secret_is_strong(seen: DeploymentObservation, policy: Policy, case: Case) -> Verdict:
    """Judge DEP-02."""
    wrong, unseen, marks = [], [], []
    notes: list[Sentence] = []
    services = chosen(gateway(seen, policy), case)
    for name, service in services.items():
        mark = pointer("services", name, "secret")
        setting = service.secret.setting
        place, own = Own(setting.place), Own(name)
        if setting.state == "unknown":
            unseen.append(_unknown(name, "WA_SECRET", setting))
        elif setting.state == "set":
            marks.append(mark)
            if why := service.secret.weakness:
                words = say("{place}: WA_SECRET of {service} is weak: {reason}", place=place, service=own, reason=why)
                wrong.append((clauses(words, CUT) if service.secret.cut else words, mark))
            elif service.secret.cut:
                notes.append(
                    say(
                        "{place}: WA_SECRET of {service} is shorter than written: {reason}.",
                        place=place,
                        service=own,
                        reason=CUT,
                    )
                )
            if service.secret.is_database_password:
                words = say("{place}: WA_SECRET of {service} is a database password too", place=place, service=own)
                wrong.append((words, mark))
    if not marks and not unseen:
        lost = any(service.secret.cut for service in services.values())
        raise not_asked(
            seen,
            say("nothing is left of WA_SECRET, which DEP-01 is about: {reason}", reason=CUT)
            if lost
            else say("WA_SECRET is not set, which DEP-01 is about"),
        )
    expected = say("WA_SECRET is hard to guess, no sample, and used for nothing else")
    right = say("WA_SECRET is long and irregular, and no database password")
    return summed_up(seen, expected, wrong, right, unseen, marks, tuple(notes))


def database_settings_complete(seen: DeploymentObservation, policy: Policy, case: Case) -> Verdict:
    """Judge DEP-03."""
    wrong, unseen, marks = [], [], []
    services = _who_opens_the_database(seen, policy, case)
    for name, service in services.items():
        mark = pointer("services", name, "settings")
        marks.append(mark)
        settings = {key: service.settings[key] for key in (CA, CERT, KEY)}
        unseen += [_unknown(name, key, setting) for key, setting in settings.items() if setting.state == "unknown"]
        if settings[CA].state in ("unset", "empty"):
            wrong.append((_absent(name, CA, settings[CA]), mark))
        if {settings[CERT].state, settings[KEY].state} in ({"set", "unset"}, {"set", "empty"}):
            there, lacking = (CERT, KEY) if settings[CERT].state == "set" else (KEY, CERT)
            words = say(
                "{place}: {service} has {setting} without {other}",
                place=Own(settings[there].place),
                service=Own(name),
                setting=Own(there),
                other=Own(lacking),
            )
            wrong.append((words, mark))
    expected = say(
        "whoever opens the database has {authority}, and {certificate} and {private_key} together or neither",
        authority=Own(CA),
        certificate=Own(CERT),
        private_key=Own(KEY),
    )
    right = clauses(*(_having(name, service) for name, service in services.items()))
    return summed_up(seen, expected, wrong, right, unseen, marks)


def _having(name: str, service: ServiceSeen) -> Sentence:
    there = own_list(each for each in (CA, CERT, KEY) if service.settings[each].state == "set")
    return say("{service} has {settings}", service=Own(name), settings=there)


def _who_opens_the_database(seen: DeploymentObservation, policy: Policy, case: Case) -> Named:
    everyone = database(seen, policy)
    if case.name != "other-services":
        return chosen(gateway(seen, policy), case)
    others = {name: service for name, service in everyone.items() if name not in gateway(seen, policy)}
    if not others:
        raise not_asked(seen, say("no other service is told where the database is"))
    return others


def database_verified(seen: DeploymentObservation, policy: Policy, case: Case) -> Verdict:
    """Judge DEP-04."""
    wrong, unseen, marks = [], [], []
    right: list[Sentence] = []
    services = web(seen, policy)
    for name, service in chosen(services, case).items():
        mark = pointer("services", name, "settings", VERIFY)
        setting = service.settings[VERIFY]
        marks.append(mark)
        if setting.state == "unknown":
            unseen.append(_unknown(name, VERIFY, setting))
        elif _off(setting.value):
            words = say(
                "{place}: {setting} of {service} is {value}, which switches verification off",
                place=Own(setting.place),
                setting=Own(VERIFY),
                service=Own(name),
                value=Own(setting.value),
            )
            wrong.append((words, mark))
        else:
            right.append(_as_it_is(name, VERIFY, setting))
    notes = tuple(
        say(
            "{place}: {setting} of {service} does nothing: it is for the web app.",
            place=Own(setting.place),
            setting=Own(VERIFY),
            service=Own(name),
        )
        for name, service in database(seen, policy).items()
        if name not in services and (setting := service.settings[VERIFY]).state == "set"
    )
    expected = say("the web app verifies the database's certificate, as it does by default")
    return summed_up(seen, expected, wrong, clauses(*right), unseen, marks, notes)


def _off(value: str) -> bool:
    bare = value.strip().strip("\"'").lower()
    return bare in OFF or (bare.isdecimal() and int(bare) == 0)


def retired_option_replaced(seen: DeploymentObservation, policy: Policy, case: Case) -> Verdict:
    """Judge DEP-05."""
    wrong, unseen, marks = [], [], []
    right: list[Sentence] = []
    for name, service in chosen(gateway(seen, policy), case).items():
        mark = pointer("services", name, "settings", RETIRED)
        retired, authority = service.settings[RETIRED], service.settings[CA]
        marks.append(mark)
        if retired.state == "unknown":
            unseen.append(_unknown(name, RETIRED, retired))
        elif retired.state == "set" and authority.state in ("unset", "empty"):
            words = say(
                "{place}: {service} has {retired} and no {setting} beside it",
                place=Own(retired.place),
                service=Own(name),
                retired=Own(RETIRED),
                setting=Own(CA),
            )
            wrong.append((words, mark))
        elif retired.state == "set" and authority.state == "unknown":
            unseen.append(_unknown(name, CA, authority))
        elif retired.state == "set":
            right.append(
                say(
                    "{service} has {retired} beside {setting}",
                    service=Own(name),
                    retired=Own(RETIRED),
                    setting=Own(CA),
                )
            )
        else:
            right.append(say("{service} has no {setting}", service=Own(name), setting=Own(RETIRED)))
    expected = say("{retired}, which is retired, is not used without {setting}", retired=Own(RETIRED), setting=Own(CA))
    return summed_up(seen, expected, wrong, clauses(*right), unseen, marks)


def level_not_lowered(seen: DeploymentObservation, policy: Policy, case: Case) -> Verdict:
    """Judge DEP-11."""
    wrong, unseen, marks, right = [], [], [], []
    for name, service in chosen(web(seen, policy), case).items():
        mark = pointer("services", name, "settings", LEVEL)
        setting = service.settings[LEVEL]
        value = setting.value.strip().strip("\"'").upper()
        marks.append(mark)
        if setting.state == "unknown":
            unseen.append(_unknown(name, LEVEL, setting))
        elif setting.state == "set" and value != LEVELS[0]:
            wrong.append((_other_level(name, setting, known=value in LEVELS), mark))
        else:
            right.append(_as_it_is(name, LEVEL, setting))
    expected = say("{setting} is MODERN, or not set, which means the same", setting=Own(LEVEL))
    return summed_up(seen, expected, wrong, clauses(*right), unseen, marks)


def _other_level(service: str, setting: Setting, *, known: bool) -> Sentence:
    place, name, own, value = Own(setting.place), Own(LEVEL), Own(service), Own(setting.value)
    if known:
        return say(
            "{place}: {setting} of {service} is {value}, which lowers it",
            place=place,
            setting=name,
            service=own,
            value=value,
        )
    return say(
        "{place}: {setting} of {service} is {value}, which is none of {levels}",
        place=place,
        setting=name,
        service=own,
        value=value,
        levels=own_list(LEVELS, By.COMMA),
    )


def none_in_clear(seen: DeploymentObservation, policy: Policy, case: Case) -> Verdict:
    """Judge DEP-12: what stands in a compose file, or, for `samples`, in any of the files."""
    files = own_list(seen.files, By.COMMA)
    if case.name == "samples":
        key, remarks = "samples", seen.samples
        expected = say("no password is one that everybody knows")
        right = say("none is a known sample in {files}", files=files)
    else:
        key, remarks = "in_clear", seen.in_clear
        expected = say("no secret is written out in a compose file")
        right = say("none is written out in {files}", files=files)
    wrong = [
        (say("{place}: {remark}", place=Own(remark.place), remark=remark.words), pointer(key, number))
        for number, remark in enumerate(remarks)
    ]
    return summed_up(seen, expected, wrong, right, (), ("/files",))


def _as_it_is(service: str, name: str, setting: Setting) -> Sentence:
    own, its_name = Own(service), Own(name)
    if setting.state == "unset":
        return say("{setting} of {service} is not set", setting=its_name, service=own)
    if setting.state == "empty":
        return say("{setting} of {service} is empty", setting=its_name, service=own)
    return say("{setting} of {service} is {value}", setting=its_name, service=own, value=Own(setting.value))


def _absent(service: str, name: str, setting: Setting) -> Sentence:
    place, own, its_name = Own(setting.place), Own(service), Own(name)
    if setting.state == "unset":
        return say("{place}: {service} has no {setting}", place=place, service=own, setting=its_name)
    if not setting.why:
        return say("{place}: {setting} of {service} is empty", place=place, setting=its_name, service=own)
    return say(
        "{place}: {setting} of {service} is empty: {reason}",
        place=place,
        setting=its_name,
        service=own,
        reason=setting.why,
    )


def _unknown(service: str, name: str, setting: Setting) -> Sentence:
    return say(
        "{place}: {setting} of {service} is not known here: {reason}",
        place=Own(setting.place),
        setting=Own(name),
        service=Own(service),
        reason=setting.why,
    )
