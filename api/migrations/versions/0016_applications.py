"""Applications of every kind, with revisions and files; what is there becomes a claim's first revision."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_revisions()
    _alter_application()
    _alter_event()
    _share_files()


def _create_revisions() -> None:
    op.create_table(
        "application_revision",
        sa.Column("application_id", sa.String(length=24), nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("product", sa.String(length=40), nullable=False),
        sa.Column("product_version", sa.Integer(), nullable=False),
        sa.Column("enterprise_name", sa.String(length=64), nullable=True),
        sa.Column("credit_code", sa.String(length=18), nullable=True),
        sa.Column("legal_person", sa.String(length=40), nullable=True),
        sa.Column("legal_person_id", sa.LargeBinary(), nullable=True),
        sa.Column("holder_name", sa.String(length=40), nullable=False),
        sa.Column("holder_id", sa.LargeBinary(), nullable=False),
        sa.Column("holder_phone", sa.String(length=11), nullable=False),
        sa.Column("department", sa.String(length=60), nullable=True),
        sa.Column("permissions", sa.JSON(), nullable=True),
        sa.Column("grounds", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name="fk_application_revision_application_id"
        ),
        sa.ForeignKeyConstraint(
            ["product"], ["catalogue_product.code"], name="fk_application_revision_product"
        ),
        sa.PrimaryKeyConstraint("application_id", "revision", name="pk_application_revision"),
    )
    op.execute(
        "INSERT INTO application_revision (application_id, revision, product, product_version,"
        " enterprise_name, credit_code, legal_person, legal_person_id,"
        " holder_name, holder_id, holder_phone, created_at)"
        " SELECT id, 1, product, 1, enterprise_name, credit_code, legal_person, legal_person_id,"
        " administrator_name, administrator_id, administrator_phone, created_at FROM application"
    )


def _alter_application() -> None:
    for index in ("credit_code", "person_id", "status"):
        op.drop_index(f"ix_application_{index}", table_name="application")
    with op.batch_alter_table("application") as batch:
        batch.drop_constraint("fk_application_product", type_="foreignkey")
        for name in ("product", "enterprise_name", "legal_person", "legal_person_id"):
            batch.drop_column(name)
        for name in ("name", "id", "phone"):
            batch.drop_column(f"administrator_{name}")
        batch.alter_column("credit_code", existing_type=sa.String(length=18), nullable=True)
        batch.add_column(sa.Column("kind", sa.String(length=12), nullable=False, server_default="claim"))
        batch.add_column(sa.Column("revision", sa.Integer(), nullable=False, server_default="1"))
        batch.add_column(sa.Column("serial", sa.String(length=40), nullable=True))
    with op.batch_alter_table("application") as batch:
        batch.alter_column("kind", existing_type=sa.String(length=12), server_default=None)
        batch.alter_column("revision", existing_type=sa.Integer(), server_default=None)
    for name, columns in (
        ("person", ["person_id", "created_at", "id"]),
        ("person_status", ["person_id", "status"]),
        ("status", ["status", "updated_at", "id"]),
        ("updated", ["updated_at", "id"]),
        ("credit_code", ["credit_code", "status"]),
        ("serial", ["serial"]),
    ):
        op.create_index(f"ix_application_{name}", "application", columns, unique=False)


def _alter_event() -> None:
    with op.batch_alter_table("application_event") as batch:
        batch.add_column(sa.Column("revision", sa.Integer(), nullable=False, server_default="1"))
        batch.alter_column("actor", existing_type=sa.String(length=12), type_=sa.String(length=16))
    with op.batch_alter_table("application_event") as batch:
        batch.alter_column("revision", existing_type=sa.Integer(), server_default=None)


def _share_files() -> None:
    op.create_table(
        "application_file",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_application_file"),
    )
    op.execute(
        "INSERT INTO application_file (sha256, media_type, content, added_at)"
        " SELECT sha256, media_type, content, added_at FROM (SELECT sha256, media_type, content, added_at,"
        " ROW_NUMBER() OVER (PARTITION BY sha256 ORDER BY application_id, kind) AS place"
        " FROM application_evidence) AS ranked WHERE place = 1"
    )
    op.execute(
        "CREATE TABLE application_evidence_before AS"
        " SELECT application_id, kind, sha256, added_at FROM application_evidence"
    )
    op.drop_table("application_evidence")
    op.create_table(
        "application_evidence",
        sa.Column("application_id", sa.String(length=24), nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id", "revision"],
            ["application_revision.application_id", "application_revision.revision"],
            name="fk_application_evidence_revision",
        ),
        sa.ForeignKeyConstraint(
            ["sha256"], ["application_file.sha256"], name="fk_application_evidence_sha256"
        ),
        sa.PrimaryKeyConstraint("application_id", "revision", "kind", "name", name="pk_application_evidence"),
    )
    op.create_index("ix_application_evidence_sha256", "application_evidence", ["sha256"], unique=False)
    op.execute(
        "INSERT INTO application_evidence (application_id, revision, kind, name, sha256, added_at)"
        " SELECT application_id, 1, kind, '', sha256, added_at FROM application_evidence_before"
    )
    op.drop_table("application_evidence_before")


def downgrade() -> None:
    raise NotImplementedError(
        "several versions of an application do not fit into one row; restore the backup instead"
    )
