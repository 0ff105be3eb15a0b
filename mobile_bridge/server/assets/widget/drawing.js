// The pictures of the widget, as SVG elements made by script.

import { encode } from "./qr.js";

const SVG = "http://www.w3.org/2000/svg";
const QUIET = 4; // modules of light around a code (ISO/IEC 18004, section 6.3.8)
const MARKS = {
  ok: "M24 4a20 20 0 1 0 0 40a20 20 0 1 0 0-40 M15 24.5l6.5 6.5L34 18",
  phone: "M16 4h16a3 3 0 0 1 3 3v34a3 3 0 0 1-3 3H16a3 3 0 0 1-3-3V7a3 3 0 0 1 3-3z M22 38h4 M18.5 22l4 4 7-8",
  wait: "M24 4a20 20 0 1 0 0 40a20 20 0 1 0 0-40 M24 13v11l7 5",
  warn: "M24 6L44 41H4z M24 19v10 M24 35v.5",
  stop: "M24 4a20 20 0 1 0 0 40a20 20 0 1 0 0-40 M17 17l14 14 M31 17L17 31",
};

/** A QR code of a text, dark on light in any theme. */
export function codePicture(text, label) {
  const { size, isDark } = encode(text);
  const side = size + 2 * QUIET;
  const picture = element("svg", { viewBox: `0 0 ${side} ${side}`, "shape-rendering": "crispEdges", role: "img", "aria-label": label });
  let path = "";
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      if (!isDark(x, y)) continue;
      let run = 1;
      while (x + run < size && isDark(x + run, y)) run++;
      path += `M${x + QUIET} ${y + QUIET}h${run}v1h-${run}z`;
      x += run;
    }
  }
  picture.append(element("rect", { width: side, height: side, fill: "#fff" }), element("path", { d: path, fill: "#000" }));
  return picture;
}

/** One of the marks that take the code's place. */
export function markPicture(name) {
  const picture = element("svg", { viewBox: "0 0 48 48", class: `mark ${name}`, "aria-hidden": "true" });
  picture.append(element("path", { d: MARKS[name] }));
  return picture;
}

function element(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
