// A pad for PINs of digits, for the mouse; typing works without it. The PIN stays in the field.
"use strict";
const pin = document.getElementById("pin");
const pad = document.getElementById("pad");
if (pin && pad) {
  pad.hidden = false;
  pad.addEventListener("click", (event) => {
    const key = event.target.closest("button");
    if (!key) return;
    if (key.dataset.digit) pin.value += key.dataset.digit;
    else if (key.dataset.act === "back") pin.value = pin.value.slice(0, -1);
    else pin.value = "";
    pin.focus();
  });
  // A page that the browser kept must not keep what was typed.
  window.addEventListener("pagehide", () => { pin.value = ""; });
}
