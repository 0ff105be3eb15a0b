"""What only the agent meets, beside the refusals in ``mobile_bridge.errors`` and the token's in ``hsm``."""

from __future__ import annotations

from typing import Final

from hsm.errors import Kind, SealBridgeError
from mobile_bridge.errors import BridgeError

PHONE_FIRST: Final = "pc_unconfirmed"
"""The server's code while the phone has not said yes to this PC."""


class AddressMalformed(BridgeError):
    """Not a signing address: ``https://host/pc/XXXXX-XXXXX``."""

    kind = Kind.INVALID
    code = "address_malformed"
    zh = "签章地址格式不正确，应形如 https://网站/pc/XXXXX-XXXXX"


class ServerInsecure(BridgeError):
    """Plain http to anything but this PC."""

    kind = Kind.FORBIDDEN
    code = "server_insecure"
    zh = "该签章服务器没有使用加密连接（https），已停止"


class ServerRefused(BridgeError):
    """The server answered with a problem. ``server_code`` and the sentence are the server's own.

    ``is_final``: the session is over, or not ours; nothing more can be done with this task.
    """

    kind = Kind.CONFLICT
    code = "server_refused"
    zh = "{message}"

    def __init__(self, server_code: str, message: str, *, is_final: bool) -> None:
        super().__init__(f"the server refused: {server_code}", message=message)
        self.server_code = server_code
        self.is_final = is_final


class KeyUnsupported(BridgeError):
    """The certificate's key is of a kind that documents are not signed with here."""

    kind = Kind.INVALID
    code = "key_unsupported"
    zh = "不支持该证书的密钥类型"


class KeyMismatch(BridgeError):
    """The lock's key is not the certificate's: the signature it made does not verify."""

    kind = Kind.INVALID
    code = "key_mismatch"
    zh = "CA 锁中的密钥与证书不匹配，请联系发证机构"


class KeyNotOnLock(BridgeError):
    """The certificate to be written, or to be renewed with its key, is of a key on another lock."""

    kind = Kind.CONFLICT
    code = "key_not_on_lock"
    zh = "这把 CA 锁中没有该证书的密钥，请插入当时使用的 CA 锁"


class CertificateUnexpected(BridgeError):
    """What came back is not the certificate that was asked for: nothing was written."""

    kind = Kind.INVALID
    code = "certificate_unexpected"
    zh = "收到的证书与锁内密钥或所显示的信息不符，没有写入"


class NothingToRenew(BridgeError):
    """The session is for a first certificate; ``enrol`` is the command for it."""

    kind = Kind.CONFLICT
    code = "nothing_to_renew"
    zh = "该任务不是证书续期，请使用 sealbridge-agent enrol"


class CertificateAmbiguous(BridgeError):
    """Several certificates could sign and nobody is there to choose."""

    kind = Kind.CONFLICT
    code = "certificate_ambiguous"
    zh = "找到多张可用证书，请指定要使用的 CA 锁或证书"


class TaskForgotten(BridgeError):
    """The agent was started anew since its page was opened."""

    kind = Kind.NOT_FOUND
    code = "task_forgotten"
    zh = "签章程序已重新启动，请回到网站页面重新打开"


class PageUnknown(BridgeError):
    """No page of this program has this address."""

    kind = Kind.NOT_FOUND
    code = "page_unknown"
    zh = "签章程序没有这个页面"


class PageForged(BridgeError):
    """A form that this program's own page did not send."""

    kind = Kind.FORBIDDEN
    code = "page_forged"
    zh = "该请求不是由签章程序的页面发出，已拒绝"


class PortTaken(BridgeError):
    """Something that is not this user's agent listens on the port."""

    kind = Kind.CONFLICT
    code = "port_taken"
    zh = "端口 {port} 已被其他程序或其他用户占用，请关闭该程序，或联系技术支持"


class ConfigInvalid(BridgeError):
    """A setting that cannot be meant. ``where``: the file or variable; ``what``: the setting."""

    kind = Kind.INVALID
    code = "config_invalid"
    zh = "设置有误（{where}）：{what}"


class DriverCrashed(BridgeError):
    """The driver ended the process that looked at it."""

    kind = Kind.UNAVAILABLE
    code = "driver_crashed"
    zh = "CA 锁驱动 {driver} 运行时崩溃，已跳过，请重新安装该驱动程序"


class DriverSilent(BridgeError):
    """The driver did not come back in time."""

    kind = Kind.UNAVAILABLE
    code = "driver_silent"
    zh = "CA 锁驱动 {driver} 没有响应，已跳过，请拔插 CA 锁或重新启动电脑后重试"


class LocksBusy(BridgeError):
    """Another work with a lock does not come to its end."""

    kind = Kind.BUSY
    code = "locks_busy"
    zh = "CA 锁正在使用中，请稍后重试；若一直如此，请退出并重新启动签章程序"


class TaskKindUnknown(BridgeError):
    """A newer server asks for something that this version does not do."""

    kind = Kind.INVALID
    code = "task_kind_unknown"
    zh = "当前版本的签章程序不支持这项任务，请安装新版本"


class SchemeNotRegistered(BridgeError):
    """The desktop did not take the link."""

    kind = Kind.UNAVAILABLE
    code = "scheme_not_registered"
    zh = "无法登记 sealbridge: 链接：{reason}"


def code_of(error: SealBridgeError) -> str:
    """The code to show: the server's own where the server refused."""
    return error.server_code if isinstance(error, ServerRefused) else error.code
