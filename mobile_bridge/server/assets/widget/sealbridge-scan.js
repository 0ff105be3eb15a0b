// <sealbridge-scan>: shows the QR code of a scan, renews it each second, and tells what the phone does.
//
//   <script type="module" src="https://ca.example.cn/widget/v1/sealbridge-scan.js"></script>
//   <sealbridge-scan scan="ID" token="WAIT_TOKEN" done-href="/login/done" renew-href="/login"></sealbridge-scan>
//
// Attributes  scan, token   what the platform's server got when it started the scan; set anew, it starts over
//             server        the service's address; where this script came from, unless given
//             done-href     where to go once the scan is complete
//             renew-href    where 重新获取 leads; without it the event alone is sent
//             theme         light or dark; as the page's color-scheme, unless given
// Events      sealbridge-state     each state: { status, hint, version }
//             sealbridge-complete  the platform's server may now fetch and verify the answer; before done-href
//             sealbridge-ended     refused, expired, cancelled, failed or gone
//             sealbridge-renew     重新获取 was pressed; preventDefault() keeps renew-href from being followed
//
// The page's policy needs script-src and connect-src for the service, and nothing inline.

import { codePicture, markPicture } from "./drawing.js";
import { sheet } from "./look.js";
import { mark, words } from "./states.js";
import { Waiting } from "./waiting.js";

const HOME = new URL(import.meta.url).origin;
const SHOWN_AT_MOST = 6_000; // a frame is refused when it is older than 8 seconds
const TICK = 200;

class SealbridgeScan extends HTMLElement {
  static observedAttributes = ["scan", "token", "server"];

  #waiting = null;
  #frames = [];
  #shown = null;
  #clock = null;
  #ticked = Date.now();
  #starting = false;
  #parts;
  #onFront = () => document.visibilityState === "visible" && this.#refresh();
  #onRestored = (event) => event.persisted && this.#start();

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    this.#parts = built(root);
    this.#parts.button.addEventListener("click", () => this.#renew());
  }

  connectedCallback() {
    document.addEventListener("visibilitychange", this.#onFront);
    addEventListener("pageshow", this.#onRestored);
    addEventListener("online", this.#onFront);
    this.#startSoon();
  }

  disconnectedCallback() {
    document.removeEventListener("visibilitychange", this.#onFront);
    removeEventListener("pageshow", this.#onRestored);
    removeEventListener("online", this.#onFront);
    this.#stop();
  }

  attributeChangedCallback() {
    if (this.isConnected) this.#startSoon();
  }

  /** Attributes that are set one after the other start one scan. */
  #startSoon() {
    if (this.#starting) return;
    this.#starting = true;
    queueMicrotask(() => {
      this.#starting = false;
      if (this.isConnected) this.#start();
    });
  }

  #start() {
    this.#stop();
    this.#show("wait-code", "正在获取二维码", "请稍候");
    const scan = this.getAttribute("scan"), token = this.getAttribute("token");
    if (!scan || !token) return;
    this.#waiting = new Waiting({
      server: (this.getAttribute("server") ?? HOME).replace(/\/$/, ""),
      scan,
      token,
      onState: (state) => this.#onState(state),
      onTrouble: () => this.#trouble(true),
      onGone: () => this.#onState({ status: "expired", hint: "expired", version: -1, frames: [] }),
    });
    this.#waiting.start();
    this.#clock = setInterval(() => this.#tick(), TICK);
  }

  #stop() {
    this.#waiting?.stop();
    this.#waiting = null;
    clearInterval(this.#clock);
    this.#frames = [];
    this.#shown = null;
    this.#trouble(false);
  }

  #onState(state) {
    const { status, hint, version } = state;
    this.#trouble(false);
    const now = performance.now();
    this.#frames = (state.frames ?? []).map(({ in_ms, url }) => ({ at: now + in_ms, url }));
    if (status === "created") this.#tick();
    else this.#show(mark(state), ...words(state));
    const ended = !["created", "claimed", "confirmed"].includes(status);
    if (ended) clearInterval(this.#clock);
    this.#offer(ended && status !== "complete");
    const detail = { status, hint, version };
    this.#send("sealbridge-state", detail);
    if (!ended) return;
    const goOn = this.#send(status === "complete" ? "sealbridge-complete" : "sealbridge-ended", detail);
    const href = this.getAttribute("done-href");
    if (status === "complete" && goOn && href) location.assign(href);
  }

  /** Show the newest frame that is due; none at all rather than one that no phone would be believed with. */
  #tick() {
    const slept = Date.now() - this.#ticked > 3_000; // performance.now() stands still while some machines sleep
    this.#ticked = Date.now();
    if (slept) return this.#refresh();
    if (!this.#frames.length) return;
    const now = performance.now();
    const due = this.#frames.findLast(({ at }) => at <= now);
    if (!due) return;
    if (now - due.at > SHOWN_AT_MOST) return this.#refresh();
    if (due.url === this.#shown) return;
    this.#shown = due.url;
    this.#show("code", ...words({ status: "created" }), codePicture(due.url, "二维码，请用手机 App 扫描"));
  }

  #refresh() {
    if (!this.#waiting) return;
    if (this.#frames.length) {
      this.#frames = [];
      this.#shown = null;
      this.#show("wait-code", "正在更新二维码", "请稍候");
    }
    this.#waiting.look();
  }

  #renew() {
    const goOn = this.#send("sealbridge-renew", {});
    const href = this.getAttribute("renew-href");
    if (goOn && href) location.assign(href);
  }

  #show(what, headline, advice, picture = null) {
    const { stage, headlines, advices } = this.#parts;
    stage.dataset.shows = what;
    stage.className = what === "code" ? "stage code" : "stage";
    if (what === "wait-code") stage.replaceChildren(spinner());
    else stage.replaceChildren(picture ?? markPicture(what));
    // Said once: a reader is not told of each new frame.
    if (headlines.textContent !== headline) headlines.textContent = headline;
    if (advices.textContent !== advice) advices.textContent = advice;
  }

  #trouble(is) {
    this.#parts.trouble.hidden = !is;
  }

  #offer(is) {
    this.#parts.button.hidden = !is;
    if (is && (document.activeElement === this || document.activeElement === document.body)) {
      this.#parts.button.focus({ preventScroll: true });
    }
  }

  #send(name, detail) {
    return this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true, cancelable: true }));
  }
}

function built(root) {
  const make = (name, properties, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };
  const stage = make("div", { className: "stage" });
  const headlines = make("span", { className: "headline" });
  const advices = make("span", { className: "advice" });
  const said = make("p", { className: "words" }, headlines, advices);
  said.setAttribute("role", "status");
  said.setAttribute("aria-live", "polite");
  const trouble = make("p", { className: "trouble", hidden: true }, "网络连接中断，正在重新连接…");
  const button = make("button", { type: "button", hidden: true }, "重新获取");
  root.append(stage, said, trouble, button);
  return { stage, headlines, advices, trouble, button };
}

function spinner() {
  return Object.assign(document.createElement("div"), { className: "spin" });
}

if (!customElements.get("sealbridge-scan")) customElements.define("sealbridge-scan", SealbridgeScan);
