"""Which suites a server accepts under one version, and whose order counts."""

from __future__ import annotations

from dataclasses import dataclass, field

from conformance.handshake import registry
from conformance.handshake.caller import Caller
from conformance.handshake.record import Suites
from conformance.handshake.registry import Family
from conformance.handshake.reply import Reply
from conformance.handshake.versions import hello, offer
from conformance.handshake.wire import Hello
from conformance.sentence import NOTHING, Own, Sentence, say


@dataclass(slots=True)
class SuiteSearch:
    """A search by elimination: what the server picks is left out of the next hello, until it refuses the rest."""

    caller: Caller
    version: str
    found: list[int] = field(default_factory=list)
    replies: list[tuple[Hello, Reply]] = field(default_factory=list)
    trouble: Sentence = NOTHING

    def run(self) -> Suites:
        """Search everything and return what there is to tell."""
        if self.version == "ssl-2.0":
            return self._ssl2()
        self._eliminate(offer(self.version, Family.ECDSA, Family.RSA))
        # A server that picks its certificate first refuses RSA's suites as long as one of ECDSA's is offered.
        for kind in (Family.ECDSA, Family.RSA, Family.OTHER) if self.version != "tls-1.3" else ():
            self._eliminate(offer(self.version, kind))
        order, chacha = self._preference()
        names = tuple(registry.suite_name(number) for number in self.found)
        return Suites(names, order, chacha, names, (), not self.trouble, self.trouble)

    def _eliminate(self, numbers: tuple[int, ...]) -> None:
        left = [number for number in numbers if number not in self.found]
        while left and not self.trouble:
            asked = hello(self.caller, self.version, left)
            reply = self.caller.ask_surely(asked)
            if not reply.offered:
                if reply.outcome in ("silent", "not-tls"):
                    self.trouble = say("the remaining suites are not refused: {answer}", answer=reply.detail)
                return
            self.replies.append((asked, reply))
            if reply.suite not in self.found:
                self.found.append(reply.suite)
            if reply.suite not in left:
                self.trouble = say(
                    "picks {suite} although it was not offered", suite=Own(registry.suite_name(reply.suite))
                )
                return
            left.remove(reply.suite)

    def _preference(self) -> tuple[bool | None, bool]:
        """Tell whether the server's order counts, and whether a client's love of ChaCha20 overrules it.

        Compared within one kind of certificate, in a hello that turns the order found upside down; ChaCha20 stays
        behind, since in front it may overrule the server.
        """
        by_kind = {kind: [n for n in self.found if registry.family(n) is kind] for kind in Family}
        suites = max(by_kind.values(), key=lambda found: len([n for n in found if not registry.is_chacha(n)]))
        plain = [number for number in suites if not registry.is_chacha(number)]
        chacha = [number for number in suites if registry.is_chacha(number)]
        if len(plain) < 2:
            return None, False
        server_order = self._pick([*reversed(plain), *chacha]) == suites[0]
        overruled = bool(server_order and chacha and suites[0] in plain) and self._pick([*chacha, *plain]) in chacha
        return server_order, overruled

    def _pick(self, numbers: list[int]) -> int:
        return self.caller.ask_surely(hello(self.caller, self.version, numbers)).suite

    def _ssl2(self) -> Suites:
        asked = Hello("ssl-2.0", ())
        reply = self.caller.ask_surely(asked)
        self.replies.append((asked, reply))
        names = tuple(registry.SSL2_SUITES.get(number, f"0x{number:06X}") for number in reply.suites)
        return Suites(names, False if len(names) > 1 else None, by_hello=names)
