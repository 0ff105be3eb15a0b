"""What only the agent meets, beside the refusals in ``mobile_bridge.errors`` and the token's in ``hsm``."""

from __future__ import annotations

from hsm.errors import Kind, SealBridgeError
from mobile_bridge.errors import BridgeError


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


class PageForged(BridgeError):
    """A form that this program's own page did not send."""

    kind = Kind.FORBIDDEN
    code = "page_forged"
    zh = "该请求不是由签章程序的页面发出，已拒绝"


class PortTaken(BridgeError):
    """Another program listens on the port, most likely this one."""

    kind = Kind.CONFLICT
    code = "port_taken"
    zh = "端口 {port} 已被占用，签章程序可能已经在运行"


def code_of(error: SealBridgeError) -> str:
    """The code to show: the server's own where the server refused."""
    return error.server_code if isinstance(error, ServerRefused) else error.code
