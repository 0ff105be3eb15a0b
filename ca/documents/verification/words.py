"""What a report says, in Chinese, for people. Every code of ``model`` has its words (a test holds it)."""

from __future__ import annotations

from typing import Final

from ca.documents.levels import Level
from ca.documents.verification.model import Changed, Coverage, Problem, Sign, Source, Standing, Verdict
from ca.seals.objects.verification import FAULT_NAMES

VERDICTS: Final = {
    Verdict.VALID: "签名有效",
    Verdict.ATTENTION: "签名有效，有需要注意的情况",
    Verdict.UNDETERMINED: "签名完整，但无法确认是否可信",
    Verdict.INVALID: "签名无效",
    Verdict.UNSIGNED: "没有电子签名",
}
VERDICT_NOTES: Final = {
    Verdict.VALID: "文件自签名以来没有被改动，签名者证书有效。",
    Verdict.ATTENTION: "签名本身有效。请在依据本文件办事之前看一看下面列出的情况。",
    Verdict.UNDETERMINED: "文件没有被改动，但这里无法证明签名者的身份或证书状态，请向签名者或颁发机构核实。",
    Verdict.INVALID: "不要依据本文件办事：至少一个签名不成立，或文件在签名之后被改动。",
    Verdict.UNSIGNED: "文件里没有电子签名。页面上即使看得到印章图样，也只是一幅图片，不能证明是谁盖的。",
}
PROBLEMS: Final[dict[str, str]] = {
    Problem.UNREADABLE: "签名数据无法读取",
    Problem.CONTENTS_MISSING: "签名域里没有签名值，是伪造的签名",
    Problem.BYTE_RANGE_MISSING: "没有说明签名覆盖哪些内容，是伪造的签名",
    Problem.BYTE_RANGE_WRONG: "签名覆盖的范围不正确，文件中有内容被排除在签名之外",
    Problem.COVERAGE_UNCLEAR: "签名覆盖的不是文件的一个完整版本",
    Problem.FORMAT_UNKNOWN: "签名格式无法识别",
    Problem.DIGEST_DIFFERS: "文件内容与签名不符，签名后被改动过",
    Problem.SIGNATURE_BROKEN: "签名值不正确",
    Problem.CERTIFICATE_MISSING: "签名中没有签名者的证书",
    Problem.CERTIFICATE_DIFFERS: "签名中的证书不是签名时的那一张，可能被替换",
    Problem.ALGORITHM_UNKNOWN: "签名算法不受支持",
    Problem.ALGORITHM_WEAK: "签名使用了已不安全的算法或过短的密钥",
    Problem.MODIFIED_SINCE: "签名之后文件被改动",
    Problem.CERTIFICATION_VIOLATED: "签名之后的改动违反了该签名对文件的限制",
    Problem.LOCK_VIOLATED: "签名之后改动了被该签名锁定的内容",
    Problem.TRAILING_BYTES: "签名之后在文件里夹带了不属于任何版本的数据",
    Problem.FORM_FILLED_SINCE: "签名之后填写或修改了表单域",
    Problem.ANNOTATED_SINCE: "签名之后增加了批注（该签名允许），请核对批注没有遮盖内容",
    Problem.ISSUER_UNTRUSTED: "签名者证书的颁发机构不在信任列表中",
    Problem.CERTIFICATE_UNTRUSTED: "签名者证书未能通过验证",
    Problem.CERTIFICATE_NOT_FOR_SIGNING: "该证书不是用于签名的证书",
    Problem.CERTIFICATE_REVOKED: "签名时证书已被吊销",
    Problem.CERTIFICATE_REVOKED_SINCE: "证书已被吊销，且没有时间戳证明签名在吊销之前",
    Problem.CERTIFICATE_SUSPENDED: "签名时证书处于冻结状态",
    Problem.ISSUER_REVOKED: "签名者证书的颁发机构证书已被吊销",
    Problem.CERTIFICATE_EXPIRED: "签名时证书已经过期",
    Problem.CERTIFICATE_EXPIRED_SINCE: "证书已经过期，且没有时间戳证明签名在有效期之内",
    Problem.CERTIFICATE_NOT_YET_VALID: "签名时证书尚未生效",
    Problem.REVOCATION_UNKNOWN: "吊销列表已过时或不可用，无法确认证书没有被吊销",
    Problem.REVOCATION_UNCHECKED: "手头没有该颁发机构的吊销信息，未查证书是否被吊销",
    Problem.TIME_STAMP_WRONG: "签名中的时间戳不正确，不能证明签名时间",
    Problem.SEAL_MALFORMED: "签名中的电子印章数据无法读取",
    **{fault.value: name for fault, name in FAULT_NAMES.items()},
}
SIGNS: Final = {
    Sign.UNREFERENCED_PAGES: "文件里藏有没有显示的页面",
    Sign.UNREFERENCED_CONTENT: "文件里藏有没有显示的内容",
    Sign.DUPLICATE_OBJECTS: "文件里有同一编号的两份内容，不同软件可能显示不同的一份",
    Sign.UNLISTED_OBJECTS: "文件里有没有登记在索引中的内容",
    Sign.TRAILING_BYTES: "文件末尾之后还有多余的数据（字节数）",
    Sign.COVERED_CONTENT: "页面上有看不见的文字：被图片或色块遮盖，或与底色相同，页",
    Sign.ANNOTATION_COVERS: "页面上有文字被批注或表单域遮盖，页",
    Sign.HIDDEN_ANNOTATION: "页面上有隐藏的、或只在打印时出现的批注，页",
    Sign.HIDDEN_LAYERS: "文件有隐藏的、或随查看方式变化的图层",
    Sign.FIELD_DIFFERS: "表单域显示的内容与它保存的值不一致",
    Sign.APPEARANCE_LEFT_OPEN: "表单域的外观由阅读软件决定，不同软件可能显示不同",
    Sign.ACTIVE_CONTENT: "文件含有脚本或会自动执行的动作",
    Sign.EXTERNAL_CONTENT: "文件的部分内容取自别的文件",
    Sign.SIGNATURE_OUTSIDE_FORM: "文件里有不属于任何签名域的签名数据，不予采信",
    Sign.NOT_INSPECTED: "文件过于复杂或结构异常，未能检查是否有隐藏内容",
}
CHANGES: Final = {
    Changed.SIGNATURES: "增加了签名",
    Changed.TIME_STAMPS: "增加了文件时间戳",
    Changed.VALIDATION_DATA: "增加了长期验证数据",
    Changed.FIELDS_FILLED: "填写或修改了表单域",
    Changed.FIELDS_ADDED: "增加了表单域",
    Changed.ANNOTATIONS: "增加、修改或删除了批注，页",
    Changed.PAGES: "增加、删除或调换了页面，页",
    Changed.PAGE_CONTENT: "修改了页面内容，页",
    Changed.FONTS: "替换了字体",
    Changed.METADATA: "修改了文件属性",
    Changed.DOCUMENT_SETTINGS: "修改了文件设置",
    Changed.UNUSED_OBJECTS: "夹带了未使用的内容",
    Changed.REMOVED_OBJECTS: "删除了内容",
    Changed.BYTES_OUTSIDE: "夹带了不属于任何版本的数据",
    Changed.OTHER: "修改了其他内容",
}
STANDINGS: Final = {
    Standing.IN_FORCE: "有效",
    Standing.EXPIRED: "已过期",
    Standing.NOT_YET_VALID: "尚未生效",
    Standing.REVOKED: "已吊销",
    Standing.SUSPENDED: "已冻结",
    Standing.ISSUER_REVOKED: "颁发机构证书已吊销",
    Standing.UNTRUSTED: "颁发机构不受信任",
}
SOURCES: Final = {Source.CRL: "吊销列表", Source.OCSP: "在线状态（OCSP）"}
COVERAGES: Final = {
    Coverage.FILE: "整个文件",
    Coverage.REVISION: "签名时的整个文件，其后有增加",
    Coverage.UNCLEAR: "不完整",
}
LEVELS: Final = {
    Level.B_B: "基本签名（B-B），没有时间证明",
    Level.B_T: "带时间戳（B-T）",
    Level.B_LT: "可长期验证（B-LT）",
    Level.B_LTA: "可长期归档（B-LTA）",
}
CERTIFICATIONS: Final = {
    1: "签名后不允许任何改动",
    2: "签名后只允许填写表单和签名",
    3: "签名后只允许填写表单、签名和批注",
}
