"""Identity numbers at rest, from where enterprises and what stands above take them."""

from __future__ import annotations

from api.realname.id_numbers import IdNumbers, mask_id_number

__all__ = ["IdNumbers", "mask_id_number"]
