"""Why an enrolment is refused."""

from __future__ import annotations

from api.errors import AppError
from hsm.errors import Kind


class EnrolmentRefused(AppError):
    """No such enrolment, a wrong secret, or one that ended; which of them is not told."""

    kind = Kind.UNAUTHENTICATED
    code = "enrolment_refused"
    zh = "登记口令不正确或已失效"
    # Without it clients that wait for a challenge before they send a password never send it.
    challenge = 'Basic realm="est", charset="UTF-8"'


class EnrolmentUsed(AppError):
    """The enrolment has led to a certificate for another key."""

    kind = Kind.CONFLICT
    code = "enrolment_used"
    zh = "该登记已签发过证书"


class ClientCertificateRefused(AppError):
    """The connection's certificate is missing, not ours, or not in force."""

    kind = Kind.UNAUTHENTICATED
    code = "client_certificate_refused"
    zh = "客户端证书无效"


class ContentTypeRefused(AppError):
    """Not application/pkcs10."""

    kind = Kind.INVALID
    code = "content_type_invalid"
    zh = "请求格式不正确"
