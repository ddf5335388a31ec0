"""Records of authentication as a right gateway brings them about; a test changes one field."""

from __future__ import annotations

from conformance.areas.auth.record import (
    OWN_USER,
    Deed,
    DisclosureObservation,
    Forged,
    Form,
    Guarded,
    GuardObservation,
    Lifetime,
    LoginObservation,
    LogoutObservation,
    Node,
    PasswordObservation,
    PrivilegeObservation,
    Reply,
    Shown,
    ThrottleObservation,
    TokenObservation,
    Trial,
    Try,
)
from conformance.catalogue import load
from conformance.engine.policy import Policy
from conformance.inputs import target
from conformance.model import Case
from conformance.sentence import NOTHING, Sentence

PATH = "/v1/health"
WEEK = 7 * 24 * 3600

POLICY = Policy(target.parse({"schema": 1, "name": "t", "webapp": {"url": "https://t.example"}}))

DONE = Reply(f"GET {PATH}", 200, form=Form.DOCUMENT)
DENIED = Reply(f"GET {PATH}", 401, form=Form.ERRORS)
SILENT = Reply(f"GET {PATH}", trouble=Sentence("no answer in time"))
LIMITED = Reply(f"GET {PATH}", 429, form=Form.ERRORS)
BROKEN = Reply(f"GET {PATH}", 500, form=Form.ERRORS)
LOGIN_PAGE = Reply(f"GET {PATH}", 200, form=Form.PAGE)
EMPTY = Reply(f"GET {PATH}", 204)

GUARDED = Guarded({"get": DENIED, "head": DENIED}, {"get": DONE, "head": DONE})
RIGHT = Try(DONE, token=True)
LOGINS = LoginObservation(OWN_USER, RIGHT, Try(DENIED), Try(DENIED), Try(DENIED), RIGHT)
TOKEN = TokenObservation(
    "jwt",
    (Lifetime(Sentence("/users/0/expires_after"), "2026-11-29", WEEK),),
    before=DONE,
    bare=DENIED,
    controls={"alg-none": DONE},
    forged={"alg-none": (Forged(Sentence("unsigned"), DENIED), Forged(Sentence("unsigned too"), DENIED))},
)
NODE = Node("", (DONE, DONE), ended=(DENIED, DENIED), other=(DONE, DONE))
LOGOUT = LogoutObservation(bare=DENIED, logout=DONE, nodes=(NODE,))
STRONG = {"eight": Trial(DONE, effect=True), "sixty-four": Trial(DONE, effect=True)}
PASSWORDS = PasswordObservation(
    {**STRONG, "short": Trial(DENIED, effect=False)}, {**STRONG, "short": Trial(DENIED, effect=False)}
)
DEEDS = {
    name: Deed(DENIED, DONE, effect=False, nobody=DENIED, nobody_effect=False)
    for name in ("create", "change", "delete")
}
PRIVILEGES = PrivilegeObservation(OWN_USER, DONE, {**DEEDS, "settings": Deed(DENIED, DONE, nobody=DENIED)})
THROTTLE = ThrottleObservation(DONE, (DENIED, DENIED, LIMITED))
DISCLOSURE = DisclosureObservation(
    Shown(Sentence("support output"), DONE, 120),
    (Shown(Sentence("a path that is not there"), Reply("GET /", 404), 60),),
)


def guard(look: Guarded, stopped: Sentence = NOTHING) -> GuardObservation:
    return GuardObservation({PATH: look}, stopped)


def case(requirement: str, name: str = "", value: str = "") -> Case:
    row = load()[requirement]
    return Case(f"{requirement}/{name}{value}", row, name, value, "t.example:443", row.level)
