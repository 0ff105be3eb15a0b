// What makes the pages pleasant where scripts run; every page works without.

// A form is sent once: a second tap while the first is on its way does nothing.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  for (const button of form.querySelectorAll("button")) button.setAttribute("aria-busy", "true");
});

// Back brings the page as it was left, and its forms may be sent again.
window.addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

// 重新获取验证码, after its seconds.
for (const button of document.querySelectorAll("button[data-wait]")) {
  const name = button.textContent;
  let left = Number(button.dataset.wait);
  button.disabled = true;
  const tick = () => {
    button.textContent = left > 0 ? `${name}（${left} 秒）` : name;
    button.disabled = left > 0;
    if (left-- > 0) setTimeout(tick, 1000);
  };
  tick();
}

if ("serviceWorker" in navigator) navigator.serviceWorker.register("/app/sw.js", { scope: "/app" });

// A choice is sent as soon as it is made.
for (const input of document.querySelectorAll("input[data-at-once]")) {
  input.form.querySelector("[data-for-choice]").hidden = true;
  input.addEventListener("change", () => input.files.length && input.form.requestSubmit());
}
for (const form of document.querySelectorAll("form[data-resend]")) {
  form.querySelector("button").hidden = true;
  form.addEventListener("change", () => form.requestSubmit());
}
