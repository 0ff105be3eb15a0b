"""Registering platforms, and changing what is registered."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from api.db import Database
from api.paging import PageRequest, Part, fetch
from api.platforms import history, registered
from api.platforms.errors import CatalogueCodeUnknown, PlatformChanged, PlatformNameTaken
from api.platforms.history import Change
from api.platforms.registered import Platform, platform_of
from api.platforms.rules import Scope, Standing, check_addresses, check_name
from api.platforms.tables import platform as table
from ca.audit.journal import Journal


@dataclass(frozen=True, slots=True)
class Registration:
    """What an operator says of a platform. ``catalogue_code``: its code in the catalogue of certificates."""

    name: str
    domain: str
    origins: tuple[str, ...]
    callback_url: str | None
    scopes: frozenset[Scope]
    catalogue_code: str | None = None

    def row(self) -> dict[str, Any]:
        """As columns, which JSON can say too."""
        return {
            "name": self.name,
            "domain": self.domain,
            "origins": list(self.origins),
            "callback_url": self.callback_url,
            "scopes": sorted(self.scopes),
            "catalogue_code": self.catalogue_code,
        }


class Platforms:
    """The register. ``who`` acts is told as ``operator:NAME``, ``key:ID`` or ``console:NAME``.

    ``on_this_machine``: whether addresses of this machine may be registered, as in development.
    """

    def __init__(
        self, db: Database, clock: Callable[[], datetime], journal: Journal, *, on_this_machine: bool
    ) -> None:
        self._db = db
        self._clock = clock
        self._journal = journal
        self._on_this_machine = on_this_machine

    def register(self, who: str, asked: Registration, *, is_sandbox: bool = False) -> Platform:
        """A new platform, without keys. Raises TermsRefused, PlatformNameTaken, CatalogueCodeUnknown."""
        self._check(asked)
        made, now = secrets.token_hex(10), self._clock()
        fixed = {"id": made, "standing": Standing.ACTIVE, "is_sandbox": is_sandbox, "version": 1}
        with self._storing(asked) as tx:
            tx.execute(insert(table).values(asked.row() | fixed | {"created_at": now}))
            history.note(tx, self._journal, now, made, who, "registered", asked.row())
            return registered.find(tx, made)

    def change(self, who: str, platform_id: str, replaces: int, asked: Registration) -> Platform:
        """``replaces``: the version that the change was made from. Raises as ``register``, and NotFound,
        PlatformChanged."""
        self._check(asked)
        now = self._clock()
        with self._storing(asked) as tx:
            known = registered.find(tx, platform_id)
            unchanged = (table.c.id == platform_id) & (table.c.version == replaces)
            values = asked.row() | {"version": replaces + 1}
            if tx.execute(update(table).where(unchanged).values(values)).rowcount != 1:
                raise PlatformChanged(f"version {known.version} is in force", version=known.version)
            history.note(tx, self._journal, now, platform_id, who, "changed", asked.row())
            return registered.find(tx, platform_id)

    def suspend(self, who: str, platform_id: str, reason: str) -> Platform:
        """Its calls are refused from now on. Done before, it stays done. Raises NotFound."""
        return self._move(who, platform_id, Standing.SUSPENDED, reason)

    def resume(self, who: str, platform_id: str, reason: str) -> Platform:
        """Its calls are taken again. Raises NotFound."""
        return self._move(who, platform_id, Standing.ACTIVE, reason)

    def show(self, platform_id: str) -> Platform:
        """Raises NotFound."""
        with self._db.read() as tx:
            return registered.find(tx, platform_id)

    def list(self, page: PageRequest) -> Part[Platform]:
        """All of them, newest first."""
        with self._db.read() as tx:
            return fetch(tx, select(table), page, (table.c.created_at, table.c.id)).map(platform_of)

    def history(self, platform_id: str, page: PageRequest) -> Part[Change]:
        """What was done to it, newest first. Raises NotFound."""
        with self._db.read() as tx:
            registered.find(tx, platform_id)
            return history.of(tx, platform_id, page)

    def _move(self, who: str, platform_id: str, to: Standing, reason: str) -> Platform:
        now = self._clock()
        with self._db.write() as tx:
            registered.find(tx, platform_id)
            other = (table.c.id == platform_id) & (table.c.standing != to)
            if tx.execute(update(table).where(other).values(standing=to)).rowcount == 1:
                act = "suspended" if to is Standing.SUSPENDED else "resumed"
                history.note(tx, self._journal, now, platform_id, who, act, {"reason": reason})
            return registered.find(tx, platform_id)

    def _check(self, asked: Registration) -> None:
        check_name(asked.name)
        check_addresses(
            asked.domain, asked.origins, asked.callback_url, on_this_machine=self._on_this_machine
        )

    @contextmanager
    def _storing(self, asked: Registration) -> Iterator[Connection]:
        try:
            with self._db.write() as tx:
                yield tx
        except IntegrityError:
            with self._db.read() as tx:
                taken = tx.execute(select(table.c.id).where(table.c.name == asked.name)).first()
            if asked.catalogue_code is None or taken is not None:
                raise PlatformNameTaken(f"there is a platform {asked.name!r}") from None
            raise CatalogueCodeUnknown(f"no platform {asked.catalogue_code!r} in the catalogue") from None
