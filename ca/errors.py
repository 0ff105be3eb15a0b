"""What the certification authority refuses."""

from __future__ import annotations

from hsm.errors import Kind, SealBridgeError


class CaError(SealBridgeError):
    """Whatever the certification authority refuses."""

    code = "ca_error"
    zh = "证书服务出错，请联系技术支持"


class InvalidCreditCode(CaError):
    """Not a 统一社会信用代码: length, characters, or one of its two check digits."""

    kind = Kind.INVALID
    code = "credit_code_invalid"
    zh = "统一社会信用代码不正确，请核对"


class InvalidIdNumber(CaError):
    """Not a citizen's, resident's or foreigner's identity number: length, date, or check digit."""

    kind = Kind.INVALID
    code = "id_number_invalid"
    zh = "证件号码不正确，请核对"


class SubjectRefused(CaError):
    """A subject field is empty, too long or has characters that a certificate may not carry."""

    kind = Kind.INVALID
    code = "subject_invalid"
    zh = "证书主体信息不符合要求：{field}"


class ProfileUnknown(CaError):
    """No certificate profile of this name."""

    kind = Kind.NOT_FOUND
    code = "profile_unknown"
    zh = "没有这种证书类型"


class ProfileRefused(CaError):
    """The request asks for what its profile does not allow: key kind, validity."""

    kind = Kind.INVALID
    code = "profile_refused"
    zh = "申请内容超出证书类型允许的范围"


class LintFailed(CaError):
    """A certificate or CRL about to be signed breaks RFC 5280 or its profile; nothing was signed."""

    code = "lint_failed"
    zh = "证书内容检查未通过，未签发"


class RequestConflict(CaError):
    """The same request id was used before for another subject, key or profile."""

    kind = Kind.CONFLICT
    code = "issuance_conflict"
    zh = "该申请已用其他内容签发过证书"


class RequestInProgress(CaError):
    """Another caller is being served under this request id at this moment."""

    kind = Kind.BUSY
    code = "issuance_in_progress"
    zh = "证书正在签发，请稍后重试"


class IntentLapsed(CaError):
    """Signing took so long that its intent was given up meanwhile; the certificate counts as revoked."""

    kind = Kind.UNAVAILABLE
    code = "issuance_lapsed"
    zh = "签发超时，请重试"


class CertificateUnknown(CaError):
    """The ledger has no such certificate."""

    kind = Kind.NOT_FOUND
    code = "certificate_not_found"
    zh = "没有找到该证书"


class StatusConflict(CaError):
    """The certificate's state does not allow this act, such as releasing one that is not suspended."""

    kind = Kind.CONFLICT
    code = "certificate_status_conflict"
    zh = "证书当前状态不允许该操作"


class AlreadyRevoked(StatusConflict):
    """The certificate was revoked before; the first date and reason stand."""

    code = "certificate_already_revoked"
    zh = "该证书已被吊销"


class ReasonRefused(CaError):
    """Not a reason for which a subscriber's certificate is revoked, or a date that cannot be."""

    kind = Kind.INVALID
    code = "revocation_reason_invalid"
    zh = "吊销原因或日期不正确"


class KeyTaken(CaError):
    """The key is certified for somebody else, or a certificate of it was revoked as compromised."""

    kind = Kind.CONFLICT
    code = "key_taken"
    zh = "该密钥已用于其他证书，请生成新的密钥"


class RenewalRefused(CaError):
    """A certificate that is revoked, suspended or expired has no successor; it is applied for anew."""

    kind = Kind.CONFLICT
    code = "renewal_refused"
    zh = "该证书已失效，不能续期，请重新申请"


class RenewalHeld(RenewalRefused):
    """The certificate is suspended; it may be renewed once it is released."""

    code = "renewal_held"
    zh = "该证书已冻结，请先解冻"


class AuthorityUnknown(CaError):
    """No issuing CA of this name or key, or none is active."""

    kind = Kind.NOT_FOUND
    code = "authority_unknown"
    zh = "没有该签发 CA"


class ListUnknown(CaError):
    """The CA has no revocation list of this number."""

    kind = Kind.NOT_FOUND
    code = "list_unknown"
    zh = "没有该吊销列表"


class CeremonyRefused(CaError):
    """A ceremony step would overwrite something, or what it was given does not fit."""

    kind = Kind.CONFLICT
    code = "ceremony_refused"
    zh = "密钥仪式步骤被拒绝：{reason}"


class LockRefused(CaError):
    """A certificate on a company's lock cannot be relied on."""

    kind = Kind.FORBIDDEN
    code = "lock_certificate_invalid"
    zh = "该 CA 锁证书不能用于本次签章"


class LockIssuerUnknown(LockRefused):
    """No trusted lock CA issued the certificate."""

    code = "lock_issuer_unknown"
    zh = "该 CA 锁不是由受信任的机构颁发"


class LockExpired(LockRefused):
    """The lock's certificate, or its CA's, is outside its validity."""

    code = "lock_expired"
    zh = "该 CA 锁证书不在有效期内"


class LockRevoked(LockRefused):
    """The lock CA's revocation list names the certificate."""

    code = "lock_revoked"
    zh = "该 CA 锁证书已被吊销"


class LockStatusUnknown(LockRefused):
    """The lock CA publishes revocations, and no list in force is at hand."""

    kind = Kind.UNAVAILABLE
    code = "lock_status_unknown"
    zh = "暂时无法确认该 CA 锁证书的吊销状态，请稍后再试"


class LockNotForSigning(LockRefused):
    """The lock's certificate is not for signatures (an encryption or CA certificate)."""

    code = "lock_not_for_signing"
    zh = "该证书不是签名证书，请选择签名证书"


class LockCertificateDiffers(LockRefused):
    """A renewal is signed by the lock with the certificate that is renewed."""

    code = "lock_certificate_differs"
    zh = "请插入存有要续期的证书的 CA 锁，并选择该证书"


class LockOfOtherEnterprise(LockRefused):
    """The lock belongs to an enterprise with another 统一社会信用代码, or names none."""

    code = "lock_of_other_enterprise"
    zh = "该 CA 锁不属于申请企业"


class SigningKeyRefused(CaError):
    """The key does not belong to the certificate, or is of a kind that PAdES signatures are not made with."""

    kind = Kind.INVALID
    code = "signing_key_invalid"
    zh = "签名密钥与证书不符或类型不受支持"


class SignatureMismatch(CaError):
    """The CMS is not one signature over exactly this document by the certificate it carries."""

    kind = Kind.INVALID
    code = "signature_mismatch"
    zh = "签名与文件不符，请重新签章"


class Sm2Unavailable(CaError):
    """SM2 signatures cannot be checked here: OpenSSL 3 is missing or was built without SM2."""

    kind = Kind.UNAVAILABLE
    code = "sm2_unavailable"
    zh = "本机无法验证 SM2 签名，请联系运维人员"
