"""Which answer a case is about: the page that a path of the administration leads to."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from conformance import pointers
from conformance.areas.hdr.record import HeadersObservation
from conformance.model import Case, Inconclusive, NotApplicable
from conformance.sentence import Listed, Own, Sentence, own_list, say
from conformance.web.exchange import Exchange

REFUSALS = (401, 403, 407)
_NO_CONTENT = (204, 205)  # answers that have no page by definition (RFC 9110, 15.3.5 and 15.3.6)


@dataclass(frozen=True, slots=True)
class Seen:
    """An answer of the administration, and where it stands in the record."""

    exchange: Exchange
    pointer: str

    @property
    def label(self) -> Own:
        """Name the request as an operator would."""
        parts = urlsplit(self.exchange.url)
        return Own(f"{self.exchange.method} {parts.path or '/'}")

    def sent(self, *names: str) -> Listed:
        """List every line called one of `names`."""
        return own_list(f"{name}: {line}" for name in names for line in self.exchange.values(name))

    def sends(self, name: str) -> Sentence:
        """Say which lines called `name` are sent, if any."""
        if not self.exchange.values(name):
            return say("{page} sends no {header}", page=self.label, header=Own(name))
        return say("{page} sends {header}", page=self.label, header=self.sent(name))


def is_page(exchange: Exchange) -> bool:
    """Tell whether an answer is a page: neither redirect nor error, nor without content."""
    return exchange.ok and exchange.status not in _NO_CONTENT


def page_of(seen: HeadersObservation, case: Case) -> Seen:
    """Return the page that a case is about: where the path, or the redirects from it, lead.

    Raises Inconclusive where no page was seen; for HEAD, NotApplicable where the page is served to GET only.
    """
    path = seen.admin[case.value]
    page = there(Seen(path.get[-1], pointers.build("admin", case.value, "get", len(path.get) - 1)))
    if case.name == "get":
        return page
    head = Seen(path.head[-1], pointers.build("admin", case.value, "head", len(path.head) - 1))
    if head.exchange.trouble:
        raise NotApplicable(
            say("{page}: {trouble}; the page is served to GET only", page=head.label, trouble=head.exchange.trouble)
        )
    if not is_page(head.exchange):
        raise NotApplicable(
            say("{page} answers {status}: the page is served to GET only", page=head.label, status=head.exchange.status)
        )
    return head


def there(page: Seen) -> Seen:
    """Return the page; raises Inconclusive where what answers in its place says nothing about the administration."""
    status = page.exchange.status
    if page.exchange.trouble:
        raise Inconclusive(say("{page}: {trouble}", page=page.label, trouble=page.exchange.trouble))
    if is_page(page.exchange):
        return page
    if page.exchange.redirects:
        raise Inconclusive(_redirected(page))
    if status in REFUSALS:
        raise Inconclusive(
            say(
                "{page} answers {status}, and what refuses is not the page: webapp.page_headers declares what a "
                "visitor sends who is let in",
                page=page.label,
                status=status,
            )
        )
    if status == 400:
        raise Inconclusive(
            say(
                "{page} answers {status}: the declared page is not there (does the server want a client certificate? "
                "webapp.client_cert declares it)",
                page=page.label,
                status=status,
            )
        )
    raise Inconclusive(say("{page} answers {status}: the declared page is not there", page=page.label, status=status))


def _redirected(page: Seen) -> Sentence:
    location = Own(next(iter(page.exchange.values("Location")), ""))
    if location.lower().startswith("http:"):
        return say(
            "{page} answers {status} and leads to {location}, in plain HTTP: that is not the page, nor is the redirect",
            page=page.label,
            status=page.exchange.status,
            location=location,
        )
    return say(
        "{page} answers {status} and leads to {location!r}: a redirect is not the page. Declare the path where "
        "the page is served, or in webapp.page_headers what a visitor sends who is let in",
        page=page.label,
        status=page.exchange.status,
        location=location,
    )
