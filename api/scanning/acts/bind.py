"""扫码绑定: a user of the platform is this person, acting for the certificate's enterprise."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from api.certificates.service import Certificates
from api.db import Database
from api.scanning.acts.outcome import Outcome
from api.scanning.acts.telling import CertificatesTold, enterprise_told, listed, named, permissions_told
from api.scanning.bindings import queries
from api.scanning.bindings.queries import Binding
from api.scanning.choosing import Asked
from api.scanning.holders import Pseudonyms
from ca.audit.event import Action, Event


class Bind:
    """Makes a binding."""

    def __init__(
        self,
        db: Database,
        certificates: Certificates,
        told: CertificatesTold,
        pseudonyms: Pseudonyms,
        clock: Callable[[], datetime],
    ) -> None:
        self._db = db
        self._certificates = certificates
        self._told = told
        self._pseudonyms = pseudonyms
        self._clock = clock

    def perform(self, asked: Asked) -> Outcome:
        """Raises what ``Certificates.open`` does; UserBound when it is to be kept."""
        held = asked.certificate
        identity = self._certificates.open(asked.person, held.serial, asked.pin, asked.rule.permission)
        new = self._new(asked)
        with self._db.read() as tx:
            permissions = permissions_told(tx, asked.person.id, held.credit_code)
        enterprise = enterprise_told(held.enterprise_name, held.credit_code)
        binding = {
            "id": new.id,
            "user": new.platform_user,
            "person": self._pseudonyms.told(asked.scan.platform, asked.person),
            "enterprise": enterprise,
            "permissions": permissions,
        }
        pair = self._told.of_pair(held)

        def write(tx: Connection) -> Sequence[Event]:
            queries.add(tx, new)
            detail = {"platform": new.platform_id, "serial": new.serial}
            return [Event(Action.BINDING_MADE, new.id, detail=detail)]

        return Outcome(
            facts={"binding": binding, "certificates": named(pair)},
            extra={"certificates": listed(pair)},
            identity=identity,
            shown={"user": new.platform_user, "user_name": new.user_name, "enterprise": enterprise},
            write=write,
        )

    def _new(self, asked: Asked) -> Binding:
        held, request = asked.certificate, asked.request
        return Binding(
            id=secrets.token_hex(12),
            platform_id=asked.scan.platform,
            platform_user=request["user"],
            user_name=request.get("user_name"),
            person_id=asked.person.id,
            credit_code=held.credit_code,
            enterprise_name=held.enterprise_name,
            serial=held.serial,
            scan_id=asked.scan.id,
            bound_at=self._clock(),
        )
