// The hall by itself: how long until it opens and closes, and what was opened meanwhile.

const clock = document.querySelector(".countdown");
const rows = document.querySelector("[data-state]");

// The centre's clock counts, whatever the visitor's says.
const ahead = clock ? Number(clock.dataset.now) - Date.now() / 1000 : 0;

function inWords(seconds) {
  const whole = Math.max(0, Math.ceil(seconds));
  const [days, hours] = [Math.floor(whole / 86400), Math.floor(whole / 3600) % 24];
  const [minutes, rest] = [Math.floor(whole / 60) % 60, whole % 60];
  return `${days ? `${days} 天 ` : ""}${hours} 小时 ${minutes} 分 ${rest} 秒`;
}

let phase = null;

function tick() {
  const now = Date.now() / 1000 + ahead;
  const [opens, closes] = [Number(clock.dataset.opens), Number(clock.dataset.closes)];
  const present = now < opens ? "before" : now <= closes ? "open" : "over";
  const left = clock.querySelector(".left");
  left.hidden = false;
  left.textContent = {
    before: `距开标还有 ${inWords(opens - now)}`,
    open: `正在开标，距解密截止还有 ${inWords(closes - now)}`,
    over: "解密已截止",
  }[present];
  // What can be done changes with the phase: the page is made anew.
  if (phase !== null && phase !== present) location.reload();
  phase = present;
  setTimeout(tick, 250);
}

function cell(lines) {
  const made = document.createElement("td");
  lines.forEach((line, at) => {
    if (at) made.append(document.createElement("br"));
    made.append(line);
  });
  return made;
}

function row(bid) {
  const made = document.createElement("tr");
  const state = document.createElement("span");
  state.className = "state";
  state.textContent = bid.opened_at ? "已解密" : "待解密";
  const opened = cell([state]);
  if (bid.opened_at) opened.append(` ${bid.opened_at}`);
  made.append(cell([bid.bidder]), cell(bid.items.length ? bid.items : ["—"]), opened);
  return made;
}

async function look() {
  try {
    const told = await (await fetch(rows.dataset.state)).json();
    if (told.bids.length) rows.replaceChildren(...told.bids.map(row));
  } catch {
    // the next look may find the centre again
  }
  setTimeout(look, 2000);
}

if (clock) tick();
look();
