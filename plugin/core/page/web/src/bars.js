// SPDX-License-Identifier: MIT
//
// What else is known, as small tables and, of sizes, a histogram: threads, types, kinds of
// leaks, scopes. Rows come in the core's order.
import { max } from "d3-array";
import { scaleBand, scaleLinear } from "d3-scale";
import { select } from "d3-selection";

import { bytes, whole } from "./format.js";

const show = { bytes, count: whole, text: (value) => value };

export class Bars {
  constructor(app, host, table) {
    this.app = app;
    this.table = table;
    this.host = select(host).attr("class", "bars");
  }

  draw() {
    const { columns, rows, note } = this.table;
    this.host.selectAll("*").remove();
    if (note !== "") this.host.append("p").attr("class", "note").text(note);
    if (this.table.id === "sizes") this.histogram();
    const table = this.host.append("table");
    table.append("thead").append("tr").selectAll("th").data(columns).join("th")
      .attr("scope", "col").attr("class", ({ unit }) => (unit === "text" ? "words" : "figure"))
      .text(({ name }) => name);
    const first = columns.findIndex(({ unit }) => unit === "bytes");
    const most = max(rows, (row) => Math.abs(row[first])) || 1;
    const { found } = this.app;
    const kept = found === null ? rows : rows.filter((row) =>
      row.some((value) => typeof value === "string" && value.toLowerCase().includes(found.wanted)));
    table.append("tbody").selectAll("tr").data(kept).join("tr").selectAll("td")
      .data((row) => row.map((value, i) => ({ value, unit: columns[i].unit, bar: i === first }))).join("td")
      .attr("class", ({ unit }) => (unit === "text" ? "words" : "figure"))
      .text(({ value, unit }) => show[unit](value))
      .filter(({ bar }) => bar).append("i")
      .style("width", ({ value }) => `${(100 * Math.abs(value)) / most}%`);
  }

  histogram() {
    const { rows } = this.table;
    const [width, height, below] = [960, 240, 44];
    const x = scaleBand().domain(rows.map((row) => row[0])).range([0, width]).padding(0.12);
    const y = scaleLinear().domain([0, max(rows, (row) => row[1]) || 1]).range([height, 14]);
    const svg = this.host.append("svg").attr("viewBox", `0 0 ${width} ${height + below}`)
      .attr("role", "img").attr("aria-label", "Live bytes by size of block");
    const bar = svg.selectAll("g").data(rows).join("g");
    bar.append("rect").attr("x", (row) => x(row[0])).attr("y", (row) => y(row[1]))
      .attr("width", x.bandwidth()).attr("height", (row) => height - y(row[1]));
    bar.append("title").text((row) => `${row[0]}: ${bytes(row[1])} in ${whole(row[2])} blocks`);
    bar.append("text").attr("class", "value").attr("x", (row) => x(row[0]) + x.bandwidth() / 2)
      .attr("y", (row) => y(row[1]) - 4).text((row) => (x.bandwidth() > 44 ? bytes(row[1]) : ""));
    bar.append("text").attr("class", "size")
      .attr("transform", (row) => `translate(${x(row[0]) + x.bandwidth() / 2},${height + 12}) rotate(28)`)
      .text((row) => row[0].replace(/ to below.*/, ""));
  }
}
