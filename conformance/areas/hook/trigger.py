"""Makes the gateway call back: by a sealed message to the core app, or by a request to a URL."""

from __future__ import annotations

from typing import Protocol

from conformance.areas.chn import timing
from conformance.areas.chn.clock import meet
from conformance.areas.chn.line import Line
from conformance.bench import Bench
from conformance.inputs.target import Channel, Webhook
from conformance.model import Inconclusive
from conformance.origin import same
from conformance.sentence import NOTHING, Own, Sentence, say
from conformance.web.accounts import Session
from conformance.web.http import exchange, lenient_context
from conformance.web.preflight import reach

NONCE = "{nonce}"
CHANNEL = "channel"

_MESSAGE = '{"id": "{nonce}"}'
_JSON = {"Content-Type": "application/json"}
_TRIES, _PAUSE = 3, 1.0


class Trigger(Protocol):
    """Something that makes the gateway call back."""

    def pull(self, word: str) -> Sentence:
        """Make it call back; return why that did not work, or nothing. `word` goes along where there is room for it."""
        ...


def trigger(bench: Bench, webhook: Webhook, admin: Session) -> Trigger:
    """Return what the target file declares; raises Inconclusive when it cannot be used."""
    if webhook.trigger != CHANNEL:
        return ByUrl(bench, webhook, admin)
    channel = bench.target.channel
    if channel is None or channel.secret is None:
        raise Inconclusive(
            say('webhook.trigger is "channel", and the target file lacks channel.secret, which that needs')
        )
    return ByChannel(bench, webhook, channel)


class ByUrl:
    """POSTs a JSON document. The administrator's token goes along to the web app, and to nobody else."""

    def __init__(self, bench: Bench, webhook: Webhook, admin: Session) -> None:
        """Send nothing yet."""
        own = same(webhook.trigger, admin.api.webapp.url)
        self._bench, self._url = bench, webhook.trigger
        self._payload = webhook.payload or _MESSAGE
        self._headers = _JSON | ({"Authorization": f"Bearer {admin.token}"} if own else {})
        self._context = admin.api.context if own else lenient_context()

    def pull(self, word: str) -> Sentence:
        """POST; too busy a gateway is asked again a little later."""
        body = self._payload.replace(NONCE, word).encode()
        for tries in range(_TRIES):
            if tries:
                self._bench.clock.wait(_PAUSE)
            seen = exchange(self._bench, "POST", self._url, headers=self._headers, body=body, context=self._context)
            if seen.status not in (429, 503):
                break
        if seen.ok:
            return NOTHING
        return say(
            "POST {url} (webhook.trigger): {answer}",
            url=Own(self._url),
            answer=seen.outcome,
        )


class ByChannel:
    """Sends a fresh sealed message, stamped with the core app's own time."""

    def __init__(self, bench: Bench, webhook: Webhook, channel: Channel) -> None:
        """Find out how the core app takes messages; raises Inconclusive when it takes none."""
        reach(bench, channel.url)
        self._line = Line(bench, channel)
        self._payload = webhook.payload or channel.payload
        meet(self._line)

    def pull(self, word: str) -> Sentence:
        """Send one message; whatever the answer says besides, it has to be an acceptance."""
        payload = self._payload.replace(NONCE, word).encode()
        line = self._line
        seen = line.send(say("a message"), timing.fresh(line.tolerance), lambda stamp: line.codec.seal(payload, stamp))
        if seen.accepted:
            return NOTHING
        return say(
            'the core app took no message (webhook.trigger is "channel"): {answer}',
            answer=seen.trouble or say("it was answered {status}", status=seen.status),
        )
