// SPDX-License-Identifier: MIT
//
// Colours: one for each module, and for differences one for what grew and one for what
// shrank. Only hue and strength; light and dark are the style sheet's.
import { hash } from "./format.js";

const HUES = [24, 205, 140, 275, 48, 330, 175, 235, 95, 0];
const GROWN = 20;
const SHRUNK = 214;

export class Palette {
  constructor(data) {
    const sums = new Map();
    for (let frame = 1; frame < data.frames.label.length; frame += 1) {
      const name = data.moduleOf(frame);
      sums.set(name, (sums.get(name) ?? 0) + 1);
    }
    this.hues = new Map();
    [...sums].sort((a, b) => b[1] - a[1]).forEach(([name], i) => {
      this.hues.set(name, HUES[i % HUES.length]);
    });
  }
  hue(module) {
    return this.hues.get(module) ?? HUES[hash(module) % HUES.length];
  }
}

export function colour(element, app, { frame, size, net }) {
  const { data } = app;
  const set = (hue, strength) => {
    element.style.setProperty("--hue", String(hue));
    element.style.setProperty("--strength", `${Math.round(strength)}%`);
  };
  if (data.sums.net !== null) {
    const part = size > 0 ? Math.max(-1, Math.min(1, net / size)) : 0;
    set(part < 0 ? SHRUNK : GROWN, 12 + 68 * Math.abs(part));
  } else if (frame < 0) {
    set(220, 8);
  } else {
    set(app.palette.hue(data.moduleOf(frame)) + (hash(data.nameOf(frame)) % 17) - 8, 52);
  }
}
