"""Where HTTPS leads: what a page's markup and an answer's lines mean to a browser, and the verdicts on it."""

from __future__ import annotations

from typing import Any

import pytest

from conformance import catalogue
from conformance.areas.acc import onward
from conformance.areas.acc.judge_onward import never_to_plain_http
from conformance.areas.acc.record import Lead, OnwardAnswer, OnwardObservation
from conformance.engine.policy import Policy
from conformance.inputs import target
from conformance.model import Case, Inconclusive, Level, NotApplicable, Outcome, Verdict
from conformance.web.exchange import Exchange

URL = "https://gw.example:9090/admin/login"
HTML = ("Content-Type", "text/html; charset=utf-8")


def leads(body: str, *lines: tuple[str, str], status: int = 200) -> set[tuple[str, str]]:
    answer = Exchange("GET", URL, status, (HTML, *lines), body)
    noted = onward._noted("visitor", "/admin/login", "192.0.2.1", answer)
    return {(lead.by, lead.target) for lead in noted.leads if lead.plain}


@pytest.mark.parametrize(
    ("body", "by", "aim"),
    [
        ("<form action=http://gw.example/x>", "form", "http://gw.example/x"),
        ("<FORM ACTION='HTTP://GW.example/x'>", "form", "HTTP://GW.example/x"),
        ('<form action=" http://gw.example/ ">', "form", "http://gw.example/"),
        ('<form action="&#104;ttp://gw.example/">', "form", "http://gw.example/"),
        ("<form><button formaction=http://gw.example/>", "form", "http://gw.example/"),
        ("<input type=image formaction=http://gw.example/>", "form", "http://gw.example/"),
        ('<base href="http://gw.example/a/"><form action="b">', "form", "http://gw.example/a/b"),
        ("<script src=http://cdn.example/a.js></script>", "script", "http://cdn.example/a.js"),
        ("<iframe src=http://gw.example/></iframe>", "script", "http://gw.example/"),
        ("<object data=http://gw.example/>", "script", "http://gw.example/"),
        ("<link rel='preload StyleSheet' href=http://gw.example/a.css>", "script", "http://gw.example/a.css"),
        ("<meta http-equiv=refresh content='0;url=http://gw.example/'>", "redirect", "http://gw.example/"),
        ("<meta http-equiv=Refresh content='5 ; URL = \"http://gw.example/\"'>", "redirect", "http://gw.example/"),
    ],
)
def test_what_leads_to_plain_http(body: str, by: str, aim: str) -> None:
    assert leads(body) == {(by, aim)}


@pytest.mark.parametrize(
    "body",
    [
        "<a href=http://gw.example/>",
        "<form action=//gw.example/>",
        "<form action=/login>",
        "<form>",
        "<!-- <form action=http://gw.example/> -->",
        "<script>'<form action=http://gw.example/>'</script>",
        "<textarea><form action=http://gw.example/></textarea>",
        "<link rel=canonical href=http://gw.example/>",
        "<img src=http://gw.example/a.png>",
        "<base href='http://gw.example/'><base href='/'>",
        "<base href='/a/'><base href='http://gw.example/'><form action=x>",
        "<form action='http://['>",
        "<form action='javascript:void 0'>",
        "<svg xmlns='http://www.w3.org/2000/svg'>",
        "<meta http-equiv=refresh content=5>",
        "<form action=http://gw.example/",
    ],
)
def test_what_does_not(body: str) -> None:
    assert leads(body) == set()


def test_an_answers_own_lines() -> None:
    location = ("Location", "http://gw.example/login")
    assert leads("", location, status=302) == {("redirect", "http://gw.example/login")}
    assert leads("", location) == set()
    assert leads("", ("Location", "/login"), status=308) == set()
    assert leads("", ("Refresh", "0; url=http://gw.example/"), status=200) == {("redirect", "http://gw.example/")}


def test_what_a_browser_asks_for_by_https_instead() -> None:
    policy = ("Content-Security-Policy", "default-src 'self'; Upgrade-Insecure-Requests")
    body = "<form action=http://gw.example/><script src=http://gw.example/a.js></script>"
    assert leads(body, policy) == set()
    assert leads(body, ("Content-Security-Policy", "report-uri /upgrade-insecure-requests")) != set()
    assert leads("", policy, ("Location", "http://gw.example/"), status=302) != set()


def answer(**changed: Any) -> OnwardAnswer:
    usual: dict[str, Any] = {"who": "visitor", "method": "GET", "path": "/", "address": "192.0.2.1", "status": 200}
    return OnwardAnswer(**usual | {"page": True} | changed)


def judged(name: str, *answers: OnwardAnswer, **webapp: Any) -> Verdict:
    table = {"url": "https://gw.example:9090", "admin_paths": ["/"]} | webapp
    policy = Policy(target.parse({"schema": 1, "name": "t", "webapp": table}))
    case = Case(f"ACC-08/{name}", catalogue.load()["ACC-08"], name, "", "gw.example:9090", Level.MUST)
    return never_to_plain_http(OnwardObservation(answers), policy, case)


@pytest.mark.parametrize(("name", "by"), [("redirects", "redirect"), ("forms", "form"), ("scripts", "script")])
def test_each_kind_is_a_case_of_its_own(name: str, by: str) -> None:
    wrong = answer(leads=(Lead("redirect", "https://gw.example/"), Lead(by, "http://gw.example/")))
    told = judged(name, answer(), wrong)
    assert (told.outcome, told.exhibits) == (Outcome.FAIL, ("/answers/1/leads/1",))
    others = {"redirects", "forms", "scripts"} - {name}
    assert all(judged(other, answer(), wrong).outcome is Outcome.PASS for other in others)


def test_without_a_page_nothing_is_said_of_pages() -> None:
    refusal = answer(status=401, page=False)
    with pytest.raises(Inconclusive, match=r"status 401: declare in webapp\.page_headers"):
        judged("forms", refusal)
    assert judged("redirects", refusal).outcome is Outcome.PASS
    with pytest.raises(NotApplicable, match="admin_paths"):
        judged("scripts", answer(who="nobody"), admin_paths=[], api_paths=["/v1/health"])


def test_what_was_not_read_or_not_answered_settles_nothing() -> None:
    with pytest.raises(Inconclusive, match="to its end"):
        judged("forms", answer(whole=False))
    with pytest.raises(Inconclusive, match="nothing was answered"):
        judged("redirects")
