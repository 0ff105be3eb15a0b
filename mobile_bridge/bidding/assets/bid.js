// Asks the program what the step at work shows; the page is loaded anew when the step has ended.
const at = (id) => document.getElementById(id);
const PAUSE = 500;

async function look() {
  const shown = await (await fetch("/standing", { cache: "no-store" })).json();
  if (!shown.running) {
    location.reload();
    return;
  }
  at("words").textContent = shown.words;
  at("digest").textContent = shown.digest ? `请求摘要：${shown.digest}（应与手机上显示的一致）` : "";
  at("code").hidden = !shown.has_code;
  if (shown.has_code) at("code").src = `/code.svg?${Date.now()}`;
  at("bar").hidden = !shown.bar;
  at("bar-title").textContent = shown.bar ? shown.bar.title : "";
  if (shown.bar) at("bar").value = shown.bar.part;
  setTimeout(again, PAUSE);
}

function again() {
  look().catch(() => setTimeout(again, PAUSE));
}

if (document.querySelector("main").dataset.running === "yes") again();
