// SPDX-License-Identifier: MIT
//
// The flame graph, the root on top: boxes as wide as their figures. Draws what is at least as
// wide as two pixels, below the box that was zoomed to and above it.
import { hierarchy, partition } from "d3-hierarchy";
import { select } from "d3-selection";

import { colour } from "./colour.js";
import { DownTree, UpTree } from "./tree.js";

const ROW = 21;
const NARROWEST = 2;  // pixels
const MOST_BOXES = 6000;

export class Flame {
  constructor(app, host) {
    this.app = app;
    this.host = select(host).attr("class", "flame").attr("role", "tree")
      .attr("aria-label", "Flame graph");
    this.note = select(host.parentNode).append("p").attr("class", "note");
    this.tree = app.order === "up" ? new UpTree(app.data) : new DownTree(app.data);
    this.focus = this.tree.root;
    host.addEventListener("keydown", (event) => this.key(event));
  }

  reset() {
    this.zoom(this.tree.root);
  }
  get isZoomed() {
    return this.focus !== this.tree.root;
  }
  zoom(box) {
    this.focus = box;
    this.draw();
    this.focusBox(box);
  }

  // What is drawn: the way to the box that was zoomed to, and what lies below it.
  layout(width) {
    const least = (this.focus.size * NARROWEST) / width;
    let drawn = 0;
    this.hidden = 0;
    const kids = (box) => {
      const all = this.tree.kids(box);
      let last = all.length;
      while (last > 0 && all[last - 1].size < least) last -= 1;
      last = Math.min(last, Math.max(0, MOST_BOXES - drawn));
      drawn += last;
      this.hidden += all.length - last;
      return last === 0 ? null : all.slice(0, last);
    };
    const root = hierarchy(this.focus, kids);
    root.each((node) => {
      node.value = node.data.size;
    });
    partition()(root);
    const above = [];
    for (let box = this.focus.parent; box !== null; box = box.parent) above.unshift(box);
    const boxes = above.map((box, depth) => ({ box, depth, x0: 0, x1: 1, above: true }));
    root.each((node) => {
      boxes.push({ box: node.data, depth: node.depth + above.length, x0: node.x0, x1: node.x1 });
    });
    return boxes;
  }

  draw() {
    const width = Math.max(200, this.host.node().clientWidth);
    this.boxes = this.focus.size > 0 ? this.layout(width) : [];
    const deepest = this.boxes.reduce((most, { depth }) => Math.max(most, depth), 0);
    this.host.style("height", `${(deepest + 1) * ROW}px`);
    const flame = this;
    this.host.selectAll("button").data(this.boxes, ({ box }) => idOf(box)).join("button")
      .attr("type", "button")
      .attr("role", "treeitem")
      .attr("tabindex", ({ box }) => (box === this.focus ? 0 : -1))
      .attr("aria-level", ({ depth }) => depth + 1)
      .attr("aria-label", ({ box }) => this.app.boxText(box))
      .attr("class", (d) => this.classOf(d))
      .style("left", ({ x0 }) => `${100 * x0}%`)
      .style("width", ({ x0, x1 }) => `calc(${100 * (x1 - x0)}% - 1px)`)
      .style("top", ({ depth }) => `${depth * ROW}px`)
      .each(function paint({ box, x0, x1 }) {
        colour(this, flame.app, box);
        this.textContent = (x1 - x0) * width > 26 ? flame.app.boxName(box) : "";
      })
      .on("click", (_, { box }) => this.zoom(box))
      .on("pointerenter focus", (_, { box }) => this.app.details(this.app.boxText(box), box.frame));
    this.note.text(
      this.boxes.length === 0 ? "Nothing of this is in this report."
      : this.hidden > 0 ? `${this.hidden} boxes that are narrower than two pixels are not drawn; zoom in to see them.`
      : "");
  }

  classOf({ box, above }) {
    const { found } = this.app;
    const names = ["box"];
    if (above) names.push("above");
    if (box === this.tree.root) names.push("root");
    if (found !== null && box.frame >= 0) names.push(found.frames[box.frame] ? "hit" : "miss");
    return names.join(" ");
  }

  focusBox(box) {
    const node = this.host.selectAll("button").filter((d) => d.box === box).node();
    if (node === null) return;
    this.host.selectAll("button").attr("tabindex", -1);
    node.setAttribute("tabindex", "0");
    node.focus({ preventScroll: false });
  }

  // Arrows go from box to box.
  key(event) {
    const at = this.host.selectAll("button").filter(function is() {
      return this === document.activeElement;
    });
    if (at.empty()) return;
    const { box } = at.datum();
    const drawn = new Set(this.boxes.map((d) => d.box));
    const beside = (step) => {
      const all = box.parent === null ? [] : this.tree.kids(box.parent);
      return all[all.indexOf(box) + step];
    };
    const to = {
      ArrowUp: () => box.parent,
      ArrowDown: () => this.tree.kids(box)[0],
      ArrowLeft: () => beside(-1),
      ArrowRight: () => beside(1),
      Home: () => this.tree.root,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const target = to();
    if (target !== undefined && drawn.has(target)) this.focusBox(target);
  }
}

const ids = new WeakMap();
let lastId = 0;
function idOf(box) {
  if (!ids.has(box)) ids.set(box, (lastId += 1));
  return ids.get(box);
}
