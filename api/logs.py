"""Structured logs: one JSON object a line, with the request's id and without secrets."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from functools import lru_cache
from typing import Any, Final, TextIO

import structlog

_NAME: Final = "sealbridge"
log: Final[structlog.typing.FilteringBoundLogger] = structlog.get_logger(_NAME)

_SECRET: Final = re.compile(
    r"(^|_)pin$|password|secret|token$|authorization|cookie|sms_code|id_number|legal_person_id|_key$"
)
_BEARER: Final = re.compile(r"(?i)(bearer\s+)[\w.~+/=-]+")
_PHONE: Final = re.compile(r"(?<!\d)(1[3-9]\d)\d{4}(\d{4})(?!\d)")
_SHORTEST: Final = len("bearer x")  # that any of them can be found in
_ID_NUMBER: Final = re.compile(r"(?<!\d)(\d{4})\d{2}(?:19|20)\d{2}[01]\d[0-3]\d{2}(\d{2}[\dXx])(?!\w)")
_HIDDEN: Final = "***"


def configure(*, stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """Send this program's logs and those of its libraries to ``stream`` (stderr) as JSON lines."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        scrub,
    ]
    json = structlog.processors.JSONRenderer(ensure_ascii=False)
    stream = stream or sys.stderr
    # Our own lines do not pass through logging, which takes as long over a line as the server over a request.
    structlog.configure(
        processors=[_named, *shared, json],
        logger_factory=structlog.WriteLoggerFactory(stream),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, json],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    _quieten()


def _named(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event["logger"] = _NAME
    return event


def scrub(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blank what must never be written down: by the name of the field, and by the look of the text."""
    return {key: _scrubbed(key, value) for key, value in event.items()}


def _scrubbed(key: str, value: Any) -> Any:
    if key.startswith("_"):
        return value  # structlog's own, taken out before rendering
    if _is_secret(key):
        return _HIDDEN
    if isinstance(value, dict):
        return {name: _scrubbed(str(name), inner) for name, inner in value.items()}
    if isinstance(value, str) and len(value) >= _SHORTEST:
        value = _ID_NUMBER.sub(rf"\1{_HIDDEN}\2", value)
        return _PHONE.sub(rf"\1{_HIDDEN}\2", _BEARER.sub(rf"\1{_HIDDEN}", value))
    return value


@lru_cache(maxsize=1024)  # the names of fields are few
def _is_secret(key: str) -> bool:
    return _SECRET.search(key.lower()) is not None


def _quieten() -> None:
    # These repeat each request (uvicorn.access even with the one-use address in its path) or each font.
    for name in ("uvicorn.access", "alembic", "httpx", "fontTools", "pyhanko", "pyhanko_certvalidator"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
