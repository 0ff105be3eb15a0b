"""Who may call what: every operation of the API and every role, in one table.

Cells are the codes of refusals. What is not named is allowed: whatever the answer is, it is none of these.
"""

from __future__ import annotations

from typing import Final

from tests.api.cast import OPERATORS, PERSONS, ROLES

Row = dict[str, str]

ABSENT = "absent"
"""Allowed, but the cast has no such thing: 404 is right."""
NOT_SIGNED_IN, REAL_NAME = "not_signed_in", "real_name_required"
ROLE, NOT_FOUND = "role_missing", "not_found"
REFUSALS = frozenset(
    {NOT_SIGNED_IN, REAL_NAME, ROLE, NOT_FOUND, "administrator_needed", "not_permitted", "passkey_required"}
)


def of(code: str, *roles: str) -> Row:
    return dict.fromkeys(roles, code)


ANYBODY: Final[Row] = {}
SESSION: Final = of(NOT_SIGNED_IN, "nobody")
PERSON: Final = of(NOT_SIGNED_IN, "nobody", *OPERATORS)
VERIFIED: Final = PERSON | of(REAL_NAME, "unverified")
OWN_THING: Final = PERSON | of(NOT_FOUND, "unverified", "verified", "clerk", "stranger")
OWN: Final = VERIFIED | of(NOT_FOUND, "verified", "clerk", "stranger")
OWN_ABSENT: Final = VERIFIED | of(ABSENT, "verified", "owner", "clerk", "stranger")
MEMBER: Final = VERIFIED | of(NOT_FOUND, "verified", "stranger")
ADMINISTRATOR: Final = MEMBER | of("administrator_needed", "clerk")
OPERATOR: Final = of(NOT_SIGNED_IN, "nobody", *PERSONS)
REVIEWER: Final = OPERATOR | of(ROLE, "manager", "auditor")
MANAGER: Final = OPERATOR | of(ROLE, "reviewer", "auditor")
AUDITING: Final = OPERATOR | of(ROLE, "reviewer")
ENROLMENT: Final = of("enrolment_refused", *ROLES)
MACHINE: Final = of("client_certificate_refused", *ROLES)
TASK: Final = of("task_token_invalid", *ROLES)
PLATFORM: Final = of("call_unsigned", *ROLES)
WAIT: Final = of("wait_token_invalid", *ROLES)
TOKEN_OF_SOFTWARE: Final = of(NOT_SIGNED_IN, "nobody", *OPERATORS)
SIGNER: Final = TOKEN_OF_SOFTWARE | of(REAL_NAME, "unverified")
OWN_CREDENTIAL: Final = SIGNER | of(NOT_FOUND, "verified", "clerk", "stranger")


def absent(row: Row) -> Row:
    """The same, of a thing that the cast has not."""
    return of(ABSENT, *ROLES) | row


TABLE: Final[dict[str, Row]] = {
    # 验证签名
    "verification_verify": ANYBODY,
    "verification_file_verify": ANYBODY,
    "verification_file_verify_digest": ANYBODY,
    "verification_file_verify_ofd": ANYBODY,
    # 登录
    "accounts_send_code": ANYBODY,
    "accounts_devices": PERSON,
    "accounts_sign_in": ANYBODY,
    "accounts_sign_in_by_password": ANYBODY,
    "accounts_renew": ANYBODY,
    "accounts_account": PERSON,
    "accounts_set_password": PERSON,
    "accounts_reset_password": ANYBODY,
    "accounts_change_phone": PERSON,
    # 实名认证
    "realname_standing": PERSON,
    "realname_start": PERSON,
    "realname_show": OWN_THING,
    # 消息
    "messages_list_messages": PERSON,
    "messages_count_unread": PERSON,
    "messages_mark_all_read": PERSON,
    "messages_mark_read": OWN_THING,
    # 证书申领
    "catalogue_catalogue": ANYBODY,
    # 企业与办事人员
    "enterprises_look_up": VERIFIED,
    "enterprises_list_own": VERIFIED,
    "enterprises_show": MEMBER,
    "enterprises_list_members": ADMINISTRATOR,
    "enterprises_change_permissions": ADMINISTRATOR,
    # 移交管理员
    "enterprises_handover_offer": ADMINISTRATOR,
    "enterprises_handover_list_own": VERIFIED,
    "enterprises_handover_letter": MEMBER,
    "enterprises_handover_letter_page": MEMBER,
    # 认领企业与证书申请
    "applications_apply": VERIFIED,
    "applications_list_own": VERIFIED,
    "applications_show": OWN,
    "applications_versions": OWN,
    "applications_former_form": OWN,
    "applications_revise": OWN,
    "applications_put_licence": OWN,
    "applications_licence": OWN,
    "applications_put_paper_form": OWN,
    "applications_put_attachment": OWN,
    "applications_attachment": absent(VERIFIED),
    "applications_signatures": OWN,
    "applications_put_signature": OWN,
    "applications_form": OWN,
    "applications_form_page": OWN,
    "applications_former_form_page": OWN,
    "applications_seal": OWN,
    "applications_send_to_computer": OWN,
    "applications_signing_state": OWN,
    "applications_confirm_pc": OWN,
    "applications_take_address_back": OWN,
    "applications_submit": OWN,
    "applications_withdraw": OWN,
    # 加入企业审批
    "applications_consent_waiting": VERIFIED,
    "applications_consent_show": OWN,
    "applications_consent_letter": OWN,
    "applications_consent_letter_page": OWN,
    # 支付
    "payments_check_out": absent(VERIFIED),
    "payments_show_order": absent(VERIFIED),
    # 证书
    "certificates_download": OWN,
    "certificates_list_own": VERIFIED,
    "certificates_list_of_enterprise": ADMINISTRATOR,
    "certificates_show": OWN,
    "certificates_pin_status": OWN,
    # 签章
    "seals_stamp": OWN,
    "seals_stamp_many": OWN,
    # 印章
    "seals_life_list_own": OWN,
    "seals_life_preview": OWN,
    "seals_life_apply": OWN,
    "seals_life_show": OWN,
    "seals_life_picture": OWN,
    "seals_life_document": OWN,
    "seals_life_withdraw": OWN,
    "seals_life_suspend": OWN,
    "seals_life_release": OWN,
    "seals_life_destroy": OWN,
    # 印章管理
    "seals_operator_list_all": OPERATOR,
    "seals_operator_show": OPERATOR,
    "seals_operator_picture": OPERATOR,
    "seals_operator_letter": absent(OPERATOR),
    "seals_operator_upload": absent(OPERATOR),
    "seals_operator_approve": REVIEWER,
    "seals_operator_reject": REVIEWER,
    "seals_operator_file": REVIEWER,
    "seals_operator_suspend": REVIEWER,
    "seals_operator_release": REVIEWER,
    "seals_operator_destroy": REVIEWER,
    "seals_file_seal_ofd": OWN,
    "seals_file_sign": OWN,
    "seals_file_sign_digest": OWN,
    # 远程签名
    "csc_app_show": OWN,
    "csc_app_turn_on": OWN,
    **{
        f"csc_{version}_{name}": row
        for version in ("first", "second")
        for name, row in {
            "info": ANYBODY,
            "log_in": ANYBODY,
            "revoke": TOKEN_OF_SOFTWARE,
            "list_credentials": SIGNER,
            "show": OWN_CREDENTIAL,
            "authorize": OWN_CREDENTIAL,
            "sign_hash": OWN_CREDENTIAL,
            "stamp": TOKEN_OF_SOFTWARE,
        }.items()
    },
    # 扫码: another's scan is not found whoever asks, and the cast has none
    "scanning_phone_claim": PERSON,
    "scanning_phone_claim_picture": PERSON,
    "scanning_phone_show": VERIFIED,
    "scanning_phone_document": VERIFIED,
    "scanning_phone_approve": VERIFIED,
    "scanning_phone_refuse": VERIFIED,
    "scanning_bindings_list_own": VERIFIED,
    "scanning_bindings_end_own": absent(VERIFIED),
    # 开标
    "openings_own_openings": VERIFIED,
    "openings_own_evidence": absent(VERIFIED),
    "openings_own_report": absent(VERIFIED),
    "openings_openings": OPERATOR,
    "openings_evidence_for_operator": absent(OPERATOR),
    "openings_report_for_operator": absent(OPERATOR),
    # 密钥恢复
    "recovery_ask": REVIEWER,
    "recovery_newest": OPERATOR,
    "recovery_urgent": OPERATOR,
    "recovery_approve": absent(REVIEWER),
    "recovery_refuse": absent(REVIEWER),
    "recovery_of_own": absent(VERIFIED),
    "recovery_finish": absent(VERIFIED),
    # 电脑端签章
    "bridge_claim": ANYBODY,
    "bridge_task": TASK,
    "bridge_certificate": TASK,
    "bridge_document": TASK,
    "bridge_answer": TASK,
    "bridge_refusal": TASK,
    # 扫码等待
    "scan_wait": WAIT,
    "scan_watch": WAIT,
    "scan_qr_picture": WAIT,
    "bridge_enrolment": TASK,
    "bridge_keys": TASK,
    "bridge_proof": TASK,
    "bridge_certificates": TASK,
    "bridge_written": TASK,
    # 下载到 CA 锁
    "certificates_on_lock_send": OWN,
    "certificates_on_lock_state": OWN,
    "certificates_on_lock_confirm": OWN,
    "certificates_on_lock_cancel": OWN,
    # 操作员登录
    "accounts_operator_sign_in": ANYBODY,
    "accounts_operator_sign_in_with_passkey": ANYBODY,
    "accounts_operator_passkeys": OPERATOR,
    "accounts_operator_add": OPERATOR,
    "accounts_operator_begin_adding": OPERATOR,
    "accounts_operator_rename": absent(OPERATOR),
    "accounts_operator_remove": absent(OPERATOR),
    # CA 审核
    "review_queues": OPERATOR,
    "review_search": OPERATOR,
    "review_queue": OPERATOR,
    "review_case": OPERATOR,
    "review_licence": OPERATOR,
    "review_form": OPERATOR,
    "review_paper_form": absent(OPERATOR),
    "review_evidence": OPERATOR,
    "review_reveal": REVIEWER,
    "review_claim": REVIEWER,
    "review_release": REVIEWER,
    "review_take_over": MANAGER,
    "review_check_again": REVIEWER,
    "review_approve": REVIEWER,
    "review_reject": REVIEWER,
    "review_ask_for_more": REVIEWER,
    # 审核理由
    "review_office_reasons": OPERATOR,
    "review_office_put_reason": MANAGER,
    # 审核统计
    "review_office_pending": OPERATOR,
    "review_office_decided": OPERATOR,
    "review_office_refused": OPERATOR,
    # 实名管理
    "realname_desk_look_up": REVIEWER,
    "realname_desk_release": MANAGER,
    "journal_search": AUDITING,
    "journal_ends": AUDITING,
    "journal_export": AUDITING,
    "realname_desk_identify_operator": MANAGER,
    # 证书管理
    "registry_listed": OPERATOR,
    "registry_search": OPERATOR,
    "registry_find": OPERATOR,
    "pki_publish": MANAGER,
    # 目录管理
    "catalogue_everything": OPERATOR,
    "catalogue_history": AUDITING,
    "catalogue_product": absent(OPERATOR),
    "catalogue_put_product": MANAGER,
    "catalogue_put_province": MANAGER,
    "catalogue_put_platform": MANAGER,
    "catalogue_put_authority": MANAGER,
    # 平台管理
    "platforms_operator_list_all": OPERATOR,
    "platforms_operator_register": MANAGER,
    "platforms_operator_show": absent(OPERATOR),
    "platforms_operator_change": absent(MANAGER),
    "platforms_operator_suspend": absent(MANAGER),
    "platforms_operator_resume": absent(MANAGER),
    "platforms_operator_add_key": absent(MANAGER),
    "platforms_operator_retire_key": absent(MANAGER),
    "platforms_operator_history": absent(AUDITING),
    "scanning_bindings_list_all": OPERATOR,
    "platforms_webhooks_operator_list_all": absent(OPERATOR),
    "platforms_webhooks_operator_show": absent(OPERATOR),
    "platforms_webhooks_operator_redeliver": absent(MANAGER),
    # 订单管理
    "payments_list_orders": AUDITING,
    "payments_show_order_dossier": absent(AUDITING),
    "payments_refund": absent(MANAGER),
    # 平台接口
    "platforms_own": PLATFORM,
    "platforms_send_document": PLATFORM,
    "platforms_list_keys": PLATFORM,
    "platforms_add_key": PLATFORM,
    "platforms_retire_key": PLATFORM,
    "openings_announce": PLATFORM,
    "openings_opening_for_platform": PLATFORM,
    "openings_evidence_for_platform": PLATFORM,
    "openings_report_for_platform": PLATFORM,
    "scanning_platform_ask": PLATFORM,
    "scanning_platform_scan": PLATFORM,
    "scanning_platform_cancel": PLATFORM,
    "scanning_platform_sealed_document": PLATFORM,
    "scanning_platform_evidence": PLATFORM,
    "scanning_bindings_list_of_platform": PLATFORM,
    "scanning_bindings_end_of_platform": PLATFORM,
    "platforms_webhooks_list_all": PLATFORM,
    "platforms_webhooks_show": PLATFORM,
    "platforms_webhooks_redeliver": PLATFORM,
    # EST 自动登记
    "est_open_enrolment": MANAGER,
    "est_ca_certificates_of_profile": ANYBODY,
    "est_ca_certificates": ANYBODY,
    "est_attributes_of_profile": ANYBODY,
    "est_attributes": ANYBODY,
    "est_enrol_of_profile": ENROLMENT,
    "est_enrol": ENROLMENT,
    "est_enrol_again_of_profile": MACHINE,
    "est_enrol_again": MACHINE,
    # PKI
    "pki_root_certificate": ANYBODY,
    "pki_root_list": ANYBODY,
    "pki_certificate": ANYBODY,
    "pki_chain": ANYBODY,
    "pki_delta_list": ANYBODY,
    "pki_complete_list": ANYBODY,
    "pki_delta_shard": ANYBODY,
    "pki_complete_shard": ANYBODY,
    # What ends something, for whoever may do it.
    "csc_app_turn_off": OWN,
    "applications_consent_consent": OWN,
    "applications_consent_decline": OWN,
    "registry_suspend": REVIEWER,
    "registry_release": REVIEWER,
    "certificates_change_pin": OWN,
    "certificates_suspend_clerks": ADMINISTRATOR,
    "certificates_release_clerks": ADMINISTRATOR,
    "certificates_suspend": OWN,
    "certificates_release": OWN,
    "registry_revoke": REVIEWER,
    "enterprises_handover_withdraw": MEMBER,
    "enterprises_handover_decline": MEMBER,
    "enterprises_handover_accept": MEMBER,
    "enterprises_leave": MEMBER,
    "enterprises_remove": ADMINISTRATOR,
    "realname_cancel": OWN_THING,
    "realname_release": VERIFIED,
    "accounts_sign_out_others": PERSON,
    "accounts_sign_out_device": OWN_THING,
    "accounts_sign_out": SESSION,
}
