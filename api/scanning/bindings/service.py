"""Seeing bindings and ending them. They are made by a scan alone (``api.scanning.acts.bind``)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import ColumnElement

from api.accounts.sessions import Person
from api.db import Database
from api.errors import NotFound
from api.paging import PageRequest, Part
from api.platforms import registered
from api.scanning.bindings import queries
from api.scanning.bindings.queries import Binding
from api.scanning.bindings.rules import EndedBy
from api.scanning.tables import binding
from ca.audit.event import Action, Event
from ca.audit.journal import Journal


class Bindings:
    """Bindings as persons, platforms and operators see them; ended ones are kept."""

    def __init__(self, db: Database, clock: Callable[[], datetime], journal: Journal) -> None:
        self._db = db
        self._clock = clock
        self._journal = journal

    def of_person(
        self, person: Person, page: PageRequest
    ) -> tuple[Part[Binding], dict[str, tuple[str, str]]]:
        """A person's own, ended ones too; with name and domain of each platform by its id."""
        with self._db.read() as tx:
            part = queries.listed(tx, page, binding.c.person_id == person.id)
            platforms = {one.platform_id for one in part.rows}
            known = [registered.find(tx, one) for one in platforms]
        return part, {one.id: (one.name, one.domain) for one in known}

    def of_platform(self, platform_id: str, page: PageRequest, user: str | None = None) -> Part[Binding]:
        """A platform's own; ``user``: of one of its users alone."""
        asked = [binding.c.platform_id == platform_id]
        return self._listed(page, *asked, *([] if user is None else [binding.c.platform_user == user]))

    def of_all(
        self, page: PageRequest, platform_id: str | None = None, credit_code: str | None = None
    ) -> Part[Binding]:
        """Everybody's, for operators."""
        asked = []
        if platform_id is not None:
            asked.append(binding.c.platform_id == platform_id)
        if credit_code is not None:
            asked.append(binding.c.credit_code == credit_code)
        return self._listed(page, *asked)

    def end_by_person(self, person: Person, binding_id: str) -> None:
        """The person does not want to be this user any more. Raises NotFound, also for an ended one."""
        self._end(EndedBy.PERSON, binding_id, binding.c.person_id == person.id)

    def end_by_platform(self, platform_id: str, binding_id: str) -> None:
        """The platform takes it back. Raises NotFound, also for an ended one."""
        self._end(EndedBy.PLATFORM, binding_id, binding.c.platform_id == platform_id)

    def _end(self, by: EndedBy, binding_id: str, theirs: ColumnElement[bool]) -> None:
        with self._db.write() as tx:
            ended = queries.end(tx, by, self._clock(), binding.c.id == binding_id, theirs)
            if not ended:
                raise NotFound("no such binding in force")
            told = {"platform": ended[0].platform_id, "by": by.value}
            self._journal.append(tx, Event(Action.BINDING_ENDED, binding_id, detail=told))

    def _listed(self, page: PageRequest, *which: ColumnElement[bool]) -> Part[Binding]:
        with self._db.read() as tx:
            return queries.listed(tx, page, *which)
