"""What the bridge refuses: the server's half first, the lock agent's own refusals after it."""

from __future__ import annotations

from hsm.errors import Kind, SealBridgeError


class BridgeError(SealBridgeError):
    """Whatever the bridge between phone and PC refuses."""

    code = "bridge_error"
    zh = "签章通道出错，请联系技术支持"


class AddressRefused(BridgeError):
    """No session can be claimed at this address: mistyped, used, ended and expired ones answer alike."""

    kind = Kind.NOT_FOUND
    code = "address_unknown"
    zh = "签章地址不正确或已失效，请在手机上重新获取"


class CodeWrong(BridgeError):
    """Not the code that the phone shows. ``tries_left``: at least 1."""

    kind = Kind.FORBIDDEN
    code = "code_wrong"
    zh = "确认码不正确，还可尝试 {tries_left} 次"


class CodeTriesSpent(BridgeError):
    """The last try was wrong too; the session is over."""

    kind = Kind.FORBIDDEN
    code = "code_tries_spent"
    zh = "确认码错误次数过多，本次签章已作废，请在手机上重新获取"


class SessionClaimed(BridgeError):
    """Another device claimed the session at the same moment, and was first."""

    kind = Kind.CONFLICT
    code = "already_claimed"
    zh = "该任务已在另一台设备上打开"


class QrMalformed(BridgeError):
    """What was scanned is no QR code of this server."""

    kind = Kind.INVALID
    code = "qr_malformed"
    zh = "无法识别该二维码，请扫描交易平台页面上的二维码"


class QrStale(BridgeError):
    """The QR code is older than the few seconds for which it holds: a photo of it, or a page that stands."""

    kind = Kind.GONE
    code = "qr_stale"
    zh = "二维码已失效，请扫描电脑屏幕上当前的二维码"


class QrForged(BridgeError):
    """The QR code was not made by this server for this session; unknown sessions answer alike."""

    kind = Kind.FORBIDDEN
    code = "qr_forged"
    zh = "二维码无效，可能是伪造的，请勿继续操作"


class ApprovalInProgress(BridgeError):
    """An approval of the same session is under way, or its turn was taken over."""

    kind = Kind.CONFLICT
    code = "approval_in_progress"
    zh = "正在处理您的确认，请稍候"


class WaitTokenRefused(BridgeError):
    """Not the secret with which a page may wait for this session; unknown sessions answer alike."""

    kind = Kind.UNAUTHENTICATED
    code = "wait_token_invalid"
    zh = "等待凭据无效，请刷新页面后重试"


class OriginForeign(BridgeError):
    """A page of another site than the session was made for asks for it."""

    kind = Kind.FORBIDDEN
    code = "origin_foreign"
    zh = "该网站无权查看此扫码任务"


class TooManyWaits(BridgeError):
    """More pages wait for one session than anybody has open."""

    kind = Kind.TOO_MANY
    code = "too_many_waits"
    zh = "打开的页面过多，请关闭其他页面后重试"


class TaskTokenRefused(BridgeError):
    """No session was claimed with this task token."""

    kind = Kind.UNAUTHENTICATED
    code = "task_token_invalid"
    zh = "签章任务凭据无效，请重新打开签章地址"


class SessionNotFound(BridgeError):
    """No session has this id, or it is another owner's."""

    kind = Kind.NOT_FOUND
    code = "session_not_found"
    zh = "没有找到该任务"


class SessionExpired(BridgeError):
    """The session was not answered in time."""

    kind = Kind.GONE
    code = "session_expired"
    zh = "任务已过期，请重新发起"


class SessionCancelled(BridgeError):
    """The device that created the session took it back, or a newer one took its place."""

    kind = Kind.GONE
    code = "session_cancelled"
    zh = "任务已被取消，或已被新的任务取代"


class SessionRefused(BridgeError):
    """The holder declined."""

    kind = Kind.GONE
    code = "session_refused"
    zh = "任务已被拒绝"


class SessionFailed(BridgeError):
    """The session ended in a failure, whose code its status tells."""

    kind = Kind.GONE
    code = "session_failed"
    zh = "任务已失败，请重新发起"


class SessionAnswered(BridgeError):
    """The session has its answer; it takes no other."""

    kind = Kind.CONFLICT
    code = "session_answered"
    zh = "任务已完成，不能重复提交"


class PcUnconfirmed(BridgeError):
    """The phone has not said yes to the PC that claimed. ``number``: what both show."""

    kind = Kind.CONFLICT
    code = "pc_unconfirmed"
    zh = "请在手机上确认这台电脑，核对码 {number}"


class PcDiffers(BridgeError):
    """The phone said yes to another number than that of the PC which claimed."""

    kind = Kind.CONFLICT
    code = "pc_differs"
    zh = "核对码与打开任务的电脑不一致，请核对电脑上显示的数字"


class SessionNotReady(BridgeError):
    """The step asked for comes later: the session is not claimed, or no certificate was offered."""

    kind = Kind.CONFLICT
    code = "session_not_ready"
    zh = "请先选择签章证书"


class TaskIsEnrolment(BridgeError):
    """The session is for getting a certificate onto a lock; nothing is signed in it."""

    kind = Kind.CONFLICT
    code = "task_is_enrolment"
    zh = "这是下载证书到 CA 锁的任务，请使用新版签章程序"


class TaskIsSignature(BridgeError):
    """The session is for signing a document; no certificate is given in it."""

    kind = Kind.CONFLICT
    code = "task_is_signature"
    zh = "这是签章任务，不能用于下载证书"


class MessageMalformed(BridgeError):
    """A message of the other half lacks a field, or a field is not what it should be."""

    kind = Kind.INVALID
    code = "message_malformed"
    zh = "数据格式不正确"


class MessageTooLarge(BridgeError):
    """A message is larger than any real one."""

    kind = Kind.TOO_LARGE
    code = "message_too_large"
    zh = "数据过大"


class PageStale(BridgeError):
    """A form came without the token of the page it was on: cookies are off, or another site sent it."""

    kind = Kind.FORBIDDEN
    code = "page_stale"
    zh = "页面已过期，请刷新后重试"


class NoDriver(BridgeError):
    """No PKCS#11 module was found on this PC."""

    kind = Kind.UNAVAILABLE
    code = "no_driver"
    zh = "未找到 CA 锁驱动，请先安装 CA 锁厂商提供的驱动程序"


class NoToken(BridgeError):
    """A driver is there and no lock is plugged in."""

    kind = Kind.UNAVAILABLE
    code = "no_token"
    zh = "未检测到 CA 锁，请插入 CA 锁后重试"


class NoCertificate(BridgeError):
    """The lock holds no certificate with a key that can sign this task."""

    kind = Kind.UNAVAILABLE
    code = "no_certificate"
    zh = "CA 锁中没有可用于签章的证书"


class UserCancelled(BridgeError):
    """The person at the PC closed the task without an answer."""

    kind = Kind.CONFLICT
    code = "user_cancelled"
    zh = "您已取消签章"


class ServerUnreachable(BridgeError):
    """No connection to the server, or one that broke."""

    kind = Kind.UNAVAILABLE
    code = "server_unreachable"
    zh = "无法连接签章服务器，请检查网络后重试"


class ServerNotAllowed(BridgeError):
    """The link names a server that the person has not allowed."""

    kind = Kind.FORBIDDEN
    code = "server_not_allowed"
    zh = "该签章服务器未被允许使用本机 CA 锁"


class DocumentSuspicious(BridgeError):
    """The prepared document would not be what the signature covers: refused unsigned."""

    kind = Kind.INVALID
    code = "document_suspicious"
    zh = "待签文件异常，已停止签章"
