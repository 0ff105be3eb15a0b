// A QR code (ISO/IEC 18004) of a text: byte mode, UTF-8, error correction level M, versions 1 to 40.
//
//   const { size, isDark } = encode("https://ca.example.cn/q/…");

// Table 9 of ISO/IEC 18004 for level M, by version from 1: codewords of error correction in a block; blocks.
const CORRECTION = [
  10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26, 26, ...Array(19).fill(28),
];
const BLOCKS = [
  1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16, 17, 17, 18, 20, 21, 23, 25, 26, 28, 29, 31, 33,
  35, 37, 38, 40, 43, 45, 47, 49,
];
const LEVEL_M = 0b00;
const MASKS = [
  (x, y) => (x + y) % 2 === 0,
  (_, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

/** The code of `text`; the mask with the least penalty unless one is given. Throws RangeError when too long. */
export function encode(text, mask = null) {
  const bytes = new TextEncoder().encode(text);
  const version = smallestVersion(bytes.length);
  const codewords = interleaved(dataCodewords(bytes, version), version);
  const candidates = mask === null ? MASKS.keys() : [mask];
  let best = null;
  for (const candidate of candidates) {
    const grid = drawn(version, codewords, candidate);
    const cost = mask === null ? penalty(grid) : 0;
    if (best === null || cost < best.cost) best = { grid, cost };
  }
  const { grid } = best;
  return { size: grid.length, isDark: (x, y) => grid[y][x] === 1 };
}

function smallestVersion(length) {
  for (let version = 1; version <= 40; version++) {
    const header = 4 + (version < 10 ? 8 : 16);
    if (header + 8 * length <= 8 * dataCapacity(version)) return version;
  }
  throw new RangeError("the text is too long for a QR code");
}

function dataCapacity(version) {
  return totalCodewords(version) - CORRECTION[version - 1] * BLOCKS[version - 1];
}

/** Data and error correction together: what the function patterns leave of the square. */
function totalCodewords(version) {
  let modules = (16 * version + 128) * version + 64;
  if (version >= 2) {
    const rows = Math.floor(version / 7) + 2;
    modules -= (25 * rows - 10) * rows - 55;
    if (version >= 7) modules -= 36;
  }
  return Math.floor(modules / 8);
}

function dataCodewords(bytes, version) {
  const bits = [];
  const put = (value, count) => {
    for (let i = count - 1; i >= 0; i--) bits.push((value >>> i) & 1);
  };
  put(0b0100, 4); // byte mode
  put(bytes.length, version < 10 ? 8 : 16);
  for (const byte of bytes) put(byte, 8);
  const capacity = 8 * dataCapacity(version);
  put(0, Math.min(4, capacity - bits.length)); // terminator
  put(0, (8 - (bits.length % 8)) % 8);
  for (let pad = 0xec; bits.length < capacity; pad ^= 0xec ^ 0x11) put(pad, 8);
  const words = [];
  for (let i = 0; i < bits.length; i += 8) words.push(bits.slice(i, i + 8).reduce((a, bit) => (a << 1) | bit, 0));
  return words;
}

/** Data in blocks, each with its correction, in the order in which they are placed (section 7.6). */
function interleaved(data, version) {
  const count = BLOCKS[version - 1], size = CORRECTION[version - 1];
  const short = Math.floor(data.length / count), shortBlocks = count - (data.length % count);
  const divisor = generator(size);
  const blocks = [];
  for (let i = 0, at = 0; i < count; i++) {
    const length = short + (i < shortBlocks ? 0 : 1);
    const block = data.slice(at, at + length);
    at += length;
    blocks.push({ block, correction: remainder(block, divisor) });
  }
  const result = [];
  for (let i = 0; i <= short; i++) for (const { block } of blocks) if (i < block.length) result.push(block[i]);
  for (let i = 0; i < size; i++) for (const { correction } of blocks) result.push(correction[i]);
  return result;
}

// Reed-Solomon over GF(2^8) with the polynomial x^8 + x^4 + x^3 + x^2 + 1.
function multiply(a, b) {
  let product = 0;
  for (let i = 7; i >= 0; i--) {
    product = (product << 1) ^ ((product >>> 7) * 0x11d);
    product ^= ((b >>> i) & 1) * a;
  }
  return product;
}

function generator(degree) {
  const result = [...Array(degree - 1).fill(0), 1];
  let root = 1;
  for (let i = 0; i < degree; i++) {
    for (let j = 0; j < degree; j++) result[j] = multiply(result[j], root) ^ (result[j + 1] ?? 0);
    root = multiply(root, 2);
  }
  return result;
}

function remainder(data, divisor) {
  const result = Array(divisor.length).fill(0);
  for (const byte of data) {
    const factor = byte ^ result.shift();
    result.push(0);
    divisor.forEach((term, i) => { result[i] ^= multiply(term, factor); });
  }
  return result;
}

/** The whole square: 1 dark, 0 light. */
function drawn(version, codewords, mask) {
  const size = 17 + 4 * version;
  const grid = Array.from({ length: size }, () => Array(size).fill(0));
  const fixed = Array.from({ length: size }, () => Array(size).fill(false));
  const set = (x, y, dark) => {
    grid[y][x] = dark ? 1 : 0;
    fixed[y][x] = true;
  };
  drawPatterns(version, size, set);
  drawFormat(size, mask, set);
  if (version >= 7) drawVersion(version, size, set);
  placeCodewords(size, codewords, grid, fixed, MASKS[mask]);
  return grid;
}

function drawPatterns(version, size, set) {
  for (let i = 0; i < size; i++) {
    set(6, i, i % 2 === 0);
    set(i, 6, i % 2 === 0);
  }
  for (const [cx, cy] of [[3, 3], [size - 4, 3], [3, size - 4]]) {
    for (let dy = -4; dy <= 4; dy++) {
      for (let dx = -4; dx <= 4; dx++) {
        const x = cx + dx, y = cy + dy, ring = Math.max(Math.abs(dx), Math.abs(dy));
        if (x >= 0 && x < size && y >= 0 && y < size) set(x, y, ring !== 2 && ring !== 4);
      }
    }
  }
  const centres = alignment(version, size), last = centres.length - 1;
  centres.forEach((cx, i) => centres.forEach((cy, j) => {
    if ((i === 0 && j === 0) || (i === 0 && j === last) || (i === last && j === 0)) return;
    for (let dy = -2; dy <= 2; dy++) {
      for (let dx = -2; dx <= 2; dx++) set(cx + dx, cy + dy, Math.max(Math.abs(dx), Math.abs(dy)) !== 1);
    }
  }));
}

/** Annex E: the centres of the alignment patterns in both directions. */
function alignment(version, size) {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  const step = Math.floor((version * 8 + count * 3 + 5) / (count * 4 - 4)) * 2;
  const result = [6];
  for (let at = size - 7; result.length < count; at -= step) result.splice(1, 0, at);
  return result;
}

function drawFormat(size, mask, set) {
  const data = (LEVEL_M << 3) | mask;
  let rest = data;
  for (let i = 0; i < 10; i++) rest = (rest << 1) ^ ((rest >>> 9) * 0x537);
  const bits = ((data << 10) | rest) ^ 0x5412;
  const bit = (i) => ((bits >>> i) & 1) === 1;
  for (let i = 0; i <= 5; i++) set(8, i, bit(i));
  set(8, 7, bit(6));
  set(8, 8, bit(7));
  set(7, 8, bit(8));
  for (let i = 9; i < 15; i++) set(14 - i, 8, bit(i));
  for (let i = 0; i < 8; i++) set(size - 1 - i, 8, bit(i));
  for (let i = 8; i < 15; i++) set(8, size - 15 + i, bit(i));
  set(8, size - 8, true);
}

function drawVersion(version, size, set) {
  let rest = version;
  for (let i = 0; i < 12; i++) rest = (rest << 1) ^ ((rest >>> 11) * 0x1f25);
  const bits = (version << 12) | rest;
  for (let i = 0; i < 18; i++) {
    const dark = ((bits >>> i) & 1) === 1, a = size - 11 + (i % 3), b = Math.floor(i / 3);
    set(a, b, dark);
    set(b, a, dark);
  }
}

/** Two columns at a time from the right, up and down in turn (section 7.7.3). */
function placeCodewords(size, codewords, grid, fixed, masked) {
  let next = 0;
  for (let right = size - 1; right >= 1; right -= 2) {
    if (right === 6) right = 5;
    for (let step = 0; step < size; step++) {
      for (let j = 0; j < 2; j++) {
        const x = right - j, upward = ((right + 1) & 2) === 0, y = upward ? size - 1 - step : step;
        if (fixed[y][x]) continue;
        const bit = next < codewords.length * 8 ? (codewords[next >>> 3] >>> (7 - (next & 7))) & 1 : 0;
        next++;
        grid[y][x] = bit ^ (masked(x, y) ? 1 : 0);
      }
    }
  }
}

/** Section 7.8.3: runs, blocks, what looks like a finder, and the balance of dark and light. */
function penalty(grid) {
  const size = grid.length;
  let cost = 0, dark = 0;
  const columns = grid[0].map((_, x) => grid.map((row) => row[x]));
  for (const line of [...grid, ...columns]) cost += runs(line) + 40 * finders(line);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      dark += grid[y][x];
      if (x + 1 === size || y + 1 === size) continue;
      const sum = grid[y][x] + grid[y][x + 1] + grid[y + 1][x] + grid[y + 1][x + 1];
      if (sum === 0 || sum === 4) cost += 3;
    }
  }
  return cost + 10 * Math.floor(Math.abs(dark * 20 - size * size * 10) / (size * size));
}

function runs(line) {
  let cost = 0;
  for (let i = 0, start = 0; i <= line.length; i++) {
    if (i < line.length && line[i] === line[start]) continue;
    if (i - start >= 5) cost += i - start - 2;
    start = i;
  }
  return cost;
}

function finders(line) {
  const text = line.join("");
  let found = 0;
  for (let i = 0; i + 11 <= text.length; i++) {
    const part = text.slice(i, i + 11);
    if (part === "10111010000" || part === "00001011101") found++;
  }
  return found;
}
