"""Pages of papers as pictures, for screens that show no PDF."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Path, Query, Response

from api.errors import NotFound
from ca.documents.errors import PageNotFound
from ca.documents.previews import page_png

PNG: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"image/png": {}}}}

PageNumber = Annotated[int, Path(ge=1, le=9999, description="Which page, the first is 1")]
Width = Annotated[int, Query(ge=200, le=2000, description="Of the picture, in pixels")]
USUAL_WIDTH: Final = 1080


def preview(pdf: bytes, page: int, width: int) -> Response:
    """A page of a paper that this service made. Raises NotFound after the last one."""
    try:
        return Response(page_png(pdf, page, width), media_type="image/png")
    except PageNotFound as exc:
        raise NotFound(str(exc)) from exc
