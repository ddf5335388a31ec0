"""Which answer a case is about: the page that a path of the administration leads to."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from conformance import pointers
from conformance.areas.hdr.record import HeadersObservation
from conformance.model import Case, Inconclusive, NotApplicable
from conformance.sentence import Listed, Own, Sentence, own_list, say
from conformance.web.exchange import Exchange


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

    def lines(self, name: str) -> tuple[str, ...]:
        """Return the values of `name`; raises Inconclusive where what lacks it is no page."""
        found = self.exchange.values(name)
        if not found and not is_page(self.exchange):
            raise Inconclusive(
                say(
                    "{page} answers {status} without {header}, but it is no page: judge the page itself by declaring "
                    "a path that is served without a login",
                    page=self.label,
                    status=self.exchange.status,
                    header=Own(name),
                )
            )
        return found


def is_page(exchange: Exchange) -> bool:
    """Tell whether an answer is a page: neither redirect nor error."""
    return exchange.ok


def page_of(seen: HeadersObservation, case: Case) -> Seen:
    """Return the page that a case is about: where the path, or the redirects from it, lead."""
    path = seen.admin[case.value]
    steps = path.get if case.name == "get" else path.head
    page = Seen(steps[-1], pointers.build("admin", case.value, case.name, len(steps) - 1))
    status = page.exchange.status
    if case.name == "head" and status >= 400 and is_page(path.get[-1]):
        raise NotApplicable(
            say("{page} answers {status}: the page is served to GET only", page=page.label, status=status)
        )
    return there(page)


def there(page: Seen) -> Seen:
    """Return the page; raises Inconclusive where what answers in its place says nothing about the administration."""
    status = page.exchange.status
    if page.exchange.trouble:
        raise Inconclusive(say("{page}: {trouble}", page=page.label, trouble=page.exchange.trouble))
    if status == 400:
        raise Inconclusive(
            say(
                "{page} answers {status}: the declared page is not there (does the server want a client certificate? "
                "webapp.client_cert declares it)",
                page=page.label,
                status=status,
            )
        )
    if status > 400 and status not in (401, 403):
        raise Inconclusive(
            say("{page} answers {status}: the declared page is not there", page=page.label, status=status)
        )
    return page
