"""Versions of the catalogue: what was there becomes the first version of itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_SUBJECTS = ("province", "platform", "authority", "product")
_VERSION = (
    sa.column("code"),
    sa.column("version"),
    sa.column("kind"),
    *(
        sa.column(name)
        for name in (
            "name",
            "platform",
            "authority",
            "profile",
            "encryption_profile",
            "custody",
            "key_kind",
            "validity_days",
            "fee_fen",
            "term",
            "scope",
            "approvals",
            "on_offer",
        )
    ),
    sa.column("renewal_approvals"),
    sa.column("attachments", sa.JSON()),
)
_KEPT = [one.name for one in _VERSION[3:-2]]


def upgrade() -> None:
    for subject in _SUBJECTS:
        column = sa.Column("version", sa.Integer(), nullable=False, server_default="1")
        op.add_column(f"catalogue_{subject}", column)
    _create_tables()
    before = {subject: _rows(f"catalogue_{subject}") for subject in _SUBJECTS}
    _keep_versions(before["product"])
    _keep_history(before)
    with op.batch_alter_table("catalogue_product") as batch:
        batch.drop_constraint("fk_catalogue_product_authority", type_="foreignkey")
        batch.drop_constraint("fk_catalogue_product_platform", type_="foreignkey")
        for name in _KEPT:
            batch.drop_column(name)


def _create_tables() -> None:
    op.create_table(
        "catalogue_product_version",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("platform", sa.String(length=40), nullable=False),
        sa.Column("authority", sa.String(length=40), nullable=False),
        sa.Column("profile", sa.String(length=40), nullable=False),
        sa.Column("encryption_profile", sa.String(length=40), nullable=True),
        sa.Column("custody", sa.String(length=12), nullable=False),
        sa.Column("key_kind", sa.String(length=12), nullable=False),
        sa.Column("validity_days", sa.Integer(), nullable=False),
        sa.Column("fee_fen", sa.Integer(), nullable=False),
        sa.Column("term", sa.String(length=60), nullable=False),
        sa.Column("scope", sa.String(length=120), nullable=False),
        sa.Column("attachments", sa.JSON(), nullable=False),
        sa.Column("approvals", sa.Integer(), nullable=False),
        sa.Column("renewal_approvals", sa.Integer(), nullable=False),
        sa.Column("on_offer", sa.Boolean(), nullable=False),
        sa.Column("offered_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("offered_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["code"], ["catalogue_product.code"], name="fk_catalogue_product_version_code"
        ),
        sa.ForeignKeyConstraint(
            ["platform"], ["catalogue_platform.code"], name="fk_catalogue_product_version_platform"
        ),
        sa.ForeignKeyConstraint(
            ["authority"], ["catalogue_authority.code"], name="fk_catalogue_product_version_authority"
        ),
        sa.PrimaryKeyConstraint("code", "version", name="pk_catalogue_product_version"),
    )
    op.create_table(
        "catalogue_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("operator", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=12), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_catalogue_change"),
        sa.UniqueConstraint("subject", "code", "version", name="uq_catalogue_change_subject"),
    )
    op.create_index("ix_catalogue_change_code", "catalogue_change", ["subject", "code", "id"], unique=False)


def _rows(name: str) -> list[dict[str, Any]]:
    found = op.get_bind().execute(sa.text(f"SELECT * FROM {name} ORDER BY code"))  # noqa: S608 - our own names
    return [dict(row) for row in found.mappings()]


def _keep_versions(products: list[dict[str, Any]]) -> None:
    rows = [
        {name: one[name] for name in _KEPT}
        | {"code": one["code"], "version": 1, "kind": "enterprise", "attachments": []}
        | {"renewal_approvals": one["approvals"], "on_offer": bool(one["on_offer"])}
        for one in products
    ]
    if rows:
        op.get_bind().execute(sa.insert(sa.table("catalogue_product_version", *_VERSION)), rows)


def _keep_history(before: dict[str, list[dict[str, Any]]]) -> None:
    change = sa.table(
        "catalogue_change",
        sa.column("at", sa.DateTime(timezone=True)),
        *(sa.column(name) for name in ("operator", "subject", "code", "version")),
        sa.column("value", sa.JSON()),
    )
    now = datetime.now(UTC)
    if op.get_bind().dialect.name == "sqlite":
        now = now.replace(tzinfo=None)  # as api.db.UtcDateTime keeps it
    rows = [
        {"at": now, "operator": "setup", "subject": subject, "code": one.pop("code"), "version": 1}
        | {"value": {name: value for name, value in one.items() if name != "version"}}
        for subject in _SUBJECTS
        for one in before[subject]
    ]
    if rows:
        op.get_bind().execute(sa.insert(change), rows)


def downgrade() -> None:
    raise NotImplementedError("many versions of a product do not fit into one row; restore a backup")
