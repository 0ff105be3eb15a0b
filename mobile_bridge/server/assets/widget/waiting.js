// Waiting for what a phone does: a stream of server-sent events, or long polls where streams do not come through.
//
//   const wait = new Waiting({ server, scan, token, onState, onTrouble, onGone });
//   wait.start(); wait.look(); wait.stop();
//
// The token travels in a header, so the stream is read by fetch: EventSource sends no headers.

const FINAL = new Set(["complete", "refused", "expired", "cancelled", "failed"]);
const SILENCE = 20_000; // a stream that says nothing for so long is dead, whatever the socket thinks
const FIRST_WORD = 6_000; // a proxy that gathers a stream up before passing it on shows nothing until the end
const LONGEST_PAUSE = 15_000;

export class Waiting {
  #address;
  #headers;
  #on;
  #version = 0;
  #streams = true;
  #failures = 0;
  #ended = false;
  #controller = null;
  #wake = null;

  constructor({ server, scan, token, onState, onTrouble, onGone }) {
    this.#address = `${server}/scan/v1/sessions/${encodeURIComponent(scan)}`;
    this.#headers = { Authorization: `Bearer ${token}` };
    this.#on = { state: onState, trouble: onTrouble, gone: onGone };
  }

  /** Wait until the scan ends or `stop` is called. */
  async start() {
    while (!this.#ended) {
      try {
        await (this.#streams ? this.#stream() : this.#poll());
        this.#failures = 0;
      } catch (error) {
        if (this.#ended) return;
        if (error instanceof Gone) return this.#end(() => this.#on.gone(error.status));
        if (error instanceof Asked) continue;
        if (error instanceof NoStream) this.#streams = false;
        else await this.#pause(error);
      }
    }
  }

  /** Ask at once, e.g. when the page comes back to the front. */
  look() {
    this.#wake?.();
    this.#controller?.abort(new Asked());
  }

  stop() {
    this.#end(() => {});
  }

  #end(tell) {
    this.#ended = true;
    this.#wake?.();
    this.#controller?.abort(new Asked());
    tell();
  }

  async #stream() {
    const controller = (this.#controller = new AbortController());
    const alarm = new Alarm(controller);
    alarm.set(FIRST_WORD, new NoStream());
    try {
      const response = await this.#fetch("/events", { Accept: "text/event-stream" }, controller);
      if (!response.headers.get("content-type")?.startsWith("text/event-stream") || !response.body) throw new NoStream();
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let rest = ""; ; ) {
        const { value, done } = await reader.read();
        if (done) throw new Error("the stream ended");
        alarm.set(SILENCE, new Error("silence"));
        const parts = (rest + value).replaceAll("\r\n", "\n").split("\n\n");
        rest = parts.pop();
        for (const part of parts) this.#event(part);
        if (this.#ended) return;
      }
    } catch (error) {
      throw controller.signal.reason ?? error;
    } finally {
      alarm.clear();
      controller.abort();
    }
  }

  #event(text) {
    const lines = text.split("\n");
    if (!lines.some((line) => line === "event: state" || line === "event:state")) return; // a heartbeat
    const data = lines.filter((line) => line.startsWith("data:")).map((line) => line.slice(5)).join("\n");
    this.#failures = 0;
    this.#tell(JSON.parse(data));
  }

  async #poll() {
    const controller = (this.#controller = new AbortController());
    const alarm = new Alarm(controller);
    alarm.set(40_000, new Error("silence"));
    try {
      const response = await this.#fetch(`?after=${this.#version}`, {}, controller);
      this.#tell(await response.json());
    } catch (error) {
      throw controller.signal.reason ?? error;
    } finally {
      alarm.clear();
    }
  }

  async #fetch(path, headers, controller) {
    const response = await fetch(this.#address + path, {
      headers: { ...this.#headers, ...headers },
      credentials: "omit",
      cache: "no-store",
      referrerPolicy: "no-referrer",
      signal: controller.signal,
    });
    if ([401, 403, 404, 410].includes(response.status)) throw new Gone(response.status);
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return response;
  }

  #tell(state) {
    if (this.#ended) return;
    this.#version = state.version;
    const tell = () => this.#on.state(state);
    if (FINAL.has(state.status)) this.#end(tell);
    else tell();
  }

  async #pause(error) {
    this.#failures += 1;
    this.#on.trouble(error);
    const longest = Math.min(LONGEST_PAUSE, 500 * 2 ** this.#failures);
    const pause = longest * (0.5 + Math.random() / 2); // pages that lost one server do not all come back at once
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, pause);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = null;
  }
}

/** Aborts a request when it goes off. */
class Alarm {
  #controller;
  #timer = null;

  constructor(controller) {
    this.#controller = controller;
  }

  set(milliseconds, reason) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#controller.abort(reason), milliseconds);
  }

  clear() {
    clearTimeout(this.#timer);
  }
}

class NoStream extends Error {}
class Asked extends Error {}
class Gone extends Error {
  constructor(status) {
    super(`HTTP ${status}`);
    this.status = status;
  }
}
