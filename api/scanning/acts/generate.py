"""扫码生成招标文件: the person answers for a file that stays with the platform."""

from __future__ import annotations

from api.certificates.service import Certificates
from api.scanning.acts.outcome import Outcome
from api.scanning.choosing import Asked


class Generate:
    """The approval is signed over the file's digest and over every line that was shown."""

    def __init__(self, certificates: Certificates) -> None:
        self._certificates = certificates

    def perform(self, asked: Asked) -> Outcome:
        """Raises what ``Certificates.open`` does."""
        identity = self._certificates.open(
            asked.person, asked.certificate.serial, asked.pin, asked.rule.permission
        )
        file = asked.request["file"]
        shown = {"file": file, "facts": asked.request.get("facts", [])}
        return Outcome({"file": file}, identity=identity, shown=shown)
