// SPDX-License-Identifier: MIT
//
// The table: rows by line, function, file or module; sorted by a click on a column, and only
// those that the search finds.
import { select } from "d3-selection";

import { bytes, share, signed, whole } from "./format.js";

const STEP = 200;

export class Table {
  constructor(app, host) {
    this.app = app;
    this.shown = STEP;
    const box = select(host).attr("class", "table");
    this.table = box.append("table");
    this.table.append("thead").append("tr");
    this.table.append("tbody");
    this.more = box.append("button").attr("type", "button").attr("class", "more")
      .on("click", () => {
        this.shown += STEP * 5;
        this.draw();
      });
  }

  columns() {
    const isDiff = this.app.data.sums.net !== null;
    const total = this.app.data.total.size;
    const figures = [
      { id: "size", name: "Size", of: (row) => row.size, text: (row) => bytes(row.size) },
      { id: "share", name: "Share", of: (row) => row.size, text: (row) => share(row.size, total), bar: total },
      { id: "count", name: "Count", of: (row) => row.count, text: (row) => whole(row.count) },
      {
        id: "average", name: "Average", of: (row) => row.size / (row.count || 1),
        text: (row) => (row.count > 0 ? bytes(row.size / row.count) : ""),
      },
    ];
    if (isDiff) {
      figures.splice(3, 1, {
        id: "net", name: "New − old", of: (row) => row.net,
        text: (row) => signed(bytes(row.net), row.net),
      });
    }
    return [...figures, { id: "place", name: "Where", of: (row) => row.key, text: (row) => row.key, words: true }];
  }

  rows(columns) {
    const { data, found, key, cumulative } = this.app;
    const wanted = found === null ? null : found.wanted;
    const rows = data.rows(key, cumulative).filter((row) => row.size !== 0 || row.count !== 0 || row.net !== 0);
    const kept = wanted === null ? rows : rows.filter((row) =>
      row.key.toLowerCase().includes(wanted) || found.frames[row.frame]);
    const { of } = columns.find(({ id }) => id === this.app.sort.by) ?? columns[0];
    const sign = this.app.sort.up ? 1 : -1;
    return kept.sort((a, b) => {
      const [x, y] = [of(a), of(b)];
      return x === y ? (a.key < b.key ? -1 : 1) : sign * (x < y ? -1 : 1);
    });
  }

  draw() {
    const columns = this.columns();
    const rows = this.rows(columns);
    this.head(columns);
    const shown = rows.slice(0, this.shown);
    const body = this.table.select("tbody");
    body.selectAll("tr").remove();
    body.selectAll("tr").data(shown).join("tr").each((row, i, all) => this.row(select(all[i]), row, columns));
    this.more.property("hidden", rows.length <= shown.length)
      .text(`${whole(rows.length - shown.length)} more rows`);
    if (rows.length === 0) body.append("tr").append("td").attr("colspan", columns.length).text("No row has this.");
  }

  head(columns) {
    const cells = this.table.select("thead tr").selectAll("th").data(columns, ({ id }) => id).join("th")
      .attr("scope", "col")
      .attr("class", ({ words }) => (words ? "words" : "figure"))
      .attr("aria-sort", ({ id }) => (id !== this.app.sort.by ? "none" : this.app.sort.up ? "ascending" : "descending"));
    cells.selectAll("button").data((column) => [column]).join("button").attr("type", "button")
      .text(({ name }) => name)
      .on("click", (_, { id, words }) => {
        this.app.sort = { by: id, up: this.app.sort.by === id ? !this.app.sort.up : words === true };
        this.draw();
      });
  }

  row(line, row, columns) {
    const { app } = this;
    for (const column of columns) {
      const cell = line.append("td").attr("class", column.words ? "words" : "figure");
      if (!column.words) {
        cell.text(column.text(row));
        if (column.bar > 0) cell.append("i").style("width", `${Math.min(100, (100 * row.size) / column.bar)}%`);
        continue;
      }
      cell.append("button").attr("type", "button").text(column.text(row))
        .on("click", () => app.lookFor(row.key, "flame"));
      const inside = app.key === "line" ? app.data.functionOf(row.frame) : "";
      if (inside !== "") cell.append("span").attr("class", "in").text(` ${inside}`);
      const source = app.key === "line" ? app.data.sourceOf(row.frame) : "";
      if (source !== "") cell.append("code").text(source);
    }
  }
}
