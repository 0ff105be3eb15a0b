"""Who holds a scan, and how a platform knows a person."""

from __future__ import annotations

import hmac

from api.accounts.sessions import Person
from api.realname.access import VerifiedPerson
from api.realname.rules import mask_name

_PURPOSE = b"persons of platforms"


def holder_of(person: Person) -> str:
    """How the engine knows whose phone it is."""
    return f"person/{person.id}"


class Pseudonyms:
    """A person's number for one platform: the same at each scan, another for each platform.

    Two platforms that compare their users learn nothing by it. ``key``: the server's own, 32 bytes.
    """

    def __init__(self, key: bytes) -> None:
        self._key = hmac.digest(key, _PURPOSE, "sha256")

    def told(self, platform_id: str, person: VerifiedPerson) -> dict[str, str]:
        """What a platform is told of a person; the name is masked."""
        return {"id": self.number(platform_id, person.id), "name": mask_name(person.name)}

    def number(self, platform_id: str, person_id: int) -> str:
        """The number alone."""
        return hmac.new(self._key, f"{platform_id}\0{person_id}".encode(), "sha256").hexdigest()[:32]
