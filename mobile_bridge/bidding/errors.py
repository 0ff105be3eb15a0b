"""What the bidding tool refuses. ``code`` is stable, ``message`` Chinese and for people."""

from __future__ import annotations

from hsm.errors import Kind
from mobile_bridge.errors import BridgeError


class BiddingError(BridgeError):
    """Whatever the bidding tool refuses."""

    code = "bidding_error"
    zh = "投标工具出错，请重试"


class NoProject(BiddingError):
    """The folder holds no project of this tool, or one of a newer version."""

    kind = Kind.NOT_FOUND
    code = "no_project"
    zh = "该文件夹不是投标项目，请先用 new 命令新建"


class ProjectExists(BiddingError):
    """A new project where there is one."""

    kind = Kind.CONFLICT
    code = "project_exists"
    zh = "该文件夹中已有投标项目"


class ProjectBusy(BiddingError):
    """Another run of the tool works on the project."""

    kind = Kind.CONFLICT
    code = "project_busy"
    zh = "另一个投标工具正在处理此项目，请先关闭它"


class CentreAddressInvalid(BiddingError):
    """Not an https address; http serves on the own machine alone."""

    kind = Kind.INVALID
    code = "centre_address_invalid"
    zh = "交易平台地址不正确，应以 https:// 开头"


class CentreUnreachable(BiddingError):
    """No connection to the centre, or an answer that is not its."""

    kind = Kind.UNAVAILABLE
    code = "centre_unreachable"
    zh = "无法连接交易平台，请检查网络后重试"


class CentreRefused(BiddingError):
    """The centre refused. ``centre_code``, ``words``: what it said."""

    code = "centre_refused"
    zh = "交易平台：{words}"

    def __init__(self, detail: str = "", *, centre_code: str = "", words: str = "") -> None:
        super().__init__(detail, centre_code=centre_code, words=words)
        self.centre_code = centre_code


class SignedOut(BiddingError):
    """No token of the centre, or one that is over."""

    kind = Kind.UNAUTHENTICATED
    code = "signed_out"
    zh = "请先扫码认证（certify）"


class ScanEnded(BiddingError):
    """A scan ended without an answer. ``reason``: what people are told."""

    kind = Kind.GONE
    code = "scan_ended"
    zh = "{reason}，请重新扫码"


class RecordMissing(BiddingError):
    """The company's record and certificates were not fetched."""

    kind = Kind.CONFLICT
    code = "record_missing"
    zh = "请先扫码同步诚信库（record）"


class NotTrusted(BiddingError):
    """What the centre passed on does not hold against the root certificate of the project."""

    kind = Kind.INVALID
    code = "not_trusted"
    zh = "{what}未通过本机核验（{why}），已停止"


class FileUnfit(BiddingError):
    """A file cannot be part of the bid."""

    kind = Kind.INVALID
    code = "file_unfit"
    zh = "文件“{name}”不能使用：{why}"


class StatementMissing(BiddingError):
    """No opening statement was written."""

    kind = Kind.CONFLICT
    code = "statement_missing"
    zh = "请先填写唱标信息（say）"


class StatementInvalid(BiddingError):
    """A line of the opening statement is none."""

    kind = Kind.INVALID
    code = "statement_invalid"
    zh = "唱标信息应写作“名称=内容”，名称不超过 40 字，内容不超过 200 字，最多 20 项"


class FilesMissing(BiddingError):
    """No file was added."""

    kind = Kind.CONFLICT
    code = "files_missing"
    zh = "请先添加投标文件（add）"


class SealMissing(BiddingError):
    """A file is to be sealed, and is not yet, or was changed since."""

    kind = Kind.CONFLICT
    code = "seal_missing"
    zh = "文件“{name}”尚未签章或签章后已改动，请先扫码签章（seal）"


class NothingToSeal(BiddingError):
    """Every file that is to be sealed has its seal."""

    kind = Kind.CONFLICT
    code = "nothing_to_seal"
    zh = "没有待签章的文件"


class CertificateUnfit(BiddingError):
    """The encryption certificate is missing, or not in force until the opening."""

    kind = Kind.CONFLICT
    code = "certificate_unfit"
    zh = "加密证书不能使用：{why}"


class BiddingClosed(BiddingError):
    """The time for bids is over, or has not come."""

    kind = Kind.CONFLICT
    code = "bidding_closed"
    zh = "本项目现在不接收投标文件"


class BidMissing(BiddingError):
    """No encrypted bid was made."""

    kind = Kind.CONFLICT
    code = "bid_missing"
    zh = "请先生成投标文件（make）"


class BidOutdated(BiddingError):
    """A file, the statement or the tender changed after the bid was made."""

    kind = Kind.CONFLICT
    code = "bid_outdated"
    zh = "生成投标文件后{what}有变化，请重新生成（make）"


class BidDamaged(BiddingError):
    """An encrypted file is not what was made."""

    kind = Kind.CONFLICT
    code = "bid_damaged"
    zh = "加密文件“{name}”已损坏或被改动，请重新生成（make）"


class NotHandedIn(BiddingError):
    """No bid, or another one than that of the project, is at the centre."""

    kind = Kind.CONFLICT
    code = "not_handed_in"
    zh = "请先上传投标文件（upload）"


class CannotOpen(BiddingError):
    """The holder's token does not open every envelope: at the opening it would not either."""

    kind = Kind.CONFLICT
    code = "trial_failed"
    zh = "试解密未通过（{titles}），开标时将无法解密，请重新生成并上传"


def code_of(error: BaseException) -> str:
    """The code to show: that of the centre, where the centre refused; of envelopes and answers too."""
    if isinstance(error, CentreRefused) and error.centre_code:
        return error.centre_code
    return str(getattr(error, "code", "bidding_error"))


def words_of(error: BaseException) -> str:
    """The sentence to show."""
    return str(getattr(error, "message", BiddingError.zh))
