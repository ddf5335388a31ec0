from __future__ import annotations

import pytest

from conformance.origin import Origin, joined, onward, same


@pytest.mark.parametrize(
    ("url", "host", "port", "shown"),
    [
        ("https://gw.example/login", "gw.example", 443, "gw.example:443"),
        ("http://GW.example", "gw.example", 80, "gw.example:80"),
        ("https://[2001:DB8::1]:9090/", "2001:db8::1", 9090, "[2001:db8::1]:9090"),
        ("tcp://core.example:6250", "core.example", 6250, "core.example:6250"),
        ("tcp://core.example", "core.example", 0, "core.example:0"),
        ("https://münchen.example", "münchen.example", 443, "münchen.example:443"),
        ("", "", 0, ":0"),
    ],
)
def test_an_origin_is_read_from_a_url(url: str, host: str, port: int, shown: str) -> None:
    origin = Origin.of(url)
    assert (origin.host, origin.port, str(origin)) == (host, port, shown)


@pytest.mark.parametrize("url", ["https://gw.example:99999/", "https://gw.example:x/", "https://[::1/"])
def test_what_is_no_url_is_an_error_and_of_no_origin(url: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the library's words differ between versions
        Origin.of(url)
    assert not same(url, url)
    assert onward("https://gw.example/", url) is None


@pytest.mark.parametrize(
    ("url", "other", "alike"),
    [
        ("https://gw.example/a", "https://GW.example:443/b?c", True),
        ("http://gw.example:80", "http://gw.example", True),
        ("https://münchen.example", "https://xn--mnchen-3ya.example", True),
        ("https://[::1]", "https://[0:0:0::1]", True),
        ("https://user@gw.example", "https://gw.example", True),
        ("https://gw.example", "http://gw.example", False),
        ("https://gw.example", "https://gw.example.", False),
        ("https://gw.example", "https://gw.example:8443", False),
        ("https://gw.example", "https://gw.example@evil.example", False),
        ("https://gw.example", "mailto:gw.example", False),
        ("https://" + "ü" * 100_000, "https://" + "ü" * 100_000, True),
    ],
)
def test_origins_are_compared_as_browsers_do(url: str, other: str, alike: bool) -> None:
    assert same(url, other) is alike
    if alike:
        assert hash(Origin.of(url)) == hash(Origin.of(other))


@pytest.mark.parametrize(
    ("location", "leads"),
    [
        ("/login", "https://gw.example/login"),
        ("//gw.example:443/x", "https://gw.example:443/x"),
        ("//evil.example/x", None),
        ("http://gw.example/", None),
        ("https://[bad", None),
    ],
)
def test_a_redirect_is_followed_on_its_own_origin(location: str, leads: str | None) -> None:
    assert onward("https://gw.example/", location) == leads


def test_a_reference_that_is_no_url_means_none() -> None:
    assert joined("https://gw.example/a/", "b.js") == "https://gw.example/a/b.js"
    assert joined("https://gw.example/", "//[x") is None
