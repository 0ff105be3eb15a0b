// The widget's looks, as a style sheet made by script: a page needs to allow no inline style for it.
// Light or dark as the page is: by its color-scheme, never by the system alone.

export const sheet = new CSSStyleSheet();
sheet.replaceSync(`
:host {
  --ink: light-dark(#1c2733, #e7ecf2); --quiet: light-dark(#5c6a78, #a3b0bd); --line: light-dark(#d5dce4, #3a4653);
  --card: light-dark(#fff, #1b232c); --act: light-dark(#1d4f91, #8db8f2); --act-ink: light-dark(#fff, #10202f);
  --ok: light-dark(#1a7f4b, #6fd0a0); --warn: light-dark(#9a5b00, #f0b45c); --stop: light-dark(#b3261e, #ff9a92);
  display: inline-block; width: 17rem; max-width: 100%; color: var(--ink); text-align: center;
  font: 1rem/1.6 "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", sans-serif;
}
:host([hidden]) { display: none; }
.stage {
  position: relative; box-sizing: border-box; width: 100%; aspect-ratio: 1; padding: .75rem; border-radius: 12px;
  border: 1px solid var(--line); background: var(--card); display: grid; place-items: center; overflow: hidden;
}
.code { background: #fff; }
svg { display: block; width: 100%; height: 100%; }
.mark { width: 5.5rem; height: 5.5rem; fill: none; stroke: currentColor; stroke-width: 2.5; stroke-linecap: round; stroke-linejoin: round; }
.ok { color: var(--ok); } .warn { color: var(--warn); } .stop { color: var(--stop); } .phone, .wait { color: var(--act); }
.spin { width: 2.25rem; height: 2.25rem; border: 3px solid var(--line); border-top-color: var(--act); border-radius: 50%; animation: turn 1s linear infinite; }
@keyframes turn { to { transform: rotate(1turn); } }
.words { margin: .75rem 0 0; min-height: 3.4rem; }
.headline { display: block; font-weight: 600; font-size: 1.05rem; }
.advice { display: block; color: var(--quiet); font-size: .9rem; }
.trouble { margin: .25rem 0 0; color: var(--warn); font-size: .9rem; }
button {
  margin-top: .5rem; padding: .5rem 1.75rem; border: 0; border-radius: 8px; cursor: pointer; font: inherit;
  background: var(--act); color: var(--act-ink);
}
button:hover { filter: brightness(1.1); }
button:focus-visible { outline: 3px solid #8ab4f8; outline-offset: 2px; }
[hidden] { display: none; }
:host([theme="light"]) { color-scheme: light; }
:host([theme="dark"]) { color-scheme: dark; }
@media (prefers-reduced-motion: reduce) { .spin { animation: none; border-style: dotted; } }
@media (forced-colors: active) { .code { forced-color-adjust: none; } }
`);
