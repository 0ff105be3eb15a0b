"""Why a bid is not deposited, or not opened."""

from __future__ import annotations

from api.errors import AppError
from hsm.errors import Kind


class OpeningNotBegun(AppError):
    """Before the time for which the opening was announced. ``opens_at``: that time."""

    kind = Kind.CONFLICT
    code = "opening_not_begun"
    zh = "尚未到开标时间，不能解密"


class OpeningOver(AppError):
    """After the end of the opening. ``closes_at``: that end."""

    kind = Kind.GONE
    code = "opening_over"
    zh = "解密时间已截止"


class OpeningBroughtForward(AppError):
    """An opening may be postponed, never brought forward: bidders rely on the time they deposited for.

    ``opens_at``, ``closes_at``: as announced before.
    """

    kind = Kind.CONFLICT
    code = "opening_brought_forward"
    zh = "开标时间只能推迟，不能提前"


class OpeningBegun(AppError):
    """An opening that has begun can only be made longer, not postponed. ``opens_at``: its begin."""

    kind = Kind.CONFLICT
    code = "opening_begun"
    zh = "开标已开始，只能延长解密时间，不能改期"


class OpeningWindowNeeded(AppError):
    """A bid that was deposited is opened within its window, so the request must say which that is.

    ``envelope``: the id of the first such envelope.
    """

    kind = Kind.INVALID
    code = "opening_window_needed"
    zh = "该投标文件已递交，请求中须注明开标时间"


class OpeningWindowInvalid(AppError):
    """An opening that ends before it begins, or lasts longer than 30 days."""

    kind = Kind.INVALID
    code = "opening_window_invalid"
    zh = "开标起止时间不正确"


class EnvelopeOfOtherTender(AppError):
    """The envelope was deposited for another tender, or with another platform. ``envelope``: its id."""

    kind = Kind.CONFLICT
    code = "envelope_of_other_tender"
    zh = "该投标文件不属于本项目"


class DepositTooLate(AppError):
    """Bids are deposited before the opening begins. ``opens_at``: when it does, or did."""

    kind = Kind.CONFLICT
    code = "deposit_too_late"
    zh = "投标截止时间已过，不能递交"


class OpeningUnknown(AppError):
    """No opening of this platform has this number: none was announced, and no bid deposited."""

    kind = Kind.NOT_FOUND
    code = "opening_unknown"
    zh = "没有该项目的开标记录"
