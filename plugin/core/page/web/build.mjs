// SPDX-License-Identifier: MIT
//
// Bundles the page and prints it as C++: build.mjs OUTPUT.cpp. The policy in the page names the
// hashes of the one script and the one style that may run. Fetches nothing.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const MOST_BYTES = 400 * 1024;

const packages = new Set();  // that are in the page

const bundle = async (name) => {
  const made = await build({
    absWorkingDir: here, entryPoints: [name], bundle: true, minify: true, write: false,
    format: name.endsWith(".css") ? undefined : "iife", target: ["es2020", "chrome100", "firefox100", "safari15"],
    charset: "ascii", legalComments: "none", metafile: true,
  });
  for (const input of Object.keys(made.metafile.inputs)) {
    const found = input.match(/node_modules\/([^/]+)\//);
    if (found) packages.add(found[1]);
  }
  return made.outputFiles[0].text.trim();
};
// Whoever copies them has to copy these, too: each text once, after the packages that it is of.
const licences = () => {
  const texts = new Map();
  for (const name of [...packages].sort()) {
    const text = readFileSync(join(here, "node_modules", name, "LICENSE"), "utf8").trim();
    texts.set(text, [...(texts.get(text) ?? []), name]);
  }
  const all = [...texts].map(([text, names]) => `${names.join(", ")}:\n\n${text}`).join("\n\n");
  if (!all || all.includes("--")) throw new Error("the licences are not there, or would end their comment");
  return all;
};
const hash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
const put = (text, name, value) => {
  const parts = text.split(`@${name}@`);
  if (parts.length !== 2) throw new Error(`page.html has no single @${name}@`);
  return parts.join(value);
};

const script = await bundle("src/main.js");
const style = await bundle("style.css");
if (/<\/script|<!--/i.test(script) || /<\/style/i.test(style)) throw new Error("the bundle would end its element");
const policy = [
  "default-src 'none'", `script-src ${hash(script)}`, `style-src ${hash(style)}`, "img-src data:",
  "base-uri 'none'", "form-action 'none'",
].join("; ");
let page = readFileSync(join(here, "page.html"), "utf8");
page = put(page, "CSP", policy);
page = put(page, "STYLE", style);
page = put(page, "SCRIPT", script);
page = put(page, "LICENCES", licences());
if (page.length > MOST_BYTES) throw new Error(`the page has ${page.length} bytes without data`);
const [head, tail] = page.split("@DATA@");

// A literal has its limits in some compilers.
const literal = (text) =>
  (text.match(/[\s\S]{1,8000}/g) ?? [""]).map((part) => `R"memtrace(${part})memtrace"`).join("\n");
writeFileSync(process.argv[2], `// Made by build.mjs; not to be edited.
#include "page/assets.h"

namespace mt::core {
namespace {
constexpr char kHead[] = ${literal(head)};
constexpr char kTail[] = ${literal(tail)};
}  // namespace
PageAssets page_assets() {
    return {std::string_view(kHead, sizeof kHead - 1), std::string_view(kTail, sizeof kTail - 1)};
}
}  // namespace mt::core
`);
console.log(`page: ${page.length} bytes without data`);
