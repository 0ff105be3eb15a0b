"""What the service refuses, and the only place where a kind of refusal becomes an HTTP status."""

from __future__ import annotations

import errno
from http import HTTPStatus
from typing import Final

from hsm import HsmError
from hsm.errors import Kind, SealBridgeError


class AppError(SealBridgeError):
    """Whatever the service itself refuses."""

    code = "app_error"
    challenge = "Bearer"
    """How to authenticate, where that is missing (RFC 9110, section 11.6.1)."""


class NotFound(AppError):
    """No such thing, or one that belongs to somebody else: both answer alike."""

    kind = Kind.NOT_FOUND
    code = "not_found"
    zh = "没有找到所请求的内容"


class DiskFull(AppError):
    """No room to write; nothing of the request was kept."""

    kind = Kind.UNAVAILABLE
    code = "disk_full"
    zh = "服务器存储空间已满，本次操作未保存，请稍后再试"


class ConfigurationRefused(AppError):
    """The settings cannot be served with: something is missing or unsafe."""

    code = "configuration_refused"
    zh = "服务配置不正确：{reason}"


class FileUnusable(AppError):
    """A file or folder that a command was told to read or write cannot be."""

    kind = Kind.INVALID
    code = "file_unusable"
    zh = "无法读写 {path}：{reason}"


class InternalError(AppError):
    """A fault of ours; what happened is in the log under the request id and nowhere else."""

    code = "internal"


class RequestInvalid(AppError):
    """The request has not the shape that the API describes. ``fields``: which parts, as dotted paths."""

    kind = Kind.INVALID
    code = "request_invalid"
    zh = "提交的内容不完整或格式不正确，请核对：{fields}"


class BodyTooLarge(AppError):
    """More bytes than this address takes."""

    kind = Kind.TOO_LARGE
    code = "body_too_large"
    zh = "上传的内容过大"


_STATUS: Final = {
    Kind.INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    Kind.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
    Kind.FORBIDDEN: HTTPStatus.FORBIDDEN,
    Kind.NOT_FOUND: HTTPStatus.NOT_FOUND,
    Kind.CONFLICT: HTTPStatus.CONFLICT,
    Kind.GONE: HTTPStatus.GONE,
    Kind.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Kind.TOO_MANY: HTTPStatus.TOO_MANY_REQUESTS,
    Kind.BUSY: HTTPStatus.SERVICE_UNAVAILABLE,
    Kind.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    Kind.INTERNAL: HTTPStatus.INTERNAL_SERVER_ERROR,
}


def http_status(error: SealBridgeError) -> HTTPStatus:
    """The HTTP status of a refusal."""
    if isinstance(error, HsmError) and error.kind is Kind.NOT_FOUND:
        # A token or key that is missing here is the operator's to bring back; the address was right.
        return HTTPStatus.SERVICE_UNAVAILABLE
    return _STATUS[error.kind]


def is_unstorable(error: BaseException | None) -> bool:
    """Whether an error says that text held U+0000, which PostgreSQL stores nowhere. Nobody types it."""
    return error is not None and "cannot contain NUL" in str(error)


def is_disk_full(error: BaseException | None) -> bool:
    """Whether an error, or one that it was raised from, says that a disk or database has no room left."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        # SQLite has this sentence (SQLITE_FULL); PostgreSQL a class of its own (53100, disk_full).
        if "database or disk is full" in str(error) or getattr(error, "sqlstate", None) == "53100":
            return True
        error = error.__cause__
    return False
