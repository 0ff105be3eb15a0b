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
    zh = "该签章任务已在另一台电脑上打开"


class TaskTokenRefused(BridgeError):
    """No session was claimed with this task token."""

    kind = Kind.UNAUTHENTICATED
    code = "task_token_invalid"
    zh = "签章任务凭据无效，请重新打开签章地址"


class SessionNotFound(BridgeError):
    """No session has this id, or it is another owner's."""

    kind = Kind.NOT_FOUND
    code = "session_not_found"
    zh = "没有找到该签章任务"


class SessionExpired(BridgeError):
    """The session was not answered in time."""

    kind = Kind.GONE
    code = "session_expired"
    zh = "签章任务已过期，请在手机上重新发送"


class SessionCancelled(BridgeError):
    """The device that created the session took it back, or a newer one took its place."""

    kind = Kind.GONE
    code = "session_cancelled"
    zh = "签章任务已在手机上取消或重新发送"


class SessionRefused(BridgeError):
    """The holder declined."""

    kind = Kind.GONE
    code = "session_refused"
    zh = "签章任务已被拒绝"


class SessionFailed(BridgeError):
    """The session ended in a failure, whose code its status tells."""

    kind = Kind.GONE
    code = "session_failed"
    zh = "签章任务已失败，请在手机上重新发送"


class SessionAnswered(BridgeError):
    """The session has its answer; it takes no other."""

    kind = Kind.CONFLICT
    code = "session_answered"
    zh = "签章任务已完成，不能重复提交"


class SessionNotReady(BridgeError):
    """The step asked for comes later: the session is not claimed, or no certificate was offered."""

    kind = Kind.CONFLICT
    code = "session_not_ready"
    zh = "请先选择签章证书"


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
