// SPDX-License-Identifier: MIT
//
// The page: what is chosen, and who draws it. All that it shows is text; nothing of the data
// becomes markup, a style or an address.
import { select } from "d3-selection";

import { Bars } from "./bars.js";
import { Palette } from "./colour.js";
import { Data } from "./data.js";
import { Flame } from "./flame.js";
import { bytes, share, signed, whole } from "./format.js";
import { Table } from "./table.js";
import { Treemap } from "./treemap.js";

const element = (id) => document.getElementById(id);

class App {
  constructor(data) {
    this.data = data;
    this.palette = new Palette(data);
    this.order = "down";
    this.key = "line";
    this.cumulative = false;
    this.sort = { by: "size", up: false };
    this.found = null;
    this.view = "flame";
    this.views = [
      { id: "flame", name: "Flame graph", make: (host) => new Flame(this, host) },
      { id: "treemap", name: "Treemap", make: (host) => new Treemap(this, host) },
      { id: "table", name: "Table", make: (host) => new Table(this, host) },
      ...data.document.tables.map((table) => ({
        id: table.id, name: table.name, make: (host) => new Bars(this, host, table),
      })),
    ];
    this.heading();
    this.controls();
    this.make();
  }

  heading() {
    const { title, subtitle, remarks } = this.data.document;
    document.title = `${title} – memtrace`;
    element("title").textContent = title;
    element("subtitle").textContent = subtitle;
    const list = element("remarks");
    list.hidden = remarks.length === 0;
    list.open = remarks.length > 0 && remarks.length <= 3;
    select(list).select("summary").text(remarks.length === 1 ? "1 remark" : `${remarks.length} remarks`);
    select(list).select("ul").selectAll("li").data(remarks).join("li").text((text) => text);
  }

  controls() {
    choices(element("views"), "tab", this.views, (id) => this.choose({ view: id }));
    choices(element("measures"), "radio", this.data.measures, (id) => {
      this.data.choose(id);
      this.look();
      this.make();
    });
    element("order").addEventListener("change", ({ target }) => this.choose({ order: target.value }));
    element("key").addEventListener("change", ({ target }) => this.choose({ key: target.value }));
    element("cumulative").addEventListener("change", ({ target }) => this.choose({ cumulative: target.checked }));
    let waits = 0;
    element("search").addEventListener("input", () => {
      clearTimeout(waits);
      waits = setTimeout(() => this.look(true), 120);
    });
    element("reset").addEventListener("click", () => this.reset());
    document.addEventListener("keydown", (event) => {
      const isTyping = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement?.tagName ?? "");
      if (event.key === "/" && !isTyping) {
        event.preventDefault();
        element("search").focus();
      } else if (event.key === "Escape") {
        this.reset();
      }
    });
    let width = window.innerWidth;
    window.addEventListener("resize", () => {
      if (width === window.innerWidth) return;
      width = window.innerWidth;
      this.drawn.draw();
    });
  }

  choose(what) {
    Object.assign(this, what);
    this.make();
  }
  reset() {
    element("search").value = "";
    this.look();
    if (this.view === "flame") this.drawn.reset();
    else this.drawn.draw();
  }
  look(draw = false) {
    this.found = this.data.search(element("search").value);
    const { total } = this.data;
    element("found").textContent = this.found === null ? ""
      : `${bytes(this.found.size)}, ${share(this.found.size, total.size) || "0 %"}`;
    if (draw) this.drawn.draw();
  }
  lookFor(words, view = this.view) {
    element("search").value = words.slice(0, 300);
    this.look();
    this.choose({ view });
  }

  make() {
    mark(element("views"), "aria-selected", this.view);
    mark(element("measures"), "aria-checked", this.data.measure.id);
    document.body.dataset.view = this.view;
    const host = element("view");
    host.replaceChildren(document.createElement("div"));
    this.details("", -1);
    this.drawn = this.views.find(({ id }) => id === this.view).make(host.firstChild);
    this.drawn.draw();
  }

  boxName(box) {
    return box.frame < 0 ? `all: ${bytes(box.size)}` : this.data.nameOf(box.frame);
  }
  boxText(box) {
    if (box.frame < 0) return this.amountText("all", box);
    const name = this.data.nameOf(box.frame);
    const place = this.data.placeOf(box.frame);
    return this.amountText(name === place ? name : `${name} – ${place}`, box);
  }
  amountText(name, { size, count, net }, short = false) {
    if (short) return `${name} ${bytes(size)}`;
    const parts = [bytes(size), share(size, this.data.total.size)];
    if (count !== undefined) parts.push(`${whole(count)} blocks`);
    if (this.data.sums.net !== null) parts.push(`new − old ${signed(bytes(net), net)}`);
    return `${name}: ${parts.join(", ")}`;
  }
  details(text, frame) {
    const footer = element("details");
    footer.replaceChildren(text);
    const source = frame >= 0 ? this.data.sourceOf(frame) : "";
    if (source === "") return;
    const code = document.createElement("code");
    code.textContent = source;
    footer.append(code);
  }
}

function choices(host, role, items, choose) {
  const buttons = select(host).selectAll("button").data(items).join("button")
    .attr("type", "button").attr("role", role).attr("data-id", ({ id }) => id)
    .text(({ name }) => name)
    .on("click", (_, { id }) => choose(id));
  host.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step === undefined) return;
    const all = buttons.nodes();
    const at = all[all.indexOf(document.activeElement) + step];
    if (at === undefined) return;
    event.preventDefault();
    at.focus();
    at.click();
  });
}

function mark(host, attribute, chosen) {
  for (const button of host.children) {
    const is = button.dataset.id === chosen;
    button.setAttribute(attribute, String(is));
    button.tabIndex = is ? 0 : -1;
  }
}

const begun = performance.now();
new App(new Data(JSON.parse(element("data").textContent)));
document.body.dataset.ready = String(Math.round(performance.now() - begun));
document.body.dataset.opened = String(Math.round(performance.now()));
