"""Trading platforms: keys, origins, scopes, documents they sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    _platforms()
    _keys()
    _documents()


def _platforms() -> None:
    op.create_table(
        "platform",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("domain", sa.String(253), nullable=False),
        sa.Column("origins", sa.JSON(), nullable=False),
        sa.Column("callback_url", sa.String(400)),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("catalogue_code", sa.String(40)),
        sa.Column("standing", sa.String(12), nullable=False),
        sa.Column("is_sandbox", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_platform"),
        sa.ForeignKeyConstraint(
            ["catalogue_code"], ["catalogue_platform.code"], name="fk_platform_catalogue_code"
        ),
        sa.UniqueConstraint("name", name="uq_platform_name"),
    )
    op.create_index("ix_platform_created_at_id", "platform", ["created_at", "id"])
    op.create_table(
        "platform_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("platform", sa.String(24), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("who", sa.String(80), nullable=False),
        sa.Column("act", sa.String(24), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_platform_change"),
        sa.ForeignKeyConstraint(["platform"], ["platform.id"], name="fk_platform_change_platform"),
    )
    op.create_index("ix_platform_change_platform", "platform_change", ["platform", "id"])


def _keys() -> None:
    op.create_table(
        "platform_key",
        sa.Column("id", sa.String(43), nullable=False),
        sa.Column("platform", sa.String(24), nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.Column("label", sa.String(60), nullable=False),
        sa.Column("added_at", _TIME, nullable=False),
        sa.Column("added_by", sa.String(80), nullable=False),
        sa.Column("retired_at", _TIME),
        sa.Column("retired_by", sa.String(80)),
        sa.Column("used_at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_platform_key"),
        sa.ForeignKeyConstraint(["platform"], ["platform.id"], name="fk_platform_key_platform"),
    )
    op.create_index("ix_platform_key_platform", "platform_key", ["platform", "added_at"])
    op.create_table(
        "platform_nonce",
        sa.Column("platform", sa.String(24), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("until", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("platform", "digest", name="pk_platform_nonce"),
    )
    op.create_index("ix_platform_nonce_until", "platform_nonce", ["until"])


def _documents() -> None:
    op.create_table(
        "platform_document",
        sa.Column("platform", sa.String(24), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("received_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("platform", "sha256", name="pk_platform_document"),
        sa.ForeignKeyConstraint(["platform"], ["platform.id"], name="fk_platform_document_platform"),
    )
    op.create_index("ix_platform_document_expires_at", "platform_document", ["expires_at"])
