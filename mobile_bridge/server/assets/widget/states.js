// What people read, by status and hint. The hints are a closed list (docs/platform.md).

const ENDED = {
  user_refused: ["已在手机上拒绝", "如需继续，请重新获取二维码"],
  expired: ["二维码已过期", "请重新获取二维码后再扫"],
  superseded: ["已有新的二维码", "请重新获取二维码后再扫"],
  cancelled: ["本次扫码已取消", "如需继续，请重新获取二维码"],
  pin_locked: ["PIN 码已锁定", "请在手机上按提示处理后，再重新获取二维码"],
  certificate_invalid: ["证书不可用", "证书已过期、冻结或吊销，请在手机上查看"],
  not_bound: ["尚未绑定", "请先用企业账号登录，申请手机证书并扫码绑定"],
  not_permitted: ["没有权限", "请联系本单位管理员在手机上开通权限"],
  real_name_required: ["尚未实名认证", "请先在手机上完成实名认证"],
  token_unavailable: ["密码设备暂时不可用", "请稍后重新获取二维码"],
  failed: ["操作未能完成", "请重新获取二维码后再试"],
};
const CLAIMED = {
  claimed: ["已扫码", "请在手机上核对并确认"],
  approving: ["正在处理", "请稍候，不要关闭本页"],
  pin_wrong: ["PIN 码错误", "请在手机上重新输入"],
  pin_locked: ["PIN 码已锁定", "请在手机上按提示处理，或换用其他证书"],
  certificate_invalid: ["证书不可用", "请在手机上选择其他证书"],
  not_bound: ["尚未绑定", "该手机用户没有与本站账号绑定"],
  not_permitted: ["没有权限", "请联系本单位管理员，或由有权限的人员扫码"],
  token_unavailable: ["密码设备暂时不可用", "请稍后在手机上重试"],
};
const BY_STATUS = {
  complete: ["已完成", "正在继续…"],
  refused: ENDED.user_refused,
  expired: ENDED.expired,
  cancelled: ENDED.cancelled,
  failed: ENDED.failed,
};

/** Headline and advice. */
export function words({ status, hint }) {
  if (status === "created") return ["等待扫码", "请打开手机 App，扫描上方二维码"];
  if (status === "complete") return BY_STATUS.complete;
  if (status === "claimed" || status === "confirmed") return CLAIMED[hint] ?? CLAIMED.claimed;
  return ENDED[hint] ?? BY_STATUS[status] ?? ENDED.failed;
}

/** The mark shown in place of the code: ok, wait, warn or stop. */
export function mark({ status, hint }) {
  if (status === "complete") return "ok";
  if (status === "claimed" || status === "confirmed") {
    if (hint === "claimed") return "phone";
    return hint === "approving" ? "wait" : "warn";
  }
  return "stop";
}
