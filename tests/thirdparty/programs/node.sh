#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# node: workers that share memory, compiled code, streams, compression, children
# needs: node
set -euo pipefail

cat >work.js <<'JS'
const { Worker, isMainThread, workerData, parentPort } = require('worker_threads');
const zlib = require('zlib'), crypto = require('crypto'), fs = require('fs'), child = require('child_process');
function work(n) {
  const rows = [];
  for (let i = 0; i < n; ++i) rows.push({ name: 'n' + i * 7919 % 503, list: new Array(i % 9).fill(i) });
  rows.sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : a.list.length - b.list.length);
  const text = JSON.stringify(JSON.parse(JSON.stringify(rows))).replace(/n(\d+)/g, (_, d) => +d + 1);
  return crypto.createHash('sha256').update(zlib.gunzipSync(zlib.gzipSync(text))).digest('hex');
}
if (!isMainThread) {
  const cells = new Int32Array(workerData.shared);
  for (let i = 0; i < 20000; ++i) Atomics.add(cells, 0, 1);
  parentPort.postMessage([workerData.n, work(workerData.n * 500)]);
} else {
  (async () => {
    const shared = new SharedArrayBuffer(16);
    const results = await Promise.all([1, 2, 3, 4].map(n => new Promise((resolve, reject) =>
      new Worker(__filename, { workerData: { n, shared } }).on('message', resolve).on('error', reject))));
    console.log(results, new Int32Array(shared)[0]);
    for (let i = 0; i < 10; ++i) console.log(work(i * 300));
    const wasm = new WebAssembly.Module(Uint8Array.from([0,97,115,109,1,0,0,0,1,7,1,96,2,127,127,1,127,3,2,1,0,7,7,1,3,97,100,100,0,0,10,9,1,7,0,32,0,32,1,106,11]));
    console.log(new WebAssembly.Instance(wasm).exports.add(40, 2));
    fs.writeFileSync('written', Buffer.concat([...Array(200).keys()].map(i => Buffer.alloc(i * 7, i))));
    console.log(await fs.promises.readFile('written').then(b => crypto.createHash('md5').update(b).digest('hex')));
    console.log(child.execFileSync(process.execPath, ['-e', 'console.log(6 * 7)']).toString());
    const terminated = new Worker('for (;;);', { eval: true });
    await new Promise(r => terminated.on('online', r));
    console.log(await terminated.terminate());
    process.exitCode = 5;
  })();
}
JS
node work.js || echo "status $?"
echo finished
