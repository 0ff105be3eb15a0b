"""通行密钥: WebAuthn passkeys, the second factor of operators (Web Authentication Level 3).

An operator who has one signs in with password and passkey. Challenges are rows of the database, used once.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import webauthn
from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from webauthn.helpers import bytes_to_base64url, options_to_json_dict
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from api.accounts import sessions
from api.accounts.errors import LastPasskey, PasskeyExists, PasskeyRefused, PasskeyRequired, ProofNeeded
from api.accounts.operator_policy import OperatorPolicy
from api.accounts.rules import CHALLENGE, FRESH
from api.accounts.sessions import Operator, digest
from api.accounts.tables import operator, passkey, passkey_challenge, session
from api.db import Database
from api.errors import NotFound
from ca.audit.event import Action, Event, Outcome
from ca.audit.journal import Journal


@dataclass(frozen=True, slots=True)
class Asked:
    """A ceremony that was begun. ``options``: for the browser's ``navigator.credentials``; ``ticket``: what
    its answer is sent with."""

    ticket: str
    options: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Passkey:
    """A registered passkey."""

    id: str
    name: str
    created_at: datetime
    last_used_at: datetime | None


class Passkeys:
    """Registration, assertion, and the list of an operator's passkeys."""

    def __init__(
        self, db: Database, policy: OperatorPolicy, clock: Callable[[], datetime], journal: Journal
    ) -> None:
        self._db = db
        self._policy = policy
        self._clock = clock
        self._journal = journal

    def of(self, operator_id: int) -> list[Passkey]:
        """An operator's passkeys, oldest first."""
        columns = [passkey.c[name] for name in Passkey.__slots__]
        asked = select(*columns).where(passkey.c.operator_id == operator_id).order_by(passkey.c.created_at)
        with self._db.read() as tx:
            return [Passkey(*row) for row in tx.execute(asked)]

    def begin_adding(self, who: Operator) -> Asked:
        """Options for a new passkey. Raises PasskeyRequired, ProofNeeded (sign in anew)."""
        with self._db.write() as tx:
            self._check_may_change(tx, who)
            challenge, ticket = self._challenge(tx, who.id, "add")
            known = self._descriptors(tx, who.id)
        options = webauthn.generate_registration_options(
            rp_id=self._policy.rp_id,
            rp_name=self._policy.rp_id,
            user_id=digest(f"operator {who.id}").encode(),
            user_name=who.name,
            challenge=challenge,
            exclude_credentials=known,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.PREFERRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
        )
        return Asked(ticket, options_to_json_dict(options))

    def add(self, who: Operator, ticket: str, credential: dict[str, Any], name: str) -> None:
        """Keep a passkey. The first ends the operator's other sessions, which had none.

        Raises PasskeyRefused, PasskeyExists, PasskeyRequired, ProofNeeded.
        """
        challenge = self._take(ticket, "add", who.id)
        try:
            made = webauthn.verify_registration_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self._policy.rp_id,
                expected_origin=self._policy.origin,
                require_user_verification=True,
            )
        except Exception as error:  # whatever hostile bytes set off in a parser, it is no passkey
            raise PasskeyRefused(type(error).__name__) from None
        row = {
            "id": secrets.token_hex(12),
            "operator_id": who.id,
            "credential_id": bytes_to_base64url(made.credential_id),
            "public_key": made.credential_public_key,
            "sign_count": made.sign_count,
            "name": name,
            "created_at": self._clock(),
        }
        try:
            with self._db.write() as tx:
                self._check_may_change(tx, who)
                tx.execute(insert(passkey).values(row))
                mine = (session.c.operator_id == who.id, ~session.c.second_factor)
                sessions.end(tx, *mine, session.c.id != who.session_id)
                tx.execute(update(session).where(session.c.id == who.session_id).values(second_factor=True))
                self._journal.append(tx, Event(Action.PASSKEY_ADDED, who.name, detail={"passkey": name}))
        except IntegrityError:
            raise PasskeyExists("the credential is registered") from None

    def rename(self, who: Operator, passkey_id: str, name: str) -> None:
        """Raises NotFound."""
        mine = update(passkey).where(passkey.c.id == passkey_id, passkey.c.operator_id == who.id)
        with self._db.write() as tx:
            if tx.execute(mine.values(name=name)).rowcount != 1:
                raise NotFound("no such passkey")

    def remove(self, who: Operator, passkey_id: str) -> None:
        """Raises NotFound, LastPasskey, PasskeyRequired."""
        with self._db.write() as tx:
            # Locked, so that two who remove the last two at once do not both succeed.
            locked = select(passkey.c.id, passkey.c.name).where(passkey.c.operator_id == who.id)
            own = {row.id: row.name for row in tx.execute(locked.with_for_update())}
            if passkey_id not in own:
                raise NotFound("no such passkey")
            if not who.has_second_factor:
                raise PasskeyRequired("sign in with a passkey to remove one")
            if len(own) == 1 and self._policy.passkey_required:
                raise LastPasskey("one is required")
            tx.execute(delete(passkey).where(passkey.c.id == passkey_id))
            told = {"passkey": own[passkey_id]}
            self._journal.append(tx, Event(Action.PASSKEY_REMOVED, who.name, detail=told))

    def begin_sign_in(self, operator_id: int) -> Asked | None:
        """Options for an assertion by one of the operator's passkeys; None for one who has none."""
        with self._db.write() as tx:
            known = self._descriptors(tx, operator_id)
            if not known:
                return None
            challenge, ticket = self._challenge(tx, operator_id, "sign_in")
        options = webauthn.generate_authentication_options(
            rp_id=self._policy.rp_id,
            challenge=challenge,
            allow_credentials=known,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return Asked(ticket, options_to_json_dict(options))

    def check(self, ticket: str, credential: dict[str, Any]) -> tuple[int, str]:
        """Id and name of the operator whose passkey answered. Raises PasskeyRefused."""
        with self._db.write() as tx:  # used up whatever comes of it
            taken = self._taken(tx, ticket, "sign_in")
        try:
            if taken is None:
                raise PasskeyRefused("no such challenge")
            self._assert(taken.operator_id, taken.challenge, credential)
        except PasskeyRefused as error:
            if taken is not None:
                refused = Event(
                    Action.OPERATOR_SIGNED_IN, self._name(taken.operator_id), Outcome.REFUSED, error.code
                )
                self._journal.record(refused)
            raise
        return taken.operator_id, self._name(taken.operator_id)

    def _assert(self, operator_id: int, challenge: bytes, credential: dict[str, Any]) -> None:
        mine = (
            passkey.c.operator_id == operator_id,
            passkey.c.credential_id == str(credential.get("id", "")),
        )
        with self._db.read() as tx:
            kept = tx.execute(select(passkey).where(*mine)).one_or_none()
        if kept is None:
            raise PasskeyRefused("not a passkey of this operator")
        try:
            done = webauthn.verify_authentication_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self._policy.rp_id,
                expected_origin=self._policy.origin,
                credential_public_key=kept.public_key,
                credential_current_sign_count=kept.sign_count,
                require_user_verification=True,
            )
        except Exception as error:  # as above; a counter that goes back is among them (a cloned key)
            raise PasskeyRefused(type(error).__name__) from None
        counted = update(passkey).where(passkey.c.id == kept.id, passkey.c.sign_count == kept.sign_count)
        with self._db.write() as tx:
            values = {"sign_count": done.new_sign_count, "last_used_at": self._clock()}
            if tx.execute(counted.values(values)).rowcount != 1:
                raise PasskeyRefused("the passkey was used elsewhere at the same moment")

    def _check_may_change(self, tx: Connection, who: Operator) -> None:
        # With a stolen password alone nobody adds a passkey beside the owner's.
        if self._descriptors(tx, who.id) and not who.has_second_factor:
            raise PasskeyRequired("sign in with a passkey to add another")
        if sessions.age(tx, who.session_id, self._clock()) > FRESH:
            raise ProofNeeded("sign in anew to add a passkey")

    def _challenge(self, tx: Connection, operator_id: int, ceremony: str) -> tuple[bytes, str]:
        challenge, ticket = secrets.token_bytes(32), secrets.token_urlsafe(32)
        row = {"ticket_digest": digest(ticket), "operator_id": operator_id, "ceremony": ceremony}
        row |= {"challenge": challenge, "expires_at": self._clock() + CHALLENGE}
        tx.execute(insert(passkey_challenge).values(row))
        return challenge, ticket

    def _take(self, ticket: str, ceremony: str, operator_id: int) -> bytes:
        with self._db.write() as tx:
            taken = self._taken(tx, ticket, ceremony)
        if taken is None or taken.operator_id != operator_id:
            raise PasskeyRefused("no such challenge")
        return bytes(taken.challenge)

    def _taken(self, tx: Connection, ticket: str, ceremony: str) -> Any:
        used = delete(passkey_challenge).where(
            passkey_challenge.c.ticket_digest == digest(ticket),
            passkey_challenge.c.ceremony == ceremony,
            passkey_challenge.c.expires_at > self._clock(),
        )
        columns = (passkey_challenge.c.operator_id, passkey_challenge.c.challenge)
        return tx.execute(used.returning(*columns)).one_or_none()

    def _descriptors(self, tx: Connection, operator_id: int) -> list[PublicKeyCredentialDescriptor]:
        asked = select(passkey.c.credential_id).where(passkey.c.operator_id == operator_id)
        return [
            PublicKeyCredentialDescriptor(id=webauthn.base64url_to_bytes(one))
            for one in tx.execute(asked).scalars()
        ]

    def _name(self, operator_id: int) -> str:
        with self._db.read() as tx:
            return str(tx.execute(select(operator.c.name).where(operator.c.id == operator_id)).scalar_one())


def remove_all(db: Database, name: str, journal: Journal) -> int:
    """Remove all passkeys of an operator who lost them, and end the sessions; how many. For the server's
    own command line."""
    with db.write() as tx:
        found = select(operator.c.id).where(operator.c.name == name)
        removed = tx.execute(delete(passkey).where(passkey.c.operator_id.in_(found))).rowcount
        sessions.end(tx, session.c.operator_id.in_(found))
        journal.append(tx, Event(Action.PASSKEY_REMOVED, name, detail={"count": removed}))
    return removed
