// SPDX-License-Identifier: MIT
//
// The page's data: a tree of frames, outermost first, and stacks that end in it with their
// figures. Decodes, sums and groups; draws nothing. docs/report.md describes the document.

export class Data {
  constructor(document) {
    this.document = document;
    const { nodes, stacks, frames } = document;
    this.texts = document.texts;
    this.frames = frames;
    this.frameOf = Int32Array.from(nodes.frame);
    this.parent = Int32Array.from(nodes.up);
    for (let i = 0; i < this.parent.length; i += 1) this.parent[i] = i - this.parent[i];
    this.stackNode = Int32Array.from(stacks.node);
    this.source = new Map(document.source.frame.map((f, i) => [f, document.source.text[i]]));
    this.measures = document.kind === "diff" ? differences(document.measures) : document.measures;
    this.links();
    this.choose(this.measures[0].id);
  }

  // Children of each node, by first and next.
  links() {
    const size = this.frameOf.length;
    this.firstChild = new Int32Array(size).fill(-1);
    this.next = new Int32Array(size).fill(-1);
    for (let i = size - 1; i > 0; i -= 1) {
      this.next[i] = this.firstChild[this.parent[i]];
      this.firstChild[this.parent[i]] = i;
    }
  }

  // Sums of one measure over the tree: children stand behind their parents.
  choose(id) {
    this.measure = this.measures.find((measure) => measure.id === id) ?? this.measures[0];
    const { size, count, net } = this.measure;
    this.sums = {
      size: this.summed(size),
      count: this.summed(count),
      net: net === undefined ? null : this.summed(net),
    };
    this.total = { size: this.sums.size[0], count: this.sums.count[0] };
  }

  summed(column) {
    const sums = new Float64Array(this.frameOf.length);
    for (let i = 0; i < column.length; i += 1) sums[this.stackNode[i]] += column[i];
    for (let i = sums.length - 1; i > 0; i -= 1) sums[this.parent[i]] += sums[i];
    return sums;
  }

  text(id) {
    return this.texts[id];
  }
  functionOf(frame) {
    return this.text(this.frames.function[frame]);
  }
  labelOf(frame) {
    return this.text(this.frames.label[frame]);
  }
  fileOf(frame) {
    return this.text(this.frames.file[frame]);
  }
  moduleOf(frame) {
    return this.text(this.frames.module[frame]);
  }
  placeOf(frame) {
    const label = this.labelOf(frame);
    return this.frames.file[frame] === 0 ? label : `${label}:${this.frames.line[frame]}`;
  }
  sourceOf(frame) {
    const text = this.source.get(frame);
    return text === undefined ? "" : this.text(text);
  }
  // What a box says.
  nameOf(frame) {
    const name = this.functionOf(frame);
    // Of code without symbols it is a number, which means something with its module only.
    return name === "" || name.startsWith("0x") ? this.placeOf(frame) : name;
  }
  // Frames that are one box: of one function in one module.
  boxKeys() {
    if (this.boxes !== undefined) return this.boxes;
    const numbers = new Map();
    this.boxes = Int32Array.from(this.frames.label, (_, frame) => {
      const key = `${this.frames.module[frame]}\n${this.nameOf(frame)}`;
      if (!numbers.has(key)) numbers.set(key, numbers.size);
      return numbers.get(key);
    });
    return this.boxes;
  }

  keyOf(frame, by) {
    if (by === "line") return this.placeOf(frame);
    if (by === "function") return this.nameOf(frame);
    if (by === "file") return this.fileOf(frame) || this.labelOf(frame);
    return this.moduleOf(frame) || "(no module)";
  }

  // Rows of the table; `cumulative`: each frame of a stack, once a stack.
  rows(by, cumulative) {
    const { size, count, net } = this.measure;
    const rows = [];
    const rowOfFrame = new Int32Array(this.frames.label.length).fill(-1);
    const index = new Map();
    const rowOf = (frame) => {
      if (rowOfFrame[frame] >= 0) return rowOfFrame[frame];
      const key = this.keyOf(frame, by);
      let at = index.get(key);
      if (at === undefined) {
        at = rows.length;
        index.set(key, at);
        rows.push({ key, frame, size: 0, count: 0, net: 0, seen: -1 });
      }
      rowOfFrame[frame] = at;
      return at;
    };
    for (let i = 0; i < this.stackNode.length; i += 1) {
      if (size[i] === 0 && count[i] === 0) continue;
      for (let node = this.stackNode[i]; node > 0; node = this.parent[node]) {
        const row = rows[rowOf(this.frameOf[node])];
        if (row.seen !== i) {
          row.seen = i;
          row.size += size[i];
          row.count += count[i];
          if (net !== undefined) row.net += net[i];
        }
        if (!cumulative) break;
      }
    }
    return rows;
  }

  // Which frames have the words in their names, and how much goes through them.
  search(words) {
    const wanted = words.trim().toLowerCase();
    if (wanted === "") return null;
    const of = this.texts.map((text) => text.toLowerCase().includes(wanted));
    const { label, module, file, line } = this.frames;
    const frames = label.map(
      (_, f) =>
        of[this.frames.function[f]] || of[label[f]] || of[module[f]] || of[file[f]] ||
        (line[f] !== 0 && this.placeOf(f).toLowerCase().includes(wanted)),
    );
    const within = new Uint8Array(this.frameOf.length);
    let sum = 0;
    for (let i = 1; i < within.length; i += 1) {
      if (within[this.parent[i]] !== 0 || frames[this.frameOf[i]]) within[i] = 1;
      if (within[i] !== 0 && within[this.parent[i]] === 0) sum += this.sums.size[i];
    }
    return { wanted, frames, size: sum };
  }
}

// What two snapshots differ in, stack by stack.
function differences([now, old]) {
  const net = now.size.map((size, i) => size - old.size[i]);
  const netCount = now.count.map((count, i) => count - old.count[i]);
  const where = (keep, id, name) => ({
    id,
    name,
    net,
    size: net.map((value) => (keep(value) ? Math.abs(value) : 0)),
    count: netCount.map((value, i) => (keep(net[i]) ? Math.abs(value) : 0)),
  });
  return [
    where((value) => value !== 0, "change", "Change"),
    where((value) => value > 0, "grown", "Grown"),
    where((value) => value < 0, "shrunk", "Shrunk"),
    { ...now, net },
    { ...old, net },
  ];
}
