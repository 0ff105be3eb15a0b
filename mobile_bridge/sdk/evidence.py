"""Verifying the evidence of an opening (开标证据), offline and years later: by the root alone.

    evidence = verify_evidence(json.loads(Path("evidence.json").read_bytes()), trust)
    for event in evidence.events: ...

What holds then: the service signed the end of the chain, and a time stamper stamped that; no event was
changed, left out or put in since; every window was announced by a call that the platform itself signed; it
was only ever postponed; and no content key was given out outside of it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from mobile_bridge.canonical import canonical
from mobile_bridge.evidence import FORMAT, SUBJECT, Chain, ChainBroken, check_chain, first_link
from mobile_bridge.sdk import message_signatures
from mobile_bridge.sdk.client import key_id_of
from mobile_bridge.sdk.errors import NotVerified
from mobile_bridge.sdk.message_signatures import Message
from mobile_bridge.sdk.signed_claims import read_signed_claims
from mobile_bridge.sdk.statements import STATEMENT, check_speaks_for_service
from mobile_bridge.sdk.time_stamps import verify_time_stamp
from mobile_bridge.sdk.trust import SIGNING, Trust

_ANNOUNCING: Final = frozenset({"announced", "postponed"})
_WINDOW: Final = ("opens_at", "closes_at")


@dataclass(frozen=True, slots=True)
class OpeningEvidence:
    """A log that holds. ``opening``: platform, number, title, window; ``events``: those that are shown, in
    order; ``hidden``: how many are not. ``stamped_at``: up to then nothing can have been changed since."""

    opening: Mapping[str, Any]
    events: tuple[Mapping[str, Any], ...]
    hidden: int
    issuer: str
    stamped_at: datetime

    @property
    def title(self) -> str:
        """The tender's title and number, as people say it."""
        return f"{self.opening['title']}（{self.opening['number']}）"


def verify_evidence(file: Mapping[str, Any], trust: Trust) -> OpeningEvidence:
    """Everything that can be checked of a file. Raises NotVerified, whose ``code`` says what does not hold:
    beside those of statements, ``chain_broken``, ``call_invalid`` and ``window_broken``."""
    try:
        return _verified(file, trust)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise NotVerified("malformed", f"not an evidence file: {type(error).__name__}") from error


def _verified(file: Mapping[str, Any], trust: Trust) -> OpeningEvidence:
    if file["format"] != FORMAT:
        raise NotVerified("malformed", f"the format is {file['format']!r}")
    statement = file["statement"]
    stamped_at = verify_time_stamp(_decoded(file["time_stamp"]), statement.encode(), trust)
    # Judged when it was stamped: certificates end, what they signed before stays true.
    read = read_signed_claims(statement, STATEMENT, trust, SIGNING, stamped_at)
    check_speaks_for_service(read.certificate)
    claims = read.claims
    if claims.get("sub") != SUBJECT or claims["format"] != FORMAT:
        raise NotVerified("wrong_signer", "a statement about something else")
    opening, events = claims["opening"], list(file["events"])
    _check_events(opening, claims["chain"], events)
    shown = tuple(one for one in events if "what" in one)
    _check_calls(file, shown, claims["keys"], claims.get("withheld", ()))
    _check_windows(opening, shown)
    return OpeningEvidence(opening, shown, len(events) - len(shown), str(claims["iss"]), stamped_at)


def _check_events(
    opening: Mapping[str, Any], chain: Mapping[str, Any], events: Sequence[Mapping[str, Any]]
) -> None:
    begin = first_link(opening["platform"]["id"], opening["number"])
    try:
        check_chain(begin, events, Chain(int(chain["count"]), str(chain["head"])))
    except ChainBroken as broken:
        raise NotVerified("chain_broken", str(broken)) from broken


def _check_calls(
    file: Mapping[str, Any], events: Sequence[Mapping[str, Any]], keys: Sequence[str], withheld: Sequence[str]
) -> None:
    """Every call that an event names is there, and signed by one of the platform's keys. ``withheld``: those
    that the service does not show to a bidder, as they ask for another's scan; it signs which."""
    for event in events:
        if event["what"] in _ANNOUNCING and "call" not in event:
            raise NotVerified("call_invalid", f"event {event['number']} announces without a call")
        if "call" not in event or event["call"] in withheld:
            continue
        call = file["calls"].get(event["call"])
        if call is None:
            raise NotVerified("call_invalid", f"the call of event {event['number']} is missing")
        _check_call(event["call"], call, file["keys"], keys)
        if event["what"] in _ANNOUNCING:
            _check_said(event, call)


def _check_call(digest: str, call: Mapping[str, Any], keys: Mapping[str, str], known: Sequence[str]) -> None:
    body, key_id = _decoded(call["body"]), str(call["key_id"])
    head = {name: call[name] for name in ("method", "url", "fields")}
    if hashlib.sha256(canonical(head) + b"\n" + body).hexdigest() != digest or key_id not in known:
        raise NotVerified("call_invalid", "not the call that was taken")
    try:
        key: Any = load_pem_public_key(keys[key_id].encode())
        if key_id_of(key) != key_id:
            raise NotVerified("call_invalid", "another key than the one that is named")
        message_signatures.verify_kept(Message(call["method"], call["url"], body), call["fields"], key)
    except (KeyError, ValueError, UnsupportedAlgorithm) as error:
        raise NotVerified("call_invalid", "the platform's key cannot be read") from error
    except NotVerified as error:
        raise NotVerified("call_invalid", str(error)) from error


def _check_said(event: Mapping[str, Any], call: Mapping[str, Any]) -> None:
    """The platform's own body says the window that the event tells of."""
    body = json.loads(_decoded(call["body"]))
    said = body.get("tender", body)
    if [_time(said[name]) for name in _WINDOW] != [_time(event[name]) for name in _WINDOW]:
        raise NotVerified("call_invalid", f"the call of event {event['number']} says another window")


def _check_windows(opening: Mapping[str, Any], events: Sequence[Mapping[str, Any]]) -> None:
    """Only ever postponed, and nothing opened outside."""
    window: list[datetime] = []
    for event in events:
        if event["what"] in _ANNOUNCING:
            told = [_time(event[name]) for name in _WINDOW]
            if any(now < before for now, before in zip(told, window, strict=False)):
                raise NotVerified("window_broken", f"event {event['number']} brings the opening forward")
            window = told
        elif event["what"] == "completed" and event.get("kind") == "decrypt":
            at = _time(event["at"])
            if not window or not window[0] <= at <= window[1]:
                raise NotVerified("window_broken", f"event {event['number']} is outside of the window")
    if window != [_time(opening[name]) for name in _WINDOW]:
        raise NotVerified("window_broken", "the window is not the last one that was announced")


def _time(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("a time without its zone")
    return found


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError, TypeError) as error:
        raise NotVerified("malformed", "not base64") from error
