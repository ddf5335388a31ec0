"""What an answer of the API is, without what it holds."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from conformance import pointers
from conformance.areas.auth.record import Form, Reply
from conformance.pointers import MISSING
from conformance.web.exchange import Exchange

SHOWN = 300  # characters of a refusal's body: enough for its words
_PATH_SHOWN = 100  # characters: some probes ask for paths of thousands

_ERRORS = {"errors", "error"}
_BESIDE_ERRORS = {"meta", "status", "code", "message", "title", "details", "success", "timestamp", "path", "type"}
_PAGE = re.compile(r"\s*(<\?xml[^<>]*>\s*)?<(!doctype\s+html|html|head|body)\b", re.IGNORECASE)


def noted(seen: Exchange) -> Reply:
    """Return the record of an answer; its body only where it is a refusal."""
    kind = form(seen)
    refused = seen.status >= 300 or kind is Form.ERRORS
    asked = f"{seen.method} {urlsplit(seen.url).path[:_PATH_SHOWN]}"
    return Reply(asked, seen.status, seen.trouble, kind, seen.body[:SHOWN] if refused else "", seen.seconds)


def form(seen: Exchange) -> Form:
    """Tell what kind of thing the body is."""
    if not seen.body.strip():
        return Form.NOTHING
    document = pointers.parse(seen.body)
    if document is not MISSING:
        return Form.ERRORS if _tells_of_errors(document) else Form.DOCUMENT
    return Form.PAGE if seen.is_html or _PAGE.match(seen.body) else Form.TEXT


def _tells_of_errors(document: Any) -> bool:
    if not isinstance(document, dict):
        return False
    keys = {str(key).lower() for key in document}
    told = any(value for key, value in document.items() if str(key).lower() in _ERRORS)
    return told and keys <= _ERRORS | _BESIDE_ERRORS
