"""A bid's folder: what the person said, what was fetched, and where the work stands.

    投标文件夹/
      project.json    everything below; written whole or not at all
      session.json    the token of the trading centre, for this user alone
      root.pem        the root certificate of the signing service
      sealed/         documents with their seals
      envelopes/      the encrypted bid, and manifest.json, which is written last
      receipt.json    what the service signed at the deposit

Nothing else is kept anywhere: a folder that is copied to another PC goes on there.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Self

from cryptography import x509

from mobile_bridge.bidding.errors import NoProject, ProjectBusy, ProjectExists, RecordMissing
from mobile_bridge.envelopes.landing import landing

FORMAT: Final = "sealbridge-bid-project/1"
KINDS: Final = {"technical": "技术文件", "commercial": "商务文件", "other": "其他文件"}


@dataclass(frozen=True, slots=True)
class BidFile:
    """A file of the bid. ``path``: where the person keeps it. ``places``: of its seals, none where it is not
    to be sealed. ``sealed_from``: SHA-256 of the file that was sealed, empty before."""

    id: str
    kind: str
    path: str
    places: tuple[dict[str, float], ...] = ()
    sealed_from: str = ""

    @property
    def name(self) -> str:
        """The file's own name."""
        return Path(self.path).name

    @property
    def title(self) -> str:
        """As the platform and the phone may see it before the opening: without the file's own name."""
        return f"{KINDS[self.kind]} {self.id.rpartition('-')[2]}"


@dataclass(frozen=True, slots=True)
class State:
    """What project.json holds. ``record``, ``made``, ``handed_in``: by the steps of those names.

    ``pending``: scans that wait for their answers, by step.
    """

    centre: str
    tender: str
    statement: tuple[dict[str, str], ...] = ()
    files: tuple[BidFile, ...] = ()
    record: dict[str, Any] | None = None
    made: dict[str, str] | None = None
    upload: str = ""
    handed_in: dict[str, Any] | None = None
    pending: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        """Raises KeyError, TypeError."""
        files = tuple(BidFile(**{**one, "places": tuple(one["places"])}) for one in told["files"])
        known = {name: told[name] for name in cls.__dataclass_fields__ if name in told}
        return cls(**{**known, "files": files, "statement": tuple(told["statement"])})


class Project:
    """One folder. ``change`` writes; what is read is as it was when the step began."""

    def __init__(self, folder: Path, state: State) -> None:
        self.folder = folder
        self.state = state

    @classmethod
    def begin(cls, folder: Path, centre: str, tender: str) -> Project:
        """Raises ProjectExists, OSError."""
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / "project.json").exists():
            raise ProjectExists(str(folder))
        made = cls(folder, State(centre, tender))
        made.change()
        return made

    @classmethod
    def open(cls, folder: Path) -> Project:
        """Raises NoProject."""
        try:
            told = json.loads((folder / "project.json").read_text(encoding="utf-8"))
            if told.pop("format") != FORMAT:
                raise NoProject("another format")
            return cls(folder, State.of(told))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise NoProject(f"{folder}: {type(error).__name__}") from error

    def change(self, **fields: Any) -> None:
        """Replace fields of the state, on the disk first."""
        fresh = replace(self.state, **fields)
        self.write("project.json", {"format": FORMAT} | asdict(fresh))
        self.state = fresh

    def write(self, name: str, told: Any) -> None:
        """A JSON file of the folder, whole or not at all; only this user reads it."""
        with landing(self.folder / name) as file:
            file.write(json.dumps(told, ensure_ascii=False, indent=1).encode())

    def read(self, name: str) -> Any:
        """A JSON file of the folder; None where it is not there, or is none."""
        try:
            return json.loads((self.folder / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def sealed(self, file: BidFile) -> Path:
        """Where a file's sealed copy is."""
        return self.folder / "sealed" / f"{file.id}.pdf"

    def envelope(self, envelope: str) -> Path:
        """Where an envelope is."""
        return self.folder / "envelopes" / f"{envelope}.p7m"

    @property
    def token(self) -> str:
        """Of the trading centre; empty when nobody has signed in."""
        return str((self.read("session.json") or {}).get("token", ""))

    @property
    def certificate(self) -> x509.Certificate:
        """The bidder's encryption certificate. Raises RecordMissing."""
        if self.state.record is None:
            raise RecordMissing("no record")
        return x509.load_pem_x509_certificate(self.state.record["encryption"].encode())

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """One step at a time, of all programs. The system gives the lock back when a program ends.

        Raises ProjectBusy.
        """
        with open(self.folder / ".lock", "ab") as file:
            try:
                _lock(file.fileno())
            except OSError as error:
                raise ProjectBusy(str(self.folder)) from error
            yield


def sha256_of(path: Path) -> str:
    """Hexadecimal. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
