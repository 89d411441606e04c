// SPDX-License-Identifier: MIT
//
// The flame graph's tree, made as far as somebody looks: boxes of one function, callers
// first or callees first. Draws nothing.

// Box: { frame, size, count, net, parent, kids, cursors }. A cursor is a place in the data's
// tree; going up, with what the stack that it came from has.

function box(parent, frame) {
  return { parent, frame, size: 0, count: 0, net: 0, kids: null, cursors: [] };
}

function sorted(groups) {
  return [...groups.values()].sort((a, b) => b.size - a.size || a.frame - b.frame);
}

export class DownTree {
  constructor(data) {
    this.data = data;
    this.keys = data.boxKeys();
    this.root = box(null, -1);
    this.root.cursors = [0];
    this.add(this.root, 0);
  }
  add(target, node) {
    const { size, count, net } = this.data.sums;
    target.size += size[node];
    target.count += count[node];
    if (net !== null) target.net += net[node];
  }
  kids(of) {
    if (of.kids !== null) return of.kids;
    const { firstChild, next, frameOf, sums } = this.data;
    const { keys } = this;
    const groups = new Map();
    for (const cursor of of.cursors) {
      for (let node = firstChild[cursor]; node >= 0; node = next[node]) {
        if (sums.size[node] <= 0) continue;
        const key = keys[frameOf[node]];
        let group = groups.get(key);
        if (group === undefined) groups.set(key, (group = box(of, frameOf[node])));
        group.cursors.push(node);
        this.add(group, node);
      }
    }
    of.kids = sorted(groups);
    return of.kids;
  }
}

export class UpTree {
  constructor(data) {
    this.data = data;
    this.keys = data.boxKeys();
    this.root = box(null, -1);
    const { size } = data.measure;
    for (let i = 0; i < data.stackNode.length; i += 1) {
      if (size[i] > 0) this.add(this.root, data.stackNode[i], i);
    }
  }
  add(target, node, stack) {
    const { size, count, net } = this.data.measure;
    target.cursors.push(node, stack);
    target.size += size[stack];
    target.count += count[stack];
    if (net !== undefined) target.net += net[stack];
  }
  kids(of) {
    if (of.kids !== null) return of.kids;
    const { parent, frameOf } = this.data;
    const groups = new Map();
    for (let i = 0; i < of.cursors.length; i += 2) {
      const node = of.cursors[i];
      if (node === 0) continue;
      const key = this.keys[frameOf[node]];
      let group = groups.get(key);
      if (group === undefined) groups.set(key, (group = box(of, frameOf[node])));
      this.add(group, parent[node], of.cursors[i + 1]);
    }
    of.kids = sorted(groups);
    return of.kids;
  }
}
