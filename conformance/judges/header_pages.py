"""Which answer a case is about: the page that a path of the administration leads to."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from conformance import pointers
from conformance.model import Case, Inconclusive, NotApplicable
from conformance.records.headers import HeadersObservation
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
        if not found and not is_page(self.exchange):
            raise Inconclusive(f"{self.label} answers {self.exchange.status} without {name}, but {_NO_PAGE}")
        return found


def is_page(exchange: Exchange) -> bool:
    """Tell whether an answer is a page: neither redirect nor error."""
    return 200 <= exchange.status < 300


def page_of(seen: HeadersObservation, case: Case) -> Seen:
    """Return the page that a case is about: where the path, or the redirects from it, lead."""
    path = seen.admin[case.value]
    steps = path.get if case.name == "get" else path.head
    page = Seen(steps[-1], pointers.build("admin", case.value, case.name, len(steps) - 1))
    status = page.exchange.status
    if case.name == "head" and status >= 400 and is_page(path.get[-1]):
        raise NotApplicable(f"{page.label} answers {status}: the page is served to GET only")
    return there(page)


def there(page: Seen) -> Seen:
    """Return the page; raises Inconclusive where what answers in its place says nothing about the administration."""
    status = page.exchange.status
    if page.exchange.trouble:
        raise Inconclusive(f"{page.label}: {page.exchange.trouble}")
    if status >= 400 and status not in (401, 403):
        hint = " (does the server want a client certificate? webapp.client_cert declares it)" if status == 400 else ""
        raise Inconclusive(f"{page.label} answers {status}: the declared page is not there{hint}")
    return page
