// SPDX-License-Identifier: MIT
//
// Modules and their files as areas, by the most recent frame of each stack.
import { hierarchy, treemap, treemapSquarify } from "d3-hierarchy";
import { select } from "d3-selection";

import { colour } from "./colour.js";
import { base } from "./format.js";

const HEIGHT = 560;
const SMALLEST = 30;  // square pixels

export class Treemap {
  constructor(app, host) {
    this.app = app;
    this.host = select(host).attr("class", "treemap").style("height", `${HEIGHT}px`)
      .attr("role", "group").attr("aria-label", "Modules and their files by size");
    this.note = select(host.parentNode).append("p").attr("class", "note");
  }

  modules() {
    const { data } = this.app;
    const modules = new Map();
    for (const row of data.rows("file", false)) {
      if (row.size <= 0) continue;
      const name = data.moduleOf(row.frame) || "(no module)";
      if (!modules.has(name)) modules.set(name, { name, frame: row.frame, size: 0, net: 0, kids: [] });
      const module = modules.get(name);
      module.size += row.size;
      module.net += row.net;
      module.kids.push({ name: row.key, ...row });
    }
    return [...modules.values()];
  }

  draw() {
    const { app } = this;
    const width = Math.max(200, this.host.node().clientWidth);
    const least = (app.data.total.size * SMALLEST) / (width * HEIGHT);
    let hidden = 0;
    const kids = (node) => {
      if (node.kids === undefined) return null;
      const kept = node.kids.filter(({ size }) => size >= least);
      hidden += node.kids.length - kept.length;
      return kept.sort((a, b) => b.size - a.size);
    };
    const root = hierarchy({ name: "", kids: this.modules() }, kids)
      .sum((node) => (node.kids === undefined ? node.size : 0));
    treemap().tile(treemapSquarify.ratio(1.3)).size([width, HEIGHT]).paddingInner(2)
      .paddingTop((node) => (node.depth === 1 ? 20 : 0)).round(true)(root);
    this.host.selectAll("button").data(root.descendants().slice(1)).join("button")
      .attr("type", "button")
      .attr("class", (d) => this.classOf(d))
      .style("left", ({ x0 }) => `${x0}px`)
      .style("top", ({ y0 }) => `${y0}px`)
      .style("width", ({ x0, x1 }) => `${x1 - x0}px`)
      .style("height", ({ y0, y1 }) => `${y1 - y0}px`)
      .attr("aria-label", ({ data }) => app.amountText(data.name, data))
      .each(function paint({ data, depth, x0, x1, y0, y1 }) {
        colour(this, app, data);
        const fits = x1 - x0 > 34 && (y1 - y0 > 15 || depth === 1);
        this.textContent = fits ? app.amountText(base(data.name), data, true) : "";
      })
      .on("click", (_, { data }) => app.lookFor(data.name))
      .on("pointerenter focus", (_, { data }) => app.details(app.amountText(data.name, data), -1));
    this.note.text(hidden > 0 ? `${hidden} files are too small to be drawn; the table has them.` : "");
  }

  classOf({ data, depth }) {
    const { found } = this.app;
    const names = [depth === 1 ? "module" : "file"];
    if (found !== null && depth === 2)
      names.push(data.name.toLowerCase().includes(found.wanted) ? "hit" : "miss");
    return names.join(" ");
  }
}
