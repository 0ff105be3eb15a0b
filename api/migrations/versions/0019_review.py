"""Cases of reviewers; applications are found by product, authority and name of the enterprise."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_NAME = sa.String(length=64).with_variant(sa.String(length=64, collation="C"), "postgresql")
_REASONS = (
    ("licence-unclear", "return", "营业执照照片不清晰，请重新拍摄上传"),
    ("form-unclear", "return", "申请书照片不清晰或不完整，请重新拍摄上传"),
    ("attachment-unclear", "return", "附件不清晰或不完整，请重新上传"),
    ("attachment-missing", "return", "缺少所需的附件，请补充上传"),
    ("licence-differs", "reject", "所填企业信息与营业执照不一致，请核对后重新提交"),
    ("licence-invalid", "reject", "营业执照已注销、吊销或不在有效期内"),
    ("legal-person-differs", "reject", "法定代表人姓名或证件号码与登记信息不一致"),
    ("seal-missing", "reject", "申请书未加盖单位公章"),
    ("seal-differs", "reject", "申请书所盖公章与企业名称不一致"),
    ("signature-missing", "reject", "申请书缺少手写签名"),
    ("authorisation-missing", "reject", "未能证明申请人已获企业授权"),
    ("duplicate", "reject", "该企业已有办理中的申请，请勿重复提交"),
)


def upgrade() -> None:
    _find_applications()
    _create_cases()
    _create_decisions()
    _create_reasons()


def _find_applications() -> None:
    with op.batch_alter_table("application") as batch:
        batch.add_column(sa.Column("product", sa.String(length=40), nullable=True))
        batch.add_column(sa.Column("authority", sa.String(length=40), nullable=True))
        batch.add_column(sa.Column("enterprise_name", _NAME, nullable=True))
    said = (
        "FROM application_revision r"
        " WHERE r.application_id = application.id AND r.revision = application.revision"
    )
    op.execute(f"UPDATE application SET product = (SELECT r.product {said})")  # noqa: S608 - our own words
    op.execute(f"UPDATE application SET enterprise_name = (SELECT r.enterprise_name {said})")  # noqa: S608
    op.execute(
        "UPDATE application SET authority = (SELECT p.authority FROM application_revision r"
        " JOIN catalogue_product_version p ON p.code = r.product AND p.version = r.product_version"
        " WHERE r.application_id = application.id AND r.revision = application.revision)"
    )
    with op.batch_alter_table("application") as batch:
        batch.alter_column("product", existing_type=sa.String(length=40), nullable=False)
        batch.alter_column("authority", existing_type=sa.String(length=40), nullable=False)
    op.drop_index("ix_application_credit_code", table_name="application")
    for name, columns in (
        ("kind", ["status", "kind", "updated_at", "id"]),
        ("product", ["status", "product", "updated_at", "id"]),
        ("authority", ["status", "authority", "updated_at", "id"]),
        ("credit_code", ["credit_code", "updated_at", "id"]),
        ("enterprise_name", ["enterprise_name", "id"]),
    ):
        op.create_index(f"ix_application_{name}", "application", columns)


def _create_cases() -> None:
    op.create_table(
        "review_claim",
        sa.Column("application_id", sa.String(length=24), nullable=False),
        sa.Column("operator_id", sa.Integer(), nullable=False),
        sa.Column("claimed_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name="fk_review_claim_application_id"
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["account_operator.id"], name="fk_review_claim_operator_id"),
        sa.PrimaryKeyConstraint("application_id", name="pk_review_claim"),
    )
    op.create_index("ix_review_claim_operator", "review_claim", ["operator_id", "expires_at"])
    op.create_table(
        "review_check_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("application_id", sa.String(length=24), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.String(length=64)),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("done_at", _TIME, nullable=False),
        sa.Column("results", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name="fk_review_check_run_application_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_review_check_run"),
        sa.UniqueConstraint("token", name="uq_review_check_run_token"),
    )
    found_by = ["application_id", "revision", "id"]
    op.create_index("ix_review_check_run_application", "review_check_run", found_by)


def _create_decisions() -> None:
    op.create_table(
        "review_decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.String(length=24), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(length=12), nullable=False),
        sa.Column("operator", sa.String(length=64), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("wanted", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name="fk_review_decision_application_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_review_decision"),
    )
    op.create_index("ix_review_decision_application_id", "review_decision", ["application_id"])
    op.create_index("ix_review_decision_day", "review_decision", ["day", "operator", "verdict"])
    op.create_table(
        "review_decision_reason",
        sa.Column("decision_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["review_decision.id"], name="fk_review_decision_reason_decision_id"
        ),
        sa.PrimaryKeyConstraint("decision_id", "code", name="pk_review_decision_reason"),
    )


def _create_reasons() -> None:
    made = op.create_table(
        "review_reason",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("verdict", sa.String(length=12), nullable=False),
        sa.Column("text", sa.String(length=200), nullable=False),
        sa.Column("in_use", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_by", sa.String(length=64), nullable=False),
        sa.Column("changed_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_review_reason"),
    )
    shipped = {"in_use": True, "version": 1, "changed_by": "setup", "changed_at": datetime.now(UTC)}
    rows = [{"code": code, "verdict": verdict, "text": text} for code, verdict, text in _REASONS]
    op.bulk_insert(made, [row | shipped for row in rows])


def downgrade() -> None:
    for table in ("reason", "decision_reason", "decision", "check_run", "claim"):
        op.drop_table(f"review_{table}")
    for name in ("kind", "product", "authority", "credit_code", "enterprise_name"):
        op.drop_index(f"ix_application_{name}", table_name="application")
    with op.batch_alter_table("application") as batch:
        for name in ("product", "authority", "enterprise_name"):
            batch.drop_column(name)
    op.create_index("ix_application_credit_code", "application", ["credit_code", "status"])
