// SPDX-License-Identifier: MIT
//
// Numbers and places as people read them. Knows no document.

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

// tracemalloc's rounding, as in all other reports.
export function bytes(value) {
  let rest = Math.abs(value);
  let unit = 0;
  while (rest >= 10 * 1024 && unit < UNITS.length - 1) {
    rest /= 1024;
    unit += 1;
  }
  const digits = unit !== 0 && rest < 100 ? 1 : 0;
  return `${value < 0 ? "−" : ""}${rest.toFixed(digits)} ${UNITS[unit]}`;
}

export function signed(text, value) {
  return value > 0 ? `+${text}` : text;
}

const WHOLE = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
export function whole(value) {
  return WHOLE.format(value).replace("-", "−");
}

export function share(part, all) {
  if (!(all > 0)) return "";
  const percent = (100 * part) / all;
  return `${percent.toFixed(Math.abs(percent) < 9.95 ? 1 : 0).replace("-", "−")} %`;
}

// The end says more than the beginning.
export function base(path) {
  const at = path.lastIndexOf("/");
  return at < 0 ? path : path.slice(at + 1);
}

// A small number that one text always has.
export function hash(text) {
  let value = 2166136261;
  for (let i = 0; i < text.length; i += 1) {
    value = Math.imul(value ^ text.charCodeAt(i), 16777619);
  }
  return value >>> 0;
}
