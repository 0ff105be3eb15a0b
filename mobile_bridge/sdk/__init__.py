"""For trading platforms: ask a phone by a QR code, and verify its answer without asking anybody.

The platform's server asks, the page shows the code, the server reads the answer::

    from mobile_bridge.sdk import PlatformClient, PlatformKey, Trust, verify_statement

    key = PlatformKey.of_pem(Path("platform.key").read_bytes())
    trust = Trust.of_pem(Path("sealbridge-root.pem").read_bytes())
    client = PlatformClient("https://ca.example.cn", key, origin="https://trade.example.cn")

    started = client.login()                       # the page gets started.id and started.wait_token
    scan = client.scan(started.id)                 # once the page, or a webhook, says that it is complete
    statement = verify_statement(scan.answer["statement"], started, trust)
    user = statement["user"]                       # only now

On the page, one element of the script that the service serves shows the code and waits::

    <script type="module" src="https://ca.example.cn/widget/v1/sealbridge-scan.js"></script>
    <sealbridge-scan server="https://ca.example.cn" scan="ID" token="WAIT_TOKEN"></sealbridge-scan>

Install with the extra ``platform``. Nothing of the server is imported, and no web framework is needed.
"""

from mobile_bridge.sdk.client import PlatformClient, PlatformKey
from mobile_bridge.sdk.documents import Seal, verify_sealed_pdf
from mobile_bridge.sdk.errors import (
    Conflict,
    Ended,
    Invalid,
    NotAuthenticated,
    NotFound,
    NotPermitted,
    NotVerified,
    Refused,
    SdkError,
    TooMany,
    Unavailable,
    Unreachable,
)
from mobile_bridge.sdk.evidence import OpeningEvidence, verify_evidence
from mobile_bridge.sdk.opening import OpeningSession, open_envelope, recipients
from mobile_bridge.sdk.receipts import DepositedEnvelope, Receipt, verify_receipt
from mobile_bridge.sdk.revocation import RevocationLists
from mobile_bridge.sdk.scans import (
    AtKeyword,
    Envelope,
    FieldLock,
    OnEveryPage,
    Place,
    Placement,
    Scan,
    Seam,
    Started,
    Tender,
    ToDeposit,
    ToSeal,
    Uploaded,
    envelope_check,
)
from mobile_bridge.sdk.signed_claims import certificates_of
from mobile_bridge.sdk.statements import Approval, Statement, verify_approval, verify_statement
from mobile_bridge.sdk.time_stamps import verify_time_stamp
from mobile_bridge.sdk.trust import Trust
from mobile_bridge.sdk.webhooks import Notice, verify_webhook

__all__ = [
    "Approval",
    "AtKeyword",
    "Conflict",
    "DepositedEnvelope",
    "Ended",
    "Envelope",
    "FieldLock",
    "Invalid",
    "NotAuthenticated",
    "NotFound",
    "NotPermitted",
    "NotVerified",
    "Notice",
    "OnEveryPage",
    "OpeningEvidence",
    "OpeningSession",
    "Place",
    "Placement",
    "PlatformClient",
    "PlatformKey",
    "Receipt",
    "Refused",
    "RevocationLists",
    "Scan",
    "SdkError",
    "Seal",
    "Seam",
    "Started",
    "Statement",
    "Tender",
    "ToDeposit",
    "ToSeal",
    "TooMany",
    "Trust",
    "Unavailable",
    "Unreachable",
    "Uploaded",
    "certificates_of",
    "envelope_check",
    "open_envelope",
    "recipients",
    "verify_approval",
    "verify_evidence",
    "verify_receipt",
    "verify_sealed_pdf",
    "verify_statement",
    "verify_time_stamp",
    "verify_webhook",
]
