"""Judges what services are run with: the shared secret, the settings of the database's TLS, the web app's level."""

from __future__ import annotations

from conformance.judges.deployment_services import Named, chosen, database, gateway, not_asked, pointer, summed_up, web
from conformance.model import Case, Verdict
from conformance.policy import Policy
from conformance.records.deployment import DeploymentObservation, ServiceSeen, Setting

CA, CERT, KEY = "WA_DB_SSL_CA", "WA_DB_SSL_CERT", "WA_DB_SSL_KEY"
VERIFY = "WA_DB_SSL_VERIFY"
LEVEL = "WA_WEB_SECURITY_LEVEL"
RETIRED = "WA_DB_CONNECTION_OPTION"
OFF = frozenset(("0", "false", "no", "off", "n", "f", "disabled", "none"))
LEVELS = ("MODERN", "INTERMEDIATE", "OLD")
CUT = "a $ in it was taken for a variable that nothing sets"

_LACKING = {"unset": "not set", "empty": "empty"}


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
                wrong.append(
                    (f"{setting.place}: WA_SECRET of {name} is another than that of {', '.join(others)}", mark)
                )
    right = f"WA_SECRET is set, to one value, for {', '.join(everyone)}"
    return summed_up(seen, "web app and core app are given the same WA_SECRET", wrong, right, unseen, marks)


def _differs(other: ServiceSeen, service: ServiceSeen) -> bool:
    return other.secret.setting.state == "set" and other.secret.group != service.secret.group


def secret_is_strong(seen: DeploymentObservation, policy: Policy, case: Case) -> Verdict:
    """Judge DEP-02."""
    wrong, unseen, marks = [], [], []
    notes: list[str] = []
    services = chosen(gateway(seen, policy), case)
    for name, service in services.items():
        mark = pointer("services", name, "secret")
        setting = service.secret.setting
        if setting.state == "unknown":
            unseen.append(_unknown(name, "WA_SECRET", setting))
        elif setting.state == "set":
            marks.append(mark)
            if service.secret.weakness:
                words = f"{setting.place}: WA_SECRET of {name} is weak: {service.secret.weakness}"
                wrong.append((f"{words}; {CUT}" if service.secret.cut else words, mark))
            elif service.secret.cut:
                notes.append(f"{setting.place}: WA_SECRET of {name} is shorter than written: {CUT}.")
            if service.secret.is_database_password:
                wrong.append((f"{setting.place}: WA_SECRET of {name} is a database password too", mark))
    if not marks and not unseen:
        lost = any(service.secret.cut for service in services.values())
        why = f"nothing is left of WA_SECRET, which DEP-01 is about: {CUT}"
        raise not_asked(seen, why if lost else "WA_SECRET is not set, which DEP-01 is about")
    expected = "WA_SECRET is hard to guess, no sample, and used for nothing else"
    right = "WA_SECRET is long and irregular, and no database password"
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
            wrong.append((f"{settings[there].place}: {name} has {there} without {lacking}", mark))
    expected = f"whoever opens the database has {CA}, and {CERT} and {KEY} together or neither"
    right = "; ".join(f"{name} has {_having(service)}" for name, service in services.items())
    return summed_up(seen, expected, wrong, right, unseen, marks)


def _having(service: ServiceSeen) -> str:
    there = [name for name in (CA, CERT, KEY) if service.settings[name].state == "set"]
    return " and ".join(filter(None, (", ".join(there[:-1]), *there[-1:])))


def _who_opens_the_database(seen: DeploymentObservation, policy: Policy, case: Case) -> Named:
    everyone = database(seen, policy)
    if case.name != "other-services":
        return chosen(gateway(seen, policy), case)
    others = {name: service for name, service in everyone.items() if name not in gateway(seen, policy)}
    if not others:
        raise not_asked(seen, "no other service is told where the database is")
    return others


def database_verified(seen: DeploymentObservation, policy: Policy, case: Case) -> Verdict:
    """Judge DEP-04."""
    wrong, unseen, marks = [], [], []
    right: list[str] = []
    services = web(seen, policy)
    for name, service in chosen(services, case).items():
        mark = pointer("services", name, "settings", VERIFY)
        setting = service.settings[VERIFY]
        marks.append(mark)
        if setting.state == "unknown":
            unseen.append(_unknown(name, VERIFY, setting))
        elif _off(setting.value):
            wrong.append(
                (f"{setting.place}: {VERIFY} of {name} is {setting.value}, which switches verification off", mark)
            )
        else:
            right.append(f"{VERIFY} of {name} is {setting.value or _LACKING[setting.state]}")
    notes = tuple(
        f"{setting.place}: {VERIFY} of {name} does nothing: it is for the web app."
        for name, service in database(seen, policy).items()
        if name not in services and (setting := service.settings[VERIFY]).state == "set"
    )
    expected = "the web app verifies the database's certificate, as it does by default"
    return summed_up(seen, expected, wrong, "; ".join(right), unseen, marks, notes)


def _off(value: str) -> bool:
    bare = value.strip().strip("\"'").lower()
    return bare in OFF or (bare.isdecimal() and int(bare) == 0)


def retired_option_replaced(seen: DeploymentObservation, policy: Policy, case: Case) -> Verdict:
    """Judge DEP-05."""
    wrong, unseen, marks = [], [], []
    right: list[str] = []
    for name, service in chosen(gateway(seen, policy), case).items():
        mark = pointer("services", name, "settings", RETIRED)
        retired, authority = service.settings[RETIRED], service.settings[CA]
        marks.append(mark)
        if retired.state == "unknown":
            unseen.append(_unknown(name, RETIRED, retired))
        elif retired.state == "set" and authority.state in ("unset", "empty"):
            wrong.append((f"{retired.place}: {name} has {RETIRED} and no {CA} beside it", mark))
        elif retired.state == "set" and authority.state == "unknown":
            unseen.append(_unknown(name, CA, authority))
        else:
            right.append(f"{name} has {RETIRED} beside {CA}" if retired.state == "set" else f"{name} has no {RETIRED}")
    expected = f"{RETIRED}, which is retired, is not used without {CA}"
    return summed_up(seen, expected, wrong, "; ".join(right), unseen, marks)


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
            what = "lowers it" if value in LEVELS else f"is none of {', '.join(LEVELS)}"
            wrong.append((f"{setting.place}: {LEVEL} of {name} is {setting.value}, which {what}", mark))
        else:
            right.append(f"{LEVEL} of {name} is {setting.value or _LACKING[setting.state]}")
    expected = f"{LEVEL} is MODERN, or not set, which means the same"
    return summed_up(seen, expected, wrong, "; ".join(right), unseen, marks)


def none_in_clear(seen: DeploymentObservation, policy: Policy, case: Case) -> Verdict:
    """Judge DEP-12: what stands in a compose file, or, for `samples`, in any of the files."""
    if case.name == "samples":
        remarks, expected, right = seen.samples, "no password is one that everybody knows", "none is a known sample"
        key = "samples"
    else:
        remarks, expected, right = seen.in_clear, "no secret is written out in a compose file", "none is written out"
        key = "in_clear"
    wrong = [(f"{remark.place}: {remark.words}", pointer(key, number)) for number, remark in enumerate(remarks)]
    return summed_up(seen, expected, wrong, f"{right} in {', '.join(seen.files)}", (), ("/files",))


def _absent(service: str, name: str, setting: Setting) -> str:
    if setting.state == "unset":
        return f"{setting.place}: {service} has no {name}"
    return f"{setting.place}: {name} of {service} is empty" + (f": {setting.why}" if setting.why else "")


def _unknown(service: str, name: str, setting: Setting) -> str:
    return f"{setting.place}: {name} of {service} is not known here: {setting.why}"
